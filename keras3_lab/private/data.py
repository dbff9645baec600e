"""How Keras looks at what a user passes to `fit`: its checks, its messages, its iterators."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from types import GeneratorType
from typing import Any, Literal, Protocol

import keras
import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.private.parts import attribute, part, release

ENGINE = "keras3_lab.engine"

_ADAPTERS = "keras.src.trainers.data_adapters"
_ArrayDataAdapter = part(f"{_ADAPTERS}.array_data_adapter:ArrayDataAdapter", ENGINE)
_can_convert_arrays = part(f"{_ADAPTERS}.array_data_adapter:can_convert_arrays", ENGINE)
_convert_to_sliceable = part(f"{_ADAPTERS}.array_slicing:convert_to_sliceable", ENGINE)
_train_validation_split = part(f"{_ADAPTERS}.array_slicing:train_validation_split", ENGINE)
_OwnIterators = (
    part(f"{_ADAPTERS}.tf_dataset_adapter:TFDatasetAdapter", ENGINE),
    part(f"{_ADAPTERS}.grain_dataset_adapter:GrainDatasetAdapter", ENGINE),
)
_DataAdapter = part(f"{_ADAPTERS}.data_adapter:DataAdapter", ENGINE)
_adapters = part("keras.src.trainers:data_adapters", ENGINE)
_get_data_adapter = part(f"{_ADAPTERS}:get_data_adapter", ENGINE)
_utils = part(f"{_ADAPTERS}:data_adapter_utils", ENGINE)


class Adapter(Protocol):
    """Keras's `DataAdapter`: passes over whatever Keras takes besides arrays."""

    num_batches: int | None
    """Batches of a pass, where they are known."""

    def get_numpy_iterator(self) -> Any:
        """Return the batches of a pass; what NumPy has no array for stays as it is."""

    def on_epoch_begin(self) -> None:
        """Call the hook of a `PyDataset`, and start its workers."""

    def on_epoch_end(self) -> None:
        """Call the hook of a `PyDataset`, and stop its workers."""


def is_of_arrays(structure: Any) -> bool:
    """Tell whether Keras takes a structure for arrays, rather than for an iterator.

    Unnecessary once Keras exports `can_convert_arrays`.
    """
    return bool(_can_convert_arrays(structure))


def checked_arrays(
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    class_weight: dict[int, float] | None,
    batch_size: int | None,
    steps: int | None,
) -> tuple[Any, int]:
    """Check arrays as `fit` does; return them as one structure, and the size of a batch.

    Class weights have become weights of the rows.

    Unnecessary once Keras exports `ArrayDataAdapter`.

    Args:
        x: As in `fit`.
        y: As in `fit`.
        sample_weight: As in `fit`.
        class_weight: As in `fit`.
        batch_size: As in `fit`.
        steps: As `steps_per_epoch` in `fit`.
    """
    try:
        adapter = _ArrayDataAdapter(
            x, y, sample_weight, class_weight=class_weight, batch_size=batch_size, steps=steps
        )
    except ZeroDivisionError:
        raise UsageError("x must have one row or more; received: none") from None
    return attribute(adapter, "_inputs", ENGINE), attribute(adapter, "_batch_size", ENGINE)


def train_validation_split(arrays: Any, validation_split: float) -> tuple[Any, Any]:
    """Cut the last part off arrays, to validate on, as `fit` does.

    Unnecessary once Keras exports a function of that name.

    Args:
        arrays: Structure of arrays.
        validation_split: Fraction of the rows, between 0 and 1.
    """
    train, validation = _train_validation_split(arrays, validation_split=validation_split)
    return train, validation


def adapter(
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    shuffle: bool,
    class_weight: dict[int, float] | None,
) -> Adapter:
    """Return Keras's way to an iterator, a `PyDataset`, a `tf.data.Dataset` and the like.

    An iterator that is no generator is taken for one. An object that can be iterated over again and
    again, as PyTorch's `DataLoader` can be, is too: each time is a pass.

    Unnecessary once Keras exports `get_data_adapter`.

    Args:
        x: As in `fit`.
        y: As in `fit`.
        sample_weight: As in `fit`.
        shuffle: As in `fit`.
        class_weight: As in `fit`.
    """
    if isinstance(x, Iterable) and _is_unknown(x):
        x = (batch for batch in x) if isinstance(x, Iterator) else _Loader(x, class_weight)
    found: Adapter = _get_data_adapter(
        x, y, sample_weight, shuffle=shuffle, class_weight=class_weight
    )
    return found


def _is_unknown(x: Any) -> bool:
    """Whether Keras has no adapter for what can be iterated over."""
    known = (_adapters.is_tf_dataset, _adapters.is_torch_dataloader, _adapters.is_grain_dataset)
    taken = (keras.utils.PyDataset, GeneratorType, _DataAdapter, str, bytes, list, tuple, dict)
    return not isinstance(x, taken) and not any(check(x) for check in known)


