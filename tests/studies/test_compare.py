"""Runs side by side, from records written by hand."""

from __future__ import annotations

import io
import re

import pytest
from records_by_hand import record, write
from rich.console import Console

from keras3_lab.errors import UsageError
from keras3_lab.studies import comparison

pytestmark = pytest.mark.once

BAD = {"val_loss": 2.4, "val_accuracy": 0.1, "test_loss": 2.5, "test_accuracy": 0.1}
NOTED = {"variant": "as-noted", "metrics": BAD, "parameters": 24910}


@pytest.fixture
def both(tmp_path):
    return [write(tmp_path / "noted", **NOTED), write(tmp_path / "corrected")]


def test_runs_are_named_by_what_they_do_not_share(both) -> None:
    assert comparison.headings(comparison.entries(both)) == ["as-noted", "corrected", "notes (N0)"]


def test_what_cannot_be_told_apart_is_counted(tmp_path) -> None:
    runs = [write(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))]
    labels = [entry.label for entry in comparison.entries(runs)]
    assert labels == ["seed 1 (1)", "seed 1 (2)", "seed 2"]


def test_settings_of_a_sweep_name_its_runs(tmp_path) -> None:
    runs = [write(tmp_path / rate, options={"learning_rate": rate}) for rate in ("0.1", "0.01")]
    labels = [entry.label for entry in comparison.entries(runs)]
    assert labels == ["learning_rate 0.1", "learning_rate 0.01"]


def test_figures_are_of_each_run_and_last_of_the_notes(both) -> None:
    rows = {name: cells for name, *cells in comparison.figures(comparison.entries(both))}
    assert rows["test accuracy"] == ["0.1000", "0.7650", "0.1015"]
    assert rows["training loss, last epoch"] == ["0.6000", "0.6000", "–"]
    assert rows["weights restored of epoch"] == ["–", "2", "–"]
    assert rows["seconds of training"] == ["3.5", "3.5", ""]


def test_figures_of_another_recipes_notes_are_left_out(tmp_path) -> None:
    runs = [write(tmp_path / "a"), write(tmp_path / "b", recipe="fmnist/dropout")]
    assert comparison.headings(comparison.entries(runs)) == ["fmnist/batch-norm", "fmnist/dropout"]


def test_differences_are_those_of_how_runs_were_made(both, tmp_path) -> None:
    found = {name: cells for name, *cells in comparison.differences(comparison.entries(both))}
    assert found == {"variant": ["as-noted", "corrected"], "weights": ["24,910", "25,087"]}
    settings = record()["settings"] | {"batch_size": 64}
    settings["optimizer"] = {"class": "SGD", "name": "sgd", "learning_rate": 0.01}
    other = write(tmp_path / "other", settings=settings)
    rows = comparison.differences(comparison.entries([both[1], other]))
    found = {name: cells for name, *cells in rows}
    assert found == {
        "optimizer": ["Adam(learning_rate=0.001)", "SGD(learning_rate=0.01)"],
        "rows a step": ["32", "64"],
    }


def test_arms_stand_by_themselves(tmp_path) -> None:
    whole = record()
    arms = {
        arm: whole | {"metrics": {"test_accuracy": value}}
        for arm, value in (("SGD", 0.7), ("Adam", 0.8))
    }
    entries = comparison.entries([write(tmp_path / "run", arms=arms)])
    assert [entry.label for entry in entries] == ["SGD", "Adam"]
    rows = {name: cells for name, *cells in comparison.figures(entries)}
    assert rows["test accuracy"] == ["0.7000", "0.8000", "0.1015"]


def test_figures_that_are_no_measure_are_said(both, tmp_path) -> None:
    assert comparison.not_alike(comparison.entries(both)) == ""
    notes = record()["notes"] | {"incomparable": ["0.5 of the training rows"]}
    part = write(tmp_path / "part", notes=notes)
    reason = comparison.not_alike(comparison.entries([both[0], part]))
    assert reason == "The notes' figures are no measure: 0.5 of the training rows."


def test_a_terminal_shows_four_runs_beside_one_another(tmp_path) -> None:
    runs = [write(tmp_path / f"{seed}", seed=seed) for seed in range(1, 6)]
    text = io.StringIO()
    comparison.show(Console(file=text, width=80), comparison.entries(runs))
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= 80
    heads = [re.findall(r"seed \d|notes \(N0\)", line) for line in lines if line.startswith("┃")]
    assert ["seed 1", "seed 2", "seed 3", "seed 4"] in heads
    assert ["seed 5", "notes (N0)"] in heads


def test_a_page_holds_all_of_it(both) -> None:
    page = comparison.page(comparison.entries(both))
    assert page.startswith("<!doctype html>")
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert page.count("<svg") == 2  # loss and accuracy
    for words in ("fmnist/batch-norm: 2 trainings compared", "0.7650", "24,910", "as-noted"):
        assert words in page


def test_a_page_is_made_of_one_run_without_validation_or_training(tmp_path) -> None:
    run = write(tmp_path / "run", history={}, metrics={"mean_accuracy": 0.84}, time={"setup_s": 1})
    assert "<svg" not in comparison.page(comparison.entries([run]))


@pytest.mark.parametrize(
    "content",
    ["no JSON", "[]", '{"schema": "keras3_lab.record/1"}', '{"schema": "keras3_lab.record/2"}'],
)
def test_what_is_no_run_is_named(tmp_path, content: str) -> None:
    (tmp_path / "record.json").write_text(content)
    with pytest.raises(UsageError, match=r"record\.json") as raised:
        comparison.entries([tmp_path])
    assert "\n" not in str(raised.value)


def test_a_run_that_is_not_done_is_not_compared(both, tmp_path) -> None:
    begun = write(tmp_path / "begun", status="interrupted", history={}, metrics={})
    with pytest.raises(UsageError, match=r"begun: this run is not done, it is interrupted; go on"):
        comparison.entries([*both, begun])
