"""A lane that is at a job for a minute."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import Any

from keras3_lab.parity.jobs import Job, Progressed
from keras3_lab.parity.worker import Answer, serve


class Sleeper:
    """Tells the number of its process, and sleeps."""

    def __init__(self, lane: str, device: str, answer: Callable[[Answer], None]) -> None:
        self._answer = answer

    def do(self, job: Job[Any]) -> Any:
        self._answer(Progressed("sleeping", os.getpid(), 0))
        time.sleep(60)


if __name__ == "__main__":
    serve(Sleeper)
