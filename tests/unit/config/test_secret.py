"""No secret of the configuration is shown, whatever goes wrong."""

from pathlib import Path

import pytest

from consumer.config.secret import masked_url
from consumer.errors import ConfigurationError
from tests.unit.config.files import LEAST, faults, read

SECRETS = ["s3cr3t-yaml", "s3cr3t-env", "s3cr3t-file", "s3cr3t-proxy", "s3cr3t-sasl"]


@pytest.mark.parametrize(
    "broken", ["", "limits: {held_records: x}\n", "target2: 1\n", "guard: {}\n"]
)
def test_no_secret_is_shown(folder: Path, broken: str) -> None:
    """Secrets from YAML, environment and files are in no repr, message or origin."""
    (folder / "file").write_text(SECRETS[2])
    text = LEAST.replace(
        "target:",
        f"  sasl.password: {SECRETS[4]}\n  ssl.key.pem: {SECRETS[0]}\ntarget:",
    )
    text += f"  proxy: http://u:{SECRETS[3]}@p:1\n"
    text += f"keys: {{a: {SECRETS[0]}, b: {{file: file}}}}\n{broken}"
    try:
        loaded = read(folder, text, CONSUMER_TARGET__TOKEN=SECRETS[1])
        shown = repr(loaded) + str(loaded.origins) + str(loaded.settings)
        shown += str(loaded.settings.target.token) + str(loaded.settings.keys)
    except ConfigurationError as error:
        shown = repr(error) + str(error) + repr(error.faults)
    assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.parametrize(
    "text",
    [
        "registry: {url: {file: file}}",
        "limits: {held_records: {file: file}}",
        "keys: {a: [s3cr3t-list]}",
        "keys: {a: 0777777777}",
        "kafka2: s3cr3t",
        "registry: {url: 'http://me:s3cr3t@h'}",
        "registry: {url: 'http://h,http://me:s3cr3t@h'}",
        "registry: {url: ['http://h', 'http://me:s3cr3t@h']}",
        "registry: {url: 'http://h', token: s3cr3t, logical_cluster: 'a b'}",
    ],
)
def test_a_wrong_secret_is_not_repeated(folder: Path, text: str) -> None:
    """A fault of a value that may be a secret shows the mask."""
    (folder / "file").write_text("s3cr3t-in-file")
    found = " ".join(faults(folder, LEAST + text))
    assert "s3cr3t" not in found
    assert "0777777777" not in found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("http://h:1/x", "http://h:1/x"),
        ("http://u:p@h:1/x", "http://***@h:1/x"),
        ("http://u:p@w@h", "http://***@h"),
        ("u:p@h", "***"),
        ("http://h,http://u:p@h", "***"),
        ("http://h,http://g", "http://h,http://g"),
        ("http://u:p@", "***"),
        ("http://[u:p@h", "***"),
    ],
)
def test_a_url_is_masked(text: str, expected: str) -> None:
    """User and password of a URL are masked, and all of what is no URL."""
    assert masked_url(text) == expected


def test_the_properties_are_masked(folder: Path) -> None:
    """The repr of the Kafka settings names the properties, and few values."""
    kafka = read(folder, LEAST.replace("target:", "  x.y: s3cr3t\ntarget:")).settings
    assert "'group.id': 'offline-profiles'" in repr(kafka)
    assert "'x.y': '***'" in repr(kafka)
