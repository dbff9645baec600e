"""A look at the data before the first step: what a backend would pass over in silence.

XLA has no errors within a program: of a label that is no class it makes NaN, or a loss of 0. One
pass over the arrays finds that, and what else makes numbers go wrong.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any, NamedTuple

import keras
import numpy as np

from keras3_lab.errors import DataWarning, UsageError
from keras3_lab.portable.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy
from keras3_lab.private.layers import flatten_layers

CHECKS = ("warn", "error", "off")
ALL_THE_SAME = "check='off' trains all the same"
SPARSE = (keras.losses.SparseCategoricalCrossentropy, SparseCategoricalCrossentropy)
DENSE = (keras.losses.CategoricalCrossentropy, CategoricalCrossentropy)
ROWS_PER_CLASS = 10
"""With fewer a class may be missing by chance."""


class Fault(NamedTuple):
    """Something in the data.

    Args:
        text: What and where, in one line.
        severity: 2 where no training on it is sound; 1 where it may be meant; 0 where it is
            unusual, and no more.
    """

    text: str
    severity: int


class DataChecks:
    """Looks at the arrays that `fit` was given.

    Args:
        mode: `"warn"`: raise where no training is sound, and warn of the rest; `"error"`: raise
            of all that is more than unusual; `"off"`: do not look.
    """

    def __init__(self, mode: str) -> None:
        if mode not in CHECKS:
            raise UsageError(f"check must be one of {', '.join(CHECKS)}; received: {mode!r}")
        self._mode = mode
        self._parts: dict[str, Any] = {}

    def take(self, name: str, arrays: Any) -> None:
        """Note arrays to look at: `""` those to train on, `"validation "` those to validate on."""
        if self._mode != "off":
            self._parts[name] = arrays

    def look_at_chunk(self, model: keras.Model, name: str, arrays: Any) -> None:
        """Look at the labels that an iterator has given, of a model that is built by now.

        Raises:
            UsageError: If one of them is no class.
        """
        if self._mode == "off":
            return
        for fault in _of_labels(
            model, *keras.utils.unpack_x_y_sample_weight(arrays), missing=False
        ):
            if fault.severity == 2:
                raise UsageError(f"in a chunk of {name}batches, {fault.text}; {ALL_THE_SAME}")

    def run(self, model: keras.Model) -> None:
        """Look at the arrays; the model is built by now, and knows its outputs.

        Raises:
            UsageError: If there is something in them that is not to be trained on.
        """
        faults = [
            Fault(f"{name}{fault.text}", fault.severity)
            for name, arrays in self._parts.items()
            for fault in _faults(
                model, *keras.utils.unpack_x_y_sample_weight(arrays), trained=not name
            )
        ]
        if self._parts:
            faults += _of_normalizations(model)
        self._parts.clear()
        for fault in sorted(faults, key=lambda one: -one.severity):
            if fault.severity >= (1 if self._mode == "error" else 2):
                raise UsageError(f"{fault.text}; {ALL_THE_SAME}")
            warnings.warn(fault.text, DataWarning, stacklevel=4)


def label_fault(loss: Any, labels: np.ndarray, classes: int, ignored: Any = None) -> Fault | None:
    """Tell what is wrong with class numbers.

    Args:
        loss: The loss, as in `compile`: others than of class numbers have nothing wrong.
        labels: The labels, of shape `(rows, ...)`.
        classes: Number of classes.
        ignored: Boolean array of labels that have no weight, which broadcasts to them.
    """
    loss = _loss(loss)
    if not _is_sparse(loss) or labels.dtype.kind not in "biuf" or not labels.size:
        return None
    low, high = labels.min(), labels.max()
    whole = labels.dtype.kind in "biu" or bool((labels == np.floor(labels)).all())
    if low >= 0 and high < classes and whole:
        return None
    wrong = ~((labels >= 0) & (labels < classes))  # in this form NaN is wrong, too
    settings = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
    if (ignore := settings.get("ignore_class")) is not None:
        wrong &= labels != ignore
    if ignored is not None:
        wrong &= ~ignored
    single = labels.size == len(labels)
    if wrong.any():
        # JAX takes their loss for 0, which is right where a mask leaves them out.
        sound = not single and keras.config.backend() == "jax"
        text = f"is no class: the {classes} outputs of the model are classes 0 to {classes - 1}"
        return Fault(_first(labels, wrong, text), 1 if sound else 2)
    if whole:
        return None
    parts = (labels != np.floor(labels)) & (True if ignored is None else ~ignored)
    return Fault(_first(labels, parts, "is no whole number"), 1) if parts.any() else None


def _faults(
    model: keras.Model, x: Any, y: Any = None, sample_weight: Any = None, *, trained: bool
) -> Iterator[Fault]:
    for name, array in _arrays(("x", x), ("y", y), ("sample_weight", sample_weight)):
        if not len(array):
            yield Fault(f"{name} must have one row or more; received: none", 1)
            return
        if text := _not_finite(array):
            yield Fault(f"{name}: {text}", 1)
    yield from _of_labels(model, x, y, sample_weight, missing=trained)


def _of_labels(
    model: keras.Model, x: Any, y: Any = None, sample_weight: Any = None, *, missing: bool
) -> Iterator[Fault]:
    outputs = _outputs(model, x, y)
    for (name, labels), loss, classes in outputs:
        weights = sample_weight if len(outputs) == 1 else None
        ignored = _without_weight(weights, labels)
        if fault := label_fault(loss, labels, classes, ignored):
            yield Fault(f"{name}: {fault.text}", fault.severity)
        elif missing and (found := _missing(_loss(loss), labels, classes)):
            yield Fault(f"{name}: no row of class {', '.join(map(str, found))}", 0)


def _arrays(*parts: tuple[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays in structures, each with a name for people."""
    for name, structure in parts:
        if isinstance(structure, np.ndarray):
            yield name, structure
            continue
        for path, array in keras.tree.flatten_with_path(structure):
            if isinstance(array, np.ndarray):
                yield name + "".join(f"[{key!r}]" for key in path), array


