"""What a lane's process is asked to do, and what it answers; both cross a pipe, pickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from keras3_lab.parity.header import Failure, Finding
from keras3_lab.parity.items import Item
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace

T = TypeVar("T")


class Job(Generic[T]):
    """Something to do, with a `T` as its result."""


@dataclass(frozen=True)
class ListDevices(Job[list[str]]):
    """Say which devices the backend sees."""


@dataclass(frozen=True)
class ListSources(Job[list[str]]):
    """Name the files of the imported modules; Python's and those of packages are left out."""


@dataclass(frozen=True)
class Record(Job[Trace]):
    """Record a subject.

    Args:
        subject: What.
        plan: How much of it.
        moved: Whether to make the runs of `Perturb` as well.
    """

    subject: Subject
    plan: Plan
    moved: bool = False


@dataclass(frozen=True)
class Resume(Job[Trace]):
    """Go on from the model that a lane saved.

    Args:
        subject: What.
        plan: How much of it.
        source: The trace that holds the model.
        dtype: Which model of it.
    """

    subject: Subject
    plan: Plan
    source: Trace
    dtype: str


@dataclass(frozen=True)
class Perturb(Job[Trace]):
    """Run once more in float64, from weights moved by one ulp.

    Args:
        subject: What.
        plan: How much of it.
        own: What the lane recorded.
    """

    subject: Subject
    plan: Plan
    own: Trace


@dataclass(frozen=True)
class FindKnownDifferences(Job[list[Finding]]):
    """Look for known differences in a subject's model."""

    subject: Subject


@dataclass(frozen=True)
class OpenReplay(Job[None]):
    """Begin a replay, in place of the one that may be open."""

    subject: Subject
    plan: Plan
    dtype: str


@dataclass(frozen=True)
class ReplayState(Job[list[Item]]):
    """Return weights and optimizer slots before a step of the open replay."""

    step: int


@dataclass(frozen=True)
class ReplayStep(Job[list[Item]]):
    """Return all that a step of the open replay computes, in order."""

    step: int


@dataclass(frozen=True)
class CloseReplay(Job[None]):
    """End the open replay."""


@dataclass(frozen=True)
class Progressed:
    """An answer on the way: what runs, the steps made, and those there are."""

    what: str
    done: int
    total: int


@dataclass(frozen=True)
class Done:
    """The last answer: the job's result."""

    value: Any


@dataclass(frozen=True)
class Refused:
    """The last answer where the input is wrong, in one line."""

    message: str


@dataclass(frozen=True)
class Failed:
    """The last answer where the job failed, and why."""

    failure: Failure
