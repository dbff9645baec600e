"""One switch for the same bits in every run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import forked
import keras
import numpy as np
import pytest

from keras3_lab import determinism
from keras3_lab.errors import UsageError

ON = {**determinism.variables(gpu=True), determinism.SWITCH: "1"}


def new_python(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ON}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment | variables, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def test_the_switch_sets_what_backends_read() -> None:
    code = "import os, keras3_lab; print(*(os.environ.get(n) for n in {}), sep=',')"
    names = ["NVIDIA_TF32_OVERRIDE", "JAX_DEFAULT_MATMUL_PRECISION", "TF_DETERMINISTIC_OPS"]
    code = code.format([*names, "XLA_FLAGS"])
    assert new_python(code).stdout.strip() == "None,None,None,None"
    assert new_python(code, KERAS3_LAB_DETERMINISTIC="0").stdout.strip().startswith("None")
    on = new_python(code, KERAS3_LAB_DETERMINISTIC="1", XLA_FLAGS="--xla_a=b").stdout.strip()
    assert on == "0,highest,1,--xla_a=b --xla_gpu_deterministic_ops=true"


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="JAX reads a variable")
@pytest.mark.parametrize("override", ["1", "0"])
def test_no_kernel_of_tensorflow_takes_tf32_where_the_variable_is_0(override: str) -> None:
    """NVIDIA's variable does not reach those that XLA writes: 3e-4 off in a product of matrices."""
    code = (
        "import keras3_lab, tensorflow as tf; from keras3_lab.engine.interface import backend\n"
        "backend(); print(tf.config.experimental.tensor_float_32_execution_enabled())"
    )
    done = forked.python("-c", code, NVIDIA_TF32_OVERRIDE=override)
    assert done.stdout.strip() == str(override != "0")


def test_a_backend_that_is_there_has_read_them_already() -> None:
    code = (
        "import os, sys; sys.modules['jax'] = sys\n"
        "from keras3_lab import backends\nfrom keras3_lab.errors import UsageError\n"
        "try:\n    backends.require()\nexcept UsageError as error:\n    print(error)"
    )
    said = new_python(code, KERAS3_LAB_DETERMINISTIC="1").stdout
    assert said.startswith("KERAS3_LAB_DETERMINISTIC=1 must be set before a backend is imported")
    assert "jax imported before it" in said


def test_another_word_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(determinism.SWITCH, "yes")
    with pytest.raises(UsageError, match="must be 0 or 1; received: 'yes'"):
        determinism.require()


@pytest.mark.long
def test_two_runs_of_a_recipe_are_the_same_bit_for_bit(tmp_path: Path) -> None:
    """Each in a process of its own, and batches on two devices, whose sums must come in order."""
    code = """
import sys, numpy as np, keras3_lab
small = {"data": "sample", "fraction": 0.05, "epochs": 1, "pictures": False}
run = keras3_lab.run("fmnist/dropout", device="cpu", devices=2, out=sys.argv[1], **small)
value = run.model.variables[0].value
spread = len(value.sharding.device_set) if hasattr(value, "sharding") else len(value.values)
assert spread == 2, spread  # else nothing is added up in an order
np.savez(f"{sys.argv[1]}/weights.npz", *[v.numpy() for v in run.model.variables])
"""
    made = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        done = forked.python("-c", code, tmp_path / name, **ON)
        assert done.returncode == 0, done.stderr
        with np.load(tmp_path / name / "weights.npz") as arrays:
            made.append([arrays[name] for name in arrays.files])
    for one, other in zip(*made, strict=True):
        np.testing.assert_array_equal(one, other)
