"""Configuration: what a person is told when it is wrong."""

from pathlib import Path

import pytest

from consumer.config.load import load
from consumer.errors import ConfigurationError
from tests.unit.config.files import LEAST, faults, settings


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            "targett: {}",
            "6:1 C101 There is no key `targett`. Did you mean `target`?",
        ),
        (
            "limits: {held_record: 5}",
            (
                "6:10 C101 There is no key `limits.held_record`. "
                "Did you mean `limits.held_records`?"
            ),
        ),
        (
            "registry: {held_bytes: 5}",
            (
                "6:12 C101 There is no key `registry.held_bytes`. "
                "Did you mean `limits.held_bytes`?"
            ),
        ),
        (
            "http: {colour: 5}",
            (
                "6:8 C101 There is no key `http.colour`. "
                "Remove it; `consumer docs configuration` lists the keys."
            ),
        ),
        (
            "limits: 5",
            (
                "6:9 C102 `limits` must be a map of keys. "
                "Write its keys below `limits:`, indented."
            ),
        ),
        ("limits: {held_records: '5'}", "must be a whole number; it is '5'."),
        ("limits: {held_records: true}", "must be a whole number; it is true."),
        ("limits: {held_records: [1]}", "must be a whole number; it is a list."),
        ("limits: {held_records: {a: 1}}", "must be a whole number; it is a map."),
        ("limits: {held_records: 0}", "must be from 1 to 9007199254740992; it is 0."),
        ("limits: {held_bytes: 64MB}", "a text with KiB, MiB or GiB; it is '64MB'."),
        ("limits: {held_bytes: 5}", "from 1024 to 1099511627776 bytes; it is 5."),
        ("limits: {held_bytes: 1.5}", "a text with KiB, MiB or GiB; it is 1.5."),
        ("drain_timeout_seconds: soon", "`drain_timeout_seconds` must be a number; it"),
        ("drain_timeout_seconds: -1", "must be at least 0 and at most 3600; it is -1."),
        ("retry: {base_seconds: 0}", "must be more than 0 and at most 3600; it is 0."),
        ("decode: {schema_grace_seconds: .inf}", "must be at least 0; it is inf."),
        ("dead_letters: {create: 1}", "must be true or false; it is 1."),
        ("dead_letters: {topic: 'a{x}'}", "{group} and {topic} may stand; it is"),
        ("source: {out_of_range: stop}", "one of pause, reset; it is 'stop'."),
        ("http: {listen: 9464}", "must be host:port, with a port from 0 to 65535"),
        ("http: {listen: 'a:70000'}", "must be host:port, with a port from 0 to 65535"),
        ("registry: {url: 'localhost:8081'}", "must begin with http:// or https://"),
        ("registry: {url: 'http://h:x'}", "is no address, or its port is none; it is"),
        ("registry: {url: 'http://h/?a=b'}", "must end after the path; it is"),
        ("registry: {url: ''}", "must be an address; it is ''."),
        ("schemas: nowhere", "names {folder}/nowhere: there is no such folder."),
        ("registry: {url: 'http://h', ca_file: x}", "x: there is no such file."),
        ("keys: {pepper: {file: gone}}", "`keys.pepper` names {folder}/gone: no such"),
        ("keys: {pepper: {file: empty}}", "names {folder}/empty: it is empty."),
        ("keys: {pepper: {file: binary}}", "names {folder}/binary: it is not UTF-8."),
        ("topics: {a: 'b c'}", "`topics.a` must be a topic name: at most 249 letters"),
        (
            "bulk: {}",
            (
                "6:1 C106 `bulk` is not built yet: the bulk endpoint comes later. "
                "Remove it; nothing here is ignored in silence."
            ),
        ),
        ("quota: {}", "`quota` is not built yet: the shared quota comes later."),
        (
            "overrides: o.yaml",
            "`overrides` names {folder}/o.yaml: there is no such file.",
        ),
        (
            "guard: {max_rejected_ratio: 0}",
            "must be more than 0 and at most 1; it is 0.",
        ),
        ("guard: {max_consecutive: 0}", "must be from 1 to 9007199254740992; it is 0."),
        (
            "guard: {probe_seconds: 0}",
            "must be more than 0 and at most 86400; it is 0.",
        ),
        ("guard: {enabled: 'no'}", "must be true or false; it is 'no'."),
        (
            "source: {membership_lease_seconds: 21}",
            (
                "`source.membership_lease_seconds` (21) is more than 20: the smaller of 20 "
                "and half the session timeout (45 s). Make it smaller, or remove it."
            ),
        ),
        (
            "retry: {base_seconds: 3, cap_seconds: 2}",
            (
                "6:23 C109 `retry.base_seconds` (3) is more than `retry.cap_seconds` (2). "
                "Make the cap the larger one."
            ),
        ),
        (
            "dead_letters: {topic: '{topic}.again', replay_topic: '{topic}.again'}",
            (
                "C109 `dead_letters.replay_topic` is the same as `dead_letters.topic`: "
                "what comes again has a topic of its own. Write another name, such as"
            ),
        ),
        (
            "dead_letters: {replay_topic: '{topic}'}",
            "C109 `dead_letters.replay_topic` is the same as the source topic: ",
        ),
        (
            "dead_letters: {replay_topic: '{group}.replay'}",
            "`dead_letters.replay_topic` must be a topic name in which {topic} stands",
        ),
        (
            "registry: {url: 'http://h', password: x}",
            (
                "`registry.password` stands without `registry.username`. Set "
                "`registry.username` too, or remove `registry.password`."
            ),
        ),
        (
            "registry: {url: 'http://h', username: x}",
            "`registry.username` stands without `registry.password`.",
        ),
        (
            "registry: {url: 'http://h', token: t, username: u, password: p}",
            (
                "6:36 C109 `registry.token` and `registry.username` are both set, and a "
                "request carries one of them only. Keep the token, or keep user and"
            ),
        ),
        (
            "registry: {url: 'http://h', logical_cluster: x}",
            "`registry.logical_cluster` stands without `registry.token`.",
        ),
        (
            "registry: {url: 'http://h', token: t, identity_pool: a b}",
            "`registry.identity_pool` must be a text without spaces; it is 'a b'.",
        ),
        (
            "registry: {token: t}",
            "`registry.url` is missing, but other keys of `registry` are set.",
        ),
        ("registry: {url: 'http://h,'}", "`registry.url` must be an address; it is"),
        ("registry: {url: []}", "`registry.url` must be an address; it is a list."),
        ("registry: {url: [http://h, 7]}", "must be an address; it is a list."),
        (
            "registry: {url: 'http://h,http://me:s3cr3t@h'}",
            "must not carry a user or password; it is '***'.",
        ),
        (
            "registry: {proxy: 'http://p:1'}",
            "`registry.url` is missing, but other keys of `registry` are set.",
        ),
    ],
)
def test_a_fault_says_where_what_and_the_mend(
    folder: Path, more: str, expected: str
) -> None:
    """Each fault names its place, the field, the value, and what to do."""
    (folder / "empty").write_text("")
    (folder / "binary").write_bytes(b"\xff\xfe")
    found = faults(folder, LEAST + more)
    assert len(found) == 1
    assert expected.replace("{folder}", str(folder)) in found[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "  profile_grace_seconds: 5",
            "`target.profile_grace_seconds` is not built yet: asking Target whether",
        ),
        ("  verify_ratio: 0.1", "`target.verify_ratio` is not built yet: fetching"),
        ("  verify_after_seconds: 9", "`target.verify_after_seconds` is not built yet"),
        (
            "  unknown_profiles: check",
            "`target.unknown_profiles: check` is not built yet",
        ),
        ("  unknown_profiles: ask", "must be one of assume, check; it is 'ask'."),
        ("  request: post", "must be one of form, query, get; it is 'post'."),
        ("  transport: x", "must be one of connector, session; it is 'x'."),
        ("  timeout_seconds: 0", "must be more than 0 and at most 300; it is 0."),
        (
            "  base_url: 'http://h/m?a'",
            "must end after the path; it is 'http://h/m?a'.",
        ),
        ("  base_url: 'http://h/../m'", "must have a plain path: letters, digits,"),
        ("  proxy: 'http://h/x'", "must end after the port; it is ***."),
        (
            "  base_url: 'http://me:pw@h'",
            "must not carry a user or password; it is 'http://***@h'.",
        ),
        ("  proxy: 'me:pw@h'", "`target.proxy` must begin with http:// or https://"),
    ],
)
def test_a_fault_of_target_says_what(folder: Path, line: str, expected: str) -> None:
    """The keys of `target` have their bounds, and those not built say so."""
    found = faults(folder, LEAST + line)
    assert len(found) == 1
    assert expected in found[0]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            "  enable.auto.commit: true",
            (
                "`kafka.enable.auto.commit` is not yours to set: an offset is committed "
                "only when its record is settled. Remove it."
            ),
        ),
        (
            "  enable.auto.offset.store: true",
            "`kafka.enable.auto.offset.store` is not yours to set: an offset is stored",
        ),
        ("  debug: [all]", "must be a text, a number, true or false; it is ***."),
        (
            "  session.timeout.ms: long",
            "must be a whole number of milliseconds; it is 'long'.",
        ),
    ],
)
def test_a_fault_of_kafka_says_what(folder: Path, line: str, expected: str) -> None:
    """What we fix under `kafka` is refused with the reason."""
    found = faults(folder, LEAST.replace("target:", f"{line}\ntarget:"))
    assert len(found) == 1
    assert expected in found[0]


