"""Several processes on JAX: joining them, and each one's rows of a batch on its own devices."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental import multihost_utils

from keras3_lab import processes
from keras3_lab.engine.jax.devices import have_devices, virtual_devices
from keras3_lab.engine.pieces import rounded_up
from keras3_lab.errors import UsageError

START_S = 120
"""What all have to come together."""

HEARTBEAT_S = 20
"""When one that is silent counts as lost, where no connection to it broke; JAX has 100."""

_names: list[str] = []
"""The devices of all processes, once they have met."""


def process_and_count() -> tuple[int, int]:
    """Return which process this is, and how many there are, joined or not yet."""
    if jax.distributed.is_initialized():
        return jax.process_index(), jax.process_count()
    place = processes.here("jax")
    return place.number, place.count


def join(platform: str, count: int) -> list[str]:
    """Meet the other processes, once; return the names of so many devices of each.

    Args:
        platform: `"cpu"`, `"gpu"`, or `"auto"` for GPUs where there are any.
        count: How many devices of each process.

    Raises:
        UsageError: If there are fewer, or JAX has started alone.
    """
    virtual_devices(count)
    if not jax.distributed.is_initialized():
        place = processes.here("jax")
        # It would take SIGTERM for a warning, and the process would not end.
        jax.config.update("jax_enable_preemption_service", False)
        if place.addresses[0].startswith("127."):  # no proxy is in between: nothing to warn of
            jax.config.update("jax_check_proxy_envs", False)
        try:
            jax.distributed.initialize(
                place.addresses[0],
                place.count,
                place.number,
                cluster_detection_method="deactivate",
                initialization_timeout=START_S,
                heartbeat_timeout_seconds=HEARTBEAT_S,
                shutdown_timeout_seconds=START_S,
            )
        except RuntimeError as error:
            raise UsageError(f"the {place.count} processes cannot meet: {error}") from error
    have_devices(platform, count)
    if _names:
        return _names
    kind = None if platform == "auto" else platform
    by_process: dict[int, list[str]] = {}
    for device in jax.devices(kind):
        by_process.setdefault(device.process_index, []).append(f"{device.platform}:{device.id}")
    _names.extend(name for _, own in sorted(by_process.items()) for name in own[:count])
    with _without_chatter():
        _meet_by_name(_names)
    return _names


def _meet_by_name(names: list[str]) -> None:
    """Connect; tell where Gloo gave the others an address that leads nowhere.

    It gives them what this host's name stands for; Debian, for one, makes that 127.0.1.1.
    """
    try:
        _connect(names)
    except jax.errors.JaxRuntimeError as error:
        name = socket.gethostname()
        with contextlib.suppress(OSError):
            if "Gloo" in str(error) and socket.gethostbyname(name).startswith("127."):
                raise UsageError(
                    f"the name of each host must stand for the address that the others reach it "
                    f"by, in /etc/hosts for instance; here {name} is {socket.gethostbyname(name)}"
                ) from error
        raise


def _connect(names: list[str]) -> None:
    """Have processes and devices talk once, as they will: here the first ones tell of it."""
    # What draws without a seed must draw the same everywhere: so `keras.distribution.initialize`.
    seed = multihost_utils.broadcast_one_to_all(np.random.default_rng().integers(2**31))
    keras.utils.set_random_seed(int(seed))
    mesh = keras.distribution.DeviceMesh((len(names),), ["batch"], names).backend_mesh
    sharding = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("batch"))
    ones = jax.make_array_from_callback((len(names),), sharding, lambda index: np.ones(1))
    whole = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())
    jax.block_until_ready(jax.jit(jax.numpy.sum, out_shardings=whole)(ones))


@contextlib.contextmanager
def _without_chatter() -> Iterator[None]:
    """Drop what Gloo prints on standard output about each connection: a record may be there."""
    sys.stdout.flush()
    stdout = os.dup(1)
    with open(os.devnull, "w") as nothing:  # noqa: PTH123
        os.dup2(nothing.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(stdout, 1)
            os.close(stdout)


def is_lost(error: BaseException) -> bool:
    """Whether an error says that another process is not there any more."""
    words = ("Gloo", "NCCL", "coordination", "heartbeat", "Connection", "peer")
    return isinstance(error, jax.errors.JaxRuntimeError) and any(w in str(error) for w in words)


def meet() -> None:
    """Wait for all others."""
    multihost_utils.sync_global_devices("keras3_lab")


class Share:
    """This process's rows of each batch; see `keras3_lab.engine.pieces.Share`."""

    def __init__(self, distribution: keras.distribution.DataParallel) -> None:
        self._distribution = distribution

    def rows(self, size: int) -> np.ndarray:
        """Return the rows of a batch of so many; behind the last one, that one again."""
        sharding, padded = self._sharding((size,)), self._padded(size)
        parts = sharding.addressable_devices_indices_map((padded,)).values()
        own = np.concatenate([np.arange(padded)[part] for part in parts if part is not None])
        return np.minimum(np.sort(own), size - 1)

    def to_device(self, arrays: Any, size: int) -> Any:
        """Make arrays of all processes' rows, of shape `(steps, rows, ...)`."""

        def place(array: Any) -> Any:
            if array is None:
                return None
            steps, _, *shape = array.shape
            sharding = self._sharding((steps, size, *shape), axis=1)
            whole = (steps, self._padded(size), *shape)
            return jax.make_array_from_process_local_data(sharding, array, whole)

        return keras.tree.map_structure(place, arrays)

    def _padded(self, size: int) -> int:
        """Return the number of rows, such that each device has as many."""
        count = int(self._distribution.device_mesh.devices.size)
        return rounded_up(size, count)

    def _sharding(self, shape: tuple[int, ...], axis: int = 0) -> Any:
        layout = self._distribution.get_data_layout(shape[axis:])
        mesh, spec = layout.device_mesh.backend_mesh, layout.backend_layout.spec
        before = (None,) * axis
        return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec(*before, *spec))


def share_of(model: keras.Model) -> Share | None:
    """Return this process's share of each batch; `None` where it trains alone.

    Raises:
        UsageError: If variables are cut.
    """
    distribution = keras.distribution.distribution()
    if distribution is None or not distribution.device_mesh.backend_mesh.is_multi_process:
        return None
    if not isinstance(distribution, keras.distribution.DataParallel):
        raise UsageError(
            "several processes share batches by keras.distribution.DataParallel; received: "
            f"{type(distribution).__name__}"
        )
    return Share(distribution)
