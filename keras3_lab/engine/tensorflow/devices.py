"""Several devices on TensorFlow: a mirrored strategy over them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

import keras
import tensorflow as tf

from keras3_lab.engine.tensorflow.processes import joined_strategy
from keras3_lab.engine.tensorflow.replicas import replica_count
from keras3_lab.errors import too_few_devices
from keras3_lab.private.models import strategy_of


def have_devices(platform: str, count: int) -> list[str]:
    """Return the names of so many devices, virtual ones on the CPU.

    Args:
        platform: `"cpu"`, `"gpu"`, or `"auto"` for GPUs where there are any.
        count: How many.

    Raises:
        UsageError: If there are fewer.
    """
    if platform == "auto":
        platform = "gpu" if tf.config.list_physical_devices("GPU") else "cpu"
    if platform == "cpu":
        (processor,) = tf.config.list_physical_devices("CPU")
        if len(tf.config.get_logical_device_configuration(processor) or ()) < count:
            with suppress(RuntimeError):  # TensorFlow has started: there are as many as there are
                tf.config.set_logical_device_configuration(
                    processor, [tf.config.LogicalDeviceConfiguration()] * count
                )
    there = len(tf.config.list_logical_devices(platform.upper()))
    if there < count:
        raise too_few_devices("tensorflow", platform, there, count)
    return [f"{platform}:{number}" for number in range(count)]


def over(devices: Sequence[str]) -> AbstractContextManager[Any]:
    """Have models made and trained inside be spread over these devices, batch by batch."""
    if joined_strategy() is not None:
        shared: AbstractContextManager[Any] = joined_strategy().scope()
        return shared
    # TensorFlow's own choice is collective operations: right for GPUs, but of virtual devices two
    # strategies of different sizes in one process end in an error.
    on_cpu = devices[0].startswith("cpu")
    reduce = tf.distribute.ReductionToOneDevice() if on_cpu else None
    strategy = tf.distribute.MirroredStrategy(list(devices), cross_device_ops=reduce)
    scope: AbstractContextManager[Any] = strategy.scope()
    return scope


def devices_of(model: keras.Model) -> int:
    """Return how many devices a model is spread over."""
    return replica_count(strategy_of(model))
