"""Pieces of an epoch, and how passes over the data are cut into epochs."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np

Order = Callable[[int, int], np.ndarray | None]
"""Epoch and number of rows to the order of the rows; `None` for as they stand."""


RAN_OUT = (
    "Your input ran out of data; interrupting training. Make sure that your dataset or generator "
    "can generate at least `steps_per_epoch * epochs` batches. You may need to use the `.repeat()` "
    "function when building your dataset."
)
"""Keras's own words, so that whoever looks for them finds them."""


def as_they_stand(epoch: int, size: int) -> None:
    """Return the order that leaves the rows as they are."""


class Piece(NamedTuple):
    """Some steps of an epoch, for `Program.run`.

    Args:
        data: Structure of arrays on the device; or the batch itself of a single step, in which are
            arrays that a compiled loop cannot take.
        rows: int32 array of shape `(steps, batch)`, on the device; `None` for a single step.
        start: First step to run.
        stop: Step to stop before.
    """

    data: Any
    rows: Any
    start: int
    stop: int


class EachStep(list[Any]):
    """What steps returned, one after the other, where it cannot be stacked; `None` of no step."""


class Source(Protocol):
    """Gives the pieces of one epoch after another."""

    @property
    def steps(self) -> int | None:
        """Number of steps of an epoch, where it is known."""

    def example(self) -> Any:
        """One batch, from which Keras builds what is not built yet."""

    def pieces(self, epoch: int) -> Iterator[Piece]:
        """Return the pieces of an epoch."""

    def reset(self) -> None:
        """Start at the beginning again."""


class Share(Protocol):
    """The rows of each batch that this process has, where several train a model."""

    def rows(self, size: int) -> np.ndarray:
        """Return which rows of a batch of so many it has; one may stand there again."""

    def to_device(self, arrays: Any, size: int) -> Any:
        """Place arrays of shape `(steps, rows, ...)`, of these rows of batches of so many."""


class Cut:
    """Cuts passes over the data into epochs of a given number of steps, as Keras does.

    An epoch goes on where the one before it stopped. One that meets the end of a pass ends there,
    with Keras's warning.

    Args:
        pass_steps: Steps of a pass.
        epoch_steps: Steps of an epoch; `None` for a whole pass.
        every: Steps that are run together, `steps_per_execution`: an epoch is a multiple of them,
            but for the last ones of a pass.
    """

    def __init__(self, pass_steps: int, epoch_steps: int | None, every: int = 1) -> None:
        self._pass_steps = pass_steps
        self._epoch_steps = rounded_up(epoch_steps or pass_steps, every)
        self._every = every
        self._position = 0

    def next(self) -> tuple[int, int]:
        """Return the steps of its pass where the next epoch starts and stops."""
        first = self._position
        wanted = first + self._epoch_steps
        last = min(wanted, self._pass_steps)
        self._position = last % self._pass_steps if self._pass_steps else 0
        if rounded_up(last, self._every) < wanted or last == 0:
            warnings.warn(RAN_OUT, stacklevel=2)
        return first, last

    def reset(self) -> None:
        """Start a new pass."""
        self._position = 0


def rounded_up(count: int, every: int) -> int:
    """Return the next multiple of `every`."""
    return -(-count // every) * every
