"""Read a YAML file that a person wrote, strictly, and remember where everything stands.

Rules:
- YAML 1.2 core schema: `NO` is a text, `0o10` is eight. A plain text that a YAML 1.1
  reader would take for something else (`yes`, `010`, `22:22`, `1_000`) is refused:
  whoever wrote it must quote it.
- Keys are texts, just as they are written, and stand once in their mapping.
- No merge keys, no tags, one document, no other version by `%YAML`. Aliases within a budget: a 665-byte file of
  merge keys took PyYAML's safe loader 18.7 s.
- At most 1 MiB, 50 levels, 20,000 nodes after aliases, 40 characters in a number.
- All that is wrong is reported at once; after a syntax error nothing can be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from consumer.errors import ConfigurationError, FileFault

__all__ = ["Document", "Path", "Place", "Value", "read_yaml"]

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 20_000
MAX_NUMBER = 40
MAX_FAULTS = 100
INFINITE = {float("inf"), float("-inf")}

# https://yaml.org/spec/1.2.2/#1032-tag-resolution
NULL = re.compile(r"null|Null|NULL|~|")
BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
    r"|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
)
# What YAML 1.1 (https://yaml.org/type/) reads as something else than 1.2 does.
TRAPS = (
    (re.compile(r"yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF"), "a truth value"),
    (re.compile(r"[-+]?0[0-9]+"), "an octal number"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a base-60 number"),
    (re.compile(r"[-+]?0b[01_]+"), "a binary number"),
    (
        re.compile(
            r"[-+]?(?=[0-9.]*_)[0-9][0-9_]*(\.[0-9_]*)?|0x(?=\w*_)[0-9a-fA-F_]+"
        ),
        "a number",
    ),
)


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a file; line and column count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read.

    Attributes:
        file: Its path, as given.
        value: What stands in it.
    """

    file: str
    value: Value
    places: dict[Path, Place] = field(repr=False)
    key_places: dict[Path, Place] = field(repr=False)

    def place(self, path: Path) -> Place:
        """Return where the value at `path` stands, or its nearest parent."""
        return self.nearest(self.places, path)

    def key_place(self, path: Path) -> Place:
        """Return where the key that ends `path` stands, or what is nearest to it."""
        found = self.key_places.get(path)
        return found if found is not None else self.place(path)

    def nearest(self, places: dict[Path, Place], path: Path) -> Place:
        """Return the place of the longest beginning of `path` that has one."""
        for length in range(len(path), -1, -1):
            found = places.get(path[:length])
            if found is not None:
                return found
        return Place(1, 1)


def read_yaml(text: str, file: str) -> Document:
    """Read `text`, the content of `file`.

    An empty text gives the value None.

    Raises:
        ConfigurationError: It is no YAML, or breaks a rule of this module; with codes
            `Y101` to `Y112`.
    """
    if len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        message = f"The file is larger than {MAX_BYTES // 1024} KiB."
        raise ConfigurationError((fault_at(file, "Y102", None, message, "Split it."),))
    return Reader(file, text).read()


