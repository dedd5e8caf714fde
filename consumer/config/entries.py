"""What stands in the file and in the environment, as one flat set of entries.

Rules:
- An entry's path is a known key, or a name in a free section; all others are faults.
- A variable `CONSUMER_SECTION__KEY` wins over the file; `CONSUMER__KEY` is a key of the
  top level. Under `kafka`, `_` stands for `.`. A variable without `__` is not ours.
- Under `topics` and `keys` a variable overrides a name that stands in the file.
- `{file: PATH}`, or a variable that ends in `__FILE`, names a file with the value.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from consumer.config.keys import (
    FIXED_PROPERTIES,
    FREE_SECTIONS,
    KEYS,
    KNOWN_PATHS,
    NOT_BUILT,
    SECTIONS,
    Path,
    dotted,
)
from consumer.errors import FileFault
from consumer.yamlfile import Document

__all__ = ["PREFIX", "Entry", "Faults", "Where", "collect"]

PREFIX = "CONSUMER_"
FILE_TEXT = re.compile(r"\{\s*file:\s*[\"']?(.+?)[\"']?\s*\}")


@dataclass(frozen=True, slots=True)
class Where:
    """Where something was said: a place in a file, or a variable as `$NAME`."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return `file:line:column` or `$NAME`."""
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value that a person gave.

    Attributes:
        path: Its key.
        raw: What was given; of a secret file its content.
        is_text: True when it came as bare text and its kind must read it.
        where: Where it was said.
        from_file: The file that holds the value, as the person named it.
    """

    path: Path
    raw: object = field(repr=False)
    is_text: bool
    where: Where
    from_file: str | None = None


@dataclass(slots=True)
class Faults:
    """All that is wrong, in the order found. Owned by one load."""

    found: list[FileFault] = field(default_factory=list)

    def add(self, code: str, where: Where, message: str, mend: str) -> None:
        """Note one fault."""
        self.found.append(
            FileFault(
                code=code,
                file=where.file,
                line=where.line,
                column=where.column,
                message=message,
                mend=mend,
            )
        )


def collect(
    document: Document, environ: Mapping[str, str], faults: Faults
) -> dict[Path, Entry]:
    """Return the entries of the file with those of the environment over them."""
    entries = {entry.path: entry for entry in of_file(document, faults)}
    for entry in of_environment(environ, frozenset(entries), faults):
        entries[entry.path] = entry
    return entries


def of_file(document: Document, faults: Faults) -> Iterable[Entry]:
    """Yield the entries of the file."""
    root = document.value
    if root is None:
        return
    if not isinstance(root, dict):
        faults.add(
            "C102",
            where_in(document, ()),
            "The file must be a map of sections.",
            "Begin with `kafka:`.",
        )
        return
    for name, value in root.items():
        if name not in SECTIONS and name not in FREE_SECTIONS:
            yield from known_only(document, (name,), value, faults)
        elif isinstance(value, dict):
            for key, inner in value.items():
                yield from known_only(document, (name, key), inner, faults)
        elif value is not None:
            faults.add(
                "C102",
                where_in(document, (name,)),
                f"`{name}` must be a map of keys.",
                f"Write its keys below `{name}:`, indented.",
            )


def known_only(
    document: Document, path: Path, value: object, faults: Faults
) -> Iterable[Entry]:
    """Yield the entry at `path` if such a key is known; else note the fault."""
    where = where_in(document, path)
    if is_known(path, Where(where.file, *key_place(document, path)), faults):
        named = file_of(value)
        yield Entry(
            path=path,
            raw=value if named is None else None,
            is_text=False,
            where=where,
            from_file=named,
        )


def is_known(path: Path, where: Where, faults: Faults) -> bool:
    """Say whether `path` may be set; note why, if not."""
    name = dotted(path)
    if path in NOT_BUILT:
        faults.add(
            "C106",
            where,
            f"`{name}` is not built yet: {NOT_BUILT[path]} comes later.",
            "Remove it; nothing here is ignored in silence.",
        )
        return False
    if path[0] == "kafka" and path[-1] in FIXED_PROPERTIES:
        faults.add(
            "C107",
            where,
            f"`{name}` is not yours to set: {FIXED_PROPERTIES[path[-1]]}.",
            "Remove it.",
        )
        return False
    if path in KEYS or (path[0] in FREE_SECTIONS and len(path) > 1):
        return True
    faults.add("C101", where, f"There is no key `{name}`.", suggestion(path))
    return False


def of_environment(
    environ: Mapping[str, str], given: frozenset[Path], faults: Faults
) -> Iterable[Entry]:
    """Yield the entries of the variables that are ours."""
    for name in sorted(environ):
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        where = Where(f"${name}")
        parts = parts_of(name)
        is_file = len(parts) > len(("section", "key")) and parts[-1] == "file"
        path = path_of(parts[:-1] if is_file else parts, given)
        text = environ[name]
        named = text if is_file else file_of(text)
        if path is None or (path not in KEYS and path[0] in SECTIONS):
            guess = near(name, (variable(known) for known in (*KEYS, *given)))
            mend = f"Did you mean `{guess}`?" if guess else "Remove it."
            faults.add("C108", where, f"No setting answers to `{name}`.", mend)
        elif is_file and name.removesuffix("__FILE") in environ:
            message = f"`{name}` and `{name.removesuffix('__FILE')}` are both set."
            faults.add("C108", where, message, "Keep one of them.")
        elif is_known(path, where, faults):
            yield Entry(path=path, raw=text, is_text=True, where=where, from_file=named)


def parts_of(name: str) -> list[str]:
    """Return section, key and perhaps `file` of a variable's name."""
    rest = name.removeprefix(PREFIX).lower()
    return (f"_{rest}" if rest.startswith("_") else rest).split("__")


