"""What a person is told who starts the service with something wrong."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.broker.kafka import Cluster
from tests.broker.process import free_ports
from tests.certificates import make_certificates
from tests.integration.listeners import answering, tls_port
from tests.integration.settings import ROOT, configuration, sections
from tests.processes import Process, consumer_command

pytestmark = pytest.mark.timeout(60)

NOWHERE = "127.0.0.1:1"  # a port that only root may listen on
END_SECONDS = 40.0


def ended(file: str, folder: Path) -> tuple[int, str]:
    """Run `consumer run` on `file` to its end; return its exit code and what it says."""
    command = consumer_command("run", "--config", file)
    with Process("run", command, folder) as process:
        code = process.wait(END_SECONDS)
        assert process.out.read_text() == ""
        return code, process.text().split("error: ", 1)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A configuration in a folder of its own, with copies of schemas and mappings."""

    folder: Path

    @property
    def file(self) -> Path:
        """The configuration file."""
        return self.folder / "consumer.yaml"

    def write(self, **changes: object) -> None:
        """Write the configuration, relative to its folder, with `changes`."""
        base = sections(NOWHERE, "http://127.0.0.1:1")
        own: Mapping[str, object] = {"schemas": "avro", "mappings": "mappings"}
        configuration(self.file, {**base, **own}, changes)

    def copied(self, name: str, file: str) -> Path:
        """Return a copied schema or mapping, to be spoilt."""
        return self.folder / name / file


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Give a configuration that is right but for its broker."""
    for name in ("avro", "mappings"):
        shutil.copytree(ROOT / "schemas" / name, tmp_path / name)
    return Place(folder=tmp_path)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongFile:
    """Something wrong in a file.

    Attributes:
        name: For the test's id.
        spoil: Writes the configuration and spoils it.
        says: What is said, whole but for the folder `{folder}`.
    """

    name: str
    spoil: Callable[[Place], object]
    says: str


def spoilt(file: str, content: str | bytes) -> Callable[[Place], None]:
    """Return how to write the configuration and give a file beside it `content`."""

    def spoil(place: Place) -> None:
        place.write()
        raw = content if isinstance(content, bytes) else content.encode()
        (place.folder / file).write_bytes(raw)

    return spoil


WRONG_FILES = (
    WrongFile(
        name="there is no configuration",
        spoil=lambda _: None,
        says="""\
{folder}/consumer.yaml: error C110: The configuration cannot be read: no such file or directory.
    Name a file with `--config FILE`.
""",
    ),
    WrongFile(
        name="broken YAML",
        spoil=spoilt("consumer.yaml", "kafka:\n  group.id: a\n   client.id: b\n"),
        says="""\
{folder}/consumer.yaml:3:13: error Y101: This is not YAML: mapping values are not allowed in this context.
    Look at this line and the one before it: indentation, quotes, colons.
""",
    ),
    WrongFile(
        name="wrong types, all at once",
        spoil=lambda place: place.write(
            limits={"max_in_flight": "many", "held_bytes": "64 chickens"},
            target={"timeout_seconds": True},
        ),
        says="""\
{folder}/consumer.yaml:12:22: error C102: `target.timeout_seconds` must be a number; it is true.
    Mend the value; `consumer docs configuration` says what may stand here.
{folder}/consumer.yaml:25:20: error C102: `limits.max_in_flight` must be a whole number; it is 'many'.
    Mend the value; `consumer docs configuration` says what may stand here.
{folder}/consumer.yaml:26:17: error C102: `limits.held_bytes` must be bytes, or a text with KiB, MiB or GiB; it is '64 chickens'.
    Mend the value; `consumer docs configuration` says what may stand here.
""",
    ),
    WrongFile(
        name="missing secret file",
        spoil=lambda place: place.write(target={"token": {"file": "secrets/token"}}),
        says="""\
{folder}/consumer.yaml:13:12: error C105: `target.token` names {folder}/secrets/token: no such file or directory.
    Mend the path or the file; paths are relative to the configuration file.
""",
    ),
    WrongFile(
        name="a schema that is not JSON",
        spoil=spoilt("avro/crm.LoanFunded.avsc", '{"type": "record",'),
        says="""\
{folder}/avro/crm.LoanFunded.avsc:1:19: error A101: This is not JSON: Expecting property name enclosed in double quotes.
    Look at this place and the one before it: commas, quotes, brackets.
""",
    ),
    WrongFile(
        name="a schema that is not text",
        spoil=spoilt("avro/crm.LoanFunded.avsc", b"\xff\xfe\x00"),
        says="""\
{folder}/avro/crm.LoanFunded.avsc: error C105: The file cannot be read: byte 1 is not UTF-8.
    Mend its permissions, and save it as UTF-8.
""",
    ),
    WrongFile(
        name="a mapping that is not YAML",
        spoil=spoilt("mappings/loan-funded.yaml", "version: 1\nname: [\n"),
        says="""\
{folder}/mappings/loan-funded.yaml:3:1: error Y101: This is not YAML: did not find expected node content.
    Look at this line and the one before it: indentation, quotes, colons.
