"""A run's page, from records and arrays written by hand."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import replace

import keras
import matplotlib.image
import numpy as np
import pytest
from records_by_hand import record

from keras3_lab import recipes
from keras3_lab.datasets import from_arrays
from keras3_lab.runs import page
from keras3_lab.runs.noted import noted
from keras3_lab.splits import Splits

RECIPE = recipes.get("fmnist/batch-norm")
CLASSES = ("shirt", "coat", "a <bag>")
MODEL = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])


def seen() -> page.Seen:
    truth = np.array([0, 0, 1, 2, 2])
    outputs = np.array([
        [0.9, 0.1, 0.0], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1], [0.0, 0.0, 1.0], [0.98, 0.01, 0.01],
    ])  # fmt: skip
    images = np.zeros((5, 3, 3), np.uint8) + np.arange(5, dtype="uint8")[:, None, None] * 50
    return page.Seen(truth, outputs, images, CLASSES)


@pytest.fixture(scope="module")
def rendered() -> str:
    return page.render(record(), RECIPE, MODEL, seen())


def test_a_page_needs_nothing_else(rendered: str) -> None:
    assert rendered.startswith("<!doctype html>")
    assert not re.search(r'(?:src|href)="(?!data:|#)', rendered)
    assert "prefers-color-scheme:dark" in rendered
    assert "@import" not in rendered


def test_it_tells_what_ran_and_what_came_out(rendered: str) -> None:
    for words in (
        "fmnist/batch-norm", "jax on a processor, float32, seed 1", "48,000 rows to train on",
        "test accuracy</td><td class=n>0.7650</td><td class=n>0.1015", "Adam(learning_rate=0.001)",
        "25,087 weights", "a" * 64, "0.10.2", "<td>Dense</td><td>3</td><td class=n>15</td>",
        "1,200 steps/s",
    ):  # fmt: skip
        assert words in rendered
    for sentence in (*RECIPE.defects, *RECIPE.remarks):
        assert re.sub("`(.+?)`", r"<code>\1</code>", sentence) in rendered
    assert rendered.count("<svg") == 3  # two curves and the graph


def test_the_confusion_matrix_counts_predictions_of_true_classes(rendered: str) -> None:
    rows = re.findall(r"<tr><th>([^<]+)</th>((?:<td style.*?</td>)+)</tr>", rendered)
    counts = {name: re.findall(r">(\d*)</td>", cells) for name, cells in rows}
    assert counts == {
        "shirt": ["1", "", "1"],
        "coat": ["1", "", ""],
        "a &lt;bag&gt;": ["1", "", "1"],
    }
    assert "5 test images, 40.00% right" in rendered


def test_the_surest_mistakes_come_first_with_their_images(rendered: str) -> None:
    found = re.findall(r'base64,([^"]+)"><figcaption>(.+?), taken for <b>(.+?)</b>', rendered)
    assert [(true, taken) for _, true, taken in found] == [
        ("a &lt;bag&gt;", "shirt"), ("shirt", "a &lt;bag&gt;"), ("coat", "shirt"),
    ]  # fmt: skip
    shades = [
        matplotlib.image.imread(io.BytesIO(base64.b64decode(image)))[0, 0, 0] * 255
        for image, _, _ in found
    ]
    assert shades == pytest.approx([200, 50, 100], abs=1)


def test_a_page_says_how_many_rows_each_part_has(rendered: str) -> None:
    told = "48,000 rows to train on, 12,000 to validate on, 9,000 to test on; here"
    assert told in rendered


def test_images_are_those_of_the_rows_tested_on() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (30, 3, 3)).astype("uint8")
    labels = rng.integers(0, 3, 30)
    arrays = pixels[:20], labels[:20], pixels[20:], labels[20:]
    dataset = replace(from_arrays("images", *arrays, origin="here"), class_names=CLASSES)
    outputs = np.eye(3)[labels]

    def images(x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        return page.Seen.of(outputs, Splits(None, None, None, None, x, y), dataset).images

    np.testing.assert_array_equal(images(pixels[20:] / 255, labels[20:]), pixels[20:])
    np.testing.assert_array_equal(images(pixels[5:15] / 255, labels[5:15]), stretched(pixels[5:15]))
    assert images(pixels[5:15].reshape(10, 9), labels[5:15]) is None


def stretched(pixels: np.ndarray) -> np.ndarray:
    dark, bright = int(pixels.min()), int(pixels.max())
    return np.rint((pixels.astype(float) - dark) * 255 / (bright - dark)).astype("uint8")


def test_numbers_are_plotted_over_true_ones() -> None:
    truth = np.linspace(1, 5, 30)
    told = page.render(record(), RECIPE, None, page.Seen(truth, truth + 0.1, None, ()))
    assert "30 test rows; on the dashed line, predictions are right" in told
    assert "Worst mistakes" not in told


def test_of_several_outputs_the_first_is_seen() -> None:
    rows = np.ones((3, 1), "float32")
    dataset = from_arrays("rows", rows, rows, rows, rows, origin="here")
    splits = Splits(None, None, None, None, rows, {"price": rows})
    found = page.Seen.of({"price": rows * 2, "auxiliary": rows}, splits, dataset)
    np.testing.assert_array_equal(found.outputs, [2, 2, 2])
    np.testing.assert_array_equal(found.truth, [1, 1, 1])


def test_what_is_no_measure_is_said(rendered: str) -> None:
    assert "no measure" not in rendered
    notes = record()["notes"] | {"incomparable": ["0.5 of the training rows"]}
    told = page.render(record(notes=notes), RECIPE, None, None)
    assert "no measure of this run: it had 0.5 of the training rows." in told


def test_arms_have_a_column_each_and_curves_in_one_plot() -> None:
    arms = {
        arm: record(metrics={"test_accuracy": value}) for arm, value in (("x", 0.7), ("y", 0.8))
    }
    told = page.render(record(arms=arms), recipes.get("fmnist/optimizers"), MODEL, None)
    assert "test accuracy</td><td class=n>0.7000</td><td class=n>0.8000" in told
    assert told.count("<svg") == 3
    assert "the first of 2" in told


def test_a_recipe_without_a_model_has_a_page_of_its_findings() -> None:
    found = {
        "title": "What <it> shows",
        "columns": ["", "value"],
        "rows": [["a", 0.25]],
        "metrics": {},
    }
    told = record(history={}, metrics={}, findings=[found], time={"setup_s": 1.0})
    for part in ("settings", "parameters"):
        del told[part]
    told = page.render(told, recipes.get("mnist/tensors"), None, None)
    assert "What &lt;it&gt; shows" in told
    assert "0.2500" in told
    assert "<svg" not in told


@pytest.mark.parametrize(
    ("ran", "data", "reasons"),
    [
        ({}, {}, []),
        ({}, {"kind": "sample"}, ["the sample in the place of the full data set"]),
        ({}, {"fraction": 0.25}, ["0.25 of the training rows"]),
        ({"epochs": 2}, {}, ["2 in the place of 50 epochs"]),
        ({"batch_size": 64}, {}, ["64 in the place of 32 rows a step"]),
    ],
)
def test_notes_are_a_measure_of_what_was_declared(ran, data, reasons) -> None:
    rows = np.ones((3, 1), "float32")
    dataset = replace(from_arrays("rows", rows, rows, rows, rows, origin="here"), **data)
    assert noted(RECIPE, replace(RECIPE, **ran), dataset)["incomparable"] == reasons


def test_notes_are_no_measure_of_other_options() -> None:
    rows = np.ones((3, 1), "float32")
    dataset = from_arrays("rows", rows, rows, rows, rows, origin="here")
    cnn = recipes.get("cifar10/cnn")
    assert noted(cnn, cnn, dataset)["incomparable"] == []
    other = cnn.with_options({"policy": "mixed_bfloat16"})
    assert noted(other, other, dataset)["incomparable"] == ["policy mixed_bfloat16"]
