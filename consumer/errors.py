"""The exception tree: whose fault it is, and whether another try is worth anything.

    ConsumerError               never raised itself
    ├── UsageError              ours: the command line asks for what cannot be (exit 2)
    ├── ConfigurationError      ours: files that a person must mend (exit 3)
    ├── DependencyError         a broker, registry or topic is missing (exit 4)
    │   └── RegistryUnreachableError   worth another try
    ├── SchemaError             the publisher's: a writer's schema that is not admitted
    │   └── SchemaUnresolvableError   ours: a deployment fault, holds the topic
    ├── MappingError            the record's: a mapping rule refuses this record
    └── PipelineFailedError     ours: the service cannot go on (exit 5)

Expected answers of the outside (a 404, a 429, a rejected item, bytes that are no event)
are values of `model`, not exceptions. No message carries a secret, an id or a value.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "ConfigurationError",
    "ConsumerError",
    "DependencyError",
    "FileFault",
    "MappingError",
    "PipelineFailedError",
    "RegistryUnreachableError",
    "SchemaError",
    "SchemaUnresolvableError",
    "UsageError",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFault:
    """One thing that is wrong in a file that a person wrote.

    Attributes:
        code: Stable name of the kind of fault, such as `M101`.
        file: Path as the person gave it; an environment variable as `$NAME`.
        line: From 1; 0 when the fault is the file's as a whole.
        column: From 1; 0 likewise.
        message: What is wrong, naming field and value (secrets masked).
        mend: What to do about it.
        severity: `error` or `warning`.
    """

    code: str
    file: str
    line: int
    column: int
    message: str
    mend: str
    severity: str = "error"

    def __str__(self) -> str:
        """Return `file:line:column: severity CODE: message` and the mend below it."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return f"{place}: {self.severity} {self.code}: {self.message}\n    {self.mend}"


class ConsumerError(Exception):
    """Root of everything that this package raises; never raised itself."""


class UsageError(ConsumerError):
    """The command line asks for something that cannot be."""


class ConfigurationError(ConsumerError):
    """Configuration or mapping files are wrong.

    Attributes:
        faults: All that was found, not only the first.
    """

    def __init__(self, faults: tuple[FileFault, ...]) -> None:
        """Keep `faults`; the message is all of them, one after the other."""
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class DependencyError(ConsumerError):
    """Something that we need from outside is missing or cannot be reached."""


class RegistryUnreachableError(DependencyError):
    """The schema registry gave no answer; asking again later may help."""


class SchemaError(ConsumerError):
    """A writer's schema is not admitted.

    Attributes:
        code: Low-cardinality reason, such as `schema_recursive`.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep `code` beside the message."""
        super().__init__(message)
        self.code = code


class SchemaUnresolvableError(SchemaError):
    """A writer's schema cannot be resolved to the reader's: a deployment fault."""


class MappingError(ConsumerError):
    """A rule refuses this record.

    Attributes:
        code: Low-cardinality reason, such as `missing`.
    """

    def __init__(self, code: str, message: str) -> None:
        """Keep `code` beside the message; the message names the rule, no value."""
        super().__init__(message)
        self.code = code


class PipelineFailedError(ConsumerError):
    """The service cannot go on; a restart may help."""
