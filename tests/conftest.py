"""One environment for all tests: no file of the user's is read or written."""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import shutil
import sys
import tempfile
from importlib import metadata
from importlib.util import find_spec

import pytest

from keras3_lab.parity.compiling import quick_to_compile

# Before Keras is imported: it writes keras.json into its home. All workers, and the processes that
# tests start, share one home and what JAX has compiled, single operations included. It is in /tmp
# whatever TMPDIR says: a socket is made in it, whose path may have no more than 107 characters.
if "PYTEST_XDIST_WORKER" not in os.environ:
    home = tempfile.mkdtemp(prefix="keras3_lab-tests-", dir="/tmp")
    atexit.register(shutil.rmtree, home, ignore_errors=True)
    os.environ["KERAS_HOME"] = home
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", f"{home}/compiled")
    os.environ.setdefault("TF_XLA_FLAGS", f"--tf_xla_persistent_cache_directory={home}/compiled")
    os.environ["FORKED_PYTHON"] = f"{home}/python"
    importlib.import_module("forked").install()
os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
os.environ.pop("KERAS3_LAB_DATA", None)
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
# Tests compare to more digits than tf32 has, in which GPUs multiply by default.
os.environ.setdefault("JAX_DEFAULT_MATMUL_PRECISION", "highest")
os.environ.setdefault("NVIDIA_TF32_OVERRIDE", "0")
# Workers, and what tests start, share one GPU: else the first of them takes most of its memory.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
if os.environ.get("KERAS_BACKEND") == "jax":
    # A program in one part, not in up to 32 for as many threads: in three quarters of the time. On
    # TensorFlow this changes results.
    one_part = "--xla_cpu_parallel_codegen_split_count=1"
    os.environ.setdefault("XLA_FLAGS", f"{quick_to_compile()} {one_part}")
os.environ.setdefault("XLA_FLAGS", quick_to_compile())
# Where in Python an operation was traced stays out of the programs: it takes time to write down.
os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the device be chosen that the tests run on."""
    parser.addoption(
        "--device", choices=("cpu", "gpu"), default="cpu", help="(default: %(default)s)"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Hide the GPU, or end at once where one is asked for and none is seen."""
    if config.getoption("--device") == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        return
    from keras.distribution import list_devices

    if not any(device.startswith("gpu") for device in list_devices()):
        raise pytest.UsageError(f"--device gpu: the backend sees only {', '.join(list_devices())}")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what cannot be asked here: it is counted among the skipped."""
    skipped = {}
    if config.getoption("--device") == "cpu":
        skipped["gpu"] = "needs --device gpu"
    if find_spec("keras") and not any(metadata.distributions(name="keras")):
        skipped["released"] = "this Keras is not out yet"
    for item in items:
        for marker, reason in skipped.items():
            if item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture
def really_float64():
    """Float64 for the length of a test."""
    from keras3_lab.engine.interface import backend
    from keras3_lab.portable import float64

    with backend().float64(), float64.enable():
        yield


def pytest_collection_finish() -> None:
    """Take less time: for what is compiled, and by the garbage collector for what is imported."""
    if "keras3_lab.engine.jax" in sys.modules:
        sys.modules["keras3_lab.engine.jax"].share_context()
    gc.freeze()  # Keras makes a million objects