def path_of(parts: list[str], given: frozenset[Path]) -> Path | None:
    """Return the key that a variable's parts name, or None."""
    if parts[0] == "":
        path: Path = tuple(parts[1:])
        return path if path in KEYS or path in NOT_BUILT else None
    if len(parts) != len(("section", "key")) or not parts[1]:
        return None
    section, key = parts
    if section == "kafka":
        return section, key.replace("_", ".")
    if section in FREE_SECTIONS:
        same = [path for path in given if variable(path) == variable((section, key))]
        return same[0] if len(same) == 1 else None
    if section in SECTIONS:
        return section, key
    return (section,) if (section,) in NOT_BUILT else None


def variable(path: Path) -> str:
    """Return the name of the variable that overrides `path`."""
    words = [re.sub(r"[^A-Z0-9]", "_", part.upper()) for part in path]
    # `CONSUMER__KEY`: a key of the top level has an empty section, and no `_` before it.
    return f"{PREFIX}{'__'.join(words)}" if len(words) > 1 else f"{PREFIX}_{words[0]}"


def suggestion(path: Path) -> str:
    """Return what a person may have meant by an unknown key."""
    same_level = [p for p in KNOWN_PATHS if p[:-1] == path[:-1]]
    guess = near(path[-1], (p[-1] for p in same_level))
    if guess is not None:
        return f"Did you mean `{dotted((*path[:-1], guess))}`?"
    elsewhere = [p for p in KNOWN_PATHS if p[-1] == path[-1]]
    if elsewhere:
        return f"Did you mean `{dotted(elsewhere[0])}`?"
    return "Remove it; `consumer docs configuration` lists the keys."


def near(word: str, words: Iterable[str]) -> str | None:
    """Return the one of `words` that `word` may be a slip of."""
    found = difflib.get_close_matches(word, list(words), n=1, cutoff=0.7)
    return found[0] if found else None


def file_of(value: object) -> str | None:
    """Return PATH of `{file: PATH}`, as a value or as its text."""
    if isinstance(value, dict) and list(value) == ["file"]:
        named = value["file"]
        return named if isinstance(named, str) else None
    if isinstance(value, str):
        match = FILE_TEXT.fullmatch(value.strip())
        return match[1] if match else None
    return None


def where_in(document: Document, path: Path) -> Where:
    """Return where the value at `path` stands."""
    place = document.place(path)
    return Where(document.file, place.line, place.column)


def key_place(document: Document, path: Path) -> tuple[int, int]:
    """Return line and column of the key that ends `path`."""
    place = document.key_place(path)
    return place.line, place.column
