"""The pytest plugin, in suites of its own: pytest in a process, on two lanes of this backend.

What is wrong there is so in the lane called `faulty` alone.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import sys
import tomllib
from pathlib import Path

import forked
import keras
import pytest

pytest_plugins = ["pytester"]

HERE = f"{keras.config.backend()}:cpu"
OTHER = "tensorflow" if keras.config.backend() == "jax" else "jax"
LANES = f"--parity-lanes={HERE},faulty={HERE}"
PROJECT = Path(__file__).parents[2] / "pyproject.toml"

# Imported by every Python that starts in the suite's folder.
NOTE_LANES = """
import os
if lane := os.environ.get("KERAS3_LAB_LANE"):
    with open("lanes.txt", "a") as notes:
        notes.write(f"{lane} {os.getpid()}\\n")
"""

PARTS = """
import os

FAULTY = os.environ.get("KERAS3_LAB_LANE") == "faulty"

def model_and_data(activation, scale=1.0):
    import keras  # in the lanes alone
    import numpy as np

    hidden = keras.layers.Dense(4, activation, name="hidden")
    model = keras.Sequential([keras.Input((3,)), hidden, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(16, 3)) * scale
    return model, x, x.sum(axis=1, keepdims=True)
"""

TESTS = """
from functools import partial
import parts
import pytest

QUICK = {"gates": ["G0", "G1"], "steps": 2}

def sound():
    return parts.model_and_data("tanh")

def planted(activation):
    return parts.model_and_data(activation if parts.FAULTY else "tanh")

def without_loss():
    return parts.model_and_data("tanh", float("nan"))

def nothing():
    return None

def test_sound(parity):
    parity(sound, **QUICK)

@pytest.mark.parametrize("activation", ["tanh", "softsign"])
def test_planted(parity, activation):
    parity(partial(planted, activation), **QUICK)

def test_unjudged(parity):
    parity(without_loss, **QUICK)

def test_unjudged_is_allowed(parity):
    parity(without_loss, **QUICK, allow_unjudged=True)

def test_nothing(parity):
    parity(nothing)

def test_local(parity):
    parity(lambda: sound())
"""


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A suite that knows the plugin, installed or not, and no other."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p pytest_keras3_lab")
    pytester.makeini("[pytest]")  # wherever the temporary folder is, this is a suite of its own
    pytester.makepyfile(sitecustomize=NOTE_LANES, parts=PARTS, test_models=TESTS)
    return pytester


def lanes_started(suite: pytest.Pytester) -> list[str]:
    notes = suite.path / "lanes.txt"
    return notes.read_text().splitlines() if notes.exists() else []


@pytest.mark.long
def test_a_suite_passes_where_lanes_agree_and_says_where_they_differ(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    forked.start()
    monkeypatch.setattr(sys, "executable", forked.PYTHON)  # of pytest, and so of its lanes
    result = suite.runpytest_subprocess(LANES, "--tb=short")
    result.assert_outcomes(passed=3, failed=4)
    output = result.stdout.str()
    assert "test_models:planted(activation='softsign'): differ at G1" in output
    assert (
        f"• G1 loss and metrics of every step, {HERE} / faulty: differ: loss of step 0: " in output
    )
    assert "first difference at step 0, in the layer output `hidden`" in output
    assert "test_models:without_loss: not judged at G1" in output
    assert "the loss is nan in both lanes from step 0" in output
    assert "test_models:nothing must return (model, x, y)" in output
    local = "test_models.test_local.<locals>.<lambda> cannot be found there by its name"
    assert f"make must be a function that each lane's process can import: {local}" in output
    assert "Traceback" not in output
    assert "During handling" not in output

    # Two processes for all, and none of them is left.
    started = [line.split() for line in lanes_started(suite)]
    assert sorted(lane for lane, _ in started) == sorted([HERE, "faulty"])
    for _, process in started:
        with pytest.raises(ProcessLookupError):
            os.kill(int(process), 0)

    # What agreed is kept, with the files that it depends on; and needs no lane.
    kept = [json.loads(file.read_text()) for file in suite.path.rglob("v/keras3-lab/*")]
    assert len(kept) == 2
    assert {"parts.py", "test_models.py"} <= kept[0]["files"].keys()
    assert not any(file.startswith("..") and "pytest" in file for file in kept[0]["files"])
    result = suite.runpytest_subprocess(LANES, "-k", "sound or planted[tanh]")
    result.assert_outcomes(passed=2, deselected=5)
    assert len(lanes_started(suite)) == 2


def test_a_lane_that_is_not_installed_skips_the_tests_and_says_why(suite: pytest.Pytester) -> None:
    if importlib.util.find_spec(OTHER):
        pytest.skip("both backends are here")
    result = suite.runpytest_subprocess("-rs", "-k", "sound or nothing")
    result.assert_outcomes(skipped=2, deselected=5)
    reason = f"*{OTHER}:cpu is skipped: {OTHER} is not installed in this environment*"
    result.stdout.fnmatch_lines(reason)
    assert lanes_started(suite) == []


def test_unknown_lanes_end_the_run_with_a_line(suite: pytest.Pytester) -> None:
    result = suite.runpytest_subprocess("--parity-lanes=jax:tpu")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.str().startswith("ERROR: --parity-lanes: unknown lane 'jax:tpu'; known:")


def test_the_plugin_is_an_entry_point_and_chooses_no_backend(suite: pytest.Pytester) -> None:
    entry_points = tomllib.loads(PROJECT.read_text())["project"]["entry-points"]
    (module,) = entry_points["pytest11"].values()
    assert importlib.import_module(module).parity
    suite.makepyfile(test_models="import sys\ndef test(): assert 'keras3_lab' not in sys.modules")
    suite.runpytest_subprocess().assert_outcomes(passed=1)
