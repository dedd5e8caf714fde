"""Load the configuration: every fault is found, and named with its place and mend.

Codes: C101 unknown key; C102 wrong type; C103 value that may not be; C104 missing;
C105 a file that cannot be read; C106 not built yet; C107 not yours to set; C108 a
variable that sets nothing; C109 values that do not go together; C110 no configuration.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path as File
from types import MappingProxyType
from typing import Any

from consumer.config.checks import check_together
from consumer.config.entries import Entry, Faults, Where, collect
from consumer.config.keys import KEYS, SECTIONS, Known, Path, dotted
from consumer.config.kinds import Kind, Password, Text, Wrong
from consumer.config.secret import MASK, Secret, masked_url
from consumer.config.settings import KafkaSettings, Settings
from consumer.errors import ConfigurationError, FileFault
from consumer.yamlfile import read_yaml

__all__ = ["Loaded", "Origin", "load", "parse"]

SHOWN_CHARS = 80
SECRET_BYTES = 64 * 1024
# Properties of librdkafka whose value is, or may hold, a secret.
SECRET_PROPERTY = re.compile(r"password|secret|pem|oauthbearer\.config|token\b")
TOPIC = Text(
    pattern=r"[A-Za-z0-9._-]{1,249}",
    meaning="a topic name: at most 249 letters, digits, dots, hyphens, underscores",
)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value came from.

    Attributes:
        key: Dotted.
        shown: The value as text, masked where it is a secret.
        where: `file:line:column`, `$VARIABLE` or `default`.
    """

    key: str
    shown: str
    where: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """A configuration that is right, and where each value came from."""

    settings: Settings
    origins: tuple[Origin, ...] = field(repr=False)


def load(path: str | File, environ: Mapping[str, str]) -> Loaded:
    """Read the file at `path`, put the variables of `environ` over it.

    Raises:
        ConfigurationError: With all that is wrong.
    """
    file = File(path)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fault = FileFault(
            code="C110",
            file=str(path),
            line=0,
            column=0,
            message=f"The configuration cannot be read: {why(error)}.",
            mend="Name a file with `--config FILE`.",
        )
        raise ConfigurationError((fault,)) from None
    return parse(text, str(path), environ, folder=file.parent)


def parse(text: str, file: str, environ: Mapping[str, str], folder: File) -> Loaded:
    """Read `text`, which stands in `file`; relative paths begin at `folder`.

    Raises:
        ConfigurationError: With all that is wrong.
    """
    try:
        document = read_yaml(text, file)
    except ConfigurationError as error:
        raise ConfigurationError(tuple(map(masked, error.faults))) from None
    faults = Faults()
    entries = collect(document, environ, faults)
    builder = Builder(entries, Where(file), folder, faults)
    settings = builder.settings()
    if faults.found or settings is None:
        raise ConfigurationError(tuple(faults.found))
    return Loaded(settings, tuple(builder.origins))


def masked(fault: FileFault) -> FileFault:
    """Return `fault` without the text that it quotes: it may be a secret."""
    if fault.code != "Y109":
        return fault
    message = re.sub(r"^`.*?` is", "This plain text is", fault.message, flags=re.DOTALL)
    return replace(fault, message=message)


