"""Configuration: what is read, and from where."""

from pathlib import Path

from consumer.config.keys import KEYS, SECTIONS
from consumer.config.secret import Secret
from tests.unit.config.files import LEAST, read, settings


def test_the_least_file_gives_the_defaults(folder: Path) -> None:
    """Brokers, group and client are enough; everything else has its default."""
    found = settings(folder)
    assert found.kafka.group_id == "offline-profiles"
    assert found.target.timeout_seconds == 10.0
    assert found.limits.held_bytes == 64 * 1024 * 1024
    assert found.http.listen == ("127.0.0.1", 9464)
    assert found.schemas == folder / "schemas" / "avro"
    assert found.registry.url is None
    assert found.source.membership_lease_seconds is None


def test_every_fixed_key_is_read(folder: Path) -> None:
    """The keys that the documentation shows are read under exactly these names."""
    (folder / "token").write_text("t0ken\n")
    (folder / "pepper").write_text("pepper")
    (folder / "ca.pem").write_text("-")
    found = settings(
        folder,
        """\
kafka: {bootstrap.servers: "b:1", group.id: g, session.timeout.ms: 30000}
registry: {url: "http://127.0.0.1:8081"}
schemas: schemas/avro
mappings: schemas/mappings
topics: {crm.loan: prod.crm.loan}
target:
  client: acme
  base_url: http://127.0.0.1:8080
  token: {file: token}
  request: get
  transport: session
  timeout_seconds: 5
  proxy: http://user:pass@proxy:3128
  ca_file: ca.pem
  value_chars: 100
  over_value: truncate
  unknown_profiles: assume
limits: {max_in_flight: 8, held_records: 9, held_bytes: 2KiB, calls_per_day: 10}
drain_timeout_seconds: 1.5
dead_letters: {topic: "{group}.x.{topic}", create: false}
http: {listen: "[::1]:0"}
source: {commit_interval_seconds: 0.1, membership_lease_seconds: 15,
         startup_timeout_seconds: 3, out_of_range: reset}
decode: {schema_grace_seconds: 0.2, max_record_bytes: 2MiB, max_depth: 3,
         max_elements: 4, max_decimal_bytes: 5}
retry: {base_seconds: 0.1, cap_seconds: 2, retry_after_cap_seconds: 3,
        max_attempts: 4, give_up_after_seconds: 5}
keys: {crm-pepper: {file: pepper}}
tracing: {sample_ratio: 0.5, consumer_relation: link}
logging: {level: debug, format: logfmt}
""",
    )
    assert found.target.token == Secret("t0ken", folder / "token")
    assert found.target.proxy == Secret("http://user:pass@proxy:3128")
    assert found.http.listen == ("::1", 0)
    assert found.limits.held_bytes == 2048
    assert found.topics == {"crm.loan": "prod.crm.loan"}
    assert found.keys["crm-pepper"].reveal() == "pepper"
    assert found.kafka.session_timeout_seconds == 30.0
    assert found.source.membership_lease_seconds == 15.0
    assert found.retry.give_up_after_seconds == 5.0
    assert found.dead_letters.create is False


def test_the_fields_of_the_sections_are_the_keys(folder: Path) -> None:
    """No section has a field that no key fills, and none is empty."""
    found = settings(folder)
    for name, kind in SECTIONS.items():
        assert isinstance(getattr(found, name), kind)
        assert [path for path in KEYS if path[0] == name] != []


def test_librdkafka_properties_pass_through(folder: Path) -> None:
    """A property that we do not know reaches librdkafka as it stands."""
    found = settings(folder, LEAST.replace("target:", "  some.new: 7\ntarget:"))
    assert found.kafka.properties["some.new"] == 7


