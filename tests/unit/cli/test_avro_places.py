"""Where a field stands in the text of a schema."""

import pytest

from consumer.cli.avro_places import place_of
from consumer.yamlfile import Place

TEXT = """\
{
  "type": "record", "name": "R", "fields": [
    {"name": "a", "type": "int"},
    {"name": "b", "type": ["null", {
      "type": "record", "name": "B", "fields": [
        {"name": "c", "type": {"type": "array", "items": {
          "type": "record", "name": "C", "fields": [{"name": "d", "type": "int"}]}}},
        {"name": "e", "type": "Elsewhere"}]}]}
  ]
}
"""


@pytest.mark.parametrize(
    ("field", "line", "column"),
    [
        ("", 1, 1),
        ("a", 3, 5),
        ("b", 4, 5),
        ("b.c[].d", 7, 53),
        ("b.c{}.d", 7, 53),
        ("b.e", 8, 9),
        ("b.e.f", 8, 9),
        ("b.nobody", 4, 5),
        ("nobody", 1, 1),
    ],
)
def test_the_nearest_place_is_found(field: str, line: int, column: int) -> None:
    """A field is where it is defined; what is not there is at what would hold it."""
    assert place_of(TEXT, field) == Place(line, column)


def test_a_text_that_cannot_be_read_has_no_place() -> None:
    """What our reader of YAML refuses has no place, and that is all."""
    assert place_of('{"a": 1, "a": 2}', "a") == Place(0, 0)
    assert place_of("[1]", "a") == Place(1, 1)
