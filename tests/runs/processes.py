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
MARK = "KERAS3_LAB_TESTS_STARTED"


class Started(subprocess.Popen[str]):
    """A process, and what it starts, which carry a mark by which they are found in /proc."""

    def __init__(self, *arguments: str | Path, **variables: str) -> None:
        self.mark = f"{os.getpid()}-{time.monotonic_ns()}"
        super().__init__(
            [sys.executable, *map(str, arguments)],
            env=os.environ | variables | {MARK: self.mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def running(self) -> list[int]:
        """Return what runs of them, this one first, if it does; others when it has ended, too."""
        found = []
        for path in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if f"{MARK}={self.mark}".encode() in path.read_bytes().split(b"\0"):
                    found.append(int(path.parent.name))
        return sorted(filter(is_running, found), key=lambda number: (number != self.pid, number))

    def kill_all(self) -> None:
        for number in self.running():
            with contextlib.suppress(OSError):
                os.kill(number, signal.SIGKILL)


all_started: list[Started] = []


def start(*arguments: str | Path, **variables: str) -> Started:
    """Start `python -m keras3_lab.fmnist ARGUMENTS` in a process group of its own."""
    all_started.append(Started("-m", "keras3_lab.fmnist", *arguments, **variables))
    return all_started[-1]


def end(process: Started, limit_s: float = LIMIT_S) -> tuple[int, str, str]:
    """Return status, output and errors of a process; nothing of it is left in any case."""
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        left = process.running()
        process.kill_all()
        out, err = process.communicate()
        raise AssertionError(f"{left} of {process.pid} did not end:\n{out}\n{err}") from None
    finally:
        process.kill_all()
    return process.returncode, out, err


def others_started(process: Started) -> list[int]:
    """Wait until a process has started others; return their numbers."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        others = [number for number in process.running() if number != process.pid]
        # Not what looks out for the first one's end.
        if others := [number for number in others if b"keras3_lab.fmnist" in command(number)]:
            return others
        time.sleep(0.02)
    process.kill_all()
    raise AssertionError(f"none was started: {process.poll()} {end(process)}")


def command(number: int) -> bytes:
    """Return the command line of a process; of one that has ended nothing."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{number}/cmdline").read_bytes()
    return b""


def is_running(number: int) -> bool:
    """Whether a process runs; one that nobody has asked for its status has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def have_ended(limit_s: float, *numbers: int) -> bool:
    """Wait until processes have ended, and say whether they have: one may be at its last files."""
    until = time.monotonic() + limit_s
    while any(map(is_running, numbers)) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(map(is_running, numbers))


def checkpoint(folder: Path, process: Started) -> Path:
    """Wait until a run in a folder has saved its training; return the run's folder."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until and process.poll() is None:
        for path in folder.glob("fmnist/*/*/.resume/training-*/*.npz"):
            if re.match(r"\d+\.", path.name):
                return path.parents[2]
        time.sleep(0.02)
    process.kill_all()
    raise AssertionError(f"nothing was saved: {process.poll()} {end(process)}")


def numbers(record: dict) -> np.ndarray:
    """Return history and metrics of a record."""
    parts = (record["history"], record["metrics"])
    return np.array([x for part in parts for name in sorted(part) for x in np.ravel(part[name])])


def record_in(folder: Path) -> dict:
    return json.loads((folder / "record.json").read_text())
