"""What a person sees of a run, from a record written by hand."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import keras
from rich.console import Console

from keras3_lab import datasets, recipes
from keras3_lab.runs.report import Report


def reported(show) -> str:
    """What a report prints on a wide terminal; runs of blanks count as one."""
    text = io.StringIO()
    show(Report(Console(file=text, width=250)))
    return re.sub(r" +", " ", text.getvalue())


def record(**more: Any) -> dict[str, Any]:
    return {
        "recipe": "fmnist/relu-mlp",
        "variant": "corrected",
        "data": {"kind": "full", "fraction": 1.0},
        "history": {"loss": [0.9, 0.5], "val_loss": [0.8, 0.6], "accuracy": [0.25, 0.125]},
        "metrics": {"val_loss": 0.55, "test_loss": 12345.6, "test_accuracy": 0.00012},
        "notes": {
            "source": "N1 7-2",
            "incomparable": [],
            "metrics": {"val_loss": 0.3683, "accuracy": 0.8867},
        },
        "findings": [],
        "time": {"train_s": 12.34, "compile_s": 3.21, "steps_per_s": 1234.5},
        "operations": 1.5e12,
        "files": {"record": "record.json", "curves": "curves.png"},
        **more,
    }


def end(record: dict[str, Any], recipe: str = "fmnist/relu-mlp") -> str:
    return reported(lambda report: report.end(record, recipes.get(recipe), Path("runs/mine")))


def test_final_figures_stand_beside_the_notes() -> None:
    text = end(record())
    assert "fmnist/relu-mlp (corrected)" in text
    assert "┃ ┃ this run ┃ notes (N1 7-2) ┃" in text
    for row in (
        "│ training loss, last epoch │ 0.5000 │ – │",
        "│ training accuracy, last epoch │ 0.1250 │ 0.8867 │",
        # Of the model as it is in the end, not of the last epoch.
        "│ validation loss │ 0.5500 │ 0.3683 │",
        "│ test loss │ 12,346 │ – │",
        "│ test accuracy │ 1.2e-04 │ – │",
    ):
        assert row in text
    assert "not comparable" not in text


def test_time_and_work_are_told() -> None:
    expected = (
        "Trained 2 epochs in 12.3 s (1,234 steps/s, 122 GFLOP/s in matrix products) after "
        "3.2 s of compilation."
    )
    assert expected in end(record())
    assert "Saved in runs/mine:\n record record.json\n curves curves.png\n" in end(record())


def test_a_part_of_the_data_is_not_compared_in_silence() -> None:
    reasons = ["0.5 of the training rows", "1 in the place of 5 epochs"]
    notes = {"source": "N1", "metrics": {"val_loss": 0.3683}, "incomparable": reasons}
    assert (
        "The notes' figures are no measure of this run: it had 0.5 of the training rows, "
        "1 in the place of 5 epochs."
    ) in end(record(notes=notes))
    assert "no measure" not in end(record())


def test_arms_are_rows_and_their_times_add_up() -> None:
    arms = {
        arm: {
            "history": {"loss": [1.0, loss], "accuracy": [0.1, 0.2]},
            "metrics": {"test_accuracy": accuracy},
            "time": {"train_s": train_s, "compile_s": 1.25},
            "operations": 2e9,
        }
        for arm, loss, accuracy, train_s in (("Adam", 0.4, 0.87, 10.0), ("SGD", 0.7, 0.79, 6.5))
    }
    notes = {"source": "N1", "metrics": {"loss": 0.3087}, "incomparable": []}
    text = end(record(arms=arms, notes=notes), "fmnist/optimizers")
    assert "┃ ┃ loss ┃ accuracy ┃ test accuracy ┃ seconds ┃" in text
    assert "│ Adam │ 0.4000 │ 0.2000 │ 0.8700 │ 10.0 │" in text
    assert "│ SGD │ 0.7000 │ 0.2000 │ 0.7900 │ 6.5 │" in text
    assert "│ notes, Adam │ 0.3087 │ – │ – │ │" in text
    assert "Trained 4 epochs in 16.5 s" in text
    assert "0.242 GFLOP/s in matrix products) after 2.5 s of compilation" in text
    assert "this run │" not in text


def test_findings_are_tables() -> None:
    found = {
        "title": "What it shows",
        "columns": ["", "value"],
        "rows": [["a [b]", 0.25], ["c", None]],
    }
    text = end(record(findings=[found]))
    assert "What it shows" in text
    assert "│ a [b] │ 0.2500 │" in text
    assert "│ c │ – │" in text


def test_defects_and_remarks_are_told() -> None:
    recipe = recipes.get("cifar10/cnn")
    text = " ".join(end(record(), "cifar10/cnn").split())
    assert text.index("What the notes got wrong") < text.index("Good to know")
    for sentence in (*recipe.defects, *recipe.remarks):
        assert f"• {sentence}" in text


def test_the_beginning_says_what_runs_on_which_data() -> None:
    sample = datasets.load("cifar10", source="sample")
    recipe = recipes.get("cifar10/cnn").with_options({"policy": "mixed_bfloat16"})
    text = reported(lambda report: report.begin(recipe, "as-noted", sample, "gpu"))
    assert f"cifar10/cnn (as-noted): {recipe.title}\n" in text
    assert f"cifar10: 2,000 + 500 rows, {sample.origin}\n" in text
    assert "policy mixed_bfloat16\n" in text
    assert f"float32, {keras.config.backend()} on gpu\n" in text


def test_without_a_console_all_is_silent(capfd) -> None:
    report = Report(None)
    line = recipes.get("linear/regression")
    report.begin(line, "corrected", line.data()[0], "cpu")
    report.end(record(), recipes.get("fmnist/relu-mlp"), Path("runs"))
    with report.counting("features", 10) as tick:
        tick(5)
    assert report.progress("") == []
    assert capfd.readouterr() == ("", "")