@dataclass(slots=True)
class Builder:
    """Turns entries into settings. Owned by one `parse`."""

    entries: Mapping[Path, Entry]
    file: Where
    folder: File
    faults: Faults
    origins: list[Origin] = field(default_factory=list)

    def settings(self) -> Settings | None:
        """Return the settings, or None when something is wrong."""
        # Any: which field takes which type is said by the kind beside the field.
        parts: dict[str, Any] = {"kafka": self.kafka()}
        parts |= self.section(())
        sections = {name: self.section((name,)) for name in SECTIONS}
        parts["topics"] = self.names("topics", TOPIC)
        parts["keys"] = self.names("keys", Password())
        if self.faults.found:
            return None
        for name, values in sections.items():
            parts[name] = SECTIONS[name](**values)
        settings = Settings(**parts)
        check_together(settings, self.where, self.faults)
        return settings

    def where(self, path: Path) -> Where:
        """Return where `path` was set, or the file when it was not."""
        entry = self.entries.get(path)
        return self.file if entry is None else entry.where

    def section(self, prefix: Path) -> dict[str, Any]:
        """Return the values of the keys directly below `prefix`, defaults included."""
        values: dict[str, Any] = {}
        for path, known in KEYS.items():
            if path[:-1] == prefix:
                values[path[-1]] = self.value(known)
        return values

    def value(self, known: Known) -> object:
        """Return one key's value; None when it is wrong."""
        entry = self.entries.get(known.path)
        if entry is None or (entry.raw is None and entry.from_file is None):
            return self.default(known)
        entry = self.content(entry)
        if entry is None:
            return None
        value = self.read(entry, known.key.kind)
        if known.key.path and value is not None:
            value = self.existing(entry, File(str(value)), known.key.path)
        return value

    def default(self, known: Known) -> object:
        """Return the default, or note that there is none."""
        if known.is_required:
            self.missing(known.path)
            return None
        default = known.default
        if known.key.path and isinstance(default, File):
            entry = Entry(
                path=known.path, raw=str(default), is_text=False, where=self.file
            )
            default = self.existing(entry, default, known.key.path)
        shown = known.key.default or ("" if default is None else str(default))
        self.origins.append(Origin(dotted(known.path), shown, "default"))
        return default

    def missing(self, path: Path) -> None:
        """Note that a required key was not set."""
        self.faults.add(
            "C104",
            self.where(path),
            f"`{dotted(path)}` is missing.",
            f"Set it in section `{path[0]}`.",
        )

    def kafka(self) -> KafkaSettings:
        """Return the properties of librdkafka."""
        properties: dict[str, str | int | float | bool] = {}
        for path, given in self.entries.items():
            entry = self.content(given) if path[0] == "kafka" else None
            if entry is None:
                continue
            if isinstance(entry.raw, str | int | float | bool):
                properties[path[1]] = entry.raw
                is_secret = SECRET_PROPERTY.search(path[1]) is not None
                self.note(entry, MASK if is_secret else str(entry.raw))
            else:
                message = "must be a text, a number, true or false"
                self.wrong(entry, "C102", message, is_secret=True)
        for name in ("bootstrap.servers", "group.id"):
            if not str(properties.get(name, "")).strip():
                self.missing(("kafka", name))
        for name in ("session.timeout.ms", "max.poll.interval.ms"):
            if not re.fullmatch(r"[0-9]{1,9}", str(properties.get(name, "0"))):
                entry = self.entries["kafka", name]
                message = "must be a whole number of milliseconds"
                self.wrong(entry, "C102", message)
                del properties[name]
        return KafkaSettings(properties=MappingProxyType(properties))

    def names(self, section: str, kind: Text | Password) -> Mapping[str, Any]:
        """Return a section whose keys are a person's own names."""
        values: dict[str, Any] = {}
        for path, given in self.entries.items():
            entry = self.content(given) if path[0] == section else None
            if entry is not None:
                values[path[1]] = self.read(entry, kind)
        return MappingProxyType(values)

    def content(self, entry: Entry) -> Entry | None:
        """Return `entry` with the content of the file that it names, if it names one."""
        if entry.from_file is None:
            return entry
        file = self.folder / entry.from_file
        try:
            with file.open("rb") as stream:
                raw = stream.read(SECRET_BYTES + 1)
            text = raw.decode("utf-8").removesuffix("\n").removesuffix("\r")
        except (OSError, UnicodeDecodeError) as error:
            self.unreadable(entry, file, why(error))
            return None
        if len(raw) > SECRET_BYTES or not text:
            problem = "it is empty" if not text else "it is larger than 64 KiB"
            self.unreadable(entry, file, problem)
            return None
        return replace(entry, raw=text, is_text=True, from_file=str(file))

    def read(self, entry: Entry, kind: Kind) -> object:
        """Return the value of `entry` as its kind reads it; None when it is wrong."""
        value = kind.read(entry.raw, is_text=entry.is_text)
        if isinstance(value, Wrong):
            self.wrong(entry, value.code, value.message, is_secret=kind.is_secret)
            return None
        if isinstance(value, Secret):
            text = value.reveal()
            if entry.from_file is not None:
                value = Secret(text, File(entry.from_file))
            is_url = "://" in text and not isinstance(kind, Password)
            self.note(entry, masked_url(text) if is_url else MASK)
        else:
            self.note(entry, str(entry.raw))
        return value

    def note(self, entry: Entry, shown: str) -> None:
        """Note where a value came from."""
        where = str(entry.where)
        if entry.from_file is not None:
            shown, where = MASK, f"{where} (file {entry.from_file})"
        self.origins.append(Origin(dotted(entry.path), shown, where))

    def wrong(
        self, entry: Entry, code: str, message: str, *, is_secret: bool = False
    ) -> None:
        """Note that a value is wrong, naming it unless it is a secret."""
        hidden = is_secret or entry.from_file is not None
        hidden = hidden or SECRET_PROPERTY.search(entry.path[-1]) is not None
        shown = MASK if hidden else quoted(entry.raw)
        self.faults.add(
            code,
            entry.where,
            f"`{dotted(entry.path)}` {message}; it is {shown}.",
            "Mend the value; `consumer docs configuration` says what may stand here.",
        )

    def unreadable(self, entry: Entry, file: File, problem: str) -> None:
        """Note that a file that a key names cannot be used."""
        self.faults.add(
            "C105",
            entry.where,
            f"`{dotted(entry.path)}` names {file}: {problem}.",
            "Mend the path or the file; paths are relative to the configuration file.",
        )

    def existing(self, entry: Entry, path: File, must_be: str) -> File | None:
        """Return the path below the configuration's folder, if it is there."""
        full = self.folder / path
        if full.is_dir() if must_be == "folder" else full.is_file():
            return full
        self.unreadable(entry, full, f"there is no such {must_be}")
        return None


def quoted(raw: object) -> str:
    """Return a short text of a wrong value, credentials in it masked."""
    if isinstance(raw, dict | list):
        return "a list" if isinstance(raw, list) else "a map"
    if isinstance(raw, bool) or raw is None:
        return str(raw).lower().replace("none", "empty")
    text = masked_url(raw) if isinstance(raw, str) else str(raw)
    text = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}..."
    return repr(text) if isinstance(raw, str) else text


def why(error: OSError | UnicodeDecodeError) -> str:
    """Return the reason alone, without path or content."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return (error.strerror or "it cannot be read").lower()
