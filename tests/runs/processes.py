"""A run in several processes, started as a person does."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

LIMIT_S = 100


def start(*arguments: str | Path, **variables: str) -> subprocess.Popen[str]:
    """Start `python -m keras3_lab.fmnist ARGUMENTS` in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "keras3_lab.fmnist", *map(str, arguments)],
        env=os.environ | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], limit_s: float = LIMIT_S) -> tuple[int, str, str]:
    """Return status, output and errors of a process; nothing of it is left in any case."""
    others = others_of(process)
    try:
        out, err = process.communicate(timeout=limit_s)
    finally:
        for number in (process.pid, *others):
            with contextlib.suppress(OSError):
                os.killpg(number, signal.SIGKILL)
    return process.returncode, out, err


def others_of(process: subprocess.Popen[str]) -> list[int]:
    """Return the processes that one has started, by their numbers."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            words = path.read_text().rpartition(")")[2].split()
            if int(words[1]) == process.pid:
                found.append(int(path.parent.name))
    return found


def is_running(number: int) -> bool:
    """Whether a process runs; one that nobody has asked for its status has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def checkpoint(folder: Path, process: subprocess.Popen[str]) -> Path:
    """Wait until a run in a folder has saved its training; return the run's folder."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        for path in folder.glob("fmnist/*/*/.resume/training-*/*.npz"):
            if re.match(r"\d+\.", path.name):
                return path.parents[2]
        time.sleep(0.02)
    raise AssertionError(f"nothing was saved: {end(process, 1)}")


def numbers(record: dict) -> np.ndarray:
    """Return history and metrics of a record."""
    parts = (record["history"], record["metrics"])
    return np.array([x for part in parts for name in sorted(part) for x in np.ravel(part[name])])


def record_in(folder: Path) -> dict:
    return json.loads((folder / "record.json").read_text())
