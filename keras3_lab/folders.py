"""A folder for each run; none is ever used twice."""

from __future__ import annotations

import itertools
import os
from datetime import datetime
from pathlib import Path

from keras3_lab.errors import UsageError


def new_folder(out: Path, prefix: str = "", suffix: str = "") -> Path:
    """Make a new folder, named after the time.

    Args:
        out: The folder to make it in; made where it is missing.
        prefix: What comes before the time, folders in between included.
        suffix: What comes after it.

    Returns:
        The path of the new, empty folder.

    Raises:
        UsageError: If it cannot be made.
    """
    name = f"{prefix}{datetime.now():%Y%m%d-%H%M%S}{suffix}"
    try:
        for attempt in itertools.count(1):
            folder = out / (name if attempt == 1 else f"{name}-{attempt}")
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
