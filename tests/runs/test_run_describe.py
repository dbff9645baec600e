"""A recipe in words, without training it."""

from __future__ import annotations

import re

import pytest

from keras3_lab import recipes
from keras3_lab.runs.describe import describe


@pytest.fixture
def described(capsys, monkeypatch):
    """What is printed of a recipe; runs of blanks and lines count as one blank."""
    monkeypatch.setenv("COLUMNS", "200")

    def show(name: str, variant: str = "corrected", **own: str) -> str:
        describe(recipes.get(name).with_options(own).variant(variant), variant)
        return re.sub(r"\s+", " ", capsys.readouterr().out)

    return show


def test_one_training_is_described_whole(described) -> None:
    text = described("fmnist/early-stopping")
    recipe = recipes.get("fmnist/early-stopping")
    for words in (
        f"fmnist/early-stopping (corrected): {recipe.title}",
        "notes N1 7-3, data set fashion_mnist",
        "one variant",
        "Architecture",
        "Total params: 79,510",
        "Adam(learning_rate=0.001, ",
        "beta_1=0.9, beta_2=0.999, epsilon=1e-07)",
        "SparseCategoricalCrossentropy(reduction='sum_over_batch_size')",
        "ModelCheckpoint EarlyStopping at most 20 epochs, batches of 32",
        "Figures in the notes validation loss: 0.3166 validation accuracy: 0.8863 "
        "epochs trained: 14",
        f"What the notes got wrong • {recipe.defects[0]}",
    ):
        assert words in text


def test_several_outputs_have_losses_and_weights(described) -> None:
    text = described("california/aux-output")
    loss = "MeanSquaredError(reduction='sum_over_batch_size')"
    assert (
        f"price: {loss} auxiliary: {loss} weights of the losses: price 0.9, auxiliary 0.1" in text
    )
    assert "one variant" not in text
    assert "price: MAE" not in text
    noted = described("california/aux-output", "as-noted")
    assert "(as-noted)" in noted
    assert "weights of the losses" not in noted
    assert "Total params: 1,176" in noted


def test_arms_of_one_model_show_it_once_and_settings_each(described) -> None:
    text = described("fmnist/optimizers")
    assert text.count("Architecture") == 1
    assert re.findall(r"Settings (.+?) (\w+)\(learning_rate=([\d.]+)", text) == [
        ("Adam", "Adam", "0.001"), ("SGD", "SGD", "0.01"), ("SGD(0.1)", "SGD", "0.1"),
        ("SGD(Nesterov 0.9)", "SGD", "0.01"), ("Adagrad", "Adagrad", "0.001"),
        ("RMSprop", "RMSprop", "0.001"), ("SGD(0.001, Nesterov 0.9)", "SGD", "0.001"),
    ]  # fmt: skip


def test_figures_by_epoch_and_none_at_all(described) -> None:
    text = described("fmnist/softmax-regression")
    assert "loss by epoch: 0.608, 0.4785, 0.4565, 0.4435, 0.4356" in text
    assert "Figures in the notes none" in described("linear/regression")


def test_stages_tell_what_each_trains(described) -> None:
    text = described("cifar10/transfer", base="MobileNet", size="32", weights="none")
    assert "--base MobileNet: Name of the base" in text
    assert re.findall(r"Architecture (.+?) Model", text) == ["head", "top third"]
    trained = re.findall(r"Trainable params: ([\d,]+)", text)
    assert trained[0] == "2,570"
    assert len(trained) == 2
    assert trained[1] != trained[0]
    assert re.findall(r"at most (\d+) epochs", text) == ["10", "5"]


def test_schedules_are_told_with_their_settings(described) -> None:
    text = described("fmnist/best-dense")
    assert "CosineDecay({'initial_learning_rate': 0.002, 'decay_steps': 1290," in text  # 30 · 43
