"""A folder for each run; none is ever used twice."""

from __future__ import annotations

import itertools
import os
from datetime import datetime
from pathlib import Path

import keras

from keras3_lab.errors import UsageError


def make_folder(out: Path, recipe: str, variant: str, seed: int) -> Path:
    """Make a new folder for a run, named after what runs.

    Args:
        out: Folder that holds the runs; made where it is missing.
        recipe: Name of the recipe.
        variant: Its variant.
        seed: Seed of the run.

    Returns:
        The path of the new, empty folder.

    Raises:
        UsageError: If it cannot be made or written to.
    """
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    name = f"{stamp}-{keras.config.backend()}-{variant}-seed{seed}"
    try:
        for attempt in itertools.count(1):
            folder = out / recipe / (name if attempt == 1 else f"{name}-{attempt}")
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                if not folder.exists():  # a file stands where a parent folder is to be
                    raise
            else:
                break
    except OSError as error:
        raise UsageError(
            f"--out {out}: no folder can be made there ({os.strerror(error.errno or 0)}); "
            "name a folder that can be written to"
        ) from error
    return folder
