"""Lanes: a backend on a device, and the environment that decides them."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from keras3_lab import determinism
from keras3_lab.errors import UsageError

BACKENDS = ("jax", "tensorflow", "numpy")
DEVICES = ("cpu", "gpu")

ShowProgress = Callable[[str, str, int, int], None]
"""Called with the lane, what runs, the steps made, and those there are."""


def show_nothing(lane: str, what: str, done: int, total: int) -> None:
    """Show no progress."""


@dataclass(frozen=True)
class Lane:
    """A backend on a device.

    Args:
        backend: `"jax"`, `"tensorflow"` or `"numpy"`; the last one makes forward passes only.
        device: `"cpu"` or `"gpu"`.
        label: Another name for it, so that one backend and device can be two lanes.
        count: How many such devices share each batch; virtual ones on the CPU.
    """

    backend: str
    device: str
    label: str = ""
    count: int = 1

    def __str__(self) -> str:
        several = f"*{self.count}" if self.count > 1 else ""
        return self.label or f"{self.backend}:{self.device}{several}"

    @property
    def file_name(self) -> str:
        """The lane's name as a part of a file's."""
        return str(self).replace(":", "-").replace("*", "x")

    @classmethod
    def parse(cls, text: str) -> Lane:
        """Read `jax:cpu`, `jax:cpu*4` of four devices, or `again=jax:cpu` with a label.

        Raises:
            UsageError: If there is no such backend or device, or the number or label is none.

        Example:
        ```python
        from keras3_lab.parity.lanes import Lane

        print(Lane.parse("tensorflow:cpu").backend)
        ```
        """
        *labels, place = text.strip().split("=", 1)
        backend, _, rest = place.partition(":")
        device, star, count = rest.partition("*")
        if (
            backend not in BACKENDS
            or device not in DEVICES
            or (backend, device) == ("numpy", "gpu")
        ):
            known = ", ".join(
                f"{b}:{d}" for b in BACKENDS for d in DEVICES if (b, d) != ("numpy", "gpu")
            )
            raise UsageError(f"unknown lane {text!r}; known: {known}")
        if star and (not re.fullmatch("[1-9][0-9]*", count) or backend == "numpy"):
            raise UsageError(
                f"lane {text!r}: behind * stands how many devices share a batch, 1 or more, "
                f"of jax or tensorflow; received: {count!r}"
            )
        if labels and not re.fullmatch(r"[A-Za-z0-9_-]+", labels[0]):
            raise UsageError(
                f"lane {text!r}: its label may have letters, digits, - and _; "
                f"received: {labels[0]!r}"
            )
        return cls(backend, device, labels[0] if labels else "", int(count or 1))

    def why_not_here(self) -> str:
        """Return why the lane cannot run in this environment; nothing if what it needs is there."""
        # Keras's numpy backend imports JAX for a few of its operations.
        needed = "jax" if self.backend == "numpy" else self.backend
        if importlib.util.find_spec(needed):
            return ""
        return f"{self} is skipped: {needed} is not installed in this environment"

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
            # A lane compiles hundreds of single operations: the next one finds them on disk.
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            # Where in Python an operation was traced takes time to write down.
            "JAX_TRACEBACK_IN_LOCATIONS_LIMIT": "0",
            **determinism.variables(gpu=self.device == "gpu"),
        }
        if self.device == "cpu":
            return {**variables, "CUDA_VISIBLE_DEVICES": "-1", "JAX_PLATFORMS": "cpu"}
        return {
            **variables,
            "JAX_PLATFORMS": "cuda,cpu",
            # Two lanes share one GPU.
            "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
            "TF_FORCE_GPU_ALLOW_GROWTH": "true",
        }


def parse_lanes(texts: Sequence[str]) -> list[Lane]:
    """Read lanes, each of another name.

    Raises:
        UsageError: If one is no lane, or a name stands there twice.
    """
    lanes = [Lane.parse(text) for text in texts]
    if len({str(lane) for lane in lanes}) < len(lanes):
        raise UsageError(
            f"lanes {','.join(texts)}: each name may stand there once; for a second lane of a kind "
            f"give it a label, again={texts[0].partition('=')[2] or texts[0]}"
        )
    return lanes


def default_lanes() -> list[Lane]:
    """Return a CPU lane for each training backend that is installed."""
    return [Lane(name, "cpu") for name in BACKENDS[:2] if importlib.util.find_spec(name)]


def one_lane(text: str | None) -> Lane:
    """Read a lane, or return the CPU lane of the backend that is installed.

    Raises:
        UsageError: If there is no such lane, or no backend is installed.
    """
    if text is not None:
        return Lane.parse(text)
    here = default_lanes()
    if not here:
        raise UsageError("no backend is installed here; install keras3-lab[jax] or [tensorflow]")
    return here[0]
