"""A fault as a person reads it: its line, and a marker under the place."""

from pathlib import Path

import pytest

from consumer.cli.quoting import quoted_faults
from consumer.errors import FileFault


def said(file: Path, line: int, column: int, *, masked: bool = False) -> list[str]:
    """Return what stands between message and mend."""
    fault = FileFault(
        code="M101",
        file=str(file),
        line=line,
        column=column,
        message="Wrong.",
        mend="Mend it.",
    )
    text = quoted_faults((fault,), frozenset({str(file)} if masked else ()))
    place = f"{file}:{line}:{column}" if line else str(file)
    first, *between, last = text.split("\n")
    assert first == f"{place}: error M101: Wrong."
    assert last == "    Mend it."
    return between


def test_the_word_at_the_place_is_marked(tmp_path: Path) -> None:
    """The line has its number, and the marker is as long as the word."""
    file = tmp_path / "m.yaml"
    file.write_text("version: 1\nx: {from: id, mising: skip}\n", encoding="utf-8")
    assert said(file, 2, 15) == [
        "     2 | x: {from: id, mising: skip}",
        "       |               ^^^^^^",
    ]
    assert said(file, 2, 4) == [
        "     2 | x: {from: id, mising: skip}",
        "       |    ^",
    ]


def test_a_long_line_is_cut_around_the_place(tmp_path: Path) -> None:
    """The marker stays under its word however far to the right that is."""
    file = tmp_path / "m.yaml"
    file.write_text("a" * 300 + " here " + "b" * 300, encoding="utf-8")
    line, marker = said(file, 1, 302)
    assert line[marker.index("^") :].startswith("here bbb")
    assert marker.count("^") == len("here")
    assert line.startswith("     1 | …aaa")
    assert line.endswith("b…")
    start, _ = said(file, 1, 1)
    assert start == "     1 | " + "a" * 88 + "…"


def test_what_a_terminal_obeys_is_not_written(tmp_path: Path) -> None:
    """A tab and a control character are one column each, and do nothing."""
    file = tmp_path / "m.yaml"
    file.write_text("\ta\x1b[31mb", encoding="utf-8")
    assert said(file, 1, 2)[0] == "     1 |  a·[31mb"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x85", "\u2028"])
def test_lines_end_where_yaml_ends_them(tmp_path: Path, end: str) -> None:
    """The line that is shown is the one that the reader of YAML counted."""
    file = tmp_path / "m.yaml"
    file.write_bytes(f"one{end}two{end}".encode())
    assert said(file, 2, 1) == ["     2 | two", "       | ^^^"]


@pytest.mark.parametrize(("line", "column"), [(0, 0), (9, 1)])
def test_a_place_that_is_not_there_has_no_line(
    tmp_path: Path, line: int, column: int
) -> None:
    """A fault of a whole file, or of a file that has changed, is named all the same."""
    file = tmp_path / "m.yaml"
    file.write_text("one", encoding="utf-8")
    assert said(file, line, column) == []


def test_a_file_that_is_gone_has_no_line(tmp_path: Path) -> None:
    """A file that cannot be read, or is no text, is named all the same."""
    assert said(tmp_path / "gone.yaml", 1, 1) == []
    (tmp_path / "raw.yaml").write_bytes(b"\xff")
    assert said(tmp_path / "raw.yaml", 1, 1) == []


@pytest.mark.parametrize(
    ("text", "column", "expected"),
    [
        ("  token: s3cr3t", 3, ["  token: ***", "  ^^^^^"]),
        ("  token: s3cr3t", 10, ["  token: ***", "         ^^^"]),
        ("keys: {a: s3cr3t}", 11, ["keys: ***", "      ^^^"]),
        ("- sasl: s3cr3t", 3, ["- sasl: ***", "  ^^^^"]),
        ("target:", 1, ["target:", "^^^^^^"]),
        ("s3cr3t", 1, ["***", "^^^"]),
        ('"s3cr3t: x": y', 1, ["***", "^^^"]),
        ("http://u:s3cr3t@p", 1, ["***", "^^^"]),
    ],
)
def test_of_the_configuration_only_a_key_is_shown(
    tmp_path: Path, text: str, column: int, expected: list[str]
) -> None:
    """A value, or what may be one, is never shown: it may be a secret."""
    file = tmp_path / "c.yaml"
    file.write_text(text, encoding="utf-8")
    margins = ["     1 | ", "       | "]
    wanted = [a + b for a, b in zip(margins, expected, strict=True)]
    assert said(file, 1, column, masked=True) == wanted
