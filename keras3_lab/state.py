"""All that a training depends on, as plain data."""

from __future__ import annotations

import copy
import random
import warnings
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError

NOT_STATE = {
    # Of every callback.
    "_model", "_params", "model", "params", "validation_data",
    # What a `MonitorCallback` derives from its settings when it first looks at the metrics.
    "monitor_op", "min_delta",
}  # fmt: skip

OWN = "get_state()"


def of_model(model: keras.Model) -> dict[str, Any]:
    """Return weights, the state of random layers and that of optimizers, as arrays.

    Metrics are left out: they start afresh with the epoch; see `of_metrics`.

    Args:
        model: A model that has trained.
    """
    return {
        "model": [_value(variable) for variable in model.variables],
        "optimizers": [
            [_value(variable) for variable in optimizer.variables]
            for optimizer in _optimizers(model)
        ],
    }


def to_model(model: keras.Model, saved: dict[str, Any]) -> None:
    """Restore them.

    Args:
        model: A model like the one that was saved, built.
        saved: What `of_model` returned, on whatever backend.

    Raises:
        UsageError: If the model has other variables.
    """
    optimizers = _optimizers(model)
    for optimizer in optimizers:
        if not optimizer.built and optimizer is model.optimizer:
            optimizer.build(model.trainable_variables)
    groups = [model.variables, *(optimizer.variables for optimizer in optimizers)]
    values = [saved["model"], *saved["optimizers"]]
    ours, theirs = (
        [[tuple(each.shape) for each in group] for group in part] for part in (groups, values)
    )
    if ours != theirs:
        raise UsageError("the checkpoint is of another model: it has other variables")
    for group, arrays in zip(groups, values, strict=True):
        for variable, array in zip(group, arrays, strict=True):
            # A seed's state is uint32 on one backend, int64 on another.
            variable.assign(array.astype(_value(variable).dtype))


def of_metrics(model: keras.Model) -> list[np.ndarray]:
    """Return what the metrics of a model have counted so far, as arrays."""
    return [_value(variable) for variable in model.metrics_variables]


def to_metrics(model: keras.Model, saved: list[np.ndarray]) -> None:
    """Restore them.

    Raises:
        UsageError: If the model has other metrics.
    """
    variables = model.metrics_variables
    if [tuple(each.shape) for each in variables] != [each.shape for each in saved]:
        raise UsageError("the checkpoint is of another model: it has other metrics")
    for variable, array in zip(variables, saved, strict=True):
        variable.assign(array)


def of_callback(callback: keras.callbacks.Callback) -> dict[str, Any]:
    """Return copies of what a callback keeps in its attributes, those that are plain data.

    A callback that keeps anything else has methods `get_state`, which returns plain data, and
    `set_state`, which takes it.
    """
    return {
        name: copy.deepcopy(value) if _is_plain(value) else value
        for name, value in _kept(callback).items()
    }


def changes(callback: keras.callbacks.Callback, before: dict[str, Any]) -> dict[str, Any]:
    """Return what of a callback's state has changed: the rest are its settings.

    Args:
        callback: The callback.
        before: What `of_callback` returned before training.
    """
    found = {}
    for name, value in _kept(callback).items():
        if name in before and _same(value, before[name]):
            continue
        if _is_plain(value):
            found[name] = value
        else:
            warnings.warn(
                f"{type(callback).__name__} keeps something in {name!r} that no checkpoint holds: "
                "resumed, it starts afresh; methods get_state and set_state would mend that",
                stacklevel=2,
            )
    return found


def to_callback(callback: keras.callbacks.Callback, saved: dict[str, Any]) -> None:
    """Restore what `changes` returned."""
    for name, value in saved.items():
        if name == OWN:
            callback.set_state(value)
        else:
            setattr(callback, name, value)


def of_generators() -> dict[str, Any]:
    """Return the state of Python's and NumPy's global generators, from which data may be drawn."""
    return {"python": random.getstate(), "numpy": np.random.get_state()}


def to_generators(saved: dict[str, Any]) -> None:
    """Restore them."""
    random.setstate(saved["python"])
    np.random.set_state(saved["numpy"])


def _optimizers(model: keras.Model) -> Sequence[keras.optimizers.Optimizer]:
    """Return the optimizers of a model, those that it has beside the one of `compile` included."""
    found = [model.optimizer, *vars(model).values()]
    unique = {id(one): one for one in found if isinstance(one, keras.optimizers.Optimizer)}
    return list(unique.values())


def _value(variable: keras.Variable) -> np.ndarray:
    return np.array(variable.numpy())


def _is_plain(value: Any) -> bool:
    if value is None or type(value) in (bool, int, float, str):
        return True
    if isinstance(value, np.ndarray | np.generic):
        return not value.dtype.hasobject
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    return type(value) is dict and all(map(_is_plain, [*value, *value.values()]))


def _kept(callback: keras.callbacks.Callback) -> dict[str, Any]:
    if hasattr(callback, "get_state"):
        return {OWN: callback.get_state()}
    return {name: value for name, value in vars(callback).items() if name not in NOT_STATE}


def _same(one: Any, other: Any) -> bool:
    if one is other and not isinstance(one, np.ndarray | list | dict):
        return True
    if type(one) is not type(other):
        return False
    if isinstance(one, np.ndarray | np.generic):
        alike = one.dtype == other.dtype and one.shape == other.shape
        return alike and one.tobytes() == other.tobytes()
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    return repr(one) == repr(other)  # NaN is the same as NaN, and 0.0 is not -0.0
