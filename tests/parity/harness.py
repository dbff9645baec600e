"""Two lanes in one process: a sound problem and its faulty copy on the running backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from keras3_lab.parity.compare import blame
from keras3_lab.parity.compare.checks import AGREE, Check
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.header import Header
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.precision import precision
from keras3_lab.parity.record.recording import prepare, record_main
from keras3_lab.parity.record.replay import LocalReplay
from keras3_lab.parity.record.training import Training
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace

WHOLE = Plan()


class InProcess:
    """A lane in this process: a recording, and a replay of the same training."""

    def __init__(self, name: str, make: Callable[[], Problem], dtype: str, plan: Plan) -> None:
        import keras

        keras.utils.clear_session(free_memory=False)
        self.training: Training = prepare(make(), plan)
        self.trace = Trace(Header(name, Subject("zoo")))
        record_main(self.trace, self.training, dtype)
        self.replay = LocalReplay(self.training)


@cache
def sound_lane(make: Callable[[], Problem], dtype: str, plan: Plan) -> InProcess:
    """The sound lane of several faults, made once."""
    return InProcess("sound:cpu", make, dtype, plan)


def judge(
    sound: Callable[[], Problem], faulty: Callable[[], Problem], dtype: str, plan: Plan = WHOLE
) -> tuple[list[Check], blame.Blame | None]:
    """Compare and blame."""
    with precision(dtype):
        one = sound_lane(sound, dtype, plan)
        other = InProcess("faulty:cpu", faulty, dtype, plan)
        return compared(one, other, dtype)


def compared(one: InProcess, other: InProcess, dtype: str):
    checks = compare(one.trace, other.trace)
    lanes = (one.trace.lane, other.trace.lane)
    where = blame.step_to_search(checks, lanes, one.trace.header.length.steps)
    if where is None:
        return checks, None
    return checks, blame.find(one.replay, other.replay, where.step, where.tolerance, lanes)


def caught_at(checks: list[Check]) -> str | None:
    """The first gate that does not agree."""
    return next((c.gate for c in sorted(checks, key=lambda c: c.gate) if c.verdict != AGREE), None)