def test_the_lease_follows_the_session_timeout(folder: Path) -> None:
    """The lease is at most half the session timeout, by default and when set."""
    short = LEAST.replace("target:", "  session.timeout.ms: 6000\ntarget:")
    assert settings(folder, short).kafka.session_timeout_seconds == 6.0
    found = faults(folder, short + "source: {membership_lease_seconds: 4}")
    assert "(4) is more than 3: the smaller of 20 and half" in found[0]


def test_all_faults_are_told_at_once(folder: Path) -> None:
    """A person mends the file once, not fault by fault."""
    found = faults(folder, "kafka: {}\ntarget: {timeout_seconds: x}\nhtp: {}\n")
    assert [line.split()[1] for line in found] == [
        "C101",
        "C104",
        "C104",
        "C104",
        "C102",
    ]
    assert "`kafka.bootstrap.servers` is missing." in found[1]
    assert "`kafka.group.id` is missing." in found[2]
    assert "`target.client` is missing. Set it in section `target`." in found[3]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "CONSUMER_TARGET__CLIENTT",
            "x",
            (
                "No setting answers to `CONSUMER_TARGET__CLIENTT`. "
                "Did you mean `CONSUMER_TARGET__CLIENT`?"
            ),
        ),
        (
            "CONSUMER__DRAIN_TIMEOUT",
            "x",
            "Did you mean `CONSUMER__DRAIN_TIMEOUT_SECONDS`?",
        ),
        ("CONSUMER_TOPICS__NEW", "x", "No setting answers to `CONSUMER_TOPICS__NEW`."),
        ("CONSUMER_XYZ__A__B__C", "x", "CONSUMER_XYZ__A__B__C`. Remove it."),
        (
            "CONSUMER_TARGET__TIMEOUT_SECONDS",
            "soon",
            "`target.timeout_seconds` must be a number; it is 'soon'.",
        ),
        ("CONSUMER_DEAD_LETTERS__CREATE", "maybe", "must be true or false; it is"),
        ("CONSUMER_BULK__PENDING_ROWS", "5", "`bulk` is not built yet"),
        ("CONSUMER_KAFKA__ENABLE_AUTO_COMMIT", "true", "is not yours to set"),
    ],
)
def test_a_wrong_variable_is_named(
    folder: Path, name: str, value: str, expected: str
) -> None:
    """A fault of the environment names the variable in place of the file."""
    found = faults(folder, LEAST, **{name: value})
    assert len(found) == 1
    assert found[0].startswith(f"${name} C10")
    assert expected in found[0]


def test_a_value_and_its_file_variable_exclude_each_other(folder: Path) -> None:
    """Two variables for one value are refused, for nobody knows which was meant."""
    found = faults(
        folder, LEAST, CONSUMER_TARGET__TOKEN="a", CONSUMER_TARGET__TOKEN__FILE="b"
    )
    assert "are both set. Keep one of them." in found[0]


def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    """A missing configuration names the file and the reason."""
    with pytest.raises(ConfigurationError) as caught:
        load(tmp_path / "none.yaml", {})
    assert caught.value.faults[0].message == (
        "The configuration cannot be read: no such file or directory."
    )
    assert caught.value.faults[0].code == "C110"


def test_a_file_that_is_no_map_is_a_fault(folder: Path) -> None:
    """A list in place of sections is refused in words."""
    found = faults(folder, "- kafka\n")
    assert "1:1 C102 The file must be a map of sections. Begin with" in found[0]


def test_broken_yaml_is_a_fault_with_its_place(folder: Path) -> None:
    """The reader's own faults pass through."""
    assert "Y104 `a` stands twice" in faults(folder, "a: 1\na: 2\n")[0]
