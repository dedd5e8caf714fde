"""A small schema registry: the part of Confluent's REST API that clients of Avro use.

Source: "Schema Registry API Reference", docs.confluent.io: paths, bodies, error codes
40401 (subject), 40402 (version), 40403 (schema), 42201 (invalid schema), 42202 (invalid
version). There is no compatibility check: its level answers NONE.

Rules:
    1. An id names one schema for ever; the same schema with the same references has the
       same id under every subject.
    2. Registering again under the same subject is no new version.
"""

import hashlib
import json
import uuid
from collections.abc import Callable
from typing import Any, NamedTuple

from fastavro.schema import SchemaParseException, UnknownType, parse_schema

from consumer.sandbox.faults import Faults
from consumer.sandbox.http import Later, Reply
from consumer.sandbox.routes import Asked, JsonError, Route, Router
from consumer.sandbox.target import strike
from consumer.sandbox.wire import Request

__all__ = ["SchemaRegistry"]

FIRST_ID = 1


class Registered(NamedTuple):
    """One schema.

    Attributes:
        number: Its id.
        guid: Its GUID, made of its content.
        text: The schema as it was registered.
        references: The registered references, as they came.
    """

    number: int
    guid: str
    text: str
    references: tuple[dict[str, object], ...]

    def to_json(self) -> dict[str, object]:
        """Return what `GET /schemas/ids/{id}` answers."""
        more = {"references": list(self.references)} if self.references else {}
        return {"schema": self.text, "guid": self.guid, **more}


