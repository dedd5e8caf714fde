"""What a person is told when the target or the registry is wrong: it runs, paused."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from tests.broker.mock import MockCluster
from tests.broker.process import free_ports
from tests.integration import kafka_log
from tests.integration.listeners import answering, forwarding, proxy_on_a_thread
from tests.integration.scene import Scene
from tests.processes import get_json, http_status, until

pytestmark = pytest.mark.timeout(90)

RECORDS = 60
SEED = 11
QUICK_RETRY = {"base_seconds": 0.05, "cap_seconds": 0.3}


@pytest.fixture
def scene(mock_cluster: MockCluster, tmp_path: Path) -> Scene:
    """Give an installation on the in-process cluster; the test opens it."""
    return Scene(
        cluster=mock_cluster,
        folder=tmp_path,
        partitions=2,
        changes={"retry": QUICK_RETRY},
    )


def publish(scene: Scene) -> None:
    """Create the profiles, publish the events and wait until they are there."""
    scene.sandbox.create_profiles(RECORDS, SEED)
    publisher = scene.publish(RECORDS, SEED)
    assert publisher.wait(40) == 0, publisher.text()


def letters(scene: Scene) -> list[object]:
    """Return every dead letter that there is."""
    return [
        letter
        for topic in scene.letter_topics
        for letter in kafka_log.everything(scene.cluster.bootstrap, topic)
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """A target that cannot be reached in the way that is configured.

    Attributes:
        name: For the test's id.
        target: Gives the `target` section's changes, for as long as the block lasts.
        says: What `/status` says that would end the pause, in whole.
        reasons: Of the pauses, beside `target`.
    """

    name: str
    target: Callable[[Scene], AbstractContextManager[Mapping[str, object]]]
    says: str
    reasons: tuple[str, ...] = ()


def nobody(_: Scene) -> AbstractContextManager[Mapping[str, object]]:
    """Give a port where nobody listens."""
    return nullcontext({"base_url": f"http://127.0.0.1:{free_ports(1)[0]}"})


def tls_to_plain(scene: Scene) -> AbstractContextManager[Mapping[str, object]]:
    """Speak TLS to the sandbox, which does not."""
    return nullcontext({"base_url": f"https://127.0.0.1:{scene.sandbox.port}"})


@contextmanager
def another_server(_: Scene) -> Iterator[Mapping[str, object]]:
    """Give a web server that knows nothing of Target."""
    page = b"<html>It works!</html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    with answering(head % len(page) + page) as port:
        yield {"base_url": f"http://127.0.0.1:{port}"}


@contextmanager
def refusing_proxy(_: Scene) -> Iterator[Mapping[str, object]]:
    """Give a proxy that wants another password."""
    with proxy_on_a_thread("user:secret") as proxy:
        yield {"proxy": f"http://user:wrong@127.0.0.1:{proxy.port}"}


@contextmanager
def refusing_tunnel(scene: Scene) -> Iterator[Mapping[str, object]]:
    """Give a proxy that wants a password before it opens a tunnel for TLS."""
    with proxy_on_a_thread("user:secret") as proxy:
        yield {
            "base_url": f"https://127.0.0.1:{scene.sandbox.port}",
            "proxy": f"http://127.0.0.1:{proxy.port}",
        }


PROXY_SAYS = (
    "a call is delivered; now http_407: the proxy asks for authentication. "
    "Set user and password in target.proxy."
)
WRONG = (
    Wrong(
        name="wrong port",
        target=nobody,
        says=(
            "a call is delivered; now connect: no connection to the target: connection "
            "refused. Check target.base_url and target.proxy: is the target there?"
        ),
    ),
    Wrong(
        name="TLS to a plain port",
        target=tls_to_plain,
        says=(
            "a call is delivered; now tls: no TLS: wrong version number. "
            "Check target.base_url: its port may not speak TLS (then http://)."
        ),
    ),
    Wrong(
        name="another server",
        target=another_server,
        reasons=("halted",),
        says=(
            "a call is delivered; now not_target: not the target's answer: a proxy, a "
            "gateway or the wrong host. Check target.base_url and target.proxy: another "
            "server answers."
        ),
    ),
    Wrong(
        name="proxy 407", target=refusing_proxy, reasons=("halted",), says=PROXY_SAYS
    ),
    Wrong(
        name="proxy 407 to CONNECT",
        target=refusing_tunnel,
        reasons=("halted",),
        says=PROXY_SAYS,
    ),
)


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: wrong.name)
def test_a_target_out_of_reach_pauses_and_says_why(wrong: Wrong, scene: Scene) -> None:
    """It runs and stays ready, names key and mend, and gives no record up."""
    with scene, wrong.target(scene) as target:
        publish(scene)
        member = scene.start("acme", target=target)
        member.until_ready()
        pauses = member.until_paused("target", *wrong.reasons)
        assert pauses["target"] == wrong.says
        assert member.status()["state"] == "paused"
        assert_alive_and_nothing_given_up(scene, member.http)
        assert "no call is delivered" in member.process.text()
        assert "wrong@" not in member.process.text()
        assert member.process.terminate() == 0


def assert_alive_and_nothing_given_up(scene: Scene, http: str) -> None:
    """Check that the outside's fault is neither the process's nor a record's."""
    for probe in ("livez", "readyz", "startupz"):
        assert http_status(f"{http}/{probe}") == 200
    # The only letters are those of events that no target ever saw.
    counters = get_json(f"{http}/status")
    assert isinstance(counters, dict)
    assert counters["counters"]["delivered"] == 0
    assert len(letters(scene)) == counters["counters"]["dead_lettered"]


