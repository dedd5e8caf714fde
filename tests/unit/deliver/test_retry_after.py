"""`Retry-After`: what is honoured, clamped and refused."""

from __future__ import annotations

import pytest

from consumer.deliver.retry_after import retry_after_seconds

# Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7
EXAMPLE = 784111777.0


def read(text: str, wall_seconds: float = EXAMPLE - 60) -> float | None:
    return retry_after_seconds(text, wall_seconds=wall_seconds, cap_seconds=300.0)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120\t", 120.0),
        ("300", 300.0),
        ("301", 300.0),
        ("31536000", 300.0),
    ],
)
def test_delta_seconds(text: str, seconds: float) -> None:
    """Whole seconds are taken as they are, up to the cap."""
    assert seconds == read(text)


@pytest.mark.parametrize(
    "text",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
    ],
)
def test_all_three_http_dates(text: str) -> None:
    """The three formats that a recipient must accept mean the same moment."""
    assert read(text) == 60.0


def test_a_date_far_ahead_is_clamped() -> None:
    """A date within the year waits no longer than the cap."""
    assert read("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE - 86_400) == 300.0


def test_a_date_that_is_past_asks_for_no_wait() -> None:
    """A clock that runs behind never makes a negative wait."""
    assert read("Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE + 60) == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-1",
        "+5",
        "1.5",
        "nan",
        "NaN",
        "inf",
        "1e3",
        "0x10",
        "\u0661\u0662",
        "31536001",
        "99999999999",
        "1" + "0" * 20,
        "soon",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Sun, 06 Nov 0000 08:49:37 GMT",
        "Sun, 06 Nov 99999 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 99 Nov 1994 99:99:99 GMT" + "x" * 80,
        "1994-11-06T08:49:37Z",
    ],
)
def test_anything_else_is_as_if_it_were_not_there(text: str) -> None:
    """Negative, fractional, huge, not a number: no wait of the target's."""
    assert read(text) is None
