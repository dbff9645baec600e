"""One environment for all tests: no file of the user's is read or written."""

from __future__ import annotations

import os
import tempfile

import pytest

# Before Keras is imported: it writes keras.json into its home. All workers share one home, and with
# it what JAX has compiled.
if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ["KERAS_HOME"] = tempfile.mkdtemp(prefix="keras3_lab-tests-")
os.environ.pop("KERAS3_LAB_DATA", None)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
# Programs run for a moment here: most of a suite's time is XLA making them fast.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")


@pytest.fixture
def really_float64():
    """Float64 for the length of a test."""
    from keras3_lab.engine.program import backend
    from keras3_lab.portable import float64

    with backend().float64(), float64.enable():
        yield