@pytest.fixture
def authorities(scene: Scene, tmp_path: Path) -> tuple[str, str]:
    """Have the sandbox speak TLS; give its authority's file and a stranger's."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    names = [str(tmp_path / name) for name in ("cert", "key", "ca", "other")]
    issued.cert_chain_pems[0].write_to_path(names[0])
    issued.private_key_pem.write_to_path(names[1])
    authority.cert_pem.write_to_path(names[2])
    trustme.CA().cert_pem.write_to_path(names[3])
    scene.sandbox_options = (f"--certificate={names[0]}", f"--private-key={names[1]}")
    return names[2], names[3]


def test_a_wrong_ca_is_named(scene: Scene, authorities: tuple[str, str]) -> None:
    """A certificate of an authority that is not trusted is said to be that."""
    with scene:
        publish(scene)
        target = f"https://127.0.0.1:{scene.sandbox.port}"
        changes = {"base_url": target, "ca_file": authorities[1]}
        member = scene.start("acme", target=changes)
        says = member.until_paused("target")["target"]
        assert says == (
            "a call is delivered; now tls: the certificate is not trusted: unable to get "
            "local issuer certificate. Set target.ca_file to the authority that signed "
            "it."
        )
        assert_alive_and_nothing_given_up(scene, member.http)


def test_the_right_ca_delivers(scene: Scene, authorities: tuple[str, str]) -> None:
    """A private authority is trusted when `target.ca_file` names it."""
    with scene:
        publish(scene)
        target = f"https://127.0.0.1:{scene.sandbox.port}"
        changes = {"base_url": target, "ca_file": authorities[0]}
        member = scene.start("acme", target=changes)
        until_all_is_right(scene)
        member.until_nothing_pauses()


def test_a_wrong_path_halts_gives_nothing_up_and_recovers(scene: Scene) -> None:
    """404 for every call is our client code's fault, until the path is there."""
    scene.sandbox_options = ("--path-segment=client", "--client=other")
    with scene:
        publish(scene)
        member = scene.start("acme")
        pauses = member.until_paused("halted", "target")
        assert pauses["target"] == (
            "a call is delivered; now http_404: not found: wrong client code, path or "
            "host: Not Found. Check target.client and target.base_url."
        )
        assert_alive_and_nothing_given_up(scene, member.http)
        scene.sandbox.set_switches(path_segment="any")
        until_all_is_right(scene)
        member.until_nothing_pauses()


def test_an_expired_token_halts_and_a_new_file_goes_on(
    scene: Scene, tmp_path: Path
) -> None:
    """403 for every call gives nothing up; a new token in the file needs no restart."""
    token = tmp_path / "token"
    token.write_text("old-token\n")
    with scene:
        scene.sandbox.rotate_token("new-token")
        publish(scene)
        member = scene.start("acme", target={"token": {"file": str(token)}})
        pauses = member.until_paused("halted", "target")
        assert pauses["target"] == (
            "a call is delivered; now http_403: the target refuses the token: Forbidden. "
            "Set target.token to a valid token; a new one in its file needs no restart."
        )
        assert_alive_and_nothing_given_up(scene, member.http)
        token.write_text("new-token\n")
        until_all_is_right(scene)
        member.until_nothing_pauses()
        assert "-token" not in member.process.text()


def until_all_is_right(scene: Scene) -> None:
    """Wait until the group is through; then every profile is as published."""
    publisher = scene.folder / "publish.out"
    bootstrap, topics = scene.cluster.bootstrap, scene.topics.values()
    until(lambda: kafka_log.is_done(bootstrap, scene.group, topics), "all committed")
    held = {name: has for name, has in scene.sandbox.profiles().items() if has}
    assert held == json.loads(publisher.read_text())["profiles"]


def test_no_registry_pauses_and_recovers(scene: Scene) -> None:
    """Without a registry records wait, with the reason; it comes, and they go on."""
    (port,) = free_ports(1)
    with scene:
        publish(scene)
        url = f"http://127.0.0.1:{port}"
        member = scene.start("acme", registry={"url": url})
        member.until_ready()
        pauses = member.until_paused("registry", "schema")
        assert pauses["registry"] == (
            f"the schema registry answers; now schema registry http://127.0.0.1:"
            f"{port}: ConnectError: "
            "[Errno 111] Connection refused. Check registry.url."
        )
        assert_alive_and_nothing_given_up(scene, member.http)
        with forwarding(port, scene.sandbox.registry_port):
            until_all_is_right(scene)
        member.until_nothing_pauses()


def test_a_registry_that_is_none_is_said_to_be_none(scene: Scene) -> None:
    """The target's address in `registry.url` is an easy mistake."""
    with scene:
        publish(scene)
        member = scene.start("acme", registry={"url": scene.sandbox.target})
        pauses = member.until_paused("registry")
        assert "registry.url" in pauses["registry"]
        assert_alive_and_nothing_given_up(scene, member.http)


def test_empty_topics_are_no_fault(scene: Scene) -> None:
    """With nothing to read it runs, is ready and has nothing to pause for."""
    with scene:
        member = scene.start("acme")
        member.until_ready()
        until(lambda: member.status()["state"] == "running", "running")
        member.until_nothing_pauses()
        assert member.counted("consumed") == 0
        assert member.process.terminate() == 0