""",
    ),
)


@pytest.mark.parametrize("wrong", WRONG_FILES, ids=lambda wrong: wrong.name)
def test_a_wrong_file_ends_with_3_and_its_place(wrong: WrongFile, place: Place) -> None:
    """File, line, column, what is wrong and the mend are said, and nothing is started."""
    wrong.spoil(place)
    code, said = ended(str(place.file), place.folder)
    assert (code, said) == (3, wrong.says.replace("{folder}", str(place.folder)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoBroker:
    """Something else than a broker at `bootstrap.servers`.

    Attributes:
        name: For the test's id.
        port: Gives the port, for as long as the block lasts.
        kafka: Properties beside the address.
        says: What must be said of it, in this order.
    """

    name: str
    port: Callable[[Path], AbstractContextManager[int]]
    says: tuple[str, ...]
    kafka: Mapping[str, object] = field(default_factory=dict)


def unused(_: Path) -> AbstractContextManager[int]:
    """Give a port where nobody listens."""
    return nullcontext(free_ports(1)[0])


def silent(_: Path) -> AbstractContextManager[int]:
    """Give a port that hears everything and says nothing."""
    return answering(b"")


def web(_: Path) -> AbstractContextManager[int]:
    """Give a web server's port."""
    return answering(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def strangers(folder: Path) -> AbstractContextManager[int]:
    """Give a TLS port whose certificate nobody trusts."""
    return tls_port(make_certificates(folder).server)


NO_BROKERS = (
    NoBroker(
        name="no broker",
        port=unused,
        says=(
            "nobody listens there",
            "Connection refused",
            "Start the broker, or set kafka.bootstrap.servers to its port.",
        ),
    ),
    NoBroker(
        name="wrong port, a web server's",
        port=web,
        says=(
            "the port answers HTTP, not Kafka",
            "Set kafka.bootstrap.servers to the brokers' own port.",
        ),
    ),
    NoBroker(
        name="wrong port, one that hangs up",
        port=silent,
        says=(
            "The port is open and hangs up: it wants TLS",
            "kafka.security.protocol: SSL or SASL_SSL",
            "or is not Kafka.",
        ),
    ),
    NoBroker(
        name="wrong CA",
        port=strangers,
        kafka={"security.protocol": "SSL"},
        says=(
            "the broker's certificate is not signed by a CA that we trust",
            "Set kafka.ssl.ca.location to the CA of the brokers.",
        ),
    ),
)
# Which of the two librdkafka tells last is chance: the hint, or the reset after it.
PLAIN_SAYS = re.compile(
    "TLS was spoken to a port that does not speak it.*Set kafka.security.protocol to "
    "PLAINTEXT or SASL_PLAINTEXT, or use the TLS port"
    "|the port may not speak TLS.*Set kafka.security.protocol to what the listener"
)


def said_of(place: Place, bootstrap: str, kafka: Mapping[str, object]) -> str:
    """Return what is said of a start without a broker, which ends with 4."""
    place.write(
        kafka={"bootstrap.servers": bootstrap, **kafka},
        source={"startup_timeout_seconds": 1},
    )
    code, said = ended(str(place.file), place.folder)
    assert code == 4
    assert said.startswith(f"no Kafka broker at {bootstrap} within 1 s: ")
    return said


def in_order(parts: tuple[str, ...], text: str) -> bool:
    """Whether `parts` stand in `text` one after the other."""
    places = [text.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


@pytest.mark.parametrize("wrong", NO_BROKERS, ids=lambda wrong: wrong.name)
def test_without_a_broker_it_ends_with_4_and_why(wrong: NoBroker, place: Place) -> None:
    """The address, the cause and the mend are said once the start has timed out."""
    with wrong.port(place.folder) as port:
        said = said_of(place, f"127.0.0.1:{port}", wrong.kafka)
    assert in_order(wrong.says, said), said


@pytest.fixture(params=["mock", pytest.param("kafka", marks=pytest.mark.kafka)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """Give each kind of cluster in turn."""
    name = "mock_cluster" if request.param == "mock" else "kafka_broker"
    found: Cluster = request.getfixturevalue(name)
    return found


def test_tls_to_a_plain_broker_ends_with_4_and_why(
    cluster: Cluster, place: Place
) -> None:
    """Who speaks TLS to a broker that does not is told which property to set."""
    said = said_of(place, cluster.bootstrap, {"security.protocol": "SSL"})
    assert PLAIN_SAYS.search(said), said


def test_unknown_topics_end_with_3_and_their_names(
    cluster: Cluster, place: Place
) -> None:
    """Every topic that is missing is named at once, under its real name."""
    topic = "a-topic-that-nobody-made"
    place.write(
        kafka={"bootstrap.servers": cluster.bootstrap},
        topics={"crm.loan-funded.v1": topic},
    )
    code, said = ended(str(place.file), place.folder)
    assert code == 3
    assert said.startswith(
        f"topics: error K201: the source topic '{topic}' does not exist, or we may not "
        "see it\n    Create it, grant Describe on it, or give the mapping's topic its "
        "real name under `topics` in the configuration.\n"
    )
    assert "'pos.loyalty-card-swiped.v1'" in said
