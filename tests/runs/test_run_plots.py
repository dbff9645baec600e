"""The data behind plots."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from PIL import Image

from keras3_lab.runs import plots

pytestmark = pytest.mark.once

BLUE, ORANGE, GRAY = to_hex("tab:blue"), to_hex("tab:orange"), to_hex("tab:gray")
HISTORY = {
    "accuracy": [0.5, 0.6, 0.7, 0.75],
    "loss": [2.0, 1.5, 1.2, 1.1],
    "val_accuracy": [0.4, 0.55, 0.65, 0.6],
    "val_loss": [2.1, 1.4, 1.6, 1.9],
    "learning_rate": [0.1, 0.1, 0.05, 0.05],
}


def record(**more) -> dict:
    return {
        "recipe": "fmnist/dropout", "variant": "as-noted", "backend": "jax",
        "data": {"kind": "sample"}, "history": HISTORY, "metrics": {},
        "notes": {"metrics": {}, "history": {}, "incomparable": []}, **more,
    }  # fmt: skip


def lines(axes) -> dict[str, tuple[list[float], list[float], str]]:
    """Places, values and colour of each line, by its label in the legend."""
    shown = {text.get_text() for text in axes.get_legend().get_texts()}
    assert len(shown) == len(axes.get_legend().get_texts())
    found = {line.get_label(): line for line in axes.lines}
    assert set(found) == shown
    return {
        label: (list(line.get_xdata()), list(line.get_ydata()), to_hex(line.get_color()))
        for label, line in found.items()
    }


def test_curves_draw_training_and_validation_of_each_metric(figures, tmp_path) -> None:
    plots.curves(record(), tmp_path / "curves.png")
    figure = figures["curves.png"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["loss", "accuracy"]
    assert {axes.get_xlabel() for axes in figure.axes} == {"epoch"}
    epochs = [1, 2, 3, 4]
    for axes, name in zip(figure.axes, ("loss", "accuracy"), strict=True):
        assert lines(axes) == {
            "training": (epochs, HISTORY[name], BLUE),
            "validation": (epochs, HISTORY[f"val_{name}"], ORANGE),
        }
    assert figure.get_suptitle() == "fmnist/dropout (as-noted) on jax, sample data"


def test_one_epoch_can_be_seen(figures, tmp_path) -> None:
    """A line of one point is nothing without a marker, and there is no epoch 0.975."""
    history = {name: values[:1] for name, values in HISTORY.items()}
    plots.curves(record(history=history), tmp_path / "curves.png")
    overlay = Figure().subplots()
    plots.draw_overlay(overlay, {"alone": history}, "loss")
    for axes in (*figures["curves.png"].axes, overlay):
        low, high = axes.get_xlim()
        assert [tick for tick in axes.get_xticks() if low <= tick <= high] == [1]
        assert {line.get_marker() for line in axes.lines} == {"."}


def test_curves_mark_the_restored_epoch_of_a_stopped_training(figures, tmp_path) -> None:
    """In the plots of all metrics."""
    plots.curves(record(metrics={"restored_epoch": 2}), tmp_path / "curves.png")
    for axes in figures["curves.png"].axes:
        assert lines(axes)["restored epoch"] == ([2, 2], [0, 1], GRAY)


def test_curves_show_the_notes_figures_beside_ours(figures, tmp_path) -> None:
    notes = {
        "metrics": {"loss": 1.3, "val_loss": 1.45, "val_accuracy": 0.61},
        "history": {"loss": [1.9, 1.3]},
        "incomparable": [],
    }
    plots.curves(record(notes=notes), tmp_path / "curves.png")
    loss, accuracy = map(lines, figures["curves.png"].axes)
    assert loss["training, notes"] == ([1, 2], [1.9, 1.3], BLUE)
    assert loss["validation, notes"] == ([0, 1], [1.45, 1.45], ORANGE)
    assert accuracy["validation, notes"] == ([0, 1], [0.61, 0.61], ORANGE)
    assert "training, notes" not in accuracy


def test_curves_leave_out_figures_that_are_no_measure(figures, tmp_path) -> None:
    notes = {
        "metrics": {"val_loss": 1.45}, "history": {"loss": [1.9, 1.3]},
        "incomparable": ["the sample in the place of the full data set"],
    }  # fmt: skip
    plots.curves(record(notes=notes), tmp_path / "curves.png")
    for axes in figures["curves.png"].axes:
        assert set(lines(axes)) == {"training", "validation"}


def test_curves_without_validation_draw_training_alone(figures, tmp_path) -> None:
    history = {name: HISTORY[name] for name in ("loss", "accuracy")}
    shown = record(history=history, data={"kind": "full"})
    plots.curves(shown, tmp_path / "curves.png")
    assert [set(lines(axes)) for axes in figures["curves.png"].axes] == [{"training"}] * 2
    assert figures["curves.png"].get_suptitle() == "fmnist/dropout (as-noted) on jax"


def test_curves_of_many_metrics_stand_in_rows_of_four(figures, tmp_path) -> None:
    history = {f"metric_{index}": [1.0, 2.0] for index in range(5)} | {"loss": [3.0, 4.0]}
    plots.curves(record(history=history), tmp_path / "curves.png")
    axes = figures["curves.png"].axes
    assert [one.get_ylabel() for one in axes] == ["loss", *(f"metric_{n}" for n in range(5))]
    assert {one.get_gridspec().get_geometry() for one in axes} == {(2, 4)}


def test_a_comparison_draws_both_parts_of_each_arm(figures, tmp_path) -> None:
    other = {name: [value / 2 for value in values] for name, values in HISTORY.items()}
    arms = {"SGD": {"history": HISTORY}, "Adam": {"history": other}}
    plots.comparison(record(arms=arms), tmp_path / "comparison.png")
    loss, accuracy = figures["comparison.png"].axes
    for axes, name in ((loss, "loss"), (accuracy, "accuracy")):
        assert axes.get_ylabel() == f"{name} (dotted: training)"
        drawn = [
            (line.get_linestyle(), list(line.get_xdata()), list(line.get_ydata()), line.get_color())
            for line in axes.lines
        ]
        epochs = [1, 2, 3, 4]
        assert drawn == [
            ("-", epochs, HISTORY[f"val_{name}"], "C0"),
            (":", epochs, HISTORY[name], "C0"),
            ("-", epochs, other[f"val_{name}"], "C1"),
            (":", epochs, other[name], "C1"),
        ]
    assert [text.get_text() for text in accuracy.get_legend().get_texts()] == ["SGD", "Adam"]


def test_rows_of_a_confusion_matrix_are_true_classes(figures, tmp_path) -> None:
    """Of class a: 3 right, 1 taken for b; of b: 1 for a, 1 for c; of c: 5 right."""
    truth = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2])
    predicted = np.array([0, 0, 1, 0, 0, 2, 2, 2, 2, 2, 2])
    plots.confusion(truth, predicted, ("a", "b", "c"), "title", tmp_path / "confusion.png")
    (axes,) = figures["confusion.png"].axes
    (image,) = axes.images
    expected = [[0.75, 0.25, 0], [0.5, 0, 0.5], [0, 0, 1]]
    np.testing.assert_allclose(image.get_array(), expected)
    assert image.get_clim() == (0, 1)
    # An image's rows go downwards: a text at (x, y) is of column x and row y.
    counts = {text.get_position(): int(text.get_text()) for text in axes.texts}
    assert counts == {
        (0, 0): 3, (1, 0): 1, (2, 0): 0, (0, 1): 1, (1, 1): 0, (2, 1): 1,
        (0, 2): 0, (1, 2): 0, (2, 2): 5,
    }  # fmt: skip
    assert (axes.get_ylabel(), axes.get_xlabel()) == ("true", "predicted")
    for labels in (axes.get_xticklabels(), axes.get_yticklabels()):
        assert [label.get_text() for label in labels] == ["a", "b", "c"]
    assert axes.get_title() == "title"
    # White on dark cells, where more than half of a class is.
    assert {text.get_position(): text.get_color() for text in axes.texts}[2, 2] == "white"
    assert {text.get_position(): text.get_color() for text in axes.texts}[1, 0] == "black"


def test_predictions_are_drawn_over_true_numbers(figures, tmp_path) -> None:
    truth, predicted = np.array([1.0, 2.0, 3.0]), np.array([1.5, 1.0, 3.5])
    plots.predictions(truth, predicted, "houses", tmp_path / "predictions.png")
    (axes,) = figures["predictions.png"].axes
    (points,) = axes.collections
    np.testing.assert_array_equal(points.get_offsets(), np.c_[truth, predicted])
    (diagonal,) = axes.lines
    assert (diagonal.get_xy1(), diagonal.get_slope()) == ((1.0, 1.0), 1)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("true", "predicted")
    assert axes.get_title() == "houses"


@pytest.mark.parametrize("name", ["curves.png", "confusion.png"])
def test_plots_are_written_as_png(name: str, tmp_path) -> None:
    if name == "curves.png":
        plots.curves(record(), tmp_path / name)
    else:
        plots.confusion(np.arange(2), np.arange(2), ("a", "b"), "", tmp_path / name)
    with Image.open(tmp_path / name) as image:
        assert image.format == "PNG"
        assert min(image.size) > 400
