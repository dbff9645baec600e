"""How far a run has come."""

from __future__ import annotations

import io
import re

import keras
import numpy as np
import pytest
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
    assert [call[1] for call in noted.calls if call[0] == "show"][-1] == 6
    assert ("show", 0, "compiling") in noted.calls
    texts = [call[1] for call in noted.calls if call[0] == "tell"]
    assert re.fullmatch(r"compiled in \d+\.\d s", texts[0])
    assert [text.split("  ")[0] for text in texts[1:]] == ["epoch 1/2", "epoch 2/2"]
    assert texts[1].split("  ")[1].startswith("loss ")
    assert noted.calls[-1] == ("end",)


def test_of_many_epochs_not_each_has_a_line_but_the_last_has() -> None:
    callback, noted = on_its_own(epochs=120)
    for epoch in range(100):  # stopped then
        callback.on_epoch_begin(epoch)
        callback.on_epoch_end(epoch, {"loss": 0.5})
    callback.on_train_end()
    texts = [call[1].partition("  loss")[0] for call in noted.calls if call[0] == "tell"]
    assert texts == [f"epoch {n:3}/120" for n in (1, *range(3, 100, 3), 100)]


def test_rate_and_remaining_time_are_of_training_without_compiling(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(progress.time, "perf_counter", lambda: now[0])
    callback, noted = on_its_own(epochs=10)
    monkeypatch.setattr(callback, "_compiled", lambda: 3.0 if now[0] else 0.0)
    callback.on_epoch_begin(0)
    now[0] = 5.0
    callback.on_epoch_end(0, {"loss": 0.5})
    # 20 steps in 2 s, 180 to go.
    assert noted.calls[-2:] == [
        ("tell", "compiled in 3.0 s"),
        ("tell", "epoch  1/10  loss 0.5000", "10 steps/s  18 s left"),
    ]
    callback.on_epoch_begin(1)
    now[0] = 6.0
    callback.on_train_batch_end(9)
    assert noted.calls[-1] == ("show", 30, "epoch  2/10  10 steps/s  17 s left")
    callback.on_test_begin()
    assert noted.calls[-1] == ("show", 40, "epoch  2/10  validating")


def on_its_own(epochs: int) -> tuple[TrainingProgress, Noted]:
    """A callback at the beginning of a training of 20 steps an epoch, and what it is to show."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    callback = TrainingProgress(noted := Noted())
    callback.set_model(model)
    callback.set_params({"steps": 20, "epochs": epochs})
    callback.on_train_begin()
    return callback, noted


def test_lines_estimate_what_takes_long(monkeypatch) -> None:
    clock = iter([0.0, 10.0, 30.0, 50.0, 70.0])
    monkeypatch.setattr(progress.time, "perf_counter", lambda: next(clock))
    text = io.StringIO()
    lines = Lines(Console(file=text), "head")
    lines.begin(100)
    for done in (5, 10, 20, 25):  # after 10 s nothing yet; then at 30 s, and at 60 s or later
        lines.move(done)
    assert text.getvalue().splitlines() == [
        "head: 10% done, 4 min left at most",
        "head: 25% done, 4 min left at most",
    ]


def test_lines_of_a_terminal_stay_and_leave_out_what_has_no_room() -> None:
    text = io.StringIO()
    bar = Bar(Console(file=text, force_terminal=True, width=40), "head")
    bar.begin(10)
    bar.show(5, "epoch 1/2  9 steps/s")
    bar.tell("epoch 1/2  loss 0.5000", "9 steps/s")
    bar.show(7, "epoch 2/2  8 steps/s")
    bar.tell("epoch 2/2  loss 0.4000", "8 steps/s  123 s left")
    bar.end()
    written = text.getvalue()
    # What is written with a newline, and no line moves up over.
    stay = [line.split("\x1b[2K")[-1] for line in written.split("\n")]
    assert [line for line in stay if line.startswith("head: ")] == [
        "head: epoch 1/2  loss 0.5000  9 steps/s",
        "head: epoch 2/2  loss 0.4000",
    ]
    assert "epoch 2/2  8 steps/s" not in stay[-1]


@pytest.mark.parametrize(
    ("seconds", "said"), [(8.4, "8 s"), (150, "2 min"), (3900, "65 min"), (7500, "2 h 05 min")]
)
def test_times_are_said_as_people_say_them(seconds: float, said: str) -> None:
    assert progress.duration(seconds) == said
