"""What recipes claim to show, checked on any short run of theirs."""

from __future__ import annotations

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from keras3_lab.runs import Run


def table(run: Run, index: int = 0) -> dict[str, list]:
    """A table of the run's findings, by the first column."""
    rows = run.record["findings"][index]["rows"]
    return {row[0]: row[1:] for row in rows}


def what_is_saved_comes_back(run: Run) -> None:
    rows = table(run)
    trained = rows["as trained"]
    assert rows["rebuilt, before loading"] != trained
    assert rows["rebuilt, weights loaded"] == trained
    assert rows["whole model loaded"] == trained
    assert any("Invalid filepath extension" in name for name in rows)


def the_checkpoint_is_the_best_epoch(run: Run) -> None:
    best = min(run.record["history"]["val_loss"])
    assert run.record["metrics"]["best_val_loss"] == pytest.approx(best, rel=1e-6)


def ways_of_building_agree_bit_for_bit(run: Run) -> None:
    rows = table(run)
    assert len(rows) == 3
    assert {row[-1] for row in rows.values()} == {"yes"}


def styles_are_saved_alike(run: Run) -> None:
    ways_of_building_agree_bit_for_bit(run)
    for row in table(run, 2).values():
        assert row == ["same predictions"] * 3


def tensorboard_reads_what_is_written(run: Run) -> None:
    history = run.record["history"]
    for part, prefix in (("train", ""), ("validation", "val_")):
        events = EventAccumulator(str(run.folder / "tensorboard" / part))
        events.Reload()
        values = [event.value for event in events.Scalars("epoch_loss")]
        assert values == pytest.approx(history[f"{prefix}loss"], rel=1e-6)
    assert history["learning_rate"] == pytest.approx([1e-3, 8e-4], rel=1e-5)


def backpropagation_by_hand_is_the_backends_gradient(run: Run) -> None:
    for name, (_, difference) in table(run).items():
        assert float(difference) < 1e-5, name


def keras_ops_promotes_an_integer_and_a_float(run: Run) -> None:
    value, dtype = table(run)["ops.add(2, 2.2)"]
    assert (float(value), dtype) == (pytest.approx(4.2), "float32")


def one_cross_entropy_however_it_is_written(run: Run) -> None:
    rows = table(run)
    assert rows["largest difference over the epochs"][0] < 1e-6
    formula = rows["N3's formula in keras.ops, validation rows"][0]
    assert formula == pytest.approx(rows["keras.losses.CategoricalCrossentropy"][0], rel=1e-5)


CLAIMS = {
    "fmnist/save-restore": what_is_saved_comes_back,
    "fmnist/checkpoint": the_checkpoint_is_the_best_epoch,
    "fmnist/sigmoid-mlp": ways_of_building_agree_bit_for_bit,
    "mnist/api-styles": styles_are_saved_alike,
    "mnist/losses": one_cross_entropy_however_it_is_written,
    "mnist/callbacks": tensorboard_reads_what_is_written,
    "mnist/backprop": backpropagation_by_hand_is_the_backends_gradient,
    "mnist/tensors": keras_ops_promotes_an_integer_and_a_float,
}
