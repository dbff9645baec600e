"""A loaded data set and the digest of its content."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Kind = Literal["full", "sample"]


class Arrays(NamedTuple):
    """The four arrays of a data set, in the order in which the digest takes them."""

    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]


def content_sha256(arrays: Arrays) -> str:
    """Digest the content of four arrays, however and wherever they were stored.

    Taken over dtype, shape and bytes (little-endian, row by row) of each array in order.

    Args:
        arrays: The four arrays.

    Returns:
        64 hex digits.
    """
    digest = hashlib.sha256()
    for array in arrays:
        plain = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
        digest.update(f"{plain.dtype.str} {plain.shape}\n".encode())
        digest.update(plain.data)
    return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set in memory, with where it came from.

    The arrays are read-only, so that `sha256` stays true; a computation on them returns new
    arrays, and `.copy()` a writable one.

    Args:
        name: The name, such as one of `keras3_lab.datasets.NAMES`.
        x_train: The training examples: uint8 images of shape `(n, height, width)` or
            `(n, height, width, channels)`, 0 to 255, or float32 rows of shape `(n, columns)`.
        y_train: The training targets, of shape `(n,)`: uint8 labels, or float32 numbers.
        x_test: The test examples, like `x_train`.
        y_test: The test targets, like `y_train`.
        origin: The folder or file it came from, or which bundled sample and why, for people.
        kind: `"full"` or `"sample"`.
        synthetic: Whether the examples are made up.
        sha256: The digest of the content of the four arrays, 64 hex digits.
        fraction: How much of the training rows is here, see `take_fraction`.
        class_names: The names of the labels 0, 1, …; empty where there are no classes.
        feature_names: The names of the columns; empty for images.

    Example:
    ```python
    from keras3_lab import datasets

    data = datasets.load("fashion_mnist", source="sample")
    print(data.class_names[data.y_train[0]])
    ```
    """

    name: str
    x_train: NDArray[Any]
    y_train: NDArray[Any]
    x_test: NDArray[Any]
    y_test: NDArray[Any]
    origin: str
    kind: Kind
    synthetic: bool
    sha256: str
    fraction: float = 1.0
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.x_train, self.y_train, self.x_test, self.y_test):
            array.setflags(write=False)

    def provenance(self) -> dict[str, Any]:
        """Describe what was loaded, for the record of a run.

        Returns:
            JSON-ready dict with `name`, `kind`, `synthetic`, `origin`, `fraction`, `sha256` and
            `counts` (`{"train": n, "test": n}`).
        """
        return {
            "name": self.name,
            "kind": self.kind,
            "synthetic": self.synthetic,
            "origin": self.origin,
            "fraction": self.fraction,
            "sha256": self.sha256,
            "counts": {"train": len(self.y_train), "test": len(self.y_test)},
        }


def from_arrays(
    name: str,
    x_train: NDArray[Any],
    y_train: NDArray[Any],
    x_test: NDArray[Any],
    y_test: NDArray[Any],
    *,
    origin: str,
) -> Dataset:
    """Make a data set of arrays at hand, with the digest of their content.

    Args:
        name: What to call it.
        x_train: The training examples.
        y_train: The training targets.
        x_test: The test examples.
        y_test: The test targets.
        origin: Where the arrays come from, for people.

    Returns:
        A full, real `Dataset`.
    """
    arrays = Arrays(x_train, y_train, x_test, y_test)
    sha256 = content_sha256(arrays)
    return Dataset(name, *arrays, origin=origin, kind="full", synthetic=False, sha256=sha256)
