"""Files that appear whole or not at all, whenever the process is killed or the disk is full."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras3_lab.errors import UsageError

ASIDE = ".writing-"
"""What the name of a folder begins with whose files are not whole yet."""

writing = threading.RLock()
"""Held while a file is written: who ends the process waits for it, so that nothing is left over."""


@contextmanager
def whole(path: Path, *, overwrite: bool = True) -> Iterator[Path]:
    """Write a file aside, and put it in its place when it is whole and on the disk.

    Args:
        path: The file, in a folder that is there.
        overwrite: Whether to put it in the place of another one.

    Yields:
        Where to write it: a path of the same name.

    Raises:
        UsageError: If it cannot be written, or is there already and must not be overwritten.

    Example:
    ```python
    from pathlib import Path

    from keras3_lab.files import whole

    with whole(Path("record.json")) as aside:
        aside.write_text("{}")
    ```
    """
    if not overwrite and path.exists():
        raise UsageError(f"{path} exists already, and nothing is overwritten")
    with all_whole(path.parent) as aside:
        yield aside / path.name
        if not overwrite and path.exists():
            raise UsageError(f"{path} exists already, and nothing is overwritten")


@contextmanager
def all_whole(folder: Path) -> Iterator[Path]:
    """Write files aside, and put each in its place when they are whole and on the disk.

    Args:
        folder: A folder that is there.

    Yields:
        A folder to write to. What is in it, or in folders within, goes to the same place in
        `folder`.

    Raises:
        UsageError: If a file cannot be written.
    """
    with writing, _named_errors(folder):
        aside = Path(tempfile.mkdtemp(prefix=ASIDE, dir=folder))
        try:
            yield aside
            for file in sorted(aside.rglob("*")):
                if file.is_file():
                    _sync(file)
                    target = folder / file.relative_to(aside)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    file.replace(target)
                    _sync(target.parent)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def write_text(path: Path, text: str) -> None:
    """Write a text, whole or not at all.

    Args:
        path: The file, in a folder that is there; whatever is there is replaced.
        text: What to write, in UTF-8.
    """
    with whole(path) as aside:
        aside.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes, whole or not at all.

    Args:
        path: The file, in a folder that is there; whatever is there is replaced.
        content: What to write.
    """
    with whole(path) as aside:
        aside.write_bytes(content)


def discard_unfinished(folder: Path) -> None:
    """Remove what a killed process has left that is not whole, in a folder and those within."""
    for aside in sorted(folder.rglob(f"{ASIDE}*")):
        shutil.rmtree(aside, ignore_errors=True)


@contextmanager
def _named_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UsageError(f"{folder}: cannot be written to ({reason})") from error


def _sync(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk."""
    if path.is_dir() and os.name == "nt":  # there no folder can be opened
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
