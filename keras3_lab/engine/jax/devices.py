"""Several devices on JAX: the distribution that Keras knows, as shardings of a program's arrays.

A program over sharded arrays means what it means over whole ones, whatever the devices: the mean of
a batch is the mean of all its rows. So nothing is said of layers, losses and metrics here, and the
number of rows need not be a multiple of that of the devices.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

import jax
import keras
import numpy as np

from keras3_lab.errors import too_few_devices

_FLAG = "xla_force_host_platform_device_count"


def device_count() -> int:
    """Return how many devices a program is spread over; 1 where Keras knows no distribution."""
    distribution = keras.distribution.distribution()
    return 1 if distribution is None else int(distribution.device_mesh.devices.size)


def everywhere() -> Any:
    """Return the sharding of an array that each device has whole; `None` of one device."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return None
    mesh = distribution.device_mesh.backend_mesh
    return jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec())


def whole(arrays: Any) -> Any:
    """Put arrays, which may be on the host, where each device has all of them."""
    sharding = everywhere()
    if sharding is None:
        return arrays
    if sharding.is_fully_addressable:
        return jax.device_put(arrays, sharding)

    def place(array: Any) -> Any:
        if isinstance(array, jax.Array) and not array.is_fully_addressable:
            return array
        # `device_put` would send it around, to see that all processes have the same.
        host = np.asarray(array)
        return jax.make_array_from_callback(host.shape, sharding, lambda index: host[index])

    return jax.tree.map(place, arrays)


def over_processes() -> bool:
    """Whether each process has some of the devices, and its rows of a batch alone."""
    sharding = everywhere()
    return sharding is not None and not sharding.is_fully_addressable


def spread(batch: Any) -> Any:
    """Give each device its rows of a batch, within a program that is being traced."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return batch
    return jax.tree.map(
        lambda array: jax.lax.with_sharding_constraint(
            array, distribution.get_data_layout(array.shape).backend_layout
        ),
        batch,
    )


def laid_out(groups: tuple[list[keras.Variable], ...], state: Any) -> Any:
    """Put values of variables where the distribution wants them, if they are not there."""
    distribution = keras.distribution.distribution()
    if distribution is None:
        return state
    # A variable that was made before the distribution was set is on one device.
    return tuple(
        [
            jax.device_put(value, distribution.get_variable_layout(variable).backend_layout)
            for variable, value in zip(variables, values, strict=True)
        ]
        for variables, values in zip(groups, state, strict=True)
    )


def results(state: Any) -> dict[str, Any]:
    """Return the arguments of `jax.jit` that lay out `(state, outputs)` as `state` came."""
    whole = everywhere()
    if whole is None:
        return {}
    return {"out_shardings": (jax.tree.map(lambda value: value.sharding, state), whole)}


def virtual_devices(count: int) -> None:
    """Have JAX make so many devices of the CPU, where it has not started."""
    if _FLAG not in os.environ.get("XLA_FLAGS", "") and jax.config.jax_num_cpu_devices < count:
        with suppress(RuntimeError):  # JAX has started: there are as many as there are
            jax.config.update("jax_num_cpu_devices", count)


def have_devices(platform: str, count: int) -> list[str]:
    """Return the names of so many devices, virtual ones on the CPU.

    Args:
        platform: `"cpu"`, `"gpu"`, or `"auto"` for GPUs where there are any.
        count: How many.

    Raises:
        UsageError: If there are fewer.
    """
    virtual_devices(count)
    names: list[str] = []
    with suppress(RuntimeError):  # what JAX raises where there is none
        devices = jax.local_devices(backend=None if platform == "auto" else platform)
        names = [f"{device.platform}:{device.id}" for device in devices]
    if len(names) < count:
        kind = names[0].partition(":")[0] if names else platform
        raise too_few_devices("jax", kind, len(names), count)
    return names[:count]


def over(devices: Sequence[str]) -> AbstractContextManager[None]:
    """Have models made and trained inside be spread over these devices, batch by batch."""
    # Keras's own name for the batch's axis; what it would do to a data set is ours to do.
    scope: AbstractContextManager[None] = keras.distribution.DataParallel(
        devices=list(devices), auto_shard_dataset=False
    ).scope()
    return scope
