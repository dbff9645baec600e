"""Train, validation and test parts of a data set, as a recipe wants them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from keras3_lab.datasets import Dataset


@dataclass(frozen=True)
class Splits:
    """What a recipe trains, validates and is tested on.

    Each `x` and `y` is an array of shape `(rows, ...)`, or a structure of such arrays.
    """

    x_train: Any
    y_train: Any
    x_val: Any
    y_val: Any
    x_test: Any
    y_test: Any


def scaled_images(dataset: Dataset) -> Splits:
    """Scale pixels to 0…1 and set a fifth of the training part aside to validate on.

    The notes' `train_test_split(..., test_size=0.2, random_state=42)`.

    Args:
        dataset: A data set of uint8 images and integer labels.

    Returns:
        `Splits` with images as `keras.config.floatx()` and labels as they are.

    Example:
    ```python
    from keras3_lab import datasets, splits

    parts = splits.scaled_images(datasets.load("fashion_mnist", source="sample"))
    assert len(parts.x_train) == 4 * len(parts.x_val)
    ```
    """
    import keras
    from sklearn.model_selection import train_test_split

    def scale(images: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = images.astype(keras.config.floatx()) / 255
        return scaled

    x_train, x_val, y_train, y_val = train_test_split(
        dataset.x_train, dataset.y_train, test_size=0.2, random_state=42
    )
    return Splits(
        scale(x_train), y_train, scale(x_val), y_val, scale(dataset.x_test), dataset.y_test
    )
