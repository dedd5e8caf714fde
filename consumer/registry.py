"""The schema registry, through confluent-kafka's own client.

Rules:
    - An id means one schema for ever, so what was found is never asked for again, and
      at most one question about an id is under way.
    - "It does not exist" is an answer (`None`); no answer, or one that no registry
      gives, is a RegistryUnreachableError. A wrong path in the URL answers 404 too, and
      must not look like an unknown id, or each record would become a dead letter: so
      only the registry's own codes 40401 to 40403 count. A GUID is the exception: a
      registry older than GUIDs answers them with a plain 404, and one record that names
      a GUID must not hold its partition for ever.
    - Of several URLs the client asks the next when one gives no answer, or 5xx. An
      answer holds, "it does not exist" too: they are ways to one registry.
    - Messages carry the registry's host and what went wrong, never a credential.

The client is synchronous and runs in a few threads of ours. It does not retry (the
pipeline does). Importing it takes 0.2 s, because it brings its asynchronous twin and
OAuth along.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

import httpx2
from confluent_kafka.schema_registry import (
    Schema,
    SchemaRegistryClient,
    SchemaRegistryError,
)

from consumer.config.secret import Secret
from consumer.config.settings import RegistrySettings
from consumer.errors import (
    ConfigurationError,
    FileFault,
    RegistryUnreachableError,
)
from consumer.model import SchemaId

__all__ = [
    "NotRegisteredError",
    "RegisteredSchema",
    "Registry",
    "asked",
    "client_properties",
    "place",
]

T = TypeVar("T")
THREADS = 4
TOKEN = re.compile(r"[!-~]{1,16384}")  # bearer tokens of OAuth grow long
NOT_FOUND = frozenset({40401, 40402, 40403})  # subject, version, schema
HTTP_NOT_FOUND = 404
HTTP_REFUSED = frozenset({401, 403})
MAX_ID = 2**31 - 1  # ids are signed in a registry; a larger one is answered oddly
MAX_REFERENCES = 200
# Of fields, and of the whole value: confluent_kafka.schema_registry.rules.encryption.
ENCRYPTING = frozenset({"ENCRYPT", "ENCRYPT_PAYLOAD"})
MESSAGE_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredSchema:
    """A schema as the registry knows it.

    Attributes:
        text: Its JSON.
        references: Name of each schema that it refers to, to its JSON; each after those
            that it refers to itself.
        is_encrypted: Whether its rules encrypt fields or the payload; other rules
            (migrations, conditions, CEL) leave bytes that Avro alone reads.
    """

    text: str
    references: Mapping[str, str] = field(default_factory=dict)
    is_encrypted: bool = False


class NotRegisteredError(Exception):
    """The registry says that it has no such thing."""


class TokenUnusableError(Exception):
    """The token cannot be read, or cannot stand in a header; the message says why."""


class Bearer:
    """What goes out beside each request in place of user and password.

    A token from a file is read again each time: whoever rotates it changes the file.
    Questions are rare, so that costs nothing.
    """

    def __init__(self, settings: RegistrySettings, token: Secret) -> None:
        self._token = token
        self._cluster = settings.logical_cluster or ""
        self._pool = settings.identity_pool

    def fields(self, _: object) -> dict[str, str]:
        """Return what the client puts into headers; called by it, in its thread."""
        found = {
            "bearer.auth.token": self.text(),
            "bearer.auth.logical.cluster": self._cluster,
        }
        if self._pool is not None:
            found["bearer.auth.identity.pool.id"] = self._pool
        return found

    def text(self) -> str:
        """Return the token of the day.

        Raises:
            TokenUnusableError: There is none, or it has characters of no header.
        """
        text, file = self._token.reveal(), self._token.file
        if file is not None:
            try:
                text = file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                message = f"the token in {file} cannot be read: {type(error).__name__}"
                raise TokenUnusableError(message) from error
        if TOKEN.fullmatch(text) is None:
            where = "registry.token" if file is None else f"the token in {file}"
            message = f"{where} is empty, or has characters that no header may carry"
            raise TokenUnusableError(message)
        return text


class Registry:
    """Asks one schema registry. Owned by the pipeline; lives on its loop."""

    def __init__(self, settings: RegistrySettings) -> None:
        """Make the client; nothing is asked yet.

        Args:
            settings: The `registry` section, with a URL.

        Raises:
            ConfigurationError: A certificate file cannot be used.
        """
        self._place = place(settings.url or "")
        try:
            self._client = SchemaRegistryClient(client_properties(settings))
        except (OSError, ssl.SSLError) as error:
            raise ConfigurationError((unusable(settings, error),)) from error
        urls = (settings.url or "").count(",") + 1
        self._deadline_seconds = settings.timeout_seconds * (urls + 1)
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="registry")
        self._known: dict[SchemaId, RegisteredSchema] = {}
        self._asking: dict[SchemaId, asyncio.Future[RegisteredSchema | None]] = {}

    async def schema(self, schema_id: SchemaId) -> RegisteredSchema | None:
        """Return the schema of `schema_id`; None when the registry has none.

        May be called any number of times and at the same time.

        Args:
            schema_id: A number or a GUID; no registry knows a fingerprint.

        Returns:
            The schema with all that it refers to.

        Raises RegistryUnreachableError when there was no answer, or none of a registry.
        """
        known = self._known.get(schema_id)
        if known is not None:
            return known
        asking = self._asking.get(schema_id)
        if asking is None:
            asking = self._ask(schema_id)
        return await self._awaited(asking)

    async def newest(self, subject: str) -> int | None:
        """Return the number of a subject's newest version; None when it has none.

        Errors are those of `schema`.
        """
        loop = asyncio.get_running_loop()
        asking = loop.run_in_executor(self._threads, self._newest, subject)
        asking.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await self._awaited(asking)

    async def aclose(self) -> None:
        """Close the connections; what is under way ends unanswered."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._client.close()

    def _ask(self, schema_id: SchemaId) -> asyncio.Future[RegisteredSchema | None]:
        loop = asyncio.get_running_loop()
        asking = loop.run_in_executor(self._threads, self._fetch, schema_id)
        self._asking[schema_id] = asking
        asking.add_done_callback(lambda done: self._answered(schema_id, done))
        return asking

    def _answered(
        self, schema_id: SchemaId, done: asyncio.Future[RegisteredSchema | None]
    ) -> None:
        self._asking.pop(schema_id, None)
        if done.cancelled() or done.exception() is not None:
            return
        found = done.result()
        if found is not None:
            self._known[schema_id] = found

    async def _awaited(self, asking: asyncio.Future[T]) -> T:
        """Return an answer that comes in time.

        Raises:
            RegistryUnreachableError: It does not.
        """
        try:
            async with asyncio.timeout(self._deadline_seconds):
                # shield: others may wait for the same answer
                return await asyncio.shield(asking)
        except TimeoutError:
            message = f"{self._place}: no whole answer in {self._deadline_seconds:g} s"
            raise RegistryUnreachableError(message) from None

    def _newest(self, subject: str) -> int | None:
        """Ask, in a thread; None when the registry has no such subject."""
        try:
            with asked(self._place):
                return max(self._client.get_versions(subject), default=None)
        except NotRegisteredError:
            return None

    def _fetch(self, schema_id: SchemaId) -> RegisteredSchema | None:
        """Ask, in a thread; None when the registry has no such schema."""
        if (schema_id.number or 0) > MAX_ID:
            return None
        try:
            with asked(self._place, has_plain_404=schema_id.guid is not None):
                return self._resolved(self._named(schema_id))
        except NotRegisteredError:
            return None

    def _named(self, schema_id: SchemaId) -> Schema:
        if schema_id.number is not None:
            return self._client.get_schema(schema_id.number)
        return self._client.get_schema_by_guid(str(uuid.UUID(hex=schema_id.guid)))

    def _resolved(self, schema: Schema) -> RegisteredSchema:
        references: dict[str, str] = {}
        self._collect(schema, references, set())
        return RegisteredSchema(
            text=text_of(schema),
            references=references,
            is_encrypted=is_encrypted(schema),
        )

    def _collect(
        self, schema: Schema, found: dict[str, str], seen: set[tuple[str, int]]
    ) -> None:
        """Add to `found` what `schema` refers to, the innermost first.

        Raises:
            ValueError: It refers to more than anybody would.
        """
        for reference in schema.references or []:
            subject, version = reference.subject or "", reference.version or 0
            if (subject, version) in seen:
                continue
            seen.add((subject, version))
            if len(seen) > MAX_REFERENCES:
                raise ValueError("too many references")
            # a deleted version may still be referred to
            inner = self._client.get_version(subject, version, deleted=True).schema
            self._collect(inner, found, seen)
            found[reference.name or subject] = text_of(inner)


