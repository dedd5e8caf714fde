"""Files that change under a running process: read whole, compared by content.

Theory of operation: the content is read and compared, never a time stamp or an event. A
ConfigMap or secret swap replaces a link two folders up, an editor writes beside and
renames, a network file system sends no events; reading a small file every few seconds is
right for all of them. Kubernetes itself takes up to a minute to bring a change.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Self

from consumer.config.secret import Secret
from consumer.errors import ConfigurationError, FileFault

__all__ = [
    "POLL_SECONDS",
    "Folder",
    "TokenFile",
    "changes",
    "read_file",
    "read_folder",
]

POLL_SECONDS = 2.0
MOST_BYTES = 64 * 1024
MOST_FILE_BYTES = 2 * 1024 * 1024  # its reader refuses more than a half of that

log = logging.getLogger(__name__)


class TokenFile:
    """A token and the file that it is read from. Owned by the loop.

    `current` is cheap: the transport asks before every call. `reload` reads the file: it
    is called when the target refused the token, and by whoever watches.
    """

    def __init__(self, path: Path, token: str | None = None) -> None:
        self._path = path
        self._token = token

    @classmethod
    def of(cls, secret: Secret | None) -> Self | None:
        """Return the file of a token that stands in one of its own; None else."""
        if secret is None or secret.file is None:
            return None
        return cls(secret.file, secret.reveal())

    def __repr__(self) -> str:
        """Return the file only."""
        return f"<TokenFile {self._path}>"

    def current(self) -> str | None:
        """Return the newest token; None when none was ever read."""
        return self._token

    def reload(self) -> bool:
        """Read the file; True when the token is another one now.

        A file that is gone, empty or unreadable for a moment keeps the old token: in the
        middle of a swap the old one may still be good, and no token never is.
        """
        token = read_token(self._path)
        if token is None or token == self._token:
            return False
        self._token = token
        log.info("token read again", extra={"file": str(self._path)})
        return True


def read_token(path: Path) -> str | None:
    """Return the text of a token file, without the line's end; None when there is none."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MOST_BYTES)
        token = raw.decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        log.warning(
            "token file cannot be read",
            extra={"file": str(path), "error": type(error).__name__},
        )
        return None
    # What is put into a header: visible ASCII and nothing else (RFC 9110, 5.5).
    return token if token.isprintable() and token else None


class Folder:
    """The files of some folders by content. May be used from any one thread.

    Attributes:
        digests: Path to SHA-256 of the content, as last seen.
    """

    def __init__(self, folders: tuple[Path, ...], suffixes: frozenset[str]) -> None:
        self._folders = folders
        self._suffixes = suffixes
        self.digests: Mapping[Path, str] = self._read()

    def has_changed(self) -> bool:
        """Read everything; True when a file came, went or changed since last time."""
        digests = self._read()
        if digests == self.digests:
            return False
        self.digests = digests
        return True

    def _read(self) -> dict[Path, str]:
        found: dict[Path, str] = {}
        for folder in self._folders:
            for path in files_of(folder, self._suffixes):
                found |= digest_of(path)
        return found


def files_of(folder: Path, suffixes: frozenset[str]) -> list[Path]:
    """Return the files in `folder` and below, in order.

    Files and folders whose name begins with a dot are left out: a ConfigMap keeps its
    versions in such folders, and removes them while we look. What goes away meanwhile is
    not there; `Path.rglob` would raise.
    """
    found: list[Path] = []
    seen: set[str] = set()  # a folder may be a link, also to one above it
    for inside, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(inside)
        folders[:] = [name for name in folders if name[0] != "." and real not in seen]
        if real in seen:
            continue
        seen.add(real)
        found += [
            Path(inside, name)
            for name in names
            if name[0] != "." and Path(name).suffix in suffixes
        ]
    return sorted(found)


def digest_of(path: Path) -> dict[Path, str]:
    """Return the digest of one file; nothing when it is gone in this moment."""
    try:
        return {path: hashlib.sha256(path.read_bytes()).hexdigest()}
    except OSError:
        return {}


async def changes(
    has_changed: Callable[[], bool], poll_seconds: float = POLL_SECONDS
) -> AsyncIterator[None]:
    """Yield whenever `has_changed` says so; it is asked in a thread, one at a time.

    Args:
        has_changed: `Folder.has_changed` or `TokenFile.reload`.
        poll_seconds: How long to wait between two questions.
    """
    while True:
        await asyncio.sleep(poll_seconds)
        if await asyncio.to_thread(has_changed):
            yield


def read_file(path: Path) -> str:
    """Return the text of one file, of a very long one the beginning.

    Raises:
        ConfigurationError: It cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return stream.read(MOST_FILE_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError((unreadable(path, reason_of(error)),)) from None


def read_folder(folder: Path, suffixes: frozenset[str]) -> dict[str, str]:
    """Return the texts of the files in `folder` and below, by path, in order.

    Raises:
        ConfigurationError: A file cannot be read.
    """
    texts: dict[str, str] = {}
    faults: list[FileFault] = []
    for path in files_of(folder, suffixes):
        try:
            texts[str(path)] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            faults.append(unreadable(path, reason_of(error)))
    if faults:
        raise ConfigurationError(tuple(faults))
    return texts


def reason_of(error: OSError | UnicodeDecodeError) -> str:
    """Return why a file cannot be read."""
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return f"byte {error.start + 1} is not UTF-8"


def unreadable(path: Path, reason: str) -> FileFault:
    """Return the fault of a file that cannot be read."""
    return FileFault(
        code="C105",
        file=str(path),
        line=0,
        column=0,
        message=f"The file cannot be read: {reason}.",
        mend="Mend its permissions, and save it as UTF-8.",
    )
