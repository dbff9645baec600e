"""Where a run has several processes: the first one writes its folder, the others their own."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from keras3_lab.engine.interface import backend
from keras3_lab.errors import LostProcessError
from keras3_lab.files import ASIDE
from keras3_lab.runs.kept import NAME, Kept

NEVER = 10**9
"""Epochs between two checkpoints of a process that is not to save any."""


def is_first() -> bool:
    """Whether this process writes the run's folder, and shows how it goes."""
    return backend().process_and_count()[0] == 0


@contextlib.contextmanager
def folder_aside() -> Iterator[Path]:
    """Yield a folder for what a process that is not the first writes; it goes with it.

    All processes do the same, which may call for all of them at any time, but write to one place.
    """
    with tempfile.TemporaryDirectory(prefix="keras3-lab-run-") as folder:
        yield Path(folder)


def copied(kept: Kept, folder: Path) -> Kept:
    """Return what a run keeps, as it stands now, in another folder.

    It does not change meanwhile: nothing is saved before all processes have begun.
    """
    beside = folder / kept.folder.name
    if (kept.folder / NAME).is_dir():
        shutil.copytree(
            kept.folder / NAME, beside / NAME, ignore=shutil.ignore_patterns(f"{ASIDE}*")
        )
    else:
        beside.mkdir()
    return Kept(beside, NEVER)


@contextlib.contextmanager
def together() -> Iterator[None]:
    """Leave with all processes, or with one clear error where another one is gone.

    Raises:
        LostProcessError: If it is.
    """
    number, count = backend().process_and_count()
    if count == 1:
        yield
        return
    try:
        yield
        backend().meet()  # the first one is reached by the others as long as they run
    except Exception as error:
        if not backend().is_lost(error):
            raise
        raise LostProcessError(
            f"process {number + 1} of {count} cannot reach the others: one has ended; start all "
            "again with --resume"
        ) from error
