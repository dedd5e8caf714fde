"""Where the servers' jars come from: Maven, once, into a cache outside the repository.

The cache is `~/.cache/target-consumer-tests`, or what `TARGET_CONSUMER_TESTS_CACHE`
names. Test runs that start at the same time wait for one download.
"""

from __future__ import annotations

import fcntl
import functools
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["KAFKA_VERSION", "REGISTRY_VERSION", "kafka_jars", "missing", "registry_jar"]

HERE = Path(__file__).parent
JAVA_VERSION = 17
KAFKA_VERSION = "4.4.0"
REGISTRY_VERSION = "3.0.9"
DOWNLOAD_SECONDS = 600
PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin"


def cache() -> Path:
    """Return the cache's folder, made when it is not there."""
    named = os.environ.get("TARGET_CONSUMER_TESTS_CACHE")
    folder = Path(named) if named else Path.home() / ".cache/target-consumer-tests"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@functools.cache
def missing() -> str | None:
    """Return what this machine lacks to run a real broker; None when it lacks nothing."""
    lacking = []
    if java_version() < JAVA_VERSION:
        lacking.append(f"Java {JAVA_VERSION}")
    if not kafka_folder().exists() and shutil.which("mvn") is None:
        lacking.append("Maven")
    return " and ".join(lacking) or None


def java_version() -> int:
    """Return the major version of `java`; 0 when there is none."""
    java = shutil.which("java")
    if java is None:
        return 0
    answer = subprocess.run(  # noqa: S603 - the machine's own java
        [java, "-version"], capture_output=True, text=True, check=False, timeout=30
    )
    found = re.search(r'version "(\d+)', answer.stderr)
    return int(found.group(1)) if found else 0


def kafka_jars() -> Path:
    """Return the folder of the broker's jars, downloaded when it is not there."""
    return once(kafka_folder(), download_kafka)


def registry_jar() -> Path:
    """Return the registry's jar, downloaded when it is not there."""
    folder = once(cache() / f"apicurio-{REGISTRY_VERSION}", download_registry)
    return folder / f"apicurio-registry-app-{REGISTRY_VERSION}-runner.jar"


def kafka_folder() -> Path:
    """Return where the broker's jars are, or will be."""
    return cache() / f"kafka-{KAFKA_VERSION}"


def once(folder: Path, download: Callable[[Path], None]) -> Path:
    """Return `folder`, filled by `download` unless it is there.

    It gets its name only when it is whole, so an interrupted download leaves nothing
    that looks like a cache.
    """
    with locked(folder.with_suffix(".lock")):
        if not folder.exists():
            partial = Path(tempfile.mkdtemp(dir=folder.parent, prefix="partial-"))
            try:
                download(partial)
                partial.rename(folder)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
    return folder


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on `path`; the kernel frees it if we die."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def download_kafka(folder: Path) -> None:
    """Put what `pom.xml` names, with all that it needs, into `folder`."""
    maven(
        f"--file={HERE / 'pom.xml'}",
        f"{PLUGIN}:3.8.1:copy-dependencies",
        "-DincludeScope=runtime",
        f"-DoutputDirectory={folder}",
    )


def download_registry(folder: Path) -> None:
    """Unpack Apicurio Registry into `folder`."""
    name = f"apicurio-registry-app:{REGISTRY_VERSION}:tar.gz:all"
    # Plugin 2.8 and `transitive=false` are both needed: the artifact has no usable pom.
    maven(f"{PLUGIN}:2.8:get", f"-Dartifact=io.apicurio:{name}", "-Dtransitive=false")
    archive = (
        Path.home()
        / ".m2/repository/io/apicurio/apicurio-registry-app"
        / REGISTRY_VERSION
        / f"apicurio-registry-app-{REGISTRY_VERSION}-all.tar.gz"
    )
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")


def maven(*arguments: str) -> None:
    """Run Maven quietly.

    Raises:
        FileNotFoundError: There is no Maven.
        RuntimeError: It failed; what it said is in the message.
    """
    mvn = shutil.which("mvn")
    if mvn is None:
        raise FileNotFoundError("mvn: install Maven, or fill the cache by hand")
    done = subprocess.run(  # noqa: S603 - our own arguments
        [mvn, "-q", "-B", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=DOWNLOAD_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"mvn failed: {done.stdout}{done.stderr}")
