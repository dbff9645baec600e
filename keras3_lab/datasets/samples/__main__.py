"""Write the Fashion-MNIST sample anew: `python -m keras3_lab.datasets.samples FOLDER`."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras3_lab.datasets import fashion_mnist, files
from keras3_lab.errors import UsageError


def write(folder: Path, target: Path) -> None:
    """Take the sample from a full copy: the first 600 and 100 images of each class.

    Args:
        folder: The folder with the four IDX files, or with a folder `fashion-mnist` that has them.
        target: The `.npz` file to write.

    Raises:
        UsageError: If there is no full copy, or a damaged one.
    """
    copy = files.find("fashion_mnist", folder)
    if copy is None:
        raise UsageError(f"{folder} has no Fashion-MNIST: expected the four IDX files")
    full, _ = files.read(copy)
    train, test = _first_of_each(full.y_train, 600), _first_of_each(full.y_test, 100)
    np.savez_compressed(
        target,
        x_train=full.x_train[train],
        y_train=full.y_train[train],
        x_test=full.x_test[test],
        y_test=full.y_test[test],
    )


def _first_of_each(labels: NDArray[np.uint8], count: int) -> NDArray[np.intp]:
    """Return the positions of the first `count` examples of each class, in order."""
    return np.sort(np.concatenate([np.flatnonzero(labels == k)[:count] for k in range(10)]))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m keras3_lab.datasets.samples FOLDER (with the four IDX files)")
    try:
        write(Path(sys.argv[1]), fashion_mnist.SAMPLE)
    except UsageError as err:
        sys.exit(f"error: {err}")
