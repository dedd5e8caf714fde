"""Every option of the sandbox, and every switch for what Adobe does not document.

Rules:
    1. A documented behaviour is not a switch: it is coded, and a contract test quotes
       its source.
    2. An undocumented one is a field of `Switches`; its default is a guess, named in
       its help, and the guess can be changed while the sandbox runs (`PATCH /switches`
       on the admin port).
    3. The help of a field stands in its metadata, so that a command can list it.
"""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from consumer.sandbox.errors import SandboxError

__all__ = [
    "Described",
    "SandboxOptions",
    "Switches",
    "changed",
    "described",
    "options_from",
]

Value: TypeAlias = str | int | float | bool


def option(text: str, *, default: Any, choices: Iterable[str] = ()) -> Any:
    """Make a dataclass field whose help and choices stand in its metadata."""
    metadata = {"help": text, "default": default, "choices": tuple(choices)}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What the documents leave open; may be changed while the sandbox runs."""

    apply_delay_seconds: float = option(
        "how long an accepted update waits before it can be seen", default=0.0
    )
    late: bool = option(
        "fix a call's place in its profile after an injected delay, not before",
        default=False,
    )
    answer_delay_seconds: float = option(
        "how long every answer of Target takes", default=0.0
    )
    path_segment: Literal["any", "client", "word"] = option(
        "what stands after /m2/: anything, our client code, or the word `client`",
        default="any",
        choices=("any", "client", "word"),
    )
    answer_format: Literal["xml", "text"] = option(
        "the XML of the 2018 document, or the tag-less text of today's page",
        default="xml",
        choices=("xml", "text"),
    )
    content_type: str = option(
        "the content type of an update's answer",
        default="application/xml;charset=UTF-8",
    )
    missing_id_status: int = option("the status when no id is given", default=400)
    both_ids: Literal["refuse", "third_party_id", "pc_id"] = option(
        "what happens when both ids are given: refused, or which one counts",
        default="refuse",
        choices=("refuse", "third_party_id", "pc_id"),
    )
    bad_id_status: int = option(
        "the status for an id that is too long, or has a + or a /", default=400
    )
    get_bytes: int = option(
        "the largest path with query of a GET, in bytes", default=8192
    )
    post_bytes: int = option(
        "the largest query and body of a POST, in bytes", default=61440
    )
    oversize_status: int = option(
        "the status when a call is larger than that", default=413
    )
    quota_status: int = option("the status when the quota is used up", default=429)
    quota_retry_after: bool = option(
        "say in Retry-After when the next call would be admitted", default=True
    )
    unauthorized_status: int = option(
        "the status for a missing or wrong token: 403 or 401", default=403
    )
    unknown_profile: Literal["success", "refuse"] = option(
        "what an update of a profile that does not exist answers",
        default="success",
        choices=("success", "refuse"),
    )
    unknown_profile_status: int = option("the status of that refusal", default=404)
    refused_names: str = option(
        "prefixes, by comma, of attribute names that are refused", default="refused."
    )
    refused_status: int = option(
        "the status for a refused name, with <success>false</success>", default=200
    )
    name_chars: int = option("the longest attribute name", default=128)
    over_name: Literal["ignore", "refuse"] = option(
        "what a longer name does to its call",
        default="ignore",
        choices=("ignore", "refuse"),
    )
    value_chars: int = option("the longest attribute value", default=256)
    over_value: Literal["ignore", "refuse", "truncate"] = option(
        "what a longer value does",
        default="ignore",
        choices=("ignore", "refuse", "truncate"),
    )
    empty_values: Literal["ignore", "write"] = option(
        "what an empty value does to an attribute",
        default="ignore",
        choices=("ignore", "write"),
    )
    profile_bytes: int = option(
        "the most that a profile may hold, in bytes", default=65536
    )
    over_profile: Literal["ignore", "drop"] = option(
        "what an update beyond that does", default="ignore", choices=("ignore", "drop")
    )
    lifetime_seconds: float = option(
        "how long a profile lives without activity (14 days)", default=1_209_600.0
    )
    update_extends_life: bool = option(
        "whether an update counts as activity", default=True
    )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class SandboxOptions:
    """How a sandbox is started. Port 0 takes any free one."""

    host: str = option("the address to listen on", default="127.0.0.1")
    port: int = option("the port of Target; 0 takes any free one", default=8080)
    admin_port: int = option("the port of the admin interface", default=8081)
    registry_port: int = option("the port of the schema registry", default=8082)
    client: str = option("the client code", default="acme")
    require_token: bool = option("require the profile API token", default=False)
    token: str = option(
        "the token; empty makes one, shown by the admin port", default=""
    )
    calls_per_day: int = option("the quota of the single update", default=1_000_000)
    quota_window_seconds: float = option(
        "the rolling window of the quota", default=86_400.0
    )
    kept_calls: int = option(
        "how many calls the log keeps, newest first", default=500_000
    )
    certificate: str = option("a PEM file: Target then speaks TLS", default="")
    private_key: str = option("the PEM file of its key", default="")
    switches: Switches = dataclasses.field(default_factory=Switches)


class Described(NamedTuple):
    """One option as a command shows it."""

    name: str
    default: Value
    help: str
    choices: tuple[str, ...]


def described(kind: type[SandboxOptions | Switches]) -> list[Described]:
    """List the options of a class, each help with its default at the end."""
    return [
        Described(
            field.name,
            default_of(field),
            f"{field.metadata['help']}. Default: {shown(default_of(field))}",
            field.metadata["choices"],
        )
        for field in dataclasses.fields(kind)
        if "help" in field.metadata
    ]


def default_of(field: dataclasses.Field[Any]) -> Value:
    """Return the default of a field made by `option`."""
    value: Value = field.metadata["default"]
    return value


def shown(value: Value) -> str:
    """Return a default as a person writes it."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value) or "none"


def changed(switches: Switches, values: Mapping[str, object]) -> Switches:
    """Return the switches with some of them set otherwise.

    Raises:
        SandboxError: A name is not a switch, or a value does not fit.
    """
    known = {entry.name: entry for entry in described(Switches)}
    fitted: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise SandboxError(f"no switch {name}; there are {', '.join(known)}")
        fitted[name] = fit(known[name], value)
    return dataclasses.replace(switches, **fitted)


def fit(entry: Described, value: object) -> Value:
    """Return a value in the type of an option's default.

    Raises:
        SandboxError: It has another type, or is not among the choices.
    """
    if isinstance(entry.default, float) and type(value) is int:
        value = float(value)
    if type(value) is not type(entry.default):
        wanted = type(entry.default).__name__
        raise SandboxError(f"{entry.name} takes a {wanted}")
    if entry.choices and value not in entry.choices:
        raise SandboxError(f"{entry.name} is one of {', '.join(entry.choices)}")
    if isinstance(value, (int, float)) and value < 0:
        raise SandboxError(f"{entry.name} is not negative")
    return value


def options_from(values: Mapping[str, object]) -> SandboxOptions:
    """Build the options from one flat mapping of names of both classes.

    A name that is unknown, or a value that does not fit, raises `SandboxError`.
    """
    plain = {entry.name: entry for entry in described(SandboxOptions)}
    mine: dict[str, Any] = {
        name: fit(plain[name], value) for name, value in values.items() if name in plain
    }
    rest = {name: value for name, value in values.items() if name not in plain}
    return SandboxOptions(switches=changed(Switches(), rest), **mine)
