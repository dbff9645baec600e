"""The Fashion-MNIST sample: real images from a file of this folder."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras3_lab.datasets import files
from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.formats import read_npz
from keras3_lab.errors import UsageError

PATH = Path(__file__).with_name("fashion_mnist.npz")


def make() -> Arrays:
    """Read the sample.

    Returns:
        uint8 images `(6000, 28, 28)` and `(1000, 28, 28)` with their uint8 labels, class-balanced.

    Example:
        ```python
        from keras3_lab.datasets.samples import fashion_mnist

        print(fashion_mnist.make().x_train.shape)
        ```

    Reference:
        H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking
        Machine Learning Algorithms", 2017, arXiv:1708.07747.
    """
    return Arrays(*read_npz(PATH, Arrays._fields))


def write(folder: Path, target: Path) -> None:
    """Take the sample from a full copy: the first 600 and 100 images of each class.

    Args:
        folder: folder with the four IDX files, or with a folder `fashion-mnist` that has them.
        target: the `.npz` file to write.

    Raises:
        UsageError: no full copy there, or a damaged one.

    Example:
        ```python
        import tempfile
        from pathlib import Path
        from keras3_lab.datasets.samples import fashion_mnist
        from keras3_lab.errors import UsageError

        with tempfile.TemporaryDirectory() as folder:
            try:
                fashion_mnist.write(Path(folder), Path(folder, "sample.npz"))
            except UsageError as err:
                print(err)  # … has no Fashion-MNIST
        ```
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
