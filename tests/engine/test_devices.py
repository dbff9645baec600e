"""Several devices: the numbers of one, on virtual ones of the CPU."""

from __future__ import annotations

import json
import os
from pathlib import Path

import forked
import keras
import pytest
from devices_cases import CASES

JAX = keras.config.backend() == "jax"


def run(asked: str) -> dict:
    path = os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")])
    done = forked.python("-m", "devices_cases", asked, PYTHONPATH=path)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_a_batch_on_several_devices_trains_as_on_one(case: str) -> None:
    outcome = run(case)
    assert outcome.pop("alone") == [1, "compiled"]
    for count, (devices, loop, reduces, distance) in outcome.items():
        assert (devices, loop) == (int(count), "compiled")
        assert reduces or count == "1"
        assert distance < 1e-9, f"{count} devices: {distance}"


def test_what_cannot_be_trained_in_parts_is_left_to_keras() -> None:
    outcome = run("left")
    assert outcome.pop("nothing") is None
    assert outcome.pop("portable") is None
    assert outcome.pop("rows") is None
    assert "not compiled" in outcome.pop("eager")
    if JAX:  # one program over sharded arrays: nothing is in parts
        assert set(outcome.values()) == {None}
        return
    words = {
        "draws": "draws random numbers by the backend",
        "own": "code of one's own",
        "operation": "is no layer",
        "order": "is no layer",
        "activity": "adds a loss of the rows it sees",
        "sum": "is no mean over the batch",
        "accumulates": "accumulates gradients",
        "scales": "scales the loss",
        "state": "keeps a state of each row",
    }
    assert outcome.keys() == words.keys()
    for what, reason in words.items():
        assert reason in outcome[what], what


@pytest.mark.skipif(not JAX, reason="Keras has ModelParallel on JAX alone")
def test_a_model_whose_variables_are_cut_trains_as_on_one_device() -> None:
    outcome = run("cut")
    assert (outcome["devices"], outcome["loop"], outcome["shard"]) == (4, "compiled", [6, 2])
    assert outcome["distance"] < 1e-9
