"""A markdown table."""

from consumer.catalogue.table import table


def test_a_cell_ends_neither_the_cell_nor_the_line() -> None:
    """What has a meaning in a table is written so that it has none."""
    assert table(("a", "b"), [("x|y", "1\n2")]) == (
        "| a | b |\n| --- | --- |\n| x\\|y | 1 2 |\n"
    )
