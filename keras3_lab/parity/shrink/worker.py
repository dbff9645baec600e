"""A lane in which a model is made smaller: see `keras3_lab.parity.worker`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import keras

from keras3_lab.engine.interface import backend
from keras3_lab.parity import jobs, worker
from keras3_lab.parity.compiling import quick_to_compile
from keras3_lab.parity.record.build import build_problem
from keras3_lab.parity.shrink.decomposition import take_apart
from keras3_lab.parity.shrink.jobs import TakeApart, Try
from keras3_lab.parity.shrink.trying import attempt


class Worker:
    """Does the jobs of one lane."""

    def __init__(self, lane: str, device: str, answer: Callable[[worker.Answer], None]) -> None:
        self._lane = lane

    def do(self, job: jobs.Job[Any]) -> Any:
        """Do a job and return its result."""
        match job:
            case jobs.ListDevices():
                return keras.distribution.list_devices()
            case TakeApart():
                return take_apart(build_problem(job.subject, job.seed), job.steps, job.seed)
            case Try():
                return attempt(job)
        raise TypeError(f"no lane that makes models smaller does {type(job).__name__}")


if __name__ == "__main__":
    # A model that is run for a moment: to compile it takes longer.
    os.environ["XLA_FLAGS"] = quick_to_compile()
    backend().share_context()
    worker.serve(Worker)
