"""The benchmarks run and say what they should; how long anything takes is not tested."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import keras
import pytest
from click.testing import CliRunner

from keras3_lab.bench import cases, measure, scale, tables
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


@pytest.mark.parametrize("held", scale.HELD)
def test_scale_of_one_size(held: str) -> None:
    result = scale.one(1000, held)
    assert (result["rows"], result["held"]) == (1000, held)
    assert result["peak_mb"] >= result["peak_mb_before"] > 0
    (line,) = tables.scale_rows({"scale": [result]})
    assert len(line) == len(tables.SCALE)


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


def test_unknown_suite() -> None:
    with pytest.raises(UsageError, match="unknown suite 'gpu'; known: mlp, cnn, scale"):
        cases.suite("gpu")
