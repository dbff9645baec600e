"""Several processes on TensorFlow: joining them, and which rows of a batch are whose."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras3_lab import processes, signals
from keras3_lab.errors import UsageError
from keras3_lab.private.models import strategy_of

_strategy: Any = None
"""The one of all processes, which can be made once, before TensorFlow starts."""


def process_and_count() -> tuple[int, int]:
    """Return which process this is, and how many there are, joined or not yet."""
    if _strategy is not None:
        return process_of(_strategy)
    if tf.distribute.has_strategy():
        return process_of(tf.distribute.get_strategy())
    place = processes.here("tensorflow")
    return place.number, place.count


def process_of(strategy: Any) -> tuple[int, int]:
    """Return which process this is among those of a strategy, and how many there are."""
    resolver = strategy.cluster_resolver
    if not isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy) or resolver is None:
        return 0, 1
    cluster = resolver.cluster_spec().as_dict()
    chiefs, workers = (len(cluster.get(kind, [])) for kind in ("chief", "worker"))
    before = chiefs if resolver.task_type == "worker" else 0
    return before + int(resolver.task_id or 0), max(1, chiefs + workers)


def join(platform: str, count: int) -> list[str]:
    """Meet the other processes, once; return the names of the devices of all.

    Args:
        platform: `"cpu"`, `"gpu"`, or `"auto"` for GPUs where there are any.
        count: How many devices of each process.

    Raises:
        UsageError: If there are others, or TensorFlow has started alone.
    """
    global _strategy
    if _strategy is None:
        try:
            if platform == "cpu":
                tf.config.set_visible_devices([], "GPU")
            _strategy = tf.distribute.MultiWorkerMirroredStrategy()
        except RuntimeError as error:
            raise UsageError(f"the processes cannot meet: {error}") from error
        signals.take_back()  # SIGTERM is a mere warning to what looks out for preemption
    _, others = process_of(_strategy)
    there = _strategy.num_replicas_in_sync // others
    kind = "gpu" if tf.config.list_logical_devices("GPU") else "cpu"
    if there != count or platform not in ("auto", kind):
        raise UsageError(
            f"devices must be all that a process has, {there} of kind {kind} on tensorflow where "
            f"there are {others} processes; received: {count} of kind {platform}"
        )
    return [f"{kind}:{number}" for number in range(count * others)]


def joined_strategy() -> Any:
    """Return the strategy of all processes; `None` before they have met."""
    return _strategy


def is_lost(error: BaseException) -> bool:
    """Whether an error says that another process is not there any more."""
    words = ("Collective ops is aborted", "coordination", "heartbeat", "Connection", "peer")
    return isinstance(error, tf.errors.OpError) and any(word in str(error) for word in words)


def meet() -> None:
    """Wait for all others."""
    strategy = _strategy

    def one() -> Any:
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.SUM, tf.ones(()))

    strategy.run(tf.function(one, autograph=False))


def bounds(size: int, count: int) -> list[tuple[int, int]]:
    """Return where the rows of each replica begin and end."""
    if size < count:  # all of them in each: there are operations that do not take no rows
        return [(0, size)] * count
    stops = np.cumsum([size // count + (i < size % count) for i in range(count)]).tolist()
    return [*zip([0, *stops[:-1]], stops, strict=True)]


def bounds_here(size: int, strategy: Any) -> list[tuple[int, int]]:
    """Return where the rows of each replica of this process begin and end."""
    number, others = process_of(strategy)
    local = strategy.num_replicas_in_sync // others
    return bounds(size, strategy.num_replicas_in_sync)[number * local : (number + 1) * local]


class Share:
    """This process's rows of each batch; see `keras3_lab.engine.pieces.Share`."""

    def __init__(self, strategy: Any) -> None:
        self._strategy = strategy

    def rows(self, size: int) -> np.ndarray:
        """Return the rows of a batch of so many."""
        here = bounds_here(size, self._strategy)
        return np.arange(here[0][0], here[-1][1])

    def to_device(self, arrays: Any, size: int) -> Any:
        """Copy arrays of shape `(steps, rows, ...)` to the device."""
        return keras.tree.map_structure(
            lambda array: None if array is None else tf.convert_to_tensor(array), arrays
        )


def share_of(model: keras.Model) -> Share | None:
    """Return this process's share of each batch; `None` where it trains alone."""
    strategy = strategy_of(model)
    return Share(strategy) if strategy is not None and process_of(strategy)[1] > 1 else None