class SchemaRegistry:
    """Schemas by id, GUID and subject. Owned by the event loop.

    Attributes:
        requests: How many requests it has had.
    """

    def __init__(self, faults: Faults, clock: Callable[[], float]) -> None:
        self.requests = 0
        self._faults = faults
        self._clock = clock
        self._by_guid: dict[str, Registered] = {}
        self._by_id: dict[int, Registered] = {}
        self._subjects: dict[str, list[Registered]] = {}
        self._router = Router(self.routes(), "application/vnd.schemaregistry.v1+json")

    def routes(self) -> list[Route]:
        """List what can be asked."""
        return [
            Route("GET", "/subjects", lambda _: sorted(self._subjects), "subjects"),
            Route("POST", "/subjects/{}/versions", self.register, "register"),
            Route("GET", "/subjects/{}/versions", self.versions, "versions"),
            Route("GET", "/subjects/{}/versions/{}", self.version, "one version"),
            Route("POST", "/subjects/{}", self.look_up, "look a schema up"),
            Route("GET", "/schemas/ids/{}", self.by_id, "a schema by id"),
            Route("GET", "/schemas/guids/{}", self.by_guid, "a schema by GUID"),
            Route("GET", "/schemas/ids/{}/versions", self.uses, "where it is used"),
            Route("GET", "/schemas/ids/{}/subjects", self.subjects_of, "by whom"),
            Route("GET", "/schemas/types", lambda _: ["AVRO"], "known types"),
            Route("GET", "/config", lambda _: {"compatibilityLevel": "NONE"}, "level"),
            Route("GET", "/mode", lambda _: {"mode": "READWRITE"}, "mode"),
        ]

    def handle(self, request: Request) -> Reply | Later:
        """Answer one request, unless a fault whose path fits strikes it."""
        self.requests += 1
        hit = self._faults.strike(request.path, None, self._clock())
        if hit is None:
            return self._router.handle(request)
        return strike(hit, lambda: self._router.handle(request))

    def register(self, asked: Asked) -> object:
        """Register a schema under a subject."""
        text, references = self._schema_in(asked.body)
        guid = guid_of(text, references)
        entry = self._by_guid.get(guid)
        if entry is None:
            number = FIRST_ID + len(self._by_id)
            entry = Registered(number, guid, text, references)
            self._by_guid[guid] = self._by_id[number] = entry
        versions = self._subjects.setdefault(asked.places[0], [])
        if entry not in versions:
            versions.append(entry)
        return {"id": entry.number, "version": versions.index(entry) + 1, "guid": guid}

    def versions(self, asked: Asked) -> object:
        """Return the numbers of a subject's versions."""
        return list(range(1, len(self._versions(asked.places[0])) + 1))

    def version(self, asked: Asked) -> object:
        """Return one version of a subject; `latest` is the newest.

        Raises:
            JsonError: There is no such version.
        """
        subject, text = asked.places
        versions = self._versions(subject)
        number = len(versions) if text in {"latest", "-1"} else whole(text)
        if not 1 <= number <= len(versions):
            raise JsonError(404, f"Version {text} not found.", 40402)
        return place_of(subject, number, versions[number - 1])

    def look_up(self, asked: Asked) -> object:
        """Return the version of a subject that is the given schema.

        Raises:
            JsonError: The subject does not have it.
        """
        subject = asked.places[0]
        versions = self._versions(subject)
        entry = self._by_guid.get(guid_of(*self._schema_in(asked.body)))
        if entry is None or entry not in versions:
            raise JsonError(404, "Schema not found", 40403)
        return place_of(subject, versions.index(entry) + 1, entry)

    def by_id(self, asked: Asked) -> object:
        """Return a schema by its id."""
        return self._entry(asked.places[0]).to_json()

    def by_guid(self, asked: Asked) -> object:
        """Return a schema by its GUID.

        Raises:
            JsonError: There is none.
        """
        entry = self._by_guid.get(canonical_guid(asked.places[0]))
        if entry is None:
            raise JsonError(404, f"Schema {asked.places[0]} not found", 40403)
        return {"id": entry.number, **entry.to_json()}

    def uses(self, asked: Asked) -> object:
        """Return the subjects and versions of a schema."""
        entry = self._entry(asked.places[0])
        return [
            {"subject": subject, "version": versions.index(entry) + 1}
            for subject, versions in self._subjects.items()
            if entry in versions
        ]

    def subjects_of(self, asked: Asked) -> object:
        """Return the subjects of a schema."""
        entry = self._entry(asked.places[0])
        return [name for name, held in self._subjects.items() if entry in held]

    def _entry(self, text: str) -> Registered:
        entry = self._by_id.get(int(text)) if text.isdecimal() else None
        if entry is None:
            raise JsonError(404, f"Schema {text} not found", 40403)
        return entry

    def _versions(self, subject: str) -> list[Registered]:
        if subject not in self._subjects:
            raise JsonError(404, f"Subject '{subject}' not found.", 40401)
        return self._subjects[subject]

    def _schema_in(self, body: Any) -> tuple[str, tuple[dict[str, object], ...]]:
        """Return the checked schema of a request.

        Raises:
            JsonError: It is not an Avro schema, or a reference is not registered.
        """
        text = body.get("schema") if isinstance(body, dict) else None
        if not isinstance(text, str) or body.get("schemaType", "AVRO") != "AVRO":
            raise JsonError(422, "Invalid schema: only AVRO is known here", 42201)
        references = tuple(body.get("references") or ())
        named: dict[str, Any] = {}
        try:
            for reference in references:
                entry = self._referenced(reference)
                parse_schema(json.loads(entry.text), named_schemas=named)
            parse_schema(json.loads(text), named_schemas=named)
        except (ValueError, SchemaParseException, UnknownType) as error:
            raise JsonError(422, f"Invalid schema: {error}", 42201) from error
        return text, references

    def _referenced(self, reference: Any) -> Registered:
        versions = self._subjects.get(reference.get("subject"), [])
        number = reference.get("version", 0)
        if not isinstance(number, int) or not 1 <= number <= len(versions):
            raise JsonError(422, "Invalid schema: unknown reference", 42201)
        return versions[number - 1]


def place_of(subject: str, number: int, entry: Registered) -> dict[str, object]:
    """Return what `GET /subjects/{subject}/versions/{version}` answers."""
    return {
        "subject": subject,
        "version": number,
        "id": entry.number,
        **entry.to_json(),
    }


def whole(text: str) -> int:
    """Return a version's number.

    Raises:
        JsonError: It is not one.
    """
    if not text.isdecimal():
        raise JsonError(422, f"The specified version '{text}' is not valid.", 42202)
    return int(text)


def guid_of(text: str, references: tuple[dict[str, object], ...]) -> str:
    """Return a schema's GUID: the same for the same content, spaces aside."""
    content = json.dumps([json.loads(text), references], sort_keys=False)
    return str(uuid.UUID(bytes=hashlib.sha256(content.encode()).digest()[:16]))


def canonical_guid(text: str) -> str:
    """Return a GUID in lower case with hyphens, or the text when it is none."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return text
