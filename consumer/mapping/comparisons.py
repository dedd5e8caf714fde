"""What can be said of a CEL condition from its text: comparisons, and what contradicts.

Only what is certain is said. An expression that is not understood can be true.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from consumer.mapping.value_type import Kind, ValueType

__all__ = ["Comparison", "Judge", "comparisons", "type_at"]

STRING = r"\"[^\"\\\n]*\"|'[^'\\\n]*'"
NUMBER = r"-?\d+(?:\.\d+)?"
LITERAL = rf"(?:{STRING}|{NUMBER}|true|false)"
# From the begin of a word only: a search in a long one must not start at each letter.
PATH = r"(?<![\w.])[A-Za-z_]\w*(?:\s*\.\s*[A-Za-z_]\w*)+"
EQUAL = re.compile(
    rf"(?<![\w.\]])(?:(?P<path>{PATH})\s*(?P<sign>==|!=)\s*(?P<value>{LITERAL})(?![\w.(\[])"
    rf"|(?P<value2>{LITERAL})\s*(?P<sign2>==|!=)\s*(?P<path2>{PATH})(?![\w.(\[]))"
)
AMONG = re.compile(
    rf"(?<![\w.\]])(?P<path>{PATH})\s+in\s*\[\s*(?P<values>{LITERAL}(?:\s*,\s*{LITERAL})*)\s*,?\s*\]"
)
BARE = re.compile(rf"(?P<not>!?)\s*(?P<path>{PATH})")
PLAIN = re.compile(STRING)
DEPTHS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
LEVELS = 20
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a path with constants.

    Attributes:
        path: Without spaces.
        values: Texts, numbers or truth values.
        is_equal: Whether it holds for these values, or for all others.
    """

    path: str
    values: tuple[object, ...]
    is_equal: bool


def comparisons(text: str) -> Iterator[Comparison]:
    """Give every comparison of `text` with constants, wherever it stands."""
    if is_odd(text):
        return
    texts = {found.start(): found.end() for found in PLAIN.finditer(text)}
    inside = {place for begin, end in texts.items() for place in range(begin + 1, end)}
    for pattern in (EQUAL, AMONG):
        for found in pattern.finditer(text):
            if found.start() not in inside:
                yield comparison(found)


def comparison(found: re.Match[str]) -> Comparison:
    """Return what a pattern found."""
    groups = found.groupdict()
    path = re.sub(r"\s", "", groups["path"] or groups["path2"])
    if groups.get("values") is not None:
        return Comparison(path, constants(groups["values"]), is_equal=True)
    sign = groups["sign"] or groups["sign2"]
    value = groups["value"] or groups["value2"]
    return Comparison(path, constants(value), is_equal=sign == "==")


def constants(text: str) -> tuple[object, ...]:
    """Return the constants of a list without its brackets."""
    return tuple(constant(found) for found in re.findall(LITERAL, text))


def constant(text: str) -> object:
    """Return the value of a constant."""
    if text in {"true", "false"}:
        return text == "true"
    return text[1:-1] if text[0] in "\"'" else float(text)


def is_odd(text: str) -> bool:
    """Return whether there are comments, or texts that are more than plain ones.

    A very long expression is not looked into either: it would take too long.
    """
    if len(text) > LONGEST or "\\" in text or '"' * 3 in text or "'" * 3 in text:
        return True
    if "//" in blanked(text):
        return True
    starts = (found.start() for found in PLAIN.finditer(text))
    return any(text[start - 1 : start] in set("rRbB") for start in starts)


def blanked(text: str) -> str:
    """Return `text`, every plain text in it blank; all else keeps its place."""
    return PLAIN.sub(lambda found: " " * len(found[0]), text)


def split(text: str, sign: str) -> list[str]:
    """Return the parts of `text` between every `sign` outside brackets and texts."""
    parts, begin, depth = [], 0, 0
    bare = blanked(text)
    for found in re.finditer(r"[()\[\]{}]|&&|\|\||\?", bare):
        depth += DEPTHS.get(found[0], 0)
        if depth == 0 and found[0] == sign:
            parts.append(text[begin : found.start()])
            begin = found.end()
    return [*parts, text[begin:]]


def unwrapped(text: str) -> str:
    """Return `text` without the brackets around all of it."""
    text = text.strip()
    while is_wrapped(blanked(text)):
        text = text[1:-1].strip()
    return text


def is_wrapped(bare: str) -> bool:
    """Return whether the bracket that begins an expression ends with it."""
    depth = 0
    for place, sign in enumerate(bare):
        depth += DEPTHS.get(sign, 0)
        if depth == 0:
            return sign == ")" and place == len(bare) - 1
    return False


@dataclass(frozen=True, slots=True)
class Judge:
    """Says of a condition why it can never be true.

    Attributes:
        type_of: The type at a path; None for a path that is not known.
        is_false: Whether an expression without variables is false.
    """

    type_of: Callable[[str], ValueType | None]
    is_false: Callable[[str], bool]

    def never(self, text: str, levels: int = LEVELS) -> str:
        """Return why no record meets `text`; empty when one may."""
        if is_odd(text):
            return ""
        text = unwrapped(text)
        if levels == 0 or len(split(text, "?")) > 1:
            return ""
        either = split(text, "||")
        if len(either) > 1:
            reasons = [self.never(part, levels - 1) for part in either]
            return reasons[0] if all(reasons) else ""
        parts = split(text, "&&")
        if len(parts) > 1:
            reasons = [self.never(part, levels - 1) for part in parts]
            return next(filter(None, reasons), "") or self.contradiction(parts)
        if self.is_false(text):
            return f"`{text}` is always false"
        return self.contradiction([text])

    def contradiction(self, parts: list[str]) -> str:
        """Return which path would have to have two values; empty when none."""
        left: dict[str, set[object]] = {}
        atoms = [one for part in parts if (one := atom(unwrapped(part))) is not None]
        for one in sorted(atoms, key=lambda one: not one.is_equal):
            given = self.symbols(one.path)
            if one.path in left or given is not None or one.is_equal:
                known = left.get(one.path) or given or set(one.values)
                values = set(one.values)
                kept = known & values if one.is_equal else known - values
                if not kept:
                    return f"`{one.path}` would need a value that it cannot have"
                left[one.path] = kept
        return ""

    def symbols(self, path: str) -> set[object] | None:
        """Return all values that a path can have; None when there are too many."""
        found = self.type_of(path)
        if found is None or found.nullable:
            return None
        if found.kind is Kind.BOOLEAN:
            return {True, False}
        return set(found.symbols) if found.kind is Kind.ENUM else None


def atom(text: str) -> Comparison | None:
    """Return the comparison that `text` is; None when it is another expression."""
    for pattern in (EQUAL, AMONG):
        found = pattern.fullmatch(text)
        if found is not None:
            return comparison(found)
    bare = BARE.fullmatch(text)
    if bare is None:
        return None
    return Comparison(
        re.sub(r"\s", "", bare["path"]), (not bare["not"],), is_equal=True
    )


def type_at(root: ValueType, segments: list[str]) -> ValueType | None:
    """Return the type below `root`; None when there is no such path."""
    found = root
    for segment in segments:
        if found.kind is Kind.MAP and found.element is not None:
            found = found.element.optional()
            continue
        inner = found.fields.get(segment)
        if inner is None:
            return None
        found = inner.optional() if found.nullable else inner
    return found
