"""The comparison of Keras's tests with and without our functions tells what must not be."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from peer_comparison import HERE, Difference, mistakes, suite_of, table, wanted_differences

pytestmark = pytest.mark.once

PASSED, FAILED = {"outcome": "passed", "why": ""}, {"outcome": "failed", "why": "E: mine"}
TEST = "keras/src/trainers/trainer_test.py::T::test_"
WANTED = [Difference(f"{TEST}b", "we know better", "", ("jax",))]


def test_each_wanted_difference_names_a_test_of_ours() -> None:
    rows = {d.test: d for backend in ("jax", "tensorflow") for d in wanted_differences(backend)}
    assert 0 < len(rows) <= 5
    for row in rows.values():
        assert row.reason
        assert suite_of(row.test) is not None
        path, _, name = row.guard.partition("::")
        assert f"def {name}(" in (HERE.parents[1] / path).read_text()


@pytest.mark.parametrize(
    ("stock", "ours", "found"),
    [
        ({"a": PASSED, "b": PASSED}, {"a": PASSED, "b": FAILED}, []),
        ({"a": FAILED, "b": PASSED}, {"a": FAILED, "b": FAILED}, []),
        ({"a": PASSED, "b": PASSED}, {"a": FAILED, "b": FAILED}, ["a: passes with stock Keras"]),
        ({"a": PASSED, "b": PASSED}, {"b": FAILED}, ["a: passes with stock Keras alone"]),
        (
            {"a": PASSED, "b": PASSED},
            {"a": PASSED, "b": PASSED},
            ["b: is in differences.toml, a"],
        ),
        ({"a": PASSED}, {"a": PASSED}, ["b: is in differences.toml, and stock Keras does not"]),
    ],
)
def test_what_must_not_be_is_named(stock: dict, ours: dict, found: list) -> None:
    stock, ours = ({TEST + k: v for k, v in each.items()} for each in (stock, ours))
    lines = mistakes(stock, ours, WANTED)
    assert len(lines) == len(found)
    assert all(line.startswith(TEST + start) for line, start in zip(lines, found, strict=True))


def test_counts() -> None:
    stock = {f"{TEST}{k}": PASSED for k in "abc"} | {f"{TEST}d": FAILED}
    ours = {
        f"{TEST}a": {**PASSED, "calls": True},
        f"{TEST}b": {**FAILED, "calls": True},
        f"{TEST}c": PASSED,
        f"{TEST}d": {**FAILED, "calls": True},
    }
    lines = table(stock, ours, WANTED).splitlines()
    assert lines[2] == "| `trainers/trainer_test.py` | 4 | 3 | 2 | 1 | 1 |"
    assert lines[4] == "`test_b`: we know better"


@pytest.mark.long
def test_the_plugin_tells_outcomes_and_calls_of_ours(tmp_path: Path) -> None:
    """In a process of its own, as it patches Keras."""
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "test_keras.py").write_text(
        "import keras\n"
        "from keras.src.models.model import Trainer\n"
        "from keras3_lab.engine.interface import program\n"
        "def test_good():\n"
        "    model = keras.Sequential([keras.layers.Dense(1)])\n"
        "    model.predict(keras.ops.ones((2, 2)), verbose=0)\n"
        "    assert program(model, 'predict').compile_s > 0\n"
        "def test_bad():\n"
        "    assert Trainer.fit is None, 'so it is'\n"
    )
    environment = {
        **os.environ,
        "PEER_OURS": "1",
        "PEER_OUTCOMES": str(tmp_path / "outcomes.json"),
        "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
    }
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "peer_plugin", "-p", "no:cacheprovider"],
        cwd=tmp_path, env=environment, check=False, capture_output=True,
    )  # fmt: skip
    outcomes = json.loads((tmp_path / "outcomes.json").read_text())
    good, bad = outcomes["test_keras.py::test_good"], outcomes["test_keras.py::test_bad"]
    assert (good["outcome"], good["calls"]) == ("passed", True)
    assert bad["outcome"] == "failed"
    assert "calls" not in bad


def test_kerass_tests_are_where_they_are_looked_for() -> None:
    from peer_comparison import SUITES

    sources = Path(importlib.util.find_spec("keras").origin).parent / "src"
    if not list(sources.rglob("*_test.py")):
        pytest.skip(f"Keras {keras.__version__} comes without its tests")
    for paths in SUITES.values():
        for path in paths:
            found = sources / path
            assert found.is_file() or list(found.rglob("*_test.py")), path
