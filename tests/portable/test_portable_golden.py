"""The same digests on every backend: pinned here, so that no two may drift apart together."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import portable_probe
import pytest

from keras3_lab import portable

GOLDEN = {
    "weights": "ba12929165bafdea740231129b390f35b3a32e559a9881a7ef0ebdc01d88e0a0",
    "identity": "f055e38c1d515a1510fa141f7007f64a8d41219242c299aa55602f2bc9fc47e0",
    "order": "f6728fd2b62f0761035002c185535ed5477671f3d6a913eaaf2a480850126ccc",
    "masks": "14e22aa2852be5dd5cb1e22036e9c0d5788b730608173cf98f63fe3ce858cfe6",
    "augmentation": "5dddbccf06b857c6cd14e7d6d1b659aa08cc883a961173b3dcb10941d9d923c3",
    "bits": "615f61881d43f9ed7c42fd8825d71527",
}


def test_this_backend_reproduces_the_golden_digests():
    assert portable_probe.digests() == GOLDEN


@pytest.mark.long
@pytest.mark.skipif(
    importlib.util.find_spec("jax") is None, reason="Keras's NumPy backend itself imports jax"
)
def test_numpy_backend_reproduces_the_golden_digests():
    result = subprocess.run(
        [sys.executable, portable_probe.__file__],
        env=os.environ | {"KERAS_BACKEND": "numpy", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(portable_probe.__file__).parent,
    )
    assert json.loads(result.stdout.splitlines()[-1]) == GOLDEN


def test_host_masks_have_the_golden_digest():
    seed = portable.seed_word(3, 0)
    assert portable.masks_digest(seed, (5, 7), 0.3, steps=4, xp=np) == GOLDEN["masks"]
