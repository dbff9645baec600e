"""How far a run has come."""

from __future__ import annotations

import io

import keras
import numpy as np
from rich.console import Console

import keras3_lab
from keras3_lab.engine.hooks import want_batches
from keras3_lab.runs import progress
from keras3_lab.runs.progress import Bar, Lines, TrainingProgress


class Noted:
    """A display that notes what it is told."""

    def __init__(self) -> None:
        self.calls: list[tuple] = []

    def __getattr__(self, name: str):
        return lambda *arguments: self.calls.append((name, *arguments))


def test_a_training_tells_its_steps_and_metrics() -> None:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x, noted = np.ones((12, 4), "float32"), Noted()
    callback = TrainingProgress(noted)
    assert not want_batches([callback], "train")  # the compiled loop goes on
    keras3_lab.fit(model, x, x[:, 0], batch_size=4, epochs=2, verbose=0, callbacks=[callback])
    assert noted.calls[0] == ("begin", 6)
    assert [call[1] for call in noted.calls if call[0] == "move"][-1] == 6
    told = [call[1] for call in noted.calls if call[0] == "tell"]
    assert told[0].startswith("epoch 1/2  loss ")
    assert noted.calls[-1] == ("end",)


def test_lines_estimate_what_takes_long(monkeypatch) -> None:
    clock = iter([0.0, 10.0, 30.0, 50.0, 70.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(clock))
    text = io.StringIO()
    lines = Lines(Console(file=text), "head")
    lines.begin(100)
    for done in (5, 10, 20, 25):  # after 10 s nothing yet; then at 30 s, and at 60 s or later
        lines.move(done)
    assert text.getvalue().splitlines() == [
        "head: 10% done, 4.5 minutes left at most",
        "head: 25% done, 3.5 minutes left at most",
    ]


def test_a_bar_shows_steps_and_what_it_is_told() -> None:
    text = io.StringIO()
    bar = Bar(Console(file=text, force_terminal=True, width=100), "head: ")
    bar.begin(10)
    bar.move(5)
    bar.tell("epoch 1/2  loss 0.5000")
    bar.move(10)
    bar.end()
    assert "head:" in text.getvalue()
    assert "epoch 1/2  loss 0.5000" in text.getvalue()
