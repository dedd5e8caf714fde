"""Where the paths of a file begin: the event, its root, an element of `for_each`.

Rules:
- What `when` proves not to be null (`event.after != null && ...`) is not null for the
  rules behind it.
- The root must be there: a record that may be null needs such a guard.
- A list that may be null is one without elements.
- The parts of `when` that look at the element are judged for each element, the others
  once for the record and before the list is read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from consumer.mapping.cel import CelScope, Condition, compile_condition
from consumer.mapping.cel_text import conjuncts, never_null, words
from consumer.mapping.faults import FaultCode, Faults
from consumer.mapping.names import is_word
from consumer.mapping.paths import Read, Scope, resolve
from consumer.mapping.plan import Each
from consumer.mapping.specification import MappingSpec
from consumer.mapping.step import StepError
from consumer.mapping.value_type import Kind, ValueType
from consumer.yamlfile import Path

__all__ = ["Ground", "ground_of"]

# Beside our own words those that CEL keeps for itself:
# https://github.com/google/cel-spec/blob/v0.24.0/doc/langdef.md#syntax
CEL_WORDS = """
as break const continue else false for function if import in let loop namespace null
package return true var void while
"""
TAKEN = {"event", "meta", "clear", *CEL_WORDS.split()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What the rules of a file stand on.

    Attributes:
        scope: Where their paths begin.
        when: The condition of the record.
        root: What gives the function's `root`.
        each: The list of which each element makes an item.
    """

    scope: Scope
    when: Condition | None
    root: str | None
    each: Each | None


def ground_of(spec: MappingSpec, event: ValueType, faults: Faults) -> Ground | None:
    """Return what the rules of a file stand on, noting what is wrong with it.

    Args:
        spec: The file.
        event: The type of its events.
        faults: Where faults are noted.

    None when root or list cannot be read: every path of the file would be a fault.
    """
    whole = Scope(event=event, schema=spec.source.schema_)
    grounding = Grounding(spec, whole, faults)
    try:
        return grounding.run()
    except StepError as error:
        faults.add(error.code, error.path, str(error), error.mend)
        return None


@dataclass(slots=True)
class Grounding:
    """The check of one file's `when`, root and list. Owned by `ground_of`."""

    spec: MappingSpec
    whole: Scope
    faults: Faults

    def run(self) -> Ground:
        spec = self.spec
        scope = self.whole.guarded(self.proved_before())
        root, scope = self.rooted(scope)
        elements, scope = self.listed(scope)
        judged = replace(self.whole, element=scope.element)
        when, each_when = self.conditions(judged)
        each = None
        if elements is not None and spec.for_each is not None:
            name, path = spec.for_each.name, spec.for_each.path
            each = Each(name=name, path=path, elements=elements, when=each_when)
        scope = scope.guarded(never_null(spec.when or ""))
        return Ground(scope=scope, when=when, root=root, each=each)

    def proved_before(self) -> list[str]:
        """Return what is proved not to be null before root and list are read."""
        parts = conjuncts(self.spec.when or "")
        each = self.spec.for_each
        if each is not None:
            parts = [part for part in parts if each.name not in words(part)]
        return [path for part in parts for path in never_null(part)]

    # --------------------------------------------------------------------------- root

    def rooted(self, scope: Scope) -> tuple[str | None, Scope]:
        """Return what gives the root, and the scope in which paths begin there.

        Raises:
            StepError: There is no such record.
        """
        path = self.spec.source.root
        if path is None:
            return None, scope
        place: Path = ("source", "root")
        found = read(path, scope, place)
        if found.type.kind is not Kind.RECORD or path.startswith("meta."):
            raise StepError(
                FaultCode.WRONG_TYPE,
                f"`{path}` is a {found.type.present()}; a root is a record of the event.",
                "Name a field that is a record.",
                place,
            )
        whole = f"event.{path.removeprefix('event.')}"
        if found.type.nullable:
            self.faults.add(
                FaultCode.MISSING_UNSAID,
                place,
                f"`{path}` may be null, and `when` does not say that it is not.",
                f"Write `when: {whole} != null`, or add it to `when` with `&&`.",
            )
            scope = scope.guarded([whole])
        return found.expression, replace(scope, root=tuple(whole.split(".")[1:]))

    # --------------------------------------------------------------------------- list

    def listed(self, scope: Scope) -> tuple[Read | None, Scope]:
        """Return what gives the list, and the scope in which its elements have a name.

        Raises:
            StepError: There is no such list.
        """
        spec = self.spec.for_each
        if spec is None:
            return None, scope
        place: Path = ("for_each", spec.name)
        self.check_name(spec.name, place)
        found = read(spec.path, scope, place)
        if found.type.kind is not Kind.LIST or found.type.element is None:
            raise StepError(
                FaultCode.WRONG_TYPE,
                f"`{spec.path}` is a {found.type.present()}, not a list.",
                "Name a list: each of its elements makes an item.",
                place,
            )
        return found, replace(scope, element=(spec.name, found.type.element))

    def check_name(self, name: str, place: Path) -> None:
        """Note a name that rules cannot call an element by."""
        if is_word(name) and name not in TAKEN:
            return
        self.faults.add(
            FaultCode.BAD_NAME,
            place,
            f"`{name[:100]}` cannot name an element.",
            "Choose a word of letters, digits and `_`, such as `item`; `event`, `meta`, "
            "`clear` and the words of CEL mean something else.",
            at_key=True,
        )

    # --------------------------------------------------------------------- conditions

    def conditions(self, scope: Scope) -> tuple[Condition | None, Condition | None]:
        """Return the condition of the record and that of an element."""
        text = self.spec.when
        if text is None:
            return None, None
        cel = CelScope.of(scope)
        try:
            whole = compile_condition(text, cel)
            parts = conjuncts(text)
            once = [part for part in parts if not self.of_element(part, cel)]
            if len(once) == len(parts):
                return whole, None
            each = [part for part in parts if part not in once]
            return joined(once, cel), joined(each, cel)
        except StepError as error:
            self.faults.add(error.code, ("when",), str(error), error.mend)
            return None, None

    def of_element(self, text: str, cel: CelScope) -> bool:
        """Return whether a part of the condition looks at the element."""
        spec = self.spec.for_each
        if spec is None:
            return False
        return any(path.split(".")[0] == spec.name for path in cel.named(text))


def read(path: str, scope: Scope, place: Path) -> Read:
    """Return how `path`, which stands at `place`, is read.

    Raises:
        StepError: There is no such path.
    """
    try:
        return resolve(path, scope)
    except StepError as error:
        raise StepError(error.code, str(error), error.mend, place) from None


def joined(parts: list[str], cel: CelScope) -> Condition | None:
    """Return the condition that all of some parts hold; None for no part."""
    if not parts:
        return None
    # The line break ends a comment that a part may end with.
    return compile_condition(" && ".join(f"({part}\n)" for part in parts), cel)
