"""Signals at random moments, most of them while something compiles: status, last line, seconds.

`python tests/kill/interrupts.py --table docs/results/signals.md`, for the `KERAS_BACKEND`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from keras3_lab.files import write_text

NOT_BEGUN: list[str] = []
"""In the place of the lines of a process that Python was still starting."""


def main() -> None:
    """Send signals; end with 1 where one was answered wrongly."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signals", type=int, default=40, help="How many.")
    parser.add_argument("--table", type=Path, help="The backend's own is written beside it.")
    arguments = parser.parse_args()
    for ignored in (signal.SIGINT, signal.SIGHUP):  # as in a terminal, whatever started this
        signal.signal(ignored, signal.SIG_DFL)
    rng = random.Random(0)  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as scratch:
        whole = _run(Path(scratch), None, None)[3]
        counts: Counter[tuple[str, str]] = Counter()
        longest: dict[str, float] = {}
        wrong = 0
        for number in range(arguments.signals):
            sent = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)[number % 3]
            status, lines, took, _ = _run(Path(scratch), sent, rng.uniform(0.0, whole))
            outcome = f"{status}, {lines[-1] if lines else 'no word'}"
            is_right = outcome == f"{128 + sent}, interrupted"
            if lines is NOT_BEGUN:
                outcome, is_right = "Python had not come to the program yet", True
            elif not lines and _is_done(Path(scratch)):
                outcome, is_right = "the run was done", status in (0, 128 + sent)
            wrong += not is_right
            counts[sent.name, outcome] += 1
            longest[outcome] = max(longest.get(outcome, 0.0), took)
            sys.stderr.write(f"{number}: {sent.name} {outcome} {took:.2f} s\n")
    if arguments.table:
        name = arguments.table.with_stem(f"{arguments.table.stem}-{os.environ['KERAS_BACKEND']}")
        head = "| signal | status, last line | times | longest, s |\n| --- | --- | ---: | ---: |\n"
        rows = [
            f"| {sent} | {outcome} | {times} | {longest[outcome]:.2f} |\n"
            for (sent, outcome), times in sorted(counts.items())
        ]
        write_text(name, head + "".join(rows))
    sys.exit(wrong > 0)


def _run(
    scratch: Path, sent: signal.Signals | None, after_s: float | None
) -> tuple[int, list[str], float, float]:
    """Run the main job; return status, lines on standard error, and seconds from the signal on."""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "keras3_lab.fmnist", "--data=sample", "--epochs=3"],
            cwd=scratch, stdout=subprocess.DEVNULL, stderr=said,
        )  # fmt: skip
        if sent is not None and after_s is not None:
            time.sleep(after_s)
            has_begun = process.poll() is not None or _listens(process.pid)
            process.send_signal(sent)
        at = time.perf_counter()
        status = process.wait()
        ended = time.perf_counter()
        said.seek(0)
        lines = [line for line in said.read().splitlines() if line.strip()]
    if sent is not None and not has_begun:
        lines = NOT_BEGUN
    return status if status >= 0 else 128 - status, lines, ended - at, ended - began


def _is_done(scratch: Path) -> bool:
    """Whether the last run has left all that it should."""
    records = scratch.glob("runs/*/*/*/record.json")
    last = max(records, key=lambda record: record.parent.name, default=None)
    return last is not None and json.loads(last.read_text())["status"] == "done"


def _listens(pid: int) -> bool:
    """Whether a process has asked for the signals that end it."""
    facts = Path("/proc", str(pid), "status").read_text()
    caught = next(line for line in facts.splitlines() if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


if __name__ == "__main__":
    main()
