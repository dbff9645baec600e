"""Several processes that train one model together: who is who.

Each knows the others by the variables of its backend's own runtime: `KERAS_DISTRIBUTION_*`, those
of `keras.distribution.initialize`, for JAX; `TF_CONFIG` for TensorFlow. `started.begin` sets them
for processes on the loopback interface; on several hosts whoever starts them does.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass

from keras3_lab.errors import UsageError


@dataclass(frozen=True)
class Place:
    """A process among those that train together.

    Args:
        number: Which it is, from 0. The first one writes the run's folder.
        count: How many there are.
        addresses: Where each is reached, `host:port`; on JAX the first one's is enough.
    """

    number: int = 0
    count: int = 1
    addresses: tuple[str, ...] = ()


def here(backend: str) -> Place:
    """Return the place that the environment gives this process; alone if it gives none.

    Args:
        backend: `"jax"` or `"tensorflow"`.

    Raises:
        UsageError: If the variables say nothing that can be.

    Example:
    ```python
    from keras3_lab import processes

    assert processes.here("jax").count == 1
    ```
    """
    place = _of_jax() if backend == "jax" else _of_tensorflow()
    if not 0 <= place.number < place.count:
        raise UsageError(
            f"a process must have a number from 0 to {place.count - 1}; received: {place.number}"
        )
    return place


def _of_jax() -> Place:
    prefix = "KERAS_DISTRIBUTION_"
    count = _whole_number(f"{prefix}NUM_PROCESSES", 1)
    if count == 1:
        return Place()
    addresses = tuple(filter(None, os.environ.get(f"{prefix}JOB_ADDRESSES", "").split(",")))
    if not addresses:
        raise UsageError(f"{prefix}JOB_ADDRESSES must name the first process; received: none")
    return Place(_whole_number(f"{prefix}PROCESS_ID"), count, addresses)


def _whole_number(name: str, default: int | None = None) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or (default == 1 and int(text) < 1):
        raise UsageError(f"{name} must be a whole number; received: {os.environ.get(name)!r}")
    return int(text)


def _of_tensorflow() -> Place:
    text = os.environ.get("TF_CONFIG", "") or "{}"
    try:
        config = json.loads(text)
        cluster = config.get("cluster", {})
        addresses = tuple(cluster.get("chief", [])) + tuple(cluster.get("worker", []))
        if len(addresses) < 2:
            return Place()
        kind, index = config["task"]["type"], int(config["task"]["index"])
        if kind not in ("chief", "worker"):
            raise UsageError(f"TF_CONFIG must be of a chief or a worker; received: {kind!r}")
        before = len(cluster.get("chief", [])) if kind == "worker" else 0
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        raise UsageError(
            f"TF_CONFIG must name cluster and task, as JSON; received: {text}"
        ) from None
    return Place(before + index, len(addresses), addresses)


def variables(backend: str, place: Place) -> dict[str, str]:
    """Return the environment variables that give a process its place.

    Args:
        backend: `"jax"` or `"tensorflow"`.
        place: The place.

    Example:
    ```python
    from keras3_lab import processes

    place = processes.Place(1, 2, ("10.0.0.1:1234", "10.0.0.2:1234"))
    print(processes.variables("tensorflow", place)["TF_CONFIG"])
    ```
    """
    if backend == "jax":
        return {
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": ",".join(place.addresses),
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(place.count),
            "KERAS_DISTRIBUTION_PROCESS_ID": str(place.number),
        }
    task = {"type": "worker", "index": place.number}
    return {"TF_CONFIG": json.dumps({"cluster": {"worker": place.addresses}, "task": task})}
