"""What the main job shows on a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

COMMAND = ("-m", "keras3_lab.fmnist", "--data", "sample")


def write(docs: Path) -> None:
    """Run the main job on the bundled sample, and write what it prints."""
    here = str(docs.parent)  # where a checkout is not installed
    path = os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603 - ours
            [sys.executable, *COMMAND], cwd=folder, check=True, capture_output=True, text=True,
            env=os.environ | {"COLUMNS": "80", "PYTHONPATH": path},
        )  # fmt: skip
    (docs / "recipes" / "start.txt").write_text(done.stdout, encoding="utf-8")
