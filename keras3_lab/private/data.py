"""How Keras looks at what a user passes to `fit`: its checks, its messages, its iterators."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from keras3_lab.private.parts import attribute, part

ENGINE = "keras3_lab.engine"

_ADAPTERS = "keras.src.trainers.data_adapters"
_ArrayDataAdapter = part(f"{_ADAPTERS}.array_data_adapter:ArrayDataAdapter", ENGINE)
_can_convert_arrays = part(f"{_ADAPTERS}.array_data_adapter:can_convert_arrays", ENGINE)
_train_validation_split = part(f"{_ADAPTERS}.array_slicing:train_validation_split", ENGINE)
_EpochIterator = part("keras.src.trainers.epoch_iterator:EpochIterator", ENGINE)


class EpochBatches(Protocol):
    """Batches of one epoch after another, of whatever Keras takes besides arrays."""

    num_batches: int | None
    """Batches of an epoch, where they are known."""

    def __iter__(self) -> Iterator[tuple[int, int, tuple[Any, ...]]]:
        """Yield the first step, the last step and the batches in between."""

    def catch_stop_iteration(self) -> AbstractContextManager[None]:
        """Take the end of the data for the end of an epoch, with a warning, inside."""

    def reset(self) -> None:
        """Start at the beginning again."""


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
    adapter = _ArrayDataAdapter(
        x, y, sample_weight, class_weight=class_weight, batch_size=batch_size, steps=steps
    )
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


def epoch_batches(
    x: Any,
    y: Any,
    sample_weight: Any,
    *,
    steps: int | None,
    shuffle: bool,
    class_weight: dict[int, float] | None,
) -> EpochBatches:
    """Return the batches of an iterator, a `PyDataset`, a `tf.data.Dataset`, …, as `fit` does.

    Unnecessary once Keras exports `EpochIterator`.

    Args:
        x: As in `fit`.
        y: As in `fit`.
        sample_weight: As in `fit`.
        steps: As `steps_per_epoch` in `fit`.
        shuffle: As in `fit`.
        class_weight: As in `fit`.
    """
    batches: EpochBatches = _EpochIterator(
        x, y, sample_weight, steps_per_epoch=steps, shuffle=shuffle, class_weight=class_weight
    )
    return batches
