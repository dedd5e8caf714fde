"""A condition that is said never to be true is not true of any event: CEL itself agrees."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from consumer.errors import MappingError
from consumer.mapping.cel import CelScope, Condition, compile_condition
from consumer.mapping.comparisons import Judge, comparisons, type_at
from consumer.mapping.paths import Scope
from consumer.mapping.value_type import ValueType, from_avro
from tests.unit.mapping.kit import SCHEMA, event

TYPE = from_avro(SCHEMA, {})
CEL = CelScope.of(Scope(event=TYPE, schema="t.Thing"))
TEXTS = ["a", "b", "&& false", "x == 'y'", ""]
COLOURS = ["RED", "BLUE"]


def quoted(text: str) -> str:
    """Return a text as CEL writes it."""
    return f'"{text}"' if "'" in text else f"'{text}'"


def compared(path: str, values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give comparisons of one path."""
    sign = st.sampled_from(["==", "!="])
    one = st.tuples(sign, values)
    return st.one_of(
        one.map(lambda found: f"{path} {found[0]} {found[1]}"),
        one.map(lambda found: f"{found[1]} {found[0]} {path}"),
        st.lists(values, min_size=1, max_size=3).map(
            lambda found: f"{path} in [{', '.join(found)}]"
        ),
    )


def texts(values: list[str]) -> st.SearchStrategy[str]:
    """Give literals."""
    return st.sampled_from(values).map(quoted)


ATOMS = st.one_of(
    compared("event.id", texts(TEXTS)),
    compared("event.nick", texts(TEXTS)),
    compared("event.colour", texts(COLOURS)),
    compared("event.count", st.sampled_from(["1", "2", "-1"])),
    compared("event.ok", st.sampled_from(["true", "false"])),
    st.sampled_from(["event.ok", "!event.ok", "event.ok", "true", "size('ab') > 2"]),
)
# Many parts that must all hold, so that many conditions are refused.
ALL = st.lists(ATOMS, min_size=2, max_size=6).map(" && ".join)


def joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Give conditions made of smaller ones."""
    pair = st.tuples(inner, inner)
    return st.one_of(
        pair.map(" && ".join),
        pair.map(" || ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"!({text})"),
        pair.map(lambda two: f"(event.ok ? {two[0]} : {two[1]})"),
    )


CONDITIONS = (
    ALL
    | st.tuples(ALL, ALL).map(" || ".join)
    | st.recursive(ATOMS, joined, max_leaves=8)
)
EVENTS = st.fixed_dictionaries({
    "id": st.sampled_from(TEXTS),
    "nick": st.none() | st.sampled_from(TEXTS),
    "colour": st.sampled_from(COLOURS),
    "count": st.sampled_from([1, 2, -1]),
    "ok": st.booleans(),
})


def type_of(path: str) -> ValueType | None:
    """Return the type at a path."""
    return type_at(TYPE, path.split(".")[1:])


def is_false(text: str) -> bool:
    """Return whether an expression without variables is false."""
    return "event" not in text and not compile_condition(text, CEL).evaluate({})


def truth(condition: Condition) -> Callable[[dict[str, object]], bool]:
    """Return what a condition is of an event; what has no value is not true."""
    read: Callable[[dict[str, object]], dict[str, object]] = eval(  # noqa: S307 - our own source
        f"lambda event: {condition.data}", dict(condition.names)
    )

    def run(values: dict[str, object]) -> bool:
        try:
            return bool(condition.evaluate(read(values)))
        except MappingError:
            return False

    return run


@settings(max_examples=300, deadline=None)
@given(text=CONDITIONS, changes=st.lists(EVENTS, min_size=5, max_size=20))
def test_what_is_never_true_is_not_true(
    text: str, changes: list[dict[str, object]]
) -> None:
    """No event that can be is one that a refused condition would have let pass."""
    reason = Judge(type_of, is_false).never(text)
    if not reason:
        return
    holds = truth(compile_condition(text, CEL))
    assert [one for one in changes if holds(event(**one))] == []


@settings(max_examples=300, deadline=None)
@given(text=CONDITIONS)
def test_only_what_stands_there_is_compared(text: str) -> None:
    """Comparisons inside of texts are none: only known paths and values are found."""
    paths = {"event.id", "event.nick", "event.colour", "event.count", "event.ok"}
    for one in comparisons(text):
        assert one.path in paths
        assert {type(value) for value in one.values} <= {str, float, bool}
