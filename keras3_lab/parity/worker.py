"""A lane's process: takes jobs from standard input and answers on standard output.

Started by `keras3_lab.parity.process` with the environment that decides backend and device.
"""

from __future__ import annotations

import gc
import os
import pickle
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

import keras
import numpy as np

from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError
from keras3_lab.parity import jobs
from keras3_lab.parity.header import Finding, Header
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.record.build import build_problem, imported_sources
from keras3_lab.parity.record.culprit import failure
from keras3_lab.parity.record.lint import find_known_differences
from keras3_lab.parity.record.place import spread_over
from keras3_lab.parity.record.precision import precision
from keras3_lab.parity.record.recording import Recording
from keras3_lab.parity.record.replay import LocalReplay
from keras3_lab.parity.record.saving import loading_problem
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace
from keras3_lab.private.tensorflow_free import serialize_without_tensorflow

LOOK_S = 0.5
"""Seconds between two looks at whether the process that gives the jobs is still there."""

Answer = jobs.Progressed | jobs.Done | jobs.Refused | jobs.Failed


class Worker:
    """Does the jobs of one lane, one after the other.

    Args:
        lane: Name of the lane.
        device: Its device.
        answer: Sends an answer.
    """

    def __init__(self, lane: str, device: str, answer: Callable[[Answer], None]) -> None:
        self._lane, self._device, self._answer = lane, device, answer
        self._replay: LocalReplay | None = None
        self._precision = ExitStack()
        self._recording: tuple[Subject, Plan, Recording] | None = None

    def do(self, job: jobs.Job[Any]) -> Any:
        """Do a job and return its result."""
        match job:
            case jobs.ListDevices():
                return keras.distribution.list_devices()
            case jobs.ListSources():
                return imported_sources()
            case jobs.Record():
                return self._record(job)
            case jobs.Resume():
                return self._resume(job)
            case jobs.Perturb():
                return self._perturb(job)
            case jobs.FindKnownDifferences():
                return self._known_differences(job)
            case jobs.OpenReplay():
                return self._open(job)
            case jobs.ReplayState():
                return self._opened().state(job.step)
            case jobs.ReplayStep():
                return self._opened().inspect(job.step)
            case jobs.CloseReplay():
                return self._close()
        raise TypeError(f"no lane does {type(job).__name__}")

    def _record(self, job: jobs.Record) -> Trace:
        self._close()  # an open replay holds its precision
        versions = {"keras": keras.__version__, "numpy": np.__version__}
        if keras.backend.backend() != "numpy":
            versions |= backend().VERSIONS
        header = Header(self._lane, job.subject, self._device, versions, job.plan)
        self._recording = None
        return self._of(job.subject, job.plan).record(header, moved=job.moved)

    def _of(self, subject: Subject, plan: Plan) -> Recording:
        """Return the recording of a subject: the last one, where it is that."""
        plan_here = replace(plan, ulps=0)  # the first lane's alone
        if self._recording is None or self._recording[:2] != (subject, plan_here):
            recording = Recording(partial(build_problem, subject), plan, self._progress)
            self._recording = (subject, plan_here, recording)
        return self._recording[2]

    def _resume(self, job: jobs.Resume) -> Trace:
        self._close()
        made, source = self._addition(job.subject), job.source
        recording = self._of(job.subject, job.plan)
        try:
            run = recording.resume(source, job.dtype)
        except UsageError:
            raise
        except Exception as error:  # whatever it is, the gate says so, and goes on
            made.header.failed[source.lane] = loading_problem(recording.model(job.dtype), error)
        else:
            made.add(run, job.dtype, "resumed", source.lane)
        return made

    def _perturb(self, job: jobs.Perturb) -> Trace:
        self._close()
        made = self._addition(job.subject)
        self._of(job.subject, job.plan).perturb(made, job.own)
        return made

    def _addition(self, subject: Subject) -> Trace:
        """Return a trace for what is added to a recording."""
        return Trace(Header(self._lane, subject))

    def _known_differences(self, job: jobs.FindKnownDifferences) -> list[Finding]:
        return find_known_differences(build_problem(job.subject, 0))

    def _open(self, job: jobs.OpenReplay) -> None:
        self._precision.close()
        self._precision.enter_context(precision(job.dtype))
        self._replay = LocalReplay(self._of(job.subject, job.plan).training(job.dtype))

    def _opened(self) -> LocalReplay:
        if self._replay is None:
            raise RuntimeError("no replay is open")
        return self._replay

    def _close(self) -> None:
        self._replay = None
        self._precision.close()

    def _progress(self, what: str, done: int, total: int) -> None:
        self._answer(jobs.Progressed(what, done, total))


def _end_with(parent: int) -> None:
    """End this process soon after the one that started it, whatever job it is at."""
    while os.getppid() == parent:
        time.sleep(LOOK_S)
    os._exit(1)


class Does(Protocol):
    """What does the jobs of a lane."""

    def do(self, job: jobs.Job[Any]) -> Any:
        """Do a job and return its result."""


def serve(worker: Callable[[str, str, Callable[[Answer], None]], Does]) -> None:
    """Do jobs until standard input ends.

    Args:
        worker: Makes what does them: of the lane's name, its device, and what sends an answer.
    """
    # Whatever prints to standard output would break the answers: it goes to standard error.
    channel = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    def answer(message: Answer) -> None:
        pickle.dump(message, channel)
        channel.flush()

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _, lane, device, count = sys.argv
    serialize_without_tensorflow()
    if keras.backend.backend() != "numpy":
        backend().keep_programs()
    if int(count) > 1:
        with suppress(UsageError):  # who started it looks at what there is
            devices = backend().have_devices(device, int(count))
            with precision("float64"):
                pass  # what is made sure of once in a process cannot be under a strategy
            spread_over(devices)
    does = worker(lane, device, answer)
    gc.freeze()  # what the imports made lives as long as the process; not to be looked at again
    while True:
        try:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301  # from the process that started us
        except EOFError:
            # Python would look at each object once more, which takes longer than a small job.
            sys.stderr.flush()
            os._exit(0)
        try:
            answer(jobs.Done(does.do(job)))
        except UsageError as error:
            answer(jobs.Refused(str(error)))
        except Exception as error:  # whatever it is, it belongs to the process that asked
            answer(jobs.Failed(failure(error, type(job).__name__)))


if __name__ == "__main__":
    serve(Worker)
