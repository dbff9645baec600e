"""Runs killed at random moments, gone on with, and compared with runs that were never interrupted.

`python tests/kill --kills 150 --table docs/results/kills.md`, for the backend of `KERAS_BACKEND`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import platform
import random
import shutil
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from kills import CASES, Case, Kill, Reference, differences, lost, outcome, start, torn

from keras3_lab.files import write_text

NUMBERS = ("kills", "while writing", "not begun", "torn", "lost", "different")


def main() -> None:
    """Kill, go on, compare; end with 1 where anything is lost, torn or different."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=150, help="How many, over all recipes.")
    parser.add_argument("--processes", type=int, default=2, help="How many at a time.")
    parser.add_argument("--seed", type=int, default=0, help="Of the moments.")
    parser.add_argument("--table", type=Path, help="File in which the backend's table is replaced.")
    arguments = parser.parse_args()
    backend = os.environ["KERAS_BACKEND"]
    with tempfile.TemporaryDirectory() as scratch:
        references = {case: Reference.make(case, Path(scratch)) for case in CASES}
        workers, kills = range(arguments.processes), arguments.kills // arguments.processes
        processes = [
            work(kills, arguments.seed + worker, references, Path(scratch), worker)
            for worker in workers
        ]
        with contextlib.suppress(KeyboardInterrupt):  # enough: a table of those until here
            for process in processes:
                os.waitpid(process, 0)
        counts = {case: dict.fromkeys(NUMBERS, 0) for case in CASES}
        for file in Path(scratch).glob("*.json"):
            for case, count in zip(CASES, json.loads(file.read_text()), strict=True):
                counts[case] = {name: counts[case][name] + count[name] for name in NUMBERS}
    if arguments.table:
        write_table(arguments.table, backend, counts)
    bad = any(count[name] for count in counts.values() for name in ("torn", "lost", "different"))
    sys.exit(int(bad))


def work(
    kills: int, seed: int, references: dict[Case, Reference], scratch: Path, worker: int
) -> int:
    """Kill so many times in a process of its own; its counts are in a file, all the time."""
    process = os.fork()
    if process:
        return process
    rng = random.Random(seed)  # noqa: S311 - no secret
    counts = [dict.fromkeys(NUMBERS, 0) for _ in CASES]
    with contextlib.suppress(KeyboardInterrupt):
        while sum(count["kills"] for count in counts) < kills:
            case = min(range(len(CASES)), key=lambda one: counts[one]["kills"])
            kill_and_go_on(CASES[case], references[CASES[case]], scratch, rng, counts[case])
            write_text(scratch / f"{worker}.json", json.dumps(counts))
            totals = {name: sum(count[name] for count in counts) for name in NUMBERS}
            sys.stderr.write(f"{worker}: {totals}\n")
    os._exit(0)


def kill_and_go_on(
    case: Case, reference: Reference, scratch: Path, rng: random.Random, count: dict[str, int]
) -> None:
    """Begin a run, kill it one to five times, let it come to its end, and compare."""
    out = Path(tempfile.mkdtemp(dir=scratch))
    folder = None
    for _ in range(rng.randint(1, 5)):
        kill = Kill.choose(rng, reference)
        process = start(case, out, folder, kill)
        killed = kill.carry_out(process)
        folder = next(out.glob("*/*/*"), None)
        if not killed:  # it had come to its end
            break
        count["kills"] += 1
        count["while writing"] += kill.event is not None
        count["torn"] += folder is not None and torn(folder)
        if folder is None or not next(folder.glob(".resume/call/*.npz"), None):
            # No training has begun, or it is over, with nothing left to do but tidying up.
            if folder is not None and not lost(folder):
                break
            count["not begun"] += 1
            shutil.rmtree(out)
            out.mkdir()
            folder = None
    if folder is None or lost(folder):
        status = os.waitstatus_to_exitcode(os.waitpid(start(case, out, folder, None), 0)[1])
        folder = next(out.glob("*/*/*"))
        count["lost"] += status != 0
        if status:
            shutil.copytree(folder, Path(tempfile.gettempdir()) / f"lost-{time.time()}")
    if not lost(folder):
        found = outcome(folder)
        if found != reference.outcome:
            count["different"] += 1
            lines = "\n".join(differences(found, reference.outcome))
            sys.stderr.write(f"{case.recipe}, {folder.name}:\n{lines}\n")
    shutil.rmtree(out)


def write_table(path: Path, backend: str, counts: dict[Case, dict[str, int]]) -> None:
    """Put a backend's table into a page, in place of the one that it had there."""
    total = {name: sum(count[name] for count in counts.values()) for name in NUMBERS}
    lines = [
        f"## {backend}",
        "",
        f"{date.today()}, Python {platform.python_version()}, {os.cpu_count()} cores.",
        "",
        f"| recipe | {' | '.join(NUMBERS)} |",
        f"| --- | {' | '.join('---:' for _ in NUMBERS)} |",
        *(
            f"| {name} | {' | '.join(str(count[number]) for number in NUMBERS)} |"
            for name, count in [*((c.name, n) for c, n in counts.items()), ("all", total)]
        ),
        "",
    ]
    begin, end = f"<!-- {backend} -->\n", f"<!-- /{backend} -->"
    text = path.read_text()
    before, rest = text.split(begin)
    path.write_text(before + begin + "\n" + "\n".join(lines) + "\n" + end + rest.split(end)[1])


if __name__ == "__main__":
    main()