def client_properties(settings: RegistrySettings) -> dict[str, object]:
    """Return the client's properties: none for what is not set."""
    user = settings.username
    password = settings.password.reveal() if settings.password else ""
    proxy, ca_file = settings.proxy, settings.ca_file
    certificate, key_file = settings.certificate_file, settings.key_file
    properties: dict[str, object | None] = {
        "url": settings.url,
        "timeout": settings.timeout_seconds,
        "max.retries": 0,
        "basic.auth.user.info": f"{user}:{password}" if user else None,
        "proxy": proxy.reveal() if proxy else None,
        "ssl.ca.location": str(ca_file) if ca_file else None,
        "ssl.certificate.location": str(certificate) if certificate else None,
        "ssl.key.location": str(key_file) if key_file else None,
    }
    if settings.token is not None:
        properties |= {
            "bearer.auth.credentials.source": "CUSTOM",
            "bearer.auth.custom.provider.function": Bearer(
                settings, settings.token
            ).fields,
            "bearer.auth.custom.provider.config": {},
        }
    return {key: value for key, value in properties.items() if value is not None}


def unusable(settings: RegistrySettings, error: OSError) -> FileFault:
    """Return the fault of a certificate file that the TLS library refuses."""
    files = (settings.ca_file, settings.certificate_file, settings.key_file)
    named = ", ".join(str(file) for file in files if file)
    return FileFault(
        code="R101",
        file=named or "registry",
        line=0,
        column=0,
        message=f"certificate or key cannot be used: {type(error).__name__}",
        mend="Give PEM files; the key must belong to the certificate.",
    )


