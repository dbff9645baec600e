"""Runs on several devices: what one device comes to, or one line that says why not."""

from __future__ import annotations

import json
from pathlib import Path

import forked
import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab.errors import UsageError


@pytest.mark.long
def test_a_run_on_several_devices_comes_to_what_it_does_on_one(tmp_path: Path) -> None:
    one = keras3_lab.run(
        "fmnist/dropout", data="sample", fraction=0.1, epochs=1, dtype="float64", out=tmp_path,
        pictures=False, device="cpu",
    ).record  # fmt: skip
    done = forked.python(
        "-m", "keras3_lab.fmnist", "dropout", "--data", "sample", "--fraction", "0.1", "--epochs",
        "1", "--dtype", "float64", "--device", "cpu", "--devices", "2", "--json", "--out", tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    two = json.loads(done.stdout)
    assert f"{keras.config.backend()} on cpu, 2 devices" in done.stderr
    assert "count" not in one["device"]
    assert two["device"]["count"] == 2
    assert one["digests"] == two["digests"]
    for part in ("history", "metrics"):
        values = [[*map(np.ravel, keras.tree.flatten(record[part]))] for record in (one, two)]
        np.testing.assert_allclose(*values, rtol=1e-9)


def test_more_devices_than_there_are(tmp_path: Path) -> None:
    """Nobody makes them where there are some already."""
    done = forked.python(
        "-c",
        "import keras, sys; keras.ops.ones(1); from keras3_lab.fmnist import *\n"
        "from keras3_lab.cli import run_chapter\n"
        "sys.argv = ['x', '--data', 'sample', '--device', 'cpu', '--devices', '3', "
        f"'--out', {str(tmp_path)!r}]\n"
        "run_chapter('fmnist')",
        XLA_FLAGS="",
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    name = keras.config.backend()
    assert line == (
        f"error: devices must be at most what there is, 1 of kind cpu on {name}; received: 3; "
        "virtual ones are made before it starts"
    )
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("argument", "value"), [("devices", 0), ("device", "tpu")])
def test_no_such_devices(argument: str, value: int | str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=f"{argument}"):
        keras3_lab.run("fmnist/dropout", data="sample", out=tmp_path, **{argument: value})


@pytest.mark.skipif(keras.config.backend() == "jax", reason="JAX trains any model on several")
def test_a_recipe_that_cannot_be_trained_in_parts_is_refused(tmp_path: Path) -> None:
    """Rather than trained to other numbers."""
    code = f"""
import dataclasses, keras, keras3_lab
from keras3_lab import recipes
from keras3_lab.errors import UsageError
recipe = recipes.get("fmnist/dropout")
L = keras.layers
stock = lambda: keras.Sequential([keras.Input((28, 28)), L.Flatten(), L.Dropout(0.5), L.Dense(10)])
recipe = dataclasses.replace(recipe, model=stock)
try:
    keras3_lab.run(recipe, device="cpu", devices=2, data="sample", out={str(tmp_path)!r})
except UsageError as error:
    print(error)
"""
    done = forked.python("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("devices must be 1 for fmnist/dropout, `tf.distribute.Mirrored")
    assert "received: 2" in done.stdout
