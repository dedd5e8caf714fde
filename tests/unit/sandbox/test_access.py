"""The profile API token."""

from consumer.sandbox.access import Access


def test_a_token_is_made_when_none_is_given() -> None:
    """A made-up token looks like a UUID, and the next one is another."""
    access = Access("", required=True)
    first = access.token
    assert len(first) == 36
    assert access.rotate(None) != first
    assert access.rotate("mine") == "mine"
    assert access.admits("Bearer mine")
    assert not access.admits(f"Bearer {first}")
    assert not access.admits("bearer mine ")
    assert not access.admits(None)
