"""Lines whose columns stand below each other."""

from consumer.cli.columns import columns


def test_columns_are_as_wide_as_their_widest_cell() -> None:
    """Texts stand at the left, numbers at the right; no line ends in spaces."""
    rows = [["a", "1", "x"], ["long name", "100", ""]]
    assert list(columns(["topic", "lag", "who"], rows, frozenset({1}))) == [
        "topic      lag  who",
        "a            1  x",
        "long name  100",
    ]


def test_a_terminal_obeys_nothing_in_a_cell() -> None:
    """What comes from outside cannot move the cursor or end the line."""
    assert list(columns(["a"], [["x\x1b[2Jy\nz"]])) == ["a", "x?[2Jy?z"]