@dataclass(slots=True)
class Reader:
    """Builds the value from the parser's events. Owned by one `read_yaml`."""

    file: str
    text: str
    faults: list[FileFault] = field(default_factory=list)
    places: dict[Path, Place] = field(default_factory=dict)
    key_places: dict[Path, Place] = field(default_factory=dict)
    anchors: dict[str, tuple[Value, int]] = field(default_factory=dict)
    nodes: int = 0
    aliases: int = 0

    def read(self) -> Document:
        value: Value = None
        try:
            value = self.document()
        except yaml.MarkedYAMLError as error:
            self.syntax(error)
        except (yaml.YAMLError, UnicodeEncodeError):
            self.stop(
                "Y101",
                None,
                "The file holds a character that YAML does not allow.",
                "Save it as UTF-8, without control characters.",
            )
        except StopReadingError:
            pass
        if self.faults:
            raise ConfigurationError(tuple(self.faults))
        return Document(self.file, value, self.places, self.key_places)

    def syntax(self, error: yaml.MarkedYAMLError) -> None:
        mark = error.problem_mark or error.context_mark
        place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
        problem = error.problem or "it cannot be read"
        lines = self.text.splitlines()
        line = lines[place.line - 1] if place.line <= len(lines) else ""
        if "\t" in line[: max(place.column, len(line) - len(line.lstrip()))]:
            self.fault("Y112", place, "A tab stands here.", "Indent with spaces.")
            return
        self.fault(
            "Y101",
            place,
            f"This is not YAML: {problem}.",
            "Look at this line and the one before it: indentation, quotes, colons.",
        )

    def fault(self, code: str, place: Place, message: str, mend: str) -> None:
        """Note what is wrong and go on reading, unless that is too much by now."""
        stop = self.stop(code, place, message, mend)
        if len(self.faults) >= MAX_FAULTS:
            raise stop

    def stop(
        self, code: str, place: Place | None, message: str, mend: str
    ) -> StopReadingError:
        """Note what is wrong; the caller raises what is returned."""
        self.faults.append(fault_at(self.file, code, place, message, mend))
        return StopReadingError()

    def document(self) -> Value:
        events = yaml.parse(self.text, Loader=yaml.CSafeLoader)
        values: list[Value] = []
        for event in events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            if values:
                raise self.stop(
                    "Y110",
                    place_of(event),
                    "A second document begins here.",
                    "Keep one document in a file: remove this `---`.",
                )
            self.directives(event)
            values.append(self.node(next(events), events, ()))
        return values[0] if values else None

    def directives(self, event: yaml.DocumentStartEvent) -> None:
        version = getattr(event, "version", None)
        if version not in {None, (1, 2)}:
            self.fault(
                "Y109",
                place_of(event),
                "The file asks to be read as another version of YAML than 1.2.",
                "Remove the line that begins with `%YAML`.",
            )

    def node(
        self, event: yaml.Event, events: Iterator[yaml.Event], path: Path
    ) -> Value:
        place = place_of(event)
        self.places[path] = place
        self.count(1, place)
        if len(path) > MAX_DEPTH:
            raise self.stop(
                "Y103", place, f"More than {MAX_DEPTH} levels.", "Nest less deeply."
            )
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event.anchor, place)
        if getattr(event, "tag", None) is not None:
            self.fault(
                "Y107", place, "Tags are not used here.", "Remove what begins with `!`."
            )
        nodes, aliases = self.nodes, self.aliases
        value = self.content(event, events, path)
        anchor = getattr(event, "anchor", None)
        # An anchored value that holds aliases is not kept: so depth stays bounded, too.
        if anchor is not None and aliases == self.aliases:
            self.anchors[anchor] = (value, self.nodes - nodes + 1)
        return value

    def content(
        self, event: yaml.Event, events: Iterator[yaml.Event], path: Path
    ) -> Value:
        if isinstance(event, yaml.SequenceStartEvent):
            return self.sequence(events, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self.mapping(events, path)
        text = str(getattr(event, "value", ""))
        plain = getattr(event, "implicit", (True, False))[0]
        return self.scalar(text, place_of(event)) if plain else text

    def sequence(self, events: Iterator[yaml.Event], path: Path) -> list[Value]:
        values: list[Value] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            values.append(self.node(event, events, (*path, len(values))))
        return values

    def mapping(self, events: Iterator[yaml.Event], path: Path) -> dict[str, Value]:
        values: dict[str, Value] = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = self.key(event, path, values)
            self.key_places.setdefault((*path, key), place_of(event))
            values[key] = self.node(next(events), events, (*path, key))
        return values

    def key(self, event: yaml.Event, path: Path, values: dict[str, Value]) -> str:
        place = place_of(event)
        if not isinstance(event, yaml.ScalarEvent) or not event.value:
            raise self.stop(
                "Y108", place, "A key must be a text.", "Write a plain or quoted word."
            )
        key: str = event.value
        if key == "<<" and event.implicit[0]:
            self.fault(
                "Y105",
                place,
                "Merge keys are not used here.",
                "Write the keys out, or use an alias for a whole value.",
            )
        elif key in values:
            first = self.key_places[(*path, key)]
            self.fault(
                "Y104",
                place,
                f"`{key}` stands twice, first in line {first.line}.",
                "Keep one of them.",
            )
        return key

    def alias(self, name: str | None, place: Place) -> Value:
        self.aliases += 1
        found = self.anchors.get(name or "")
        if found is None:
            raise self.stop(
                "Y106",
                place,
                f"`*{name}` names no finished `&{name}` above that holds no alias.",
                "Write the value out.",
            )
        value, nodes = found
        self.count(nodes, place)
        return value

    def count(self, nodes: int, place: Place) -> None:
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            raise self.stop(
                "Y106",
                place,
                f"More than {MAX_NODES} values, aliases written out.",
                "Split the file, or use fewer aliases.",
            )

    def scalar(self, text: str, place: Place) -> Value:
        for pattern, meaning in TRAPS:
            if pattern.fullmatch(text):
                self.fault(
                    "Y109",
                    place,
                    f"`{text[:MAX_NUMBER]}` is {meaning} to some readers of YAML.",
                    "Quote it to make it a text, or write it as a plain number or "
                    "as `true` or `false`.",
                )
                return text
        if NULL.fullmatch(text):
            return None
        if BOOL.fullmatch(text):
            return text.lower() == "true"
        return self.number(text, place)

    def number(self, text: str, place: Place) -> Value:
        is_int = INT.fullmatch(text) is not None
        if not is_int and not FLOAT.fullmatch(text):
            return text
        if len(text) > MAX_NUMBER:
            self.fault(
                "Y111",
                place,
                f"A number of more than {MAX_NUMBER} characters.",
                "Quote it to make it a text.",
            )
            return text
        if is_int:
            return int(text, 0 if text[:2] in {"0o", "0x"} else 10)
        value = float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        if value in INFINITE and "n" not in text.lower():
            self.fault(
                "Y111",
                place,
                "A number that is larger than any float.",
                "Quote it to make it a text.",
            )
        return value


class StopReadingError(Exception):
    """What is wrong was noted, and nothing more can be read."""


def place_of(event: yaml.Event) -> Place:
    """Return where `event` begins."""
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark is not None else Place(1, 1)


def fault_at(
    file: str, code: str, place: Place | None, message: str, mend: str
) -> FileFault:
    """Return a fault; without a place it is the file's as a whole."""
    return FileFault(
        code=code,
        file=file,
        line=place.line if place else 0,
        column=place.column if place else 0,
        message=message,
        mend=mend,
    )
