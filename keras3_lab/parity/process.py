"""A lane's process, as those see it who give it jobs."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pickle
import subprocess
import sys
import tempfile
from typing import TypeVar

from keras3_lab.errors import UsageError
from keras3_lab.parity.items import Item
from keras3_lab.parity.jobs import (
    CloseReplay,
    Done,
    Failed,
    Job,
    ListDevices,
    OpenReplay,
    Progressed,
    Refused,
    ReplayState,
    ReplayStep,
)
from keras3_lab.parity.lanes import Lane, ShowProgress
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject

T = TypeVar("T")


class SkippedLane(Exception):  # noqa: N818  # nothing is wrong: the lane is not to be had here
    """A lane that cannot run here, and why."""


class LaneProcess:
    """A running lane.

    Args:
        lane: Which.
        show: Called with the progress of its runs.

    Raises:
        SkippedLane: If the backend is not installed, or sees no such device.
    """

    def __init__(
        self, lane: Lane, show: ShowProgress = lambda lane, what, done, total: None
    ) -> None:
        self.lane, self._show = lane, show
        # Keras's numpy backend imports JAX for a few of its operations.
        needed = "jax" if lane.backend == "numpy" else lane.backend
        if importlib.util.find_spec(needed) is None:
            raise SkippedLane(f"{lane} is skipped: {needed} is not installed in this environment")
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed by `stop`
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(  # noqa: S603  # our own module, our own interpreter
            [sys.executable, "-m", "keras3_lab.parity.worker", str(lane), lane.device],
            env={**os.environ, "PYTHONPATH": path, **lane.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )
        try:
            devices = self.do(ListDevices()) if lane.trains else [lane.device]
        except RuntimeError as error:
            self.stop()
            reason = str(error).strip().splitlines()[-1]
            raise SkippedLane(f"{lane} is skipped: {reason}") from error
        if not any(device.startswith(lane.device) for device in devices):
            self.stop()
            raise SkippedLane(
                f"{lane} is skipped: {lane.backend} sees {', '.join(devices)} and no GPU"
            )

    def do(self, job: Job[T]) -> T:
        """Have a job done.

        Args:
            job: What to do.

        Returns:
            The job's result.

        Raises:
            UsageError: If the lane says that the input is wrong.
            RuntimeError: If the job fails.
        """
        jobs, answers = self._process.stdin, self._process.stdout
        if jobs is None or answers is None:
            raise RuntimeError(f"lane {self.lane} has no pipes")
        # A process that has ended takes no job; what it said is read below.
        with contextlib.suppress(BrokenPipeError):
            pickle.dump(job, jobs)
            jobs.flush()
        while True:
            try:
                answer = pickle.load(answers)  # noqa: S301  # from our own process
            except EOFError:
                self._log.seek(0)
                log = self._log.read()[-2000:]
                raise RuntimeError(f"lane {self.lane} ended:\n{log}") from None
            match answer:
                case Progressed(what, done, total):
                    self._show(str(self.lane), what, done, total)
                case Refused(message):
                    raise UsageError(message)
                case Failed(traceback):
                    raise RuntimeError(
                        f"{type(job).__name__} failed in lane {self.lane}:\n{traceback}"
                    )
                case Done(value):
                    result: T = value
                    return result

    def replay(self, subject: Subject, plan: Plan, dtype: str) -> RemoteReplay:
        """Begin a replay in this lane."""
        self.do(OpenReplay(subject, plan, dtype))
        return RemoteReplay(self)

    def stop(self) -> None:
        """End the process."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


class RemoteReplay:
    """A replay in a lane's process; see `keras3_lab.parity.items.Replay`."""

    def __init__(self, process: LaneProcess) -> None:
        self._process = process

    def state(self, step: int) -> list[Item]:
        """Return weights and optimizer slots before a step."""
        return self._process.do(ReplayState(step))

    def inspect(self, step: int) -> list[Item]:
        """Return all that a step computes, in order."""
        return self._process.do(ReplayStep(step))

    def close(self) -> None:
        """End the replay."""
        self._process.do(CloseReplay())
