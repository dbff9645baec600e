"""What only a GPU can show: `pytest --device gpu`."""

from __future__ import annotations

import subprocess
import sys

import keras
import pytest

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize("recipe", ["fmnist/dropout", "cifar10/cnn-batch-norm"])
def test_a_gpu_trains_as_the_cpu_does(recipe: str) -> None:
    lanes = ",".join(f"{keras.config.backend()}:{device}" for device in ("cpu", "gpu"))
    check = ["parity", "check", recipe, "--steps=60", "--data=sample", f"--lanes={lanes}"]
    command = [sys.executable, "-m", "keras3_lab", *check]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
