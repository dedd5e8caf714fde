"""Questions to a cluster: why it gives no answer, and what a person does about it.

librdkafka says "timed out" to the one who asks, and the cause to a callback.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import contextmanager

from confluent_kafka import KafkaError, KafkaException

from consumer.errors import DependencyError, FileFault
from consumer.source.diagnosis import HANGS_UP, diagnosis
from consumer.source.values import Property, SourceFault, SourceFaultKind

__all__ = ["UNANSWERED", "Asking", "code_of", "refused", "text_of"]

UNANSWERED = (KafkaException, FutureTimeoutError)
NOT_KAFKA = "Check kafka.bootstrap.servers and kafka.security.protocol."
# What a broker answers about itself (not the one who asks) needs no mend of ours.
EXPLAINED = frozenset({
    SourceFaultKind.AUTHORIZATION,
    SourceFaultKind.UNKNOWN_TOPIC,
    SourceFaultKind.AUTHENTICATION,
})

HOPELESS = frozenset({SourceFaultKind.AUTHENTICATION, SourceFaultKind.TLS})


class Asking:
    """Remembers why no broker answers. Owned by one client.

    `note` is that client's `error_cb`.
    """

    def __init__(self, kafka: Mapping[str, Property]) -> None:
        self._servers = str(kafka.get("bootstrap.servers", ""))
        self._cause: SourceFault | None = None

    def note(self, error: KafkaError) -> None:
        """Remember an error; the first that names a cause is kept."""
        found = diagnosis(error)
        if self._cause is None or self._cause.kind is SourceFaultKind.BROKERS_DOWN:
            self._cause = found

    @property
    def is_hopeless(self) -> bool:
        """Whether asking again would bring the same: they do not know us, or we them."""
        return self._cause is not None and self._cause.kind in HOPELESS

    @contextmanager
    def asked(self, serve: Callable[[float], object]) -> Iterator[None]:
        """Turn librdkafka's errors into ours.

        Args:
            serve: Serves the client's callbacks: its `poll`.

        Raises:
            DependencyError: It raised one; the message says why and the mend.
        """
        try:
            yield
        except UNANSWERED as error:
            serve(0)  # the cause comes by the error callback
            said = f"the cluster at {self._servers}: {text_of(error)}"
            raise DependencyError(f"{said}{self._because(error)}") from error

    def _because(self, error: Exception) -> str:
        """Return the cause and the mend, as far as they are known."""
        inner = error.args[0] if error.args else None
        if isinstance(inner, KafkaError) and inner.code() > 0:  # a broker's own answer
            found = diagnosis(inner)
            return f". {found.mend}" if found.kind in EXPLAINED else ""
        if self._cause is None:
            return f". {NOT_KAFKA}"
        if self._cause.kind is SourceFaultKind.BROKERS_DOWN:
            return f". {HANGS_UP}"
        return f": {self._cause.message}. {self._cause.mend}"


def code_of(error: Exception) -> int | None:
    """Return Kafka's or librdkafka's code of an error; None when it has none."""
    inner = error.args[0] if error.args else None
    return inner.code() if isinstance(inner, KafkaError) else None


def text_of(error: Exception) -> str:
    """Return what librdkafka says of an error."""
    inner = error.args[0] if error.args else None
    return str(inner.str()) if isinstance(inner, KafkaError) else "no answer in time"


def refused(error: KafkaException) -> FileFault:
    """Return the fault of a property that librdkafka refuses."""
    return FileFault(
        code="K102",
        file="kafka",
        line=0,
        column=0,
        message=f"librdkafka refuses the configuration: {text_of(error)}",
        mend="See librdkafka's CONFIGURATION.md for the property.",
    )
