"""From a model that differs to a program of a few lines.

What is wrong in `shrink_problems.py` is so in the lane called `faulty` alone.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import forked
import keras
import numpy as np
import pytest
import shrink_problems

from keras3_lab.errors import UsageError
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.shrink.running import error_in, print_otherwise
from keras3_lab.parity.shrink.shrinking import MOST_LINES, Shrinker, Shrunk
from keras3_lab.parity.subject import Subject

HERE = keras.config.backend()
LANES = [Lane(HERE, "cpu"), Lane(HERE, "cpu", "faulty")]


def run_with_faults(text: str, lane: Lane) -> str:
    """Run a program where Keras is imported already, with the faults of its lane."""
    name = {"KERAS3_LAB_LANE": str(lane)}
    done = forked.python("-c", f"{shrink_problems.FAULTS}\n{text}", **name)
    return error_in(done.stderr) if done.returncode else done.stdout


@pytest.fixture(scope="module")
def shrinker() -> Iterator[Shrinker]:
    """Two lanes of the running backend, forked from a process that has imported Keras."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", forked.PYTHON)
        forked.start()
        lanes = Shrinker(LANES, run=run_with_faults)
    with lanes:
        yield lanes


def shrunk_from(shrinker: Shrinker, name: str) -> Shrunk:
    candidate = shrinker.take_apart(Subject(f"shrink_problems:{name}"), steps=2)
    found = shrinker.shrink(candidate)
    assert found is not None
    assert found.lines <= MOST_LINES
    assert print_otherwise(*found.said.values())
    return found


def layers_in(text: str) -> list[str]:
    return re.findall(r"keras\.layers\.(\w+)", text)


def test_a_layer_that_puts_out_something_else_is_all_that_is_left(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "prediction")
    assert found.difference.kind == "prediction"
    assert layers_in(found.program) == ["UnitNormalization"]
    assert "compile" not in found.program
    assert np.allclose(float(found.said["faulty"].strip("[] \n")), 1.01)


@pytest.mark.long
def test_an_optimizer_that_differs_is_left_with_one_layer(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "slot")
    assert found.difference.kind == "optimizer slot"
    assert len(layers_in(found.program)) == 1
    assert '"adam", "mse"' in found.program


@pytest.mark.slow
def test_a_gradient_that_differs_is_seen_in_a_weight(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "gradient")
    assert found.difference.kind == "gradient"
    assert "PReLU" in layers_in(found.program)
    assert len(layers_in(found.program)) <= 2
    assert '"sgd", "mse"' in found.program
    assert "get_weights()[" in found.program


@pytest.mark.slow
def test_of_two_losses_the_one_that_differs_is_left(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "loss")
    assert found.difference.kind == "loss"
    assert len(layers_in(found.program)) <= 1
    assert "LogCosh" in found.program or "log_cosh" in found.program
    assert "loss_weights" not in found.program


@pytest.mark.slow
def test_an_error_in_one_lane_is_a_difference(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "error")
    assert found.difference.kind == "error"
    assert layers_in(found.program) == ["UpSampling1D"]
    assert "no time is doubled here" in found.said["faulty"]


def test_lanes_that_agree_have_no_program(shrinker: Shrinker) -> None:
    assert shrinker.shrink(shrinker.take_apart(Subject("shrink_problems:sound"), 2)) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_class", "`Mine` is no class or function of Keras's own"),
        ("own_loss", "`mine` is no class or function of Keras's own"),
        ("other_data", "other data in one lane than in the other"),
        ("nothing", "has no function 'nothing'"),
    ],
)
def test_what_cannot_be_made_smaller_is_said(shrinker: Shrinker, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        shrinker.take_apart(Subject(f"shrink_problems:{name}"))


both = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("jax", "tensorflow"))), reason="needs both backends"
)


@pytest.fixture(scope="module")
def backends() -> Iterator[Shrinker]:
    """A lane of each backend."""
    with Shrinker([Lane("jax", "cpu"), Lane("tensorflow", "cpu")]) as lanes:
        yield lanes


@both
@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        ("embedding", "optimizer slot", ["Embedding"]),
        ("spectral", "gradient", ["SpectralNormalization", "Dense"]),
        ("ties", "gradient", ["Maximum"]),
        ("kink", "gradient", ["LeakyReLU"]),
    ],
)
def test_known_differences_of_backends(
    backends: Shrinker, name: str, kind: str, left: list[str]
) -> None:
    found = shrunk_from(backends, name)
    assert found.difference.kind == kind
    assert set(left) <= set(layers_in(found.program)) <= {*left, "Dense"}


@pytest.mark.parametrize(
    "lanes", [[LANES[0]], [*LANES, Lane(HERE, "cpu", "third")], [LANES[0], Lane("numpy", "cpu")]]
)
def test_two_lanes_that_train_are_needed(lanes: list[Lane]) -> None:
    with pytest.raises(UsageError, match="shrink needs two lanes that train"):
        Shrinker(lanes)


def parity(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return forked.python("-m", "keras3_lab", "parity", "shrink", *arguments, **variables)


@pytest.mark.long
def test_the_command_prints_a_program_and_keeps_it(tmp_path: Path) -> None:
    # In processes of their own, lanes and program find the faults as they start.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        f"if os.environ.get('KERAS3_LAB_LANE') == 'faulty':\n    exec({shrink_problems.FAULTS!r})\n"
    )
    here = os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])
    path = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    lanes = f"--lanes={HERE}:cpu,faulty={HERE}:cpu"
    done = parity("shrink_problems:small", lanes, f"--out={tmp_path}", "--json", PYTHONPATH=path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found["said"]) == [f"{HERE}:cpu", "faulty"]
    (folder,) = tmp_path.glob("shrink-*")
    assert (folder / "program.py").read_text() == found["program"]
    assert json.loads((folder / "shrunk.json").read_text()) == found
    assert "models tried" in done.stderr

    done = parity("shrink_problems:sound", lanes, PYTHONPATH=path)
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert "does not differ between" in done.stdout


def test_bad_input_is_said_in_one_line() -> None:
    done = forked.python("-m", "keras3_lab", "parity", "shrink", "fmnist/dropout")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "shrink takes MODULE:FUNCTION" in done.stderr
