"""Where the engine is meant to differ from stock Keras, said once when it is met."""

from __future__ import annotations

import warnings

import keras

from keras3_lab.private.parts import release

SCHEDULE_FREE = (
    "keras3_lab trains with ScheduleFreeAdamW as on JAX: Keras on TensorFlow loses the initial "
    "values of its momentum, unless the optimizer is built before `fit`"
)
LOSSES = (
    "keras3_lab averages the losses of single outputs over rows: Keras on TensorFlow averages them "
    "over batches, as if a partial one were full"
)
LOSSES_MENDED = (3, 16)
"""The Keras that averages them over rows, too."""

_said: set[str] = set()


def say_differences(model: keras.Model) -> None:
    """Warn of each wanted difference that training a model meets, once in a process.

    Args:
        model: A compiled model.
    """
    for difference in _met(model):
        if difference not in _said:
            _said.add(difference)
            warnings.warn(difference, stacklevel=3)


def _met(model: keras.Model) -> list[str]:
    if keras.config.backend() != "tensorflow":
        return []
    found = []
    optimizer = getattr(model, "optimizer", None)
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if isinstance(optimizer, keras.optimizers.ScheduleFreeAdamW) and not optimizer.built:
        found.append(SCHEDULE_FREE)
    several = isinstance(model.loss, dict | list | tuple) and len(model.loss) > 1
    if several and release() < LOSSES_MENDED:
        found.append(LOSSES)
    return found
