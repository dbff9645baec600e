"""What is put in the place of Keras's own functions, and the proof that it has an effect."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, ClassVar

import keras

from keras3_lab.private.parts import unlike_known
from keras3_lab.private.rounding import replace


class Mends:
    """Mends of Keras that are made together.

    Args:
        undo: Takes up what puts everything back.

    Attributes:
        functions: What to call instead of each of Keras's functions.
    """

    _proven: ClassVar[bool] = False

    def __init__(self, undo: ExitStack) -> None:
        self.undo = undo
        self.functions: dict[Callable[..., Any], Callable[..., Any]] = {}
        self._shown: list[tuple[str, Callable[[], Any], float]] = []

    def show(self, call: str, value: Callable[[], Any], exact: float) -> None:
        """Say by which public call a mend can be seen.

        Args:
            call: The call, in words.
            value: Makes it.
            exact: What it must give.
        """
        self._shown.append((call, value, exact))

    def make(self) -> None:
        """Put all functions in their places, and see once in a process that they are called.

        Raises:
            UsageError: If a public call gives what it gave before.
        """
        self.undo.callback(replace(self.functions))
        if not Mends._proven:
            for call, value, exact in self._shown:
                _verify(call, value, exact)
            Mends._proven = True


def _verify(call: str, value: Callable[[], Any], exact: float) -> None:
    try:
        got = float(keras.ops.convert_to_numpy(value()))
    except Exception:  # a backend may have it in float32 alone
        got = math.nan
    if not math.isclose(got, exact, rel_tol=1e-13):  # float32 would be off by 1e-9 or more
        raise unlike_known(
            f"does not let keras3_lab.portable.float64 mend {call}: {got} instead of {exact}"
        )
