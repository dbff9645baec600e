"""A lane's process, as those see it who give it jobs."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import subprocess
import sys
import tempfile
from typing import TypeVar

from keras3_lab.errors import UsageError
from keras3_lab.parity.header import Failure
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
from keras3_lab.parity.lanes import Lane, ShowProgress, show_nothing
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject

T = TypeVar("T")


class SkippedLane(Exception):  # noqa: N818  # nothing is wrong: the lane is not to be had here
    """A lane that cannot run here, and why."""


class LaneError(Exception):
    """A job that a lane could not do.

    Args:
        lane: The lane's name.
        failure: Why.
    """

    def __init__(self, lane: str, failure: Failure) -> None:
        super().__init__(f"{lane}: {failure.message}")
        self.failure = failure


class LaneProcess:
    """A running lane: it starts at once, and is ready when `wait` returns.

    Args:
        lane: Which.
        show: Called with the progress of its runs.
        worker: The module that does its jobs.

    Raises:
        SkippedLane: If the backend is not installed.
    """

    def __init__(
        self,
        lane: Lane,
        show: ShowProgress = show_nothing,
        worker: str = "keras3_lab.parity.worker",
    ) -> None:
        self.lane, self._show, self._worker = lane, show, worker
        if reason := lane.why_not_here():
            raise SkippedLane(reason)
        self._start()

    def _start(self) -> None:
        lane = self.lane
        self._log = tempfile.TemporaryFile("w+")  # noqa: SIM115  # closed by `stop`
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(  # noqa: S603  # our own module, our own interpreter
            [sys.executable, "-m", self._worker, str(lane), lane.device, str(lane.count)],
            env={**os.environ, "PYTHONPATH": path, **lane.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
        )

    def wait(self) -> None:
        """Wait until the lane is ready.

        Raises:
            SkippedLane: If it cannot start, or sees no such device.
        """
        lane = self.lane
        try:
            devices = self.do(ListDevices()) if lane.trains else [lane.device]
        except LaneError as error:
            self.stop()
            raise SkippedLane(f"{lane} is skipped: {error.failure.message}") from error
        there = sum(device.startswith(lane.device) for device in devices)
        if there < lane.count:
            self.stop()
            lacks = "no GPU" if not there else f"not {lane.count}"
            raise SkippedLane(
                f"{lane} is skipped: {lane.backend} sees {', '.join(devices)} and {lacks}"
            )

    def do(self, job: Job[T]) -> T:
        """Have a job done.

        Args:
            job: What to do.

        Returns:
            The job's result.

        Raises:
            UsageError: If the lane says that the input is wrong.
            LaneError: If the job fails, or the process ends; for the next job there is another.
        """
        if self._process.returncode is not None:  # the last job ended it
            self._start()
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
                raise LaneError(str(self.lane), self._ended(job)) from None
            match answer:
                case Progressed(what, done, total):
                    self._show(str(self.lane), what, done, total)
                case Refused(message):
                    raise UsageError(message)
                case Failed(failure):
                    raise LaneError(str(self.lane), failure)
                case Done(value):
                    result: T = value
                    return result

    def _ended(self, job: Job[T]) -> Failure:
        self.stop(close_log=False)
        self._log.seek(0)
        log = self._log.read()[-10_000:].strip()
        self._log.close()
        code = self._process.returncode
        how = f"by {signal.Signals(-code).name}" if code < 0 else f"with status {code}"
        last = log.splitlines()[-1] if log else "it said nothing"
        return Failure(f"its process ended {how} in {type(job).__name__}: {last}", log)

    def replay(self, subject: Subject, plan: Plan, dtype: str) -> RemoteReplay:
        """Begin a replay in this lane."""
        self.do(OpenReplay(subject, plan, dtype))
        return RemoteReplay(self)

    def stop(self, *, close_log: bool = True) -> None:
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
        if close_log:
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
