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
    told = run(case)
    assert told.pop("alone") == [1, "compiled"]
    for count, (devices, loop, reduces, apart) in told.items():
        assert (devices, loop) == (int(count), "compiled")
        assert reduces or count == "1"
        assert apart < 1e-9, f"{count} devices: {apart}"


def test_what_cannot_be_trained_in_parts_is_left_to_keras() -> None:
    told = run("left")
    assert told.pop("nothing") is None
    assert told.pop("portable") is None
    assert told.pop("rows") is None
    assert "not compiled" in told.pop("eager")
    if JAX:  # one program over sharded arrays: nothing is in parts
        assert set(told.values()) == {None}
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
    assert told.keys() == words.keys()
    for what, reason in words.items():
        assert reason in told[what], what


@pytest.mark.skipif(not JAX, reason="Keras has ModelParallel on JAX alone")
def test_a_model_whose_variables_are_cut_trains_as_on_one_device() -> None:
    told = run("cut")
    assert (told["devices"], told["loop"], told["shard"]) == (4, "compiled", [6, 2])
    assert told["apart"] < 1e-9
