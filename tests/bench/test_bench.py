"""The benchmarks run and say what they should; how long anything takes is not tested."""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from click.testing import CliRunner

import keras3_lab
from keras3_lab.bench import cases, contenders, measure, models, people, scale, tables
from keras3_lab.bench.command import bench
from keras3_lab.errors import UsageError

TINY = cases.Case(
    name="tiny",
    model=cases.classifier((4,)),
    data=cases.normal(4),
    batch_size=8,
    rows=20,
    layers=(4, 10),
)


@pytest.mark.long
def test_a_case_is_measured_beside_its_rivals() -> None:
    on_jax = keras.config.backend() == "jax"
    program = Path(__file__).parents[2] / "docs" / "results" / "handwritten.py"
    yardstick = f"{sys.executable} {program}" if on_jax else None
    result = measure.measure(TINY, runs=2, yardstick=yardstick, say=lambda text: None)
    rivals = {"model.fit", measure.BY_HAND} if on_jax else {"model.fit, XLA", "model.fit, no XLA"}
    assert result["contenders"].keys() == {measure.OURS} | rivals
    assert result["contenders"][measure.OURS]["times_ours"] == 1
    assert (result["rows"], result["steps"], result["plan"]["loop"]) == (20, 3, "compiled")
    lines = tables.rows({"cases": [result]})
    assert len(lines) == len(result["contenders"])
    assert all(len(line) == len(tables.HEADINGS) for line in lines)


def turns(*seconds: list[float]):
    """A contender that takes as long as is given here."""
    left = iter(seconds)
    return lambda *arguments, **settings: lambda: next(left)


def test_what_is_measured_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The medians of epochs and runs; the epoch that compiles, and the run it is in, left out."""
    monkeypatch.setattr(measure, "ours", turns([9, 1, 1], [8, 1, 3], [8, 3, 3], [8, 2, 6]))
    monkeypatch.setattr(measure, "stock", turns([30, 1, 1], [9, 2, 4], [9, 9, 9], [9, 8, 8]))
    if keras.config.backend() == "tensorflow":  # which has two rivals
        two = iter([measure.stock, turns([30, 1, 1], *[[9, 4, 4]] * 3)])
        monkeypatch.setattr(measure, "stock", lambda *a, **k: next(two)(*a, **k))
    result = measure.measure(TINY, runs=3, say=lambda text: None)
    rival = "model.fit" if keras.config.backend() == "jax" else "model.fit, XLA"
    assert result["steps"] == 3
    assert result["contenders"][measure.OURS] == {
        "first_epoch_s": 9, "epoch_s": 3, "min_s": 2, "max_s": 4, "steps_per_s": 1,
        "times_ours": 1, "epochs_s": [2, 3, 4],
    }  # fmt: skip
    assert result["contenders"][rival] == {
        "first_epoch_s": 30, "epoch_s": 8, "min_s": 3, "max_s": 9, "steps_per_s": 3 / 8,
        "times_ours": 2, "epochs_s": [3, 9, 8],
    }  # fmt: skip
    line = tables.rows({"cases": [result]})[1]
    assert line == ("tiny", "8", rival, "8.000", "3.000 – 9.000", "0", "2.00", "30.00")


class Watch(keras.callbacks.Callback):
    """Notes when epochs begin and end."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.ended = [], []

    def on_epoch_begin(self, epoch, logs=None):
        self.begun.append(time.perf_counter())

    def on_epoch_end(self, epoch, logs=None):
        self.ended.append(time.perf_counter())


def test_the_clock_starts_with_the_epoch() -> None:
    before, clock, after = Watch(), contenders.Clock(), Watch()
    keras3_lab.fit(
        TINY.model("auto"), *TINY.data(20), batch_size=8, epochs=3, verbose=0,
        callbacks=[before, clock, after],
    )  # fmt: skip
    for seconds, begun, ended in zip(clock.seconds, before.begun, after.ended, strict=True):
        assert 0 < seconds <= ended - begun


@pytest.mark.parametrize("storage", scale.STORAGES)
def test_scale_of_one_size(storage: str) -> None:
    result = scale.one(1000, storage)
    assert (result["rows"], result["storage"]) == (1000, storage)
    assert result["peak_mb"] >= result["peak_mb_before"] > 0
    (line,) = tables.scale_rows({"scale": [result]})
    assert len(line) == len(tables.SCALE)


