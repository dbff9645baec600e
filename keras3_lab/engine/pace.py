"""How many steps to run before callbacks are served again."""

from __future__ import annotations

from keras3_lab.engine.pieces import rounded_up

PERIOD_S = 1.0


class Pace:
    """Number of steps of each call of a program.

    Args:
        mode: `"epoch"`: all that there are; `"step"`: one; `"chunk"`: about a second's worth, so
            that a long epoch shows its progress and can be interrupted. The steps of a chunk are
            bitwise those of an epoch: it is the same program, told where to stop.
        every: Steps that count as one, `steps_per_execution`.
    """

    def __init__(self, mode: str, every: int = 1) -> None:
        self._mode = mode
        self._every = every
        self._step_s: float | None = None

    def take(self, remaining: int) -> int:
        """Return how many of the remaining steps to run now.

        It is a multiple of `every`, even if so many do not remain.
        """
        return rounded_up(self._wanted(remaining), self._every)

    def _wanted(self, remaining: int) -> int:
        if self._mode == "step":
            return 1
        if self._mode == "epoch":
            return remaining
        if self._step_s is None:  # nothing measured yet: one step, or it could take all day
            return 1
        steps = max(1, int(PERIOD_S / max(self._step_s, 1e-9)))
        # No short last call: it would be as much overhead for less.
        return remaining if remaining < 1.5 * steps else steps

    def measured(self, steps: int, seconds: float) -> None:
        """Learn how long the steps took that were taken last."""
        # A step alone is mostly the start of the program, and says little of those in a loop.
        if steps > 1 or self._step_s is None or seconds > PERIOD_S:
            self._step_s = seconds / steps
