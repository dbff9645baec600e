"""The four IDX files in which MNIST and what looks like it are published."""

from __future__ import annotations

from pathlib import Path

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.formats import read_idx
from keras3_lab.datasets.specs import Layout, Spec

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
IDX_TEXT = "the IDX files train-images-idx3-ubyte[.gz] and so on in it or in its folder"


def idx_layouts(folder: str) -> tuple[Layout, ...]:
    """Return the layouts of the files, gzipped or not, in a folder of their own or without one."""
    return tuple(
        Layout(folder=one, names=IDX_NAMES, endings=(".gz", ""), read=_read) for one in (folder, "")
    )


def _read(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    x_train, y_train, x_test, y_test = files
    return Arrays(
        read_idx(x_train, (spec.n_train, *spec.shape)),
        read_idx(y_train, (spec.n_train,)),
        read_idx(x_test, (spec.n_test, *spec.shape)),
        read_idx(y_test, (spec.n_test,)),
    )
