"""Which files of a folder hold a data set, and how they become arrays."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras3_lab.datasets._dataset import Arrays, content_sha256
from keras3_lab.datasets.checks import check_array, check_arrays
from keras3_lab.datasets.formats import read_cifar_batch, read_idx, read_npz
from keras3_lab.datasets.specs import SPECS, Spec, get_spec
from keras3_lab.errors import UsageError

_IDX = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_CIFAR = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")


@dataclass(frozen=True)
class Copy:
    """The files of one copy of a data set.

    Args:
        name: the data set.
        path: the file, or the folder that holds the files.
        files: the files in the order in which `read` takes them.
        missing: names of files that should be there and are not.
        read: what turns the files into arrays.
    """

    name: str
    path: Path
    files: tuple[Path, ...]
    missing: tuple[str, ...]
    read: Callable[[Spec, tuple[Path, ...]], Arrays]


def find(name: str, folder: Path) -> Copy | None:
    """Find a data set in a folder laid out like `~/.keras/datasets`.

    Args:
        name: one of `NAMES`.
        folder: the folder. IDX files and CIFAR batches may also lie directly in it, and IDX
            files may be gzipped or not.

    Returns:
        The copy, perhaps with files missing; `None` if not one of its files is there.

    Example:
        ```python
        from pathlib import Path
        from keras3_lab.datasets.files import find

        print(find("mnist", Path("no-such-folder")))  # None
        ```
    """
    if name == "california_housing":
        return _npz(name, folder / "california_housing.npz", _read_housing)
    if name == "cifar10":
        inner = "cifar-10-batches-py"
        return (
            _group(name, folder / f"{inner}-target" / inner, _CIFAR, ("",), _read_cifar)
            or _group(name, folder / inner, _CIFAR, ("",), _read_cifar)
            or _group(name, folder, _CIFAR, ("",), _read_cifar)
        )
    if name == "mnist":
        npz = _npz(name, folder / "mnist.npz", _read_mnist_npz)
        if npz:
            return npz
    return _group(
        name, folder / name.replace("_", "-"), _IDX, (".gz", ""), _read_idx_files
    ) or _group(name, folder, _IDX, (".gz", ""), _read_idx_files)


def read(copy: Copy) -> tuple[Arrays, str]:
    """Read and check a copy of a full data set.

    Args:
        copy: what `find` found.

    Returns:
        The four arrays and the digest of their content.

    Raises:
        UsageError: a file is missing, damaged or foreign; the message names it.

    Example:
        ```python
        from pathlib import Path
        from keras3_lab.datasets.files import find, read

        copy = find("mnist", Path.home() / ".keras" / "datasets")
        if copy is not None:
            arrays, sha256 = read(copy)
        ```
    """
    if copy.missing:
        raise UsageError(f"{copy.path}: incomplete {copy.name}: lacks {', '.join(copy.missing)}")
    spec = get_spec(copy.name)
    arrays = copy.read(spec, copy.files)
    check_arrays(spec, arrays, str(copy.path))
    sha256 = content_sha256(arrays)
    # MNIST and Fashion-MNIST share file names and shapes: only the content tells them apart.
    for other in SPECS.values():
        if other.name != spec.name and other.sha256 == sha256:
            raise UsageError(f"{copy.path}: this is {other.name}, not {spec.name}")
    return arrays, sha256


def _npz(name: str, path: Path, reader: Callable[[Spec, tuple[Path, ...]], Arrays]) -> Copy | None:
    return Copy(name, path, (path,), (), reader) if os.path.lexists(path) else None


def _group(
    name: str,
    folder: Path,
    stems: tuple[str, ...],
    endings: tuple[str, ...],
    reader: Callable[[Spec, tuple[Path, ...]], Arrays],
) -> Copy | None:
    files: list[Path] = []
    missing: list[str] = []
    for stem in stems:
        # A dangling link counts as there: reading it then says what is wrong.
        there = [p for end in endings if os.path.lexists(p := folder / (stem + end))]
        if there:
            files.append(there[0])
        else:
            missing.append(stem + endings[0])
    return Copy(name, folder, tuple(files), tuple(missing), reader) if files else None


def _read_idx_files(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    x_train, y_train, x_test, y_test = files
    return Arrays(
        read_idx(x_train, (spec.n_train, *spec.shape)),
        read_idx(y_train, (spec.n_train,)),
        read_idx(x_test, (spec.n_test, *spec.shape)),
        read_idx(y_test, (spec.n_test,)),
    )


def _read_mnist_npz(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    return Arrays(*read_npz(files[0], Arrays._fields))


def _read_housing(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    x, y = read_npz(files[0], ("x", "y"))
    count = spec.n_train + spec.n_test
    check_array(x, (count, *spec.shape), np.dtype(np.float32), f"{files[0]}: x")
    check_array(y, (count,), np.dtype(np.float32), f"{files[0]}: y")
    # As keras.datasets.california_housing.load_data(version="large") shuffles and splits.
    order = np.arange(count)
    np.random.RandomState(113).shuffle(order)
    train, test = order[: spec.n_train], order[spec.n_train :]
    return Arrays(x[train], y[train], x[test], y[test])


def _read_cifar(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    *train, test = files
    x_train = np.empty((spec.n_train, *spec.shape), np.uint8)
    y_train = np.empty(spec.n_train, np.uint8)
    size = spec.n_train // len(train)
    for i, path in enumerate(train):
        rows = slice(i * size, (i + 1) * size)
        x_train[rows], y_train[rows] = read_cifar_batch(path, size)
    return Arrays(x_train, y_train, *read_cifar_batch(test, spec.n_test))
