"""What a lane is asked to do when a model is made smaller; it crosses a pipe, pickled."""

from __future__ import annotations

from dataclasses import dataclass, field

from keras3_lab.parity.items import Item
from keras3_lab.parity.jobs import Job
from keras3_lab.parity.shrink.candidate import Candidate
from keras3_lab.parity.subject import Subject


@dataclass(frozen=True)
class TakeApart(Job[Candidate]):
    """Make a subject's model, and say what it is made of.

    Args:
        subject: What.
        steps: How many steps it is to be trained for.
        seed: Seed of its weights and of the order of its rows.
    """

    subject: Subject
    steps: int
    seed: int


@dataclass
class Tried:
    """What came of a candidate in a lane.

    Args:
        candidate: It, with its arrays as large as the model wants them.
        items: What it computed, in order.
        stage: Where it raised an error: `"build"`, `"call"`, `"train"`; empty if nowhere.
        error: Class and first line of the error.
        order: Of each weight of the model, the number of its layer and its place there.
    """

    candidate: Candidate
    items: list[Item] = field(default_factory=list)
    stage: str = ""
    error: str = ""
    order: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True)
class Try(Job[Tried]):
    """Train a candidate.

    Args:
        candidate: What.
        values: Whether to return what each of its nodes puts out, too.
        brief: Whether to train it alone, without predictions and gradients; its arrays must fit.
        until: The kind of difference that is looked for: `"prediction"` needs no training, and
            `"loss"` no gradients.
    """

    candidate: Candidate
    values: bool = False
    brief: bool = False
    until: str = ""
