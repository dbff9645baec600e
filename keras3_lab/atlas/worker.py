"""A lane of the atlas: see `keras3_lab.parity.worker`."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import cases
from keras3_lab.atlas.jobs import Catalogue, Listed, Observe, Versions
from keras3_lab.atlas.observe import LONGEST_S, observe
from keras3_lab.atlas.outcome import Outcome
from keras3_lab.atlas.symbols import symbols
from keras3_lab.engine.interface import backend
from keras3_lab.parity import jobs
from keras3_lab.parity.worker import Answer, serve


class Worker:
    """Does the jobs of one lane of the atlas."""

    def __init__(self, lane: str, device: str, answer: Callable[[Answer], None]) -> None:
        self._cases = {case.name: case for case in cases()}

    def do(self, job: jobs.Job[Any]) -> Any:
        """Do a job and return its result."""
        match job:
            case jobs.ListDevices():
                return keras.distribution.list_devices()
            case Catalogue():
                listed = [Listed(c.name, c.symbol, c.dtypes) for c in self._cases.values()]
                return symbols(), listed
            case Versions():
                own = {} if keras.config.backend() == "numpy" else backend().VERSIONS
                return {"keras": keras.__version__, "numpy": np.__version__, **own}
            case Observe():
                return [self._observe(name, dtype) for name, dtype in job.pairs]
        raise TypeError(f"no lane of the atlas does {type(job).__name__}")

    def _observe(self, name: str, dtype: str) -> Outcome:
        """Observe a case, and end the process where that does not end: no signal stops a kernel."""
        watch = threading.Timer(2 * LONGEST_S, os._exit, [1])
        watch.daemon = True
        watch.start()
        try:
            return observe(self._cases[name], dtype)
        finally:
            watch.cancel()


if __name__ == "__main__":
    serve(Worker)
