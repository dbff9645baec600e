"""A loaded data set and the digest of its content."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from keras3_lab.datasets.specs import SPECS

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
        arrays: the four arrays.

    Returns:
        64 hex digits.

    Example:
        ```python
        import numpy as np
        from keras3_lab.datasets._dataset import Arrays, content_sha256

        x, y = np.zeros((2, 3), np.float32), np.zeros(2, np.uint8)
        print(content_sha256(Arrays(x, y, x, y)))
        ```
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
        name: one of `keras3_lab.datasets.NAMES`.
        x_train: training examples. `fashion_mnist` and `mnist`: uint8 `(n, 28, 28)`, 0 to 255;
            `cifar10`: uint8 `(n, 32, 32, 3)`; `california_housing`: float32 `(n, 8)`.
        y_train: training targets. uint8 labels `(n,)`, 0 to 9; `california_housing`: float32
            `(n,)`, US dollars.
        x_test: test examples, like `x_train`.
        y_test: test targets, like `y_train`.
        origin: for people: the folder or file it came from, or which bundled sample and why.
        kind: `"full"` or `"sample"`.
        synthetic: whether the examples are made up.
        sha256: digest of the content of the four arrays, 64 hex digits.
        fraction: how much of the training rows is here, see `take_fraction`.

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

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the labels 0, 1, …; empty where there are no classes."""
        return SPECS[self.name].class_names if self.name in SPECS else ()

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns of `california_housing`; empty for the others."""
        return SPECS[self.name].feature_names if self.name in SPECS else ()

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


def make_dataset(
    name: str, arrays: Arrays, sha256: str, *, origin: str, kind: Kind, synthetic: bool
) -> Dataset:
    """Freeze four checked arrays, with the digest of their content, into a `Dataset`."""
    for array in arrays:
        array.setflags(write=False)
    return Dataset(name, *arrays, origin=origin, kind=kind, synthetic=synthetic, sha256=sha256)


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
        name: what to call it.
        x_train: training examples.
        y_train: training targets.
        x_test: test examples.
        y_test: test targets.
        origin: for people: where the arrays come from.

    Returns:
        A full, real `Dataset`.
    """
    arrays = Arrays(x_train, y_train, x_test, y_test)
    return make_dataset(
        name, arrays, content_sha256(arrays), origin=origin, kind="full", synthetic=False
    )
