"""Train, validation and test parts of a data set, as a recipe wants them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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

    @property
    def rows(self) -> int:
        """Number of rows to train on."""
        return _rows(self.y_train)

    @property
    def validation_rows(self) -> int:
        """Number of rows to validate on."""
        return _rows(self.y_val)

    @property
    def test_rows(self) -> int:
        """Number of rows to test on."""
        return _rows(self.y_test)

    def steps(self, batch_size: int) -> int:
        """Return the number of training steps per epoch, a partial batch included."""
        return math.ceil(self.rows / batch_size)


def scaled_images(
    dataset: Dataset, *, train_rows: int | None = None, one_hot: bool = False
) -> Splits:
    """Scale pixels to 0…1 and set a fifth of the training part aside to validate on.

    The notes' `train_test_split(..., test_size=0.2, random_state=42)`.

    Args:
        dataset: A data set of uint8 images and integer labels.
        train_rows: Number of rows to train on; the first so many. Defaults to all.
        one_hot: Whether to turn labels into one-hot rows.

    Returns:
        `Splits` with images as `keras.config.floatx()`, and labels as they are or one-hot.

    Example:
    ```python
    from keras3_lab import datasets, splits

    parts = splits.scaled_images(datasets.load("fashion_mnist", source="sample"))
    assert len(parts.x_train) == 4 * len(parts.x_val)
    ```
    """
    from sklearn.model_selection import train_test_split

    x_train, x_val, y_train, y_val = train_test_split(
        dataset.x_train, dataset.y_train, test_size=0.2, random_state=42
    )
    x_train, y_train = x_train[:train_rows], y_train[:train_rows]
    labels = [y_train, y_val, dataset.y_test]
    if one_hot:
        labels = [_one_hot(y, len(dataset.class_names)) for y in labels]
    y_train, y_val, y_test = labels
    return Splits(_to_one(x_train), y_train, _to_one(x_val), y_val, _to_one(dataset.x_test), y_test)


def stratified_images(
    dataset: Dataset, *, held_out: float = 0.2, scaled: bool = True, leaked: bool = False
) -> Splits:
    """Set a part of the training images aside to validate on, with equal shares of the classes.

    N2's `train_test_split(..., test_size=0.2, stratify=y_train, random_state=34)`.

    Args:
        dataset: A data set of uint8 images and integer labels.
        held_out: Fraction of the training part to validate on, at least an image per class.
        scaled: Whether to scale pixels to 0…1. Otherwise they stay as they are, uint8.
        leaked: Whether to train on the whole training part all the same, as N2's code does: the
            validation rows are then among those trained on.

    Returns:
        `Splits` with images as `keras.config.floatx()` or as they are, and labels as they are.
    """
    from sklearn.model_selection import train_test_split

    x_train, x_val, y_train, y_val = train_test_split(
        dataset.x_train,
        dataset.y_train,
        test_size=max(round(held_out * len(dataset.x_train)), len(dataset.class_names)),
        stratify=dataset.y_train,
        random_state=34,
    )
    if leaked:
        x_train, y_train = dataset.x_train, dataset.y_train
    images = [x_train, x_val, dataset.x_test]
    if scaled:
        images = [*map(_to_one, images)]
    x_train, x_val, x_test = images
    return Splits(x_train, y_train, x_val, y_val, x_test, dataset.y_test)


def raw_images(dataset: Dataset, *, validate_on_last: bool = False) -> Splits:
    """Leave pixels at 0…255; take test and validation images from the training part.

    As N0 does: a fifth of it to test on, a fifth of the rest to validate on. The data set's own
    test part stays unused.

    Args:
        dataset: A data set of uint8 images and integer labels.
        validate_on_last: Whether the last rows of the rest are those to validate on, as by
            `fit(validation_split=0.2)`, rather than random ones.

    Returns:
        `Splits` with images as `keras.config.floatx()` and labels as they are.
    """
    how = {"shuffle": False} if validate_on_last else {}
    return _n0(dataset, _floats, lambda y: y, **how)


def housing(dataset: Dataset) -> Splits:
    """Take test and validation rows from the training part, as N0 does.

    A fifth of it to test on, a fifth of the rest to validate on: 10,567, 2,642 and 3,303 rows of
    the 16,512. The data set's own test part stays unused.

    Args:
        dataset: California housing.

    Returns:
        `Splits` with x of shape `(rows, 8)` and y `(rows, 1)`, as `keras.config.floatx()`.
    """
    return _n0(dataset, _floats, lambda y: _floats(y)[:, None])


def wide_and_deep(dataset: Dataset, outputs: Sequence[str] = ()) -> Splits:
    """Divide the rows as `housing` does, and their columns among two inputs.

    Args:
        dataset: California housing.
        outputs: Names of the model's outputs, where there are several; each gets the target.

    Returns:
        `Splits` with x as a dict of `"wide"`, columns 0 to 4, and `"deep"`, columns 2 to 7, and y
        of shape `(rows, 1)`, or a dict of that by output.
    """

    def inputs(x: np.ndarray) -> dict[str, np.ndarray]:
        return {"wide": _floats(x[:, :5]), "deep": _floats(x[:, 2:])}

    def targets(y: np.ndarray) -> Any:
        prices = _floats(y)[:, None]
        return dict.fromkeys(outputs, prices) if outputs else prices

    return _n0(dataset, inputs, targets)


def as_given(dataset: Dataset) -> Splits:
    """Train and validate on the whole training part, test on the test part.

    For a data set too small to set anything aside.

    Args:
        dataset: A data set of numbers.

    Returns:
        `Splits` with everything as `keras.config.floatx()`.
    """
    x, y = _floats(dataset.x_train), _floats(dataset.y_train)
    return Splits(x, y, x, y, _floats(dataset.x_test), _floats(dataset.y_test))


def _n0(
    dataset: Dataset,
    inputs: Callable[[np.ndarray], Any],
    targets: Callable[[np.ndarray], Any],
    **validation: Any,
) -> Splits:
    """Split the training part as N0 does, twice by `test_size=0.2, random_state=42`."""
    from sklearn.model_selection import train_test_split

    x, x_test, y, y_test = train_test_split(
        dataset.x_train, dataset.y_train, test_size=0.2, random_state=42
    )
    how = validation or {"random_state": 42}
    x_train, x_val, y_train, y_val = train_test_split(x, y, test_size=0.2, **how)
    return Splits(
        inputs(x_train), targets(y_train), inputs(x_val), targets(y_val),
        inputs(x_test), targets(y_test),
    )  # fmt: skip


def _rows(structure: Any) -> int:
    import keras

    return len(keras.tree.flatten(structure)[0])


def _floats(array: np.ndarray) -> np.ndarray:
    import keras

    return array.astype(keras.config.floatx())


def _to_one(pixels: np.ndarray) -> np.ndarray:
    """Return pixels from 0 to 255 as floats from 0 to 1."""
    import keras
    import numpy as np

    return np.divide(pixels, 255, dtype=keras.config.floatx())


def _one_hot(labels: np.ndarray, classes: int) -> np.ndarray:
    import numpy as np

    return _floats(np.eye(classes)[labels])