def text_of(schema: Schema) -> str:
    """Return the schema's text.

    Raises:
        ValueError: There is none.
    """
    if not isinstance(schema.schema_str, str):
        raise ValueError("no schema in the answer")  # noqa: TRY004  # a wrong answer
    return schema.schema_str


def is_encrypted(schema: Schema) -> bool:
    """Return whether a rule that is in force encrypts what writers write."""
    found = schema.rule_set
    if found is None:
        return False
    lists = (found.domain_rules, found.encoding_rules, found.migration_rules)
    rules = [rule for some in lists for rule in some or ()]
    return any(rule.type in ENCRYPTING and not rule.disabled for rule in rules)


@contextmanager
def asked(where: str, *, has_plain_404: bool = False) -> Iterator[None]:
    """Turn what the client raises into ours; for each question to a registry.

    Args:
        where: The registry, for a person.
        has_plain_404: Whether a 404 without a registry's own code means that there is
            no such thing: for GUIDs, which older registries do not know.

    Raises:
        NotRegisteredError: The registry says that it has no such thing.
        RegistryUnreachableError: There was no answer of a registry.
    """
    try:
        yield
    except TokenUnusableError as error:
        raise RegistryUnreachableError(f"{where}: {error}") from error
    except SchemaRegistryError as error:
        is_404 = error.http_status_code == HTTP_NOT_FOUND
        if is_404 and (has_plain_404 or error.error_code in NOT_FOUND):
            raise NotRegisteredError from error
        raise RegistryUnreachableError(f"{where}: {refusal(error)}") from error
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
        raise RegistryUnreachableError(f"{where}: {cause(error)}") from error
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        # what the client raises for an answer of another shape than it expects
        raise RegistryUnreachableError(
            f"{where}: the answer is not a schema registry's"
        ) from error


def refusal(error: SchemaRegistryError) -> str:
    """Return what an HTTP status means, for a person; not a word of the answer."""
    status = error.http_status_code
    if status in HTTP_REFUSED:
        return f"refuses our credentials (HTTP {status})"
    if status == HTTP_NOT_FOUND:
        return "HTTP 404, but not a schema registry's: is the URL's path right?"
    return f"HTTP {status}"


def cause(error: Exception) -> str:
    """Return why there was no answer.

    Only errors of the network show their text: that of a wrong header shows the header.
    """
    name = type(error).__name__
    if isinstance(error, httpx2.TimeoutException):
        return f"no answer in time ({name})"
    if isinstance(error, httpx2.NetworkError | httpx2.ProxyError | OSError):
        return f"{name}: {error}"[:MESSAGE_CHARACTERS]
    return name


def place(url: str) -> str:
    """Return scheme and host of a registry's URLs, without user and path."""
    parts = [urlsplit(one.strip()) for one in url.split(",")]
    hosts = [f"{part.scheme}://{part.netloc.rpartition('@')[2]}" for part in parts]
    return f"schema registry {', '.join(hosts)}"