def _not_finite(array: np.ndarray) -> str | None:
    if array.dtype.kind != "f" or isinstance(array, np.memmap) or not array.size:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(array.sum()):  # one pass, and no memory: NaN and infinity stay in a sum
            return None
    wrong = ~np.isfinite(array)
    return _first(array, wrong, "is not finite") if wrong.any() else None


def _outputs(model: keras.Model, x: Any, y: Any) -> list[tuple[tuple[str, np.ndarray], Any, int]]:
    """Return the labels, loss and number of classes of each output that has one."""
    labels, losses = [*_arrays(("y", y))], model.loss
    if isinstance(losses, dict) and isinstance(y, dict) and losses.keys() == y.keys():
        names = list(getattr(model, "output_names", losses))
        if set(names) != losses.keys():
            return []
        losses = [losses[name] for name in names]
        labels = [(f"y[{name!r}]", y[name]) for name in names if isinstance(y[name], np.ndarray)]
    elif isinstance(losses, dict) or isinstance(y, dict):
        return []
    losses = losses if isinstance(losses, list | tuple) else [losses] * len(labels)
    if not any(_is_cross_entropy(_loss(loss)) for loss in losses):
        return []
    classes = _classes(model, x)
    if not len(labels) == len(losses) == len(classes):
        return []
    return [
        (each, loss, count)
        for each, loss, count in zip(labels, losses, classes, strict=True)
        if count
    ]


def _classes(model: keras.Model, x: Any) -> list[int | None]:
    """Return the length of each output's last axis, where it is known."""
    outputs = getattr(model, "outputs", None)
    if outputs is None and model.built:
        try:  # a subclassed model says it when it is called
            outputs = model.compute_output_spec(
                keras.tree.map_structure(
                    lambda array: keras.KerasTensor((None, *array.shape[1:]), array.dtype.name), x
                )
            )
        except Exception:  # whatever a model of one's own may raise: then it is not known
            return []
    return [
        tensor.shape[-1] if len(tensor.shape) > 1 else None
        for tensor in keras.tree.flatten([] if outputs is None else outputs)
    ]


def _loss(loss: Any) -> Any:
    return keras.losses.get(loss) if isinstance(loss, str) else loss


def _is_sparse(loss: Any) -> bool:
    is_function = loss is keras.losses.sparse_categorical_crossentropy
    return is_function or (isinstance(loss, SPARSE) and getattr(loss, "axis", -1) == -1)


def _is_cross_entropy(loss: Any) -> bool:
    is_function = loss is keras.losses.categorical_crossentropy
    return _is_sparse(loss) or is_function or isinstance(loss, DENSE)


def _without_weight(weights: Any, labels: np.ndarray) -> np.ndarray | None:
    """Return which labels count for nothing, on JAX: TensorFlow refuses wrong ones even so."""
    if keras.config.backend() != "jax" or not isinstance(weights, np.ndarray):
        return None
    if weights.ndim > labels.ndim or weights.all():
        return None
    ignored: np.ndarray = weights.reshape(weights.shape + (1,) * (labels.ndim - weights.ndim)) == 0
    return ignored


def _missing(loss: Any, labels: np.ndarray, classes: int) -> list[int]:
    """Return the classes, up to ten, that no row has, where there are rows enough for each."""
    rows = len(labels)
    if rows < ROWS_PER_CLASS * classes or classes < 2:
        return []
    if _is_sparse(loss):
        if labels.size != rows or labels.dtype.kind not in "iuf":
            return []
        counts = np.bincount(
            labels.reshape(-1).clip(0, classes - 1).astype(np.intp), minlength=classes
        )
    else:
        if labels.shape != (rows, classes) or labels.dtype.kind not in "biuf":
            return []
        counts = np.count_nonzero(labels, axis=0)
    return [int(each) for each in np.flatnonzero(counts == 0)[:10]]


def _of_normalizations(model: keras.Model) -> Iterator[Fault]:
    for layer in flatten_layers(model):
        if type(layer) is not keras.layers.Normalization or not layer.built:
            continue
        variance = np.asarray(keras.ops.convert_to_numpy(layer.variance)).reshape(-1)
        for columns, what in (
            (
                np.flatnonzero(variance == 0),
                "constant: the least change in it becomes a huge one",
            ),
            (np.flatnonzero(~np.isfinite(variance)), "not finite"),
        ):
            if columns.size:
                named = ", ".join(map(str, columns[:10]))
                text = f"layer {layer.name!r} was adapted to data of which column {named} is {what}"
                yield Fault(text, 1)


def _first(array: np.ndarray, wrong: np.ndarray, what: str) -> str:
    """Name the first of some entries, and say how many there are."""
    at = np.unravel_index(int(wrong.argmax()), wrong.shape)
    row, *rest = (int(index) for index in at)
    where = f"row {row}" + (f", column {', '.join(map(str, rest))}" if rest else "")
    rows = np.count_nonzero(wrong.reshape(len(wrong), -1).any(axis=1))
    more = "" if rows == 1 else f" ({rows:,} such rows)"
    return f"{array[at]} in {where} {what}{more}"
