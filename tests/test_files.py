"""Files that are whole or not there, whatever happens while they are written."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from keras3_lab import files
from keras3_lab.errors import UsageError

pytestmark = pytest.mark.once


def left(folder: Path) -> dict[str, str]:
    """Return the content of all files in a folder, and of those within."""
    found = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_text() for path in found}


def in_another_process(code: str, folder: Path) -> int:
    """Run Python in a folder, and return the status that it ends with."""
    begin = "from pathlib import Path; from keras3_lab.files import whole, all_whole, write_text\n"
    path = os.pathsep.join(sys.path)
    environment = os.environ | {"PYTHONPATH": path}
    return subprocess.run(
        [sys.executable, "-c", begin + code], cwd=folder, env=environment
    ).returncode


def test_a_file_is_what_was_written_and_nothing_is_left_beside_it(tmp_path) -> None:
    (tmp_path / "a.txt").write_text("before")
    with files.whole(tmp_path / "a.txt") as aside:
        assert aside.name == "a.txt"  # whose ending says in which format to write
        aside.write_text("after")
        assert (tmp_path / "a.txt").read_text() == "before"
    assert left(tmp_path) == {"a.txt": "after"}


def test_an_error_leaves_the_file_of_before(tmp_path) -> None:
    files.write_text(tmp_path / "a.txt", "before")
    with pytest.raises(ZeroDivisionError), files.whole(tmp_path / "a.txt") as aside:
        aside.write_text("aft")
        _ = 1 / 0
    assert left(tmp_path) == {"a.txt": "before"}


def test_several_files_and_folders_are_put_in_their_places(tmp_path) -> None:
    (tmp_path / "within").mkdir()
    with files.all_whole(tmp_path) as aside:
        (aside / "a").write_text("1")
        (aside / "within").mkdir()
        (aside / "within" / "b").write_text("2")
        (aside / "new").mkdir()
        (aside / "new" / "c").write_text("3")
    assert left(tmp_path) == {"a": "1", "within/b": "2", "new/c": "3"}


def test_a_process_killed_while_it_writes_leaves_the_file_of_before(tmp_path) -> None:
    files.write_text(tmp_path / "a.txt", "before")
    killed = """
import os, signal
with whole(Path("a.txt")) as aside:
    aside.write_text("aft")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert in_another_process(killed, tmp_path) == -9
    assert (tmp_path / "a.txt").read_text() == "before"
    assert len(left(tmp_path)) == 2
    files.discard_unfinished(tmp_path)
    assert left(tmp_path) == {"a.txt": "before"}


@pytest.mark.skipif(os.name == "nt", reason="no limit to the size of files to set")
def test_a_full_disk_is_named_and_leaves_the_file_of_before(tmp_path) -> None:
    files.write_text(tmp_path / "a.txt", "before")
    full = """
import resource, signal
from keras3_lab.errors import UsageError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    write_text(Path("a.txt"), 5000 * "x")
except UsageError as error:
    assert str(error) == ".: cannot be written to (File too large)", error
    raise SystemExit(2)
"""
    assert in_another_process(full, tmp_path) == 2
    assert left(tmp_path) == {"a.txt": "before"}


def test_a_folder_that_has_vanished_is_named(tmp_path) -> None:
    with pytest.raises(UsageError, match=r"gone: cannot be written to \(No such file"):
        files.write_text(tmp_path / "gone" / "a.txt", "")


def test_what_must_not_be_overwritten_is_not(tmp_path) -> None:
    files.write_text(tmp_path / "a.txt", "before")
    with (
        pytest.raises(UsageError, match=r"a\.txt exists already"),
        files.whole(tmp_path / "a.txt", overwrite=False),
    ):
        pytest.fail("nothing should be written")
    with (
        pytest.raises(UsageError, match=r"b\.txt exists already"),
        files.whole(tmp_path / "b.txt", overwrite=False) as aside,
    ):
        aside.write_text("ours")
        (tmp_path / "b.txt").write_text("theirs")  # meanwhile
    assert left(tmp_path) == {"a.txt": "before", "b.txt": "theirs"}


def test_what_is_written_is_on_the_disk_before_it_gets_its_name(tmp_path, monkeypatch) -> None:
    happened, sync, rename = [], os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda fd: (happened.append("sync"), sync(fd)))
    monkeypatch.setattr(Path, "replace", lambda *a: (happened.append("rename"), rename(*a))[1])
    files.write_text(tmp_path / "a.txt", "x")
    assert happened == ["sync", "rename", "sync"]  # the file; its name in the folder


def test_who_ends_the_process_can_wait_for_a_file(tmp_path) -> None:
    with files.whole(tmp_path / "a.txt") as aside:
        aside.write_text("x")
        assert not _acquired_elsewhere()
    assert _acquired_elsewhere()


def _acquired_elsewhere() -> bool:
    """Tell whether another thread could write now."""
    found = []

    def acquire() -> None:
        if files.writing.acquire(timeout=0.05):
            found.append(True)
            files.writing.release()

    thread = threading.Thread(target=acquire)
    thread.start()
    thread.join()
    return bool(found)