class _Loader(_DataAdapter):  # type: ignore[misc, valid-type]
    """Passes over an object that can be iterated over again and again."""

    def __init__(self, loader: Iterable[Any], class_weight: dict[int, float] | None) -> None:
        if class_weight is not None:
            raise UsageError(
                "class_weight goes with arrays, a `PyDataset` or a `tf.data.Dataset`, "
                f"not with other iterables; received: {type(loader).__name__}"
            )
        self._loader = loader

    @property
    def num_batches(self) -> int | None:
        return len(self._loader) if isinstance(self._loader, Sized) else None

    def get_numpy_iterator(self) -> Any:
        return iter(self._loader)


def batches(data: Adapter) -> Iterator[Any]:
    """Start a pass over the data, and return its batches, each array as `leaf` makes it.

    Unnecessary once an adapter has an iterator that makes no sparse or ragged tensor dense.
    """
    # Their NumPy iterators would make sparse and ragged tensors dense.
    own = isinstance(data, _OwnIterators)
    passed = attribute(data, "_dataset", ENGINE) if own else data.get_numpy_iterator()
    return (keras.tree.map_structure(leaf, batch) for batch in passed)


def first_batch(data: Adapter) -> Any:
    """Return the batch from which `fit` builds a model, and call the hooks that it then calls.

    Unnecessary once the hooks of a `PyDataset` are called for epochs alone.
    """
    dataset = getattr(data, "py_dataset", None)
    if keras.config.backend() == "jax":
        if release() < (3, 16):
            data.on_epoch_begin()
    elif dataset is not None and dataset.num_batches != 0:
        batch = attribute(data, "_standardize_batch", ENGINE)(dataset[0])
        return keras.tree.map_structure(leaf, batch)
    return next(batches(data), None)


def array_kind(array: Any) -> Literal["sparse", "ragged"] | None:
    """Tell a sparse or ragged array, of SciPy, TensorFlow or JAX, from all others.

    Unnecessary once Keras exports these checks.
    """
    if _utils.is_tensorflow_ragged(array):
        return "ragged"
    checks = (_utils.is_scipy_sparse, _utils.is_tensorflow_sparse, _utils.is_jax_sparse)
    return "sparse" if any(check(array) for check in checks) else None


def leaf(array: Any) -> Any:
    """Return an array of a batch as one of NumPy; a sparse or ragged one stays what it is.

    Unnecessary once Keras exports its conversions.
    """
    if array is None or isinstance(array, np.ndarray) or array_kind(array):
        return array
    return np.asarray(array.cpu() if _utils.is_torch_tensor(array) else array)


def native(array: Any) -> Any:
    """Return a sparse array as the backend's own kind of it, and any other array as it is.

    A ragged batch becomes dense where JAX runs, as in `fit`: it has nothing else for it.

    Unnecessary once Keras exports its conversions.
    """
    kind = array_kind(array)
    if kind == "ragged" and keras.config.backend() == "jax":
        return array.to_tensor().numpy()
    if kind != "sparse":
        return array
    if keras.config.backend() == "jax":
        if _utils.is_scipy_sparse(array):
            return _utils.scipy_sparse_to_jax_sparse(array)
        return array if _utils.is_jax_sparse(array) else _utils.tf_sparse_to_jax_sparse(array)
    if _utils.is_scipy_sparse(array):
        return _utils.scipy_sparse_to_tf_sparse(array)
    return _utils.jax_sparse_to_tf_sparse(array) if _utils.is_jax_sparse(array) else array


def sliceable(array: Any) -> Any:
    """Return an array of any kind with rows that can be taken by `[]`; floats as `floatx`.

    Unnecessary once Keras exports `convert_to_sliceable`.
    """
    return None if array is None else _convert_to_sliceable(array)


def dense(array: Any) -> np.ndarray:
    """Return a tensor, a table of pandas, … as `fit` makes a NumPy array of it.

    Unnecessary once Keras exports `convert_to_sliceable`.
    """
    found = _convert_to_sliceable(array, target_backend="numpy")
    return np.asarray(found.convert_to_numpy(found.array))


def joined_by_tensorflow(tensors: list[Any]) -> Any:
    """Join tensors along their rows as `predict` does, where TensorFlow runs: ragged if need be.

    Unnecessary once Keras exports `potentially_ragged_concat`.
    """
    trainer = "keras.src.backend.tensorflow.trainer"
    found = part(f"{trainer}:potentially_ragged_concat", ENGINE)(tensors)
    return part(f"{trainer}:convert_to_np_if_not_ragged", ENGINE)(found)
