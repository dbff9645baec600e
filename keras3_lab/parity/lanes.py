"""Lanes: a backend on a device, each in a process of its own."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.parity.items import Item
from keras3_lab.parity.plan import Plan

BACKENDS = ("jax", "tensorflow", "numpy")
DEVICES = ("cpu", "gpu")

Show = Callable[[str, str, int, int], None]
"""Told about progress: the lane, what runs, steps made, steps in all."""


class Skipped(Exception):  # noqa: N818  # nothing is wrong: the lane is not to be had here
    """A lane that cannot run here, and why."""


@dataclass(frozen=True)
class Lane:
    """A backend on a device.

    Args:
        backend: `"jax"`, `"tensorflow"` or `"numpy"`; the last one makes forward passes only.
        device: `"cpu"` or `"gpu"`.
        label: Another name for it, so that one backend and device can be two lanes.
    """

    backend: str
    device: str
    label: str = ""

    def __str__(self) -> str:
        return self.label or f"{self.backend}:{self.device}"

    @property
    def file_name(self) -> str:
        """The lane's name as a part of a file's."""
        return str(self).replace(":", "-")

    @classmethod
    def parse(cls, text: str) -> Lane:
        """Read `jax:cpu`, or `again=jax:cpu` with a label.

        Raises:
            UsageError: If there is no such backend or device, or the label is none.

        Example:
        ```python
        from keras3_lab.parity.lanes import Lane

        print(Lane.parse("tensorflow:cpu").backend)
        ```
        """
        *labels, place = text.strip().split("=", 1)
        backend, _, device = place.partition(":")
        if (
            backend not in BACKENDS
            or device not in DEVICES
            or (backend, device) == ("numpy", "gpu")
        ):
            known = ", ".join(
                f"{b}:{d}" for b in BACKENDS for d in DEVICES if (b, d) != ("numpy", "gpu")
            )
            raise UsageError(f"unknown lane {text!r}; known: {known}")
        if labels and not re.fullmatch(r"[A-Za-z0-9_-]+", labels[0]):
            raise UsageError(
                f"lane {text!r}: its label may have letters, digits, - and _; "
                f"received: {labels[0]!r}"
            )
        return cls(backend, device, *labels)

    @property
    def trains(self) -> bool:
        """Whether the lane can train at all."""
        return self.backend != "numpy"

    def environment(self) -> dict[str, str]:
        """Return the variables that make a process of this lane, and its numbers repeatable."""
        variables = {
            "KERAS_BACKEND": self.backend,
            "KERAS3_LAB_LANE": str(self),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            # tf32 keeps 10 bits of a float32's 23: off in every library that reads this.
            "NVIDIA_TF32_OVERRIDE": "0",
            "JAX_DEFAULT_MATMUL_PRECISION": "highest",
        }
        if self.device == "cpu":
            return {**variables, "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
        flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_gpu_deterministic_ops=true"
        return {
            **variables,
            "XLA_FLAGS": flags.strip(),
            "JAX_PLATFORMS": "cuda,cpu",
            "TF_DETERMINISTIC_OPS": "1",
            # Two lanes share one GPU.
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }


def default_lanes() -> list[Lane]:
    """Return a CPU lane for each training backend that is installed."""
    return [Lane(name, "cpu") for name in BACKENDS[:2] if importlib.util.find_spec(name)]


class LaneProcess:
    """A running lane.

    Args:
        lane: Which.
        show: Told about progress.

    Raises:
        Skipped: If the backend is not installed, or sees no such device.
    """

    def __init__(self, lane: Lane, show: Show = lambda lane, what, done, total: None) -> None:
        self.lane, self._show = lane, show
        # Keras's numpy backend imports JAX for a few of its operations.
        needed = "jax" if lane.backend == "numpy" else lane.backend
        if importlib.util.find_spec(needed) is None:
            raise Skipped(f"{lane} is skipped: {needed} is not installed in this environment")
        self._folder = tempfile.TemporaryDirectory(prefix="keras3_lab-parity-")
        self._log = (Path(self._folder.name) / "log").open("w+")
        path = os.pathsep.join(entry for entry in sys.path if entry)
        self._process = subprocess.Popen(  # noqa: S603  # our own module, our own interpreter
            [sys.executable, "-m", "keras3_lab.parity.worker", str(lane), lane.device],
            env={**os.environ, "PYTHONPATH": path, **lane.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self._files = 0
        try:
            devices = self.do("hello")["devices"] if lane.trains else [f"{lane.device}:0"]
        except RuntimeError as error:
            self.stop()
            raise Skipped(f"{lane} is skipped: {str(error).strip().splitlines()[-1]}") from error
        if not any(device.startswith(lane.device) for device in devices):
            self.stop()
            raise Skipped(f"{lane} is skipped: {lane.backend} sees {', '.join(devices)} and no GPU")

    def do(self, job: str, **arguments: Any) -> dict[str, Any]:
        """Have a job done.

        Raises:
            UsageError: If the lane says that the input is wrong.
            RuntimeError: If the job fails.
        """
        jobs, answers = self._process.stdin, self._process.stdout
        if jobs is None or answers is None:
            raise RuntimeError(f"lane {self.lane} has no pipes")
        # A process that has ended takes no job; what it said is read below.
        with contextlib.suppress(BrokenPipeError):
            jobs.write(json.dumps({"do": job, **arguments}) + "\n")
            jobs.flush()
        for line in answers:
            message = json.loads(line)
            if "progress" in message:
                self._show(str(self.lane), *message["progress"])
            elif "usage" in message:
                raise UsageError(message["usage"])
            elif "error" in message:
                raise RuntimeError(f"{job} failed in lane {self.lane}:\n{message['error']}")
            else:
                done: dict[str, Any] = message["done"]
                return done
        self._log.seek(0)
        raise RuntimeError(f"lane {self.lane} ended:\n{self._log.read()[-2000:]}")

    def replay(self, subject: dict[str, Any], plan: Plan, dtype: str) -> RemoteReplay:
        """Begin a replay in this lane."""
        self.do("open", subject=subject, plan=plan.to_json(), dtype=dtype)
        return RemoteReplay(self)

    def items(self, job: str, step: int) -> list[Item]:
        """Have a replay look at a step."""
        self._files += 1
        out = Path(self._folder.name) / f"{self._files}.npz"
        names = self.do(job, step=step, out=str(out))["names"]
        with np.load(out) as file:
            items = [Item(kind, name, file[str(i)]) for i, (kind, name) in enumerate(names)]
        out.unlink()
        return items

    def stop(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._log.close()
        self._folder.cleanup()


class RemoteReplay:
    """A replay in a lane's process; see `keras3_lab.parity.replay.Replay`."""

    def __init__(self, process: LaneProcess) -> None:
        self._process = process

    def state(self, step: int) -> list[Item]:
        """Return weights and optimizer slots before a step."""
        return self._process.items("state", step)

    def inspect(self, step: int) -> list[Item]:
        """Return all that a step computes, in order."""
        return self._process.items("inspect", step)
