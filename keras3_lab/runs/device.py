"""Where a run computes, and in which precision."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras

from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError, unknown
from keras3_lab.portable import float64


def have_devices(name: str, count: int) -> None:
    """Meet other processes, and make virtual devices, where they are wanted: before all else.

    Raises:
        UsageError: If there is no such device, or there are fewer.
    """
    if count < 1:
        raise UsageError(f"devices must be 1 or more; received: {count}")
    if name not in ("auto", "cpu", "gpu"):
        raise unknown("device", name, ("auto", "cpu", "gpu"))
    if backend().process_and_count()[1] > 1:
        backend().join(name, count)
    elif count > 1:
        backend().have_devices(name, count)


@contextlib.contextmanager
def on_device(name: str, count: int = 1) -> Iterator[str]:
    """Compute on the named device, or so many of them, inside; yields `"cpu"` or `"gpu"`.

    Where there are several processes, so many of each.
    """
    have_devices(name, count)
    joined = backend().process_and_count()[1] > 1
    if joined or count > 1:
        several = (backend().join if joined else backend().have_devices)(name, count)
        with backend().over(several):
            yield several[0].partition(":")[0]
        return
    devices = keras.distribution.list_devices()
    if name == "auto":
        yield "gpu" if any(device.startswith("gpu") for device in devices) else "cpu"
        return
    if not _is_there(name):
        raise UsageError(
            f"device {name!r} is not there; {keras.config.backend()} sees {', '.join(devices)}"
        )
    with keras.device(f"{name}:0"):
        yield name


def _is_there(device: str) -> bool:
    # Asked by name: of all devices, Keras lists accelerators alone where there are any.
    with contextlib.suppress(RuntimeError):  # what JAX raises where there is none
        return bool(keras.distribution.list_devices(device))
    return False


@contextlib.contextmanager
def in_precision(dtype: str) -> Iterator[None]:
    """Compute in the named precision inside."""
    if dtype == "float32":
        yield
        return
    if dtype != "float64":
        raise unknown("dtype", dtype, ("float32", "float64"))
    with backend().float64(), float64.enable():
        yield
