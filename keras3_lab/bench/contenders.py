"""Who is measured: the engine, stock `fit`, and JAX written by hand."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any, cast

import keras

from keras3_lab import engine
from keras3_lab.bench.cases import Case, Data

EPOCHS = 2
"""Epochs that a contender trains when its turn comes, besides a first one that is not counted."""

Turn = Callable[[], list[float]]


class Clock(keras.callbacks.Callback):
    """Seconds from the beginning to the end of every epoch."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []
        self._began = 0.0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Start."""
        self._began = time.perf_counter()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop."""
        self.seconds.append(time.perf_counter() - self._began)


def ours(case: Case, data: Data) -> Turn:
    """Prepare the engine."""
    model = case.model("auto")

    def turn() -> list[float]:
        clock = Clock()
        engine.fit(
            model,
            *data,
            batch_size=case.batch_size,
            epochs=1 + EPOCHS,
            verbose=0,
            callbacks=[clock],
        )
        return clock.seconds

    return turn


def stock(case: Case, data: Data, jit_compile: bool | str) -> Turn:
    """Make the turn of Keras's own `fit`."""
    model = case.model(jit_compile)

    def turn() -> list[float]:
        clock = Clock()
        model.fit(
            *data, batch_size=case.batch_size, epochs=1 + EPOCHS, verbose=0, callbacks=[clock]
        )
        return clock.seconds

    return turn


@contextmanager
def by_hand(case: Case, command: str, rows: int) -> Iterator[Turn]:
    """Start the yardstick in a process of its own that waits while others have their turn."""
    widths = ",".join(map(str, case.layers or ()))
    process = subprocess.Popen(  # noqa: S603 - the command that was asked for
        [*shlex.split(command), widths, str(case.batch_size), str(rows)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    questions, answers = cast(IO[str], process.stdin), cast(IO[str], process.stdout)

    def epoch() -> float:
        questions.write("\n")
        questions.flush()
        return float(answers.readline())

    try:
        yield lambda: [epoch() for _ in range(1 + EPOCHS)]
    finally:
        questions.close()
        process.wait()
