"""Parts of a batch: what a layer draws for the rows that one of several devices has."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from keras3_lab.errors import UsageError

_part: ContextVar[tuple[int, int, int] | None] = ContextVar("part", default=None)


@contextmanager
def part_of_batch(first: int, stop: int, rows: int) -> Iterator[None]:
    """Have layers see that they are given a part of a batch, in this thread.

    Args:
        first: Which row of the batch is the first of the part.
        stop: Which row comes after its last.
        rows: Number of rows of the whole batch.
    """
    token = _part.set((first, stop, rows))
    try:
        yield
    finally:
        _part.reset(token)


def drawn(draw: Callable[[tuple[Any, ...]], Any], shape: Any, axis: int = 0) -> Any:
    """Draws random numbers for rows, those that they have in the whole batch.

    Args:
        draw: Makes an array of a shape.
        shape: The shape to draw, of the rows that are here.
        axis: The axis of the rows in it.

    Returns:
        An array of that shape.

    Raises:
        UsageError: If so many rows are not here.
    """
    part = _part.get()
    if part is None:
        return draw(tuple(shape))
    first, stop, rows = part
    if shape[axis] != stop - first:
        raise UsageError(
            "a layer that draws random numbers must have the batch along its first axis where the "
            f"batch is in parts; received: {shape[axis]} rows of a part of {stop - first}"
        )
    # The whole batch's, of which most is thrown away: a hash takes less time than a product.
    whole = draw((*shape[:axis], rows, *shape[axis + 1 :]))
    return whole[(*[slice(None)] * axis, slice(first, stop))]


def rows_of_batch(rows: Any) -> Any:
    """Return the number of rows of the whole batch, where so many of them are here."""
    part = _part.get()
    return rows if part is None else part[-1]
