"""`consumer init`: a mapping file to begin with, made from an Avro schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import click

from consumer.cli.material import settings_for
from consumer.cli.output import emit, output_option, say
from consumer.cli.subject import read_subject
from consumer.config.settings import Settings
from consumer.decode.readers import ReaderSchema, load_readers
from consumer.errors import UsageError
from consumer.mapping.faults import did_you_mean
from consumer.mapping.file_checks import attributes_of
from consumer.mapping.loading import load
from consumer.mapping.names import is_mapping
from consumer.mapping.starter import begin, topic_of, with_test
from consumer.pipeline.material import AVRO, MAPPINGS, keys_of
from consumer.watch import read_folder

__all__ = ["init"]

EDITORS = "mapping.schema.json"  # beside the folder of mappings
VALUE = "-value"  # ends the subject of a topic's values


@click.command()
@click.argument("mapping", metavar="MAPPING")
@click.option("--schema", metavar="FULL.NAME", help="A schema of the schemas' folder.")
@click.option("--subject", metavar="S[:V]", help="A subject of the registry, latest V.")
@click.option("--registry", metavar="URL", help="The registry, in place of --config's.")
@click.option("--topic", help="Where the events come from; else it is guessed.")
@click.option("--config", metavar="FILE", help="Configuration that names the folders.")
@click.option("--schemas", metavar="FOLDER", help="Avro schemas; else schemas/avro.")
@click.option("--mappings", metavar="FOLDER", help="Mapping files; schemas/mappings.")
@output_option
def init(form: str, /, mapping: str, topic: str | None, **given: str | None) -> int:
    """Begin the mapping MAPPING: a commented file, a fixture, and a test that passes.

    Every field of the schema gets a rule that suits its type, or a comment that says
    why not; who the event is about is guessed from the names. The files pass `consumer
    check` as they are. A schema of the registry is written beside the others. Nothing
    is ever overwritten.
    """
    settings = settings_of(given)
    place = place_of(mapping, settings)
    event = event_of(settings, given["schema"], given["subject"])
    files = {**event.files, **begun(place, event, settings, topic or event.topic)}
    write(files)
    if form == "json":
        emit({
            "ok": True,
            "mapping": place.stem,
            "schema": event.name,
            "written": [str(path) for path in files],
        })
    else:
        for path in files:
            click.echo(str(path))
        say("next: read the comments, then run `consumer test`", "green")
    return 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The event that a mapping is begun for.

    Attributes:
        name: Full name of its schema.
        topic: Where its records are likely to be.
        readers: All readers' schemas, this one among them.
        files: What has to be written before the schema is one of ours.
    """

    name: str
    topic: str
    readers: Mapping[str, ReaderSchema]
    files: Mapping[Path, str]


def settings_of(given: Mapping[str, str | None]) -> Settings:
    """Return which folders and which registry are meant."""
    schemas, mappings = given["schemas"], given["mappings"]
    if given["config"] is None:
        schemas, mappings = schemas or "schemas/avro", mappings or "schemas/mappings"
    settings = settings_for(given["config"], schemas, mappings)
    if given["registry"] is None:
        return settings
    registry = replace(settings.registry, url=given["registry"])
    return replace(settings, registry=registry)


def place_of(mapping: str, settings: Settings) -> Path:
    """Return the file of a mapping, which is its name or its path.

    Raises:
        UsageError: It can name no mapping.
    """
    is_file = mapping.endswith((".yaml", ".yml"))
    place = Path(mapping) if is_file else settings.mappings / f"{mapping}.yaml"
    if not is_mapping(place.stem) or place.stem != Path(place.stem).name:
        raise UsageError(
            f"{place.stem} cannot name a mapping: use letters, digits, `-`, `_`, `.`"
        )
    return place


def event_of(settings: Settings, schema: str | None, subject: str | None) -> Event:
    """Return the event of a schema of ours, or of a subject of the registry.

    Raises:
        UsageError: Not exactly one is named, or there is no such schema.
    """
    if (schema is None) == (subject is None):
        raise UsageError("name one of --schema and --subject")
    texts = read_folder(settings.schemas, AVRO)
    if subject is not None:
        return subject_event(settings, subject, texts)
    readers = load_readers(texts)
    name = schema or ""
    if name not in readers:
        raise UsageError(f"there is no schema {name}. {did_you_mean(name, readers)}")
    return Event(name=name, topic=topic_of(name), readers=readers, files={})


def subject_event(settings: Settings, subject: str, texts: Mapping[str, str]) -> Event:
    """Return the event of a subject; a schema of that name that is ours comes first.

    Raises:
        UsageError: No registry is named.
    """
    if settings.registry.url is None:
        raise UsageError("--subject needs --registry URL, or a --config that names one")
    text = json.dumps(read_subject(settings.registry, subject), indent=2) + "\n"
    [name] = load_readers({subject: text})
    readers = load_readers(texts)
    files: dict[Path, str] = {}
    if name in readers:
        say(f"{readers[name].file} has {name} already: it is used")
    else:
        path = settings.schemas / f"{name}.avsc"
        files[path] = text
        readers = load_readers({**texts, str(path): text})
    whole = subject.partition(":")[0]
    topic = whole.removesuffix(VALUE) if whole.endswith(VALUE) else topic_of(name)
    return Event(name=name, topic=topic, readers=readers, files=files)


def begun(place: Path, event: Event, settings: Settings, topic: str) -> dict[Path, str]:
    """Return the mapping and its fixture, after a check of the whole set.

    A mapping that the others contradict ends in a ConfigurationError.
    """
    texts, keys = read_folder(settings.mappings, MAPPINGS), keys_of(settings)
    others = load(texts, event.readers, settings.topics, keys)
    taken = {name for one in others.plans for name, _ in attributes_of(one.spec)}
    draft = begin(place.stem, event.name, event.readers, topic=topic, taken=taken)
    text = draft.text
    if (place.parent.parent / EDITORS).exists():
        text = f"# yaml-language-server: $schema=../{EDITORS}\n{text}"
    draft = replace(draft, text=text)
    drafted = {**texts, str(place): draft.text}
    found = load(drafted, event.readers, settings.topics, keys)
    [plan] = [one for one in found.plans if one.file == str(place)]
    fixture = f"fixtures/{place.stem}.json"
    whole = with_test(draft, plan, event.readers, fixture)
    return {place: whole, place.parent / fixture: draft.fixture}


def write(files: Mapping[Path, str]) -> None:
    """Write files that are not there yet; none when one of them is.

    Raises:
        UsageError: One is there, or cannot be written.
    """
    for path in files:
        if path.exists():
            raise UsageError(f"{path} is there already: nothing was written")
    for path, text in files.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("x", encoding="utf-8") as stream:
                stream.write(text)
        except OSError as error:
            message = f"{path} cannot be written: {type(error).__name__}"
            raise UsageError(message) from None