@pytest.mark.long
def test_the_command_prints_json(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setitem(cases.SUITES, "mlp", (TINY,))
    out = tmp_path / "bench.json"
    arguments = ["--suite", "mlp", "--runs", "1", "--json", "--out", str(out)]
    result = CliRunner().invoke(bench, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    record = json.loads(out.read_text())
    assert json.loads(result.stdout) == record
    table = out.with_suffix(".md").read_text()
    assert table.count("\n| tiny | 8 |") == len(record["cases"][0]["contenders"])
    assert record["schema"] == "keras3_lab.bench/1"
    assert record["hardware"]["cores"]
    assert record["versions"]["keras"] == keras.__version__


@pytest.mark.parametrize("suite", cases.SUITES)
def test_every_case_builds_its_model(suite: str) -> None:
    for case in cases.suite(suite):
        model = case.model("auto")
        if case.data is not cases.images:
            x, y = case.data(4)
            assert model(x).shape[0] == len(y) == 4


@pytest.mark.parametrize("case", models.MODELS, ids=lambda case: case.name)
def test_every_model_that_people_have_fits_its_data(case: cases.Case) -> None:
    model = case.model("auto")
    x, y = case.data(3)
    outputs = model(x)
    assert np.isfinite(float(model.compute_loss(x, y, outputs)))
    for output in keras.tree.flatten(outputs):
        assert output.shape[0] == len(x) == 3


def test_pairs_are_compared_pair_by_pair() -> None:
    found = people.compared([(2.0, 1.0), (30.0, 10.0), (8.0, 1.0)])
    assert (found["stock_s"], found["ours_s"]) == (8, 1)
    assert (found["times"], found["min_times"], found["max_times"]) == (3, 2, 8)
    both = [{"epoch": {"times": 2}}, {"epoch": {"times": 8}}]
    assert people.geometric_mean(both, "epoch") == pytest.approx(4)


@pytest.mark.long
@pytest.mark.once
def test_a_first_epoch_is_measured_in_a_fresh_process() -> None:
    """One that finds nothing of what was compiled before."""
    before = os.environ.get("JAX_ENABLE_COMPILATION_CACHE")
    with people.fresh_processes() as first:
        assert os.environ["JAX_ENABLE_COMPILATION_CACHE"] == "0"
        assert first("batch of 1", "ours") > 0
        assert first("batch of 1", "stock") > 0
    assert os.environ.get("JAX_ENABLE_COMPILATION_CACHE") == before


@pytest.mark.long
def test_the_models_are_a_suite_with_tables_and_a_plot(monkeypatch, tmp_path) -> None:
    @contextmanager
    def at_once():
        yield lambda name, who: {"stock": 3.0, "ours": 2.0}[who]

    monkeypatch.setattr(people, "fresh_processes", at_once)  # the test before tells of these
    monkeypatch.setattr(people, "MODELS", (TINY,))
    monkeypatch.setattr(people, "BATCHES", (replace(TINY, batch_size=2),))
    out = tmp_path / "models.json"
    arguments = ["--suite", "models", "--runs", "2", "--out", str(out)]
    assert CliRunner().invoke(bench, arguments, catch_exceptions=False).exit_code == 0
    found = json.loads(out.read_text())["people"]
    (model,), (by_batch,) = found["models"], found["batches"]
    assert (model["steps"], by_batch["steps"]) == (3, 10)
    assert model["first_epoch"]["times"] == 1.5
    assert len(model["epoch"]["seconds"]) == 2
    page = out.with_suffix(".md").read_text()
    times = f"{model['epoch']['times']:.2f}"
    assert "| tiny | 8 | compiled |" in page
    assert f"| geometric mean |  |  |  |  | {times} |  |  |  | 1.50 |" in page
    picture = out.with_suffix(".svg").read_text()
    assert "tiny" in picture
    assert f"geometric mean: {model['epoch']['times']:.2g}" in picture


def test_unknown_suite() -> None:
    with pytest.raises(UsageError, match="unknown suite 'gpu'; known: mlp, cnn, models, scale"):
        cases.suite("gpu")
