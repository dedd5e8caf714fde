"""Which fields of an event a mapping reads."""

from __future__ import annotations

import pytest

from consumer.mapping.reads import Origin, reads, rule_reads
from consumer.mapping.specification import MappingSpec, RuleSpec
from tests.unit.mapping.kit import each

SPEC = MappingSpec.model_validate({
    "version": 1,
    "name": "thing",
    "source": {"topic": "things", "schema": "t.Thing"},
    "when": 'event.ok && event.home.city == "event.not.read" && meta.offset > 1',
    "profile": [{"pc_id": "id"}, {"third_party_id": {"value": "C-1"}}],
    "occurred_at": "at",
    "attributes": {
        "x": "id",
        "y": {
            "from": ["count", "event.price"],
            "format": {"date": "%d", "zone": {"from": "home.zone"}},
        },
    },
    "cases": [{"when": "event.count > 1", "attributes": {"z": {"cel": "event.ratio"}}}],
})


def test_every_path_has_what_reads_it_first() -> None:
    """Conditions, profiles, the moment, attributes and zones all read."""
    assert reads(SPEC) == {
        "ok": "`when`",
        "home.city": "`when`",
        "count": "the `when` of case 1",
        "id": "`pc_id`",
        "at": "`occurred_at`",
        "price": "attribute `y`",
        "home.zone": "attribute `y`",
        "ratio": "attribute `z`",
    }


LINES = ["lines", "lines.sku"]


@pytest.mark.parametrize(
    ("rule", "root", "expected"),
    [
        ({"from": "a.b"}, "", ["a.b"]),
        ({"from": "event.a"}, "after", ["a"]),
        ({"from": "a"}, "after", ["after.a"]),
        ({"from": "meta.key"}, "after", []),
        ({"from": "lines", "apply": [{"pluck": "sku"}, "join"]}, "", LINES),
        ({"from": "lines", "apply": [{"min_by": {"field": "sku"}}]}, "", LINES),
        ({"value": "x"}, "", []),
        ({"cel": "event . a + event.b[0]"}, "after", ["a", "b"]),
    ],
)
def test_what_a_rule_reads(
    rule: dict[str, object], root: str, expected: list[str]
) -> None:
    """Paths are the event's, whole; a function names fields of elements."""
    assert rule_reads(RuleSpec.model_validate(rule), Origin(root=root)) == expected


def test_paths_of_a_rule_begin_at_the_root() -> None:
    """Under `root` the path of a rule is a longer one of the event."""
    source = SPEC.source.model_copy(update={"root": "event.after"})
    rooted = SPEC.model_copy(update={"source": source})
    assert {"after.id", "price", "ok"} < reads(rooted).keys()


def test_paths_of_an_element_begin_at_its_list() -> None:
    """What rules and CEL call an element is a part of the list."""
    changes = {
        "for_each": each("line", "lines"),
        "attributes": {
            "x": RuleSpec.model_validate({"from": "line.sku"}),
            "y": RuleSpec.model_validate({"cel": "line.price > event.ratio"}),
        },
    }
    found = reads(SPEC.model_copy(update=changes))
    assert next(iter(found.items())) == ("lines", "`for_each`")
    assert found["lines.sku"] == "attribute `x`"
    assert found["lines.price"] == "attribute `y`"
    assert Origin.of(SPEC) == Origin()
