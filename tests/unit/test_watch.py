"""Watched files: tokens and folders."""

import os
import threading
from pathlib import Path

import pytest

from consumer.watch import Folder, TokenFile, changes, read_folder

YAML = frozenset({".yaml"})


def test_a_token_is_read_again(tmp_path: Path) -> None:
    """A new content is a new token; an unchanged one is not."""
    path = tmp_path / "token"
    path.write_text("one\n")
    token = TokenFile(path)
    assert token.current() is None
    assert token.reload()
    assert token.current() == "one"
    assert not token.reload()
    path.write_text("two")
    assert token.reload()
    assert token.current() == "two"


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff", b"a\r\nX-Evil: 1"])
def test_a_bad_file_keeps_the_old_token(tmp_path: Path, content: bytes) -> None:
    """What cannot stand in a header is no token."""
    path = tmp_path / "token"
    path.write_bytes(content)
    token = TokenFile(path, "old")
    assert not token.reload()
    assert token.current() == "old"


def test_a_missing_file_keeps_the_old_token(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """In the middle of a swap the file is gone for a moment."""
    token = TokenFile(tmp_path / "gone", "s3cr3t")
    assert not token.reload()
    assert token.current() == "s3cr3t"
    assert "s3cr3t" not in caplog.text + repr(token)


def test_a_swapped_link_is_a_change(tmp_path: Path) -> None:
    """A ConfigMap swap replaces the link to the folder, and no file in place."""
    for version in ("..1", "..2"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a.yaml").write_text(version)
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "a.yaml").symlink_to("..data/a.yaml")
    folder = Folder((tmp_path,), frozenset({".yaml"}))
    assert list(folder.digests) == [tmp_path / "a.yaml"]
    assert not folder.has_changed()
    (tmp_path / "..new").symlink_to("..2")
    (tmp_path / "..new").rename(tmp_path / "..data")
    assert folder.has_changed()
    assert not folder.has_changed()


def test_folders_that_come_and_go_are_no_fault(tmp_path: Path) -> None:
    """Bug: a ConfigMap's old folder, removed in the middle of a walk, ended the run."""
    (tmp_path / "a.yaml").write_text("1")
    ends = threading.Event()

    def churn() -> None:
        while not ends.is_set():
            (tmp_path / "..old").mkdir()
            (tmp_path / "sub").mkdir()
            (tmp_path / "sub").rmdir()
            (tmp_path / "..old").rmdir()

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(3000):
            assert list(read_folder(tmp_path, YAML)) == [str(tmp_path / "a.yaml")]
    finally:
        ends.set()
        thread.join()


def test_a_folder_that_is_a_link_is_read(tmp_path: Path) -> None:
    """As a ConfigMap has it for a file with a path; one to a folder above ends."""
    (tmp_path / "..1/fixtures").mkdir(parents=True)
    (tmp_path / "..1/fixtures/a.yaml").write_text("1")
    (tmp_path / "..data").symlink_to("..1")
    (tmp_path / "fixtures").symlink_to("..data/fixtures")
    (tmp_path / "..1/fixtures/up").symlink_to(tmp_path)
    assert list(read_folder(tmp_path, YAML)) == [str(tmp_path / "fixtures/a.yaml")]


def test_what_counts_is_content(tmp_path: Path) -> None:
    """A touched file is no change; one that came, changed or went is."""
    one = tmp_path / "sub" / "one.yaml"
    one.parent.mkdir()
    one.write_text("1")
    (tmp_path / "note.txt").write_text("x")
    folder = Folder((tmp_path,), frozenset({".yaml"}))
    os.utime(one, (1, 1))
    (tmp_path / "note.txt").write_text("y")
    assert not folder.has_changed()
    one.write_text("2")
    assert folder.has_changed()
    (tmp_path / "two.yaml").write_text("1")
    assert folder.has_changed()
    one.unlink()
    assert folder.has_changed()


async def test_changes_are_told_one_by_one() -> None:
    """Each change is told once, and what is unchanged is not."""
    answers = iter([False, True, False, True])
    told = changes(lambda: next(answers), poll_seconds=0)
    await anext(told)
    await anext(told)
    assert list(answers) == []
    await told.aclose()  # type: ignore[attr-defined]  # it is a generator