def test_the_environment_wins_over_the_file(folder: Path) -> None:
    """A variable overrides the file; under `kafka` an underscore stands for a dot."""
    (folder / "p").write_text("from-file")
    found = settings(
        folder,
        LEAST + "topics: {crm.loan-x: a}\nkeys: {crm-pepper: old}\n",
        CONSUMER_KAFKA__GROUP_ID="other",
        CONSUMER_TARGET__TIMEOUT_SECONDS="2.5",
        CONSUMER_LIMITS__HELD_BYTES="1MiB",
        CONSUMER_DEAD_LETTERS__CREATE="false",
        CONSUMER_TOPICS__CRM_LOAN_X="b",
        CONSUMER_KEYS__CRM_PEPPER__FILE="p",
        CONSUMER_TARGET__TOKEN="{file: p}",
        CONSUMER__DRAIN_TIMEOUT_SECONDS="3",
        CONSUMER_HOME="not ours",
    )
    assert found.kafka.group_id == "other"
    assert found.target.timeout_seconds == 2.5
    assert found.limits.held_bytes == 1024 * 1024
    assert found.dead_letters.create is False
    assert found.topics == {"crm.loan-x": "b"}
    assert found.keys["crm-pepper"].reveal() == "from-file"
    assert found.target.token == Secret("from-file", folder / "p")
    assert found.drain_timeout_seconds == 3.0


def test_a_variable_may_set_what_the_file_leaves_out(folder: Path) -> None:
    """A file may be empty when the environment says everything."""
    found = settings(
        folder,
        "",
        CONSUMER_KAFKA__BOOTSTRAP_SERVERS="b:1",
        CONSUMER_KAFKA__GROUP_ID="g",
        CONSUMER_TARGET__CLIENT="acme",
    )
    assert found.kafka.bootstrap_servers == "b:1"


def test_origins_say_where_each_value_came_from(folder: Path) -> None:
    """Every key has one origin: file and place, variable, or default."""
    (folder / "t").write_text("t0ken")
    loaded = read(
        folder,
        LEAST + "  token: {file: t}\n  proxy: http://u:pw@p:1\n",
        CONSUMER_LIMITS__HELD_RECORDS="5",
    )
    found = {one.key: (one.shown, one.where) for one in loaded.origins}
    assert found["kafka.group.id"] == ("offline-profiles", "c.yaml:3:13")
    assert found["limits.held_records"] == ("5", "$CONSUMER_LIMITS__HELD_RECORDS")
    assert found["limits.held_bytes"] == ("64MiB", "default")
    assert found["target.token"] == ("***", f"c.yaml:6:10 (file {folder / 't'})")
    assert found["target.proxy"] == ("http://***@p:1", "c.yaml:7:10")
    assert len(found) == len(loaded.origins)


def test_the_times_of_the_group(folder: Path) -> None:
    """What the group's protocol says of time-outs is read from the properties."""
    kafka = settings(folder).kafka
    assert (kafka.session_timeout_seconds, kafka.poll_interval_seconds) == (45.0, 300.0)
    text = "  group.protocol: consumer\n  session.timeout.ms: 6000\ntarget:"
    newer = settings(folder, LEAST.replace("target:", text)).kafka
    assert newer.session_timeout_seconds == 45.0


def test_where_the_target_is(folder: Path) -> None:
    """Target's own host is made of the client code, unless another is set."""
    assert settings(folder).target.url == "https://acme.tt.omtrdc.net"
    text = f"{LEAST}  base_url: http://127.0.0.1:8080/gate/\n"
    assert settings(folder, text).target.url == "http://127.0.0.1:8080/gate"


def test_a_registry_may_have_several_urls(folder: Path) -> None:
    """As a list or with commas, in the order in which they are tried."""
    listed = "registry: {url: ['http://a:1/', 'https://b/x']}\n"
    text = "registry: {url: 'http://a:1, https://b/x/'}\n"
    for more in (listed, text):
        assert settings(folder, LEAST + more).registry.url == "http://a:1,https://b/x"
    found = settings(folder, LEAST, CONSUMER_REGISTRY__URL="http://a:1,https://b/x")
    assert found.registry.url == "http://a:1,https://b/x"


def test_a_registrys_token_may_stand_in_a_file(folder: Path) -> None:
    """The file is remembered, so that the token can be read again."""
    (folder / "token").write_text("t0ken\n")
    more = "registry: {url: http://a, token: {file: token}, logical_cluster: lsrc-1}\n"
    found = settings(folder, LEAST + more).registry
    assert found.token == Secret("t0ken", folder / "token")
    assert found.logical_cluster == "lsrc-1"
