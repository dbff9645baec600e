"""Write the fault table: sound problems on JAX, their faulty copies on TensorFlow.

python tests/parity/fault_table.py docs/results/parity-faults.md
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from zoo import FAULTS, SOUND, Fault

from keras3_lab.parity.compare import blame
from keras3_lab.parity.compare.checks import AGREE, Check
from keras3_lab.parity.jobs import Record
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.process import LaneProcess
from keras3_lab.parity.session import compare_beside_rounding
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace

SEEDS = 20

TABLE = """# Planted faults

The sound problem on jax:cpu, its faulty copy on tensorflow:cpu; written by
`python tests/parity/fault_table.py docs/results/parity-faults.md`.

| fault | caught at | blamed | | in float32, by G2 |
| --- | --- | --- | --- | --- |
{rows}

{right} of {count} caught at the gate and blamed at the place where they were planted. The last
column says what G2 alone sees of a fault: the step whose loss differs, what of the whole run, or
nothing.

False alarms on the {sound} sound problems with {seeds} seeds each, {runs} pairs of runs in float64
and in float32: {alarms}. Largest relative difference of any of them in float64: {worst:.1e}.
"""


class Lanes:
    """A process on JAX and one on TensorFlow."""

    def __init__(self) -> None:
        self.processes = [LaneProcess(Lane(name, "cpu")) for name in ("jax", "tensorflow")]
        self.names = tuple(str(process.lane) for process in self.processes)
        self._recorded: dict[tuple[str, str, Plan], Trace] = {}

    def compare(self, sound: str, faulty: str, plan: Plan) -> tuple[list[Check], list[str]]:
        """Run both, and return the checks and the gates that do not agree."""
        pairs = zip(self.processes, (sound, faulty), strict=True)
        traces = [self._record(process, name, plan) for process, name in pairs]
        subject = Subject(f"zoo:{sound}")
        checks = compare_beside_rounding(self.processes[0], subject, plan, traces)
        return checks, sorted(check.gate for check in checks if check.verdict != AGREE)

    def blame(self, sound: str, faulty: str, plan: Plan, checks: list[Check]) -> blame.Blame | None:
        """Find where the two part."""
        length = self._record(self.processes[0], sound, plan).header.length
        where = blame.step_to_search(checks, self.names, length.steps)
        if where is None:
            return None
        replays = [
            process.replay(Subject(f"zoo:{name}"), plan, where.dtype)
            for process, name in zip(self.processes, (sound, faulty), strict=True)
        ]
        return blame.find(*replays, where.step, where.tolerance, self.names)

    def _record(self, process: LaneProcess, name: str, plan: Plan) -> Trace:
        key = (str(process.lane), name, plan)
        if key not in self._recorded:
            self._recorded[key] = process.do(Record(Subject(f"zoo:{name}"), plan))
        return self._recorded[key]


@contextmanager
def two_lanes() -> Iterator[Lanes]:
    """Start both processes, and stop them."""
    lanes = Lanes()
    try:
        yield lanes
    finally:
        for process in lanes.processes:
            process.stop()


def fault_row(lanes: Lanes, name: str, fault: Fault) -> tuple[str, bool]:
    """A row of the table, and whether the fault was caught and blamed as it should be."""
    plan = Plan(seeds=1)
    subjects = (fault.sound.__name__, f"faulty_{name}")
    checks, caught = lanes.compare(*subjects, plan)
    found = lanes.blame(*subjects, plan, checks)
    blamed, right = "nothing", False
    if found is not None:
        blamed = f"step {found.step}, {found.kind} `{found.name}`, {found.relative:.1e}"
        right = (
            found.kind == fault.kind
            and fault.name in found.name
            and fault.step in (-1, found.step)
            and caught[:1] == [fault.gate]
        )
    gate = caught[0] if caught else "not"
    verdict = "right" if right else "wrong"
    return f"| {fault.title} | {gate} | {blamed} | {verdict} | {seen(checks)} |", right


def seen(checks: list[Check]) -> str:
    """What G2 says."""
    found = [check for check in checks if check.gate == "G2" and check.verdict != AGREE]
    steps = [f"step {check.step}" for check in found if check.step is not None]
    return next(iter(steps + [check.what for check in found]), "–")


@click.command(help=__doc__)
@click.argument("target", type=click.Path(path_type=Path))
def main(target: Path) -> None:
    """Try all faults, and the sound problems over many seeds."""
    rows, rights, alarms, worst = [], [], [], 0.0
    with two_lanes() as lanes:
        for name, fault in FAULTS.items():
            row, right = fault_row(lanes, name, fault)
            rows.append(row)
            rights.append(right)
            click.echo(row)
        for sound in [problem.__name__ for problem in SOUND]:
            for seed in range(SEEDS):
                checks, caught = lanes.compare(sound, sound, Plan(seed=seed, seeds=1))
                exact = [check for check in checks if check.gate in ("G0", "G1")]
                worst = max(worst, *(check.largest or 0.0 for check in exact))
                if caught:
                    alarms.append(f"{sound}, seed {seed}: {', '.join(caught)}")
            click.echo(f"{sound}: false alarms so far: {alarms}; largest difference {worst:.1e}")
    target.write_text(
        TABLE.format(
            rows="\n".join(rows),
            right=sum(rights),
            count=len(rights),
            sound=len(SOUND),
            seeds=SEEDS,
            runs=len(SOUND) * SEEDS,
            alarms="; ".join(alarms) or "none",
            worst=worst,
        )
    )


if __name__ == "__main__":
    main()
