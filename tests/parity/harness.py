"""Two lanes in one process: a sound problem and its faulty copy on the running backend."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from keras3_lab.parity import blame
from keras3_lab.parity.checks import AGREE, FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, Check
from keras3_lab.parity.gates import compare
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.recording import precision, prepare, record_main
from keras3_lab.parity.replay import LocalReplay
from keras3_lab.parity.session import blamed_step
from keras3_lab.parity.trace import Trace
from keras3_lab.parity.training import Training

WHOLE = Plan()


class InProcess:
    """A lane in this process: a recording, and a replay of the same training."""

    def __init__(self, name: str, make: Callable[[], Problem], dtype: str, plan: Plan) -> None:
        import keras

        def fresh(seed: int) -> Problem:
            keras.utils.clear_session()
            return make()

        self.training: Training = prepare(fresh, plan, lambda steps: None)
        header = {"subject": "zoo", "variant": "", "lane": name, "digests": {}}
        self.trace = Trace(header)
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
    where = blamed_step(checks, lanes, one.trace.header["schedule"]["steps"])
    if where is None:
        return checks, None
    tolerance = FLOAT64_TOLERANCE if dtype == "float64" else 10 * FLOAT32_TOLERANCE
    return checks, blame.find(one.replay, other.replay, where[1], tolerance, lanes)


def caught_at(checks: list[Check]) -> str | None:
    """The first gate that does not agree."""
    return next((c.gate for c in sorted(checks, key=lambda c: c.gate) if c.verdict != AGREE), None)
