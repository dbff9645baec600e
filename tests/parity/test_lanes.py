"""Lanes: their names, and the environment of their processes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest

from keras3_lab.errors import UsageError
from keras3_lab.parity.lanes import Lane, default_lanes
from keras3_lab.parity.process import LaneProcess, SkippedLane

OTHER = "tensorflow" if keras.config.backend() == "jax" else "jax"


@pytest.mark.parametrize(
    ("text", "lane", "name", "file_name"),
    [
        ("jax:cpu", Lane("jax", "cpu"), "jax:cpu", "jax-cpu"),
        (" tensorflow:gpu", Lane("tensorflow", "gpu"), "tensorflow:gpu", "tensorflow-gpu"),
        ("again=jax:cpu", Lane("jax", "cpu", "again"), "again", "again"),
        ("jax:cpu*4", Lane("jax", "cpu", count=4), "jax:cpu*4", "jax-cpux4"),
        ("jax:cpu*1", Lane("jax", "cpu"), "jax:cpu", "jax-cpu"),
        ("two=tensorflow:gpu*2", Lane("tensorflow", "gpu", "two", 2), "two", "two"),
    ],
)
def test_a_lane_is_a_backend_on_a_device_and_may_have_a_label(
    text: str, lane: Lane, name: str, file_name: str
) -> None:
    assert Lane.parse(text) == lane
    assert (str(lane), lane.file_name) == (name, file_name)


@pytest.mark.parametrize("text", ["jax", "jax:tpu", "torch:cpu", "numpy:gpu", "", "again=jax"])
def test_an_unknown_lane_is_an_error(text: str) -> None:
    with pytest.raises(UsageError, match="known: jax:cpu"):
        Lane.parse(text)


@pytest.mark.parametrize("text", ["jax:cpu*0", "jax:cpu*", "jax:cpu*two", "numpy:cpu*2"])
def test_a_number_of_devices_is_one_or_more(text: str) -> None:
    with pytest.raises(UsageError, match="how many devices share a batch"):
        Lane.parse(text)


@pytest.mark.long
def test_a_lane_of_more_devices_than_there_are_is_skipped() -> None:
    lane = LaneProcess(Lane(keras.config.backend(), "gpu", count=99))
    with pytest.raises(SkippedLane, match=r"gpu\*99 is skipped: .* sees "):
        lane.wait()


@pytest.mark.parametrize("label", ["", "a b", "../a", "a:b"])
def test_a_label_is_a_word(label: str) -> None:
    with pytest.raises(UsageError, match="its label may have letters, digits"):
        Lane.parse(f"{label}=jax:cpu")


def test_a_lanes_process_knows_its_backend_device_and_name() -> None:
    cpu, gpu = (Lane("jax", device, "one").environment() for device in ("cpu", "gpu"))
    for variables in (cpu, gpu):
        assert (variables["KERAS_BACKEND"], variables["KERAS3_LAB_LANE"]) == ("jax", "one")
        assert variables["NVIDIA_TF32_OVERRIDE"] == "0"
        assert variables["JAX_DEFAULT_MATMUL_PRECISION"] == "highest"
    assert (cpu["CUDA_VISIBLE_DEVICES"], cpu["JAX_PLATFORMS"]) == ("-1", "cpu")
    assert "CUDA_VISIBLE_DEVICES" not in gpu
    assert "--xla_gpu_deterministic_ops=true" in gpu["XLA_FLAGS"]
    assert gpu["TF_DETERMINISTIC_OPS"] == "1"


def test_only_keras_numpy_backend_cannot_train() -> None:
    trains = {name: Lane(name, "cpu").trains for name in ("jax", "tensorflow", "numpy")}
    assert trains == {"jax": True, "tensorflow": True, "numpy": False}
    assert Lane(keras.config.backend(), "cpu") in default_lanes()


def test_a_lane_that_is_not_here_is_skipped_and_says_why() -> None:
    if importlib.util.find_spec(OTHER):
        pytest.skip("both backends are here")
    with pytest.raises(SkippedLane, match=f"{OTHER} is not installed"):
        LaneProcess(Lane(OTHER, "cpu"))


@pytest.mark.long
@pytest.mark.once
@pytest.mark.skipif(not Path("/proc/self").exists(), reason="no /proc to look for processes in")
def test_a_lane_ends_with_the_process_that_started_it() -> None:
    """In the middle of a job, too: whoever is killed cannot tell it."""
    code = f"""
import os
from keras3_lab.parity.jobs import ListDevices
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.process import LaneProcess

def show(lane, what, done, total):
    print(done, flush=True)
    os._exit(0)

LaneProcess(Lane({keras.config.backend()!r}, "cpu"), show, "sleeping").do(ListDevices())
"""
    path = os.pathsep.join([str(Path(__file__).parent), *sys.path])
    started = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    deadline = time.monotonic() + 20
    while Path(f"/proc/{started.stdout.strip()}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{started.stdout.strip()}").exists()
