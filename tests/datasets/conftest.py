"""A clean home for every test, small specs, and writers of the real file formats."""

import dataclasses
import functools
import gzip
import os
import pickle
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from keras3_lab.datasets import registry, sources
from keras3_lab.datasets.download import DownloadError

# A few tests import Keras; any installed backend will do.
os.environ.setdefault("KERAS_BACKEND", "jax" if find_spec("jax") else "tensorflow")

N_TRAIN, N_TEST = 50, 20


def change(monkeypatch, name, **fields):
    """Change what is declared of a data set, for the length of a test."""
    changed = dataclasses.replace(registry.SPECS[name], **fields)
    monkeypatch.setitem(registry.SPECS, name, changed)


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path_factory):
    """An empty home and Keras cache, no folder named, no system-wide copy, no download."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.delenv("KERAS3_LAB_DATA", raising=False)
    for name in registry.NAMES:
        change(monkeypatch, name, system_folder=None)

    def refuse(name, cache):
        raise DownloadError("no network in tests")

    monkeypatch.setattr(sources, "download_dataset", refuse)
    return folder


@pytest.fixture
def change_spec(monkeypatch):
    """Return `change` for this test."""
    return functools.partial(change, monkeypatch)


@pytest.fixture
def small(monkeypatch):
    """Full sets of 50 + 20 examples, so that writing them costs nothing."""
    for name in registry.NAMES:
        change(monkeypatch, name, n_train=N_TRAIN, n_test=N_TEST)


def images(name, n, seed=0):
    shape = registry.SPECS[name].shape
    return np.random.default_rng(seed).integers(0, 256, (n, *shape), dtype=np.uint8)


def labels(n):
    return np.arange(n, dtype=np.uint8) % 10


def write_idx(path, array, pack=True):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    content = header + array.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 1) if pack else content)


def write_idx_set(folder, name, pack=True, seed=0):
    end = ".gz" if pack else ""
    write_idx(folder / f"train-images-idx3-ubyte{end}", images(name, N_TRAIN, seed), pack)
    write_idx(folder / f"train-labels-idx1-ubyte{end}", labels(N_TRAIN), pack)
    write_idx(folder / f"t10k-images-idx3-ubyte{end}", images(name, N_TEST, seed + 1), pack)
    write_idx(folder / f"t10k-labels-idx1-ubyte{end}", labels(N_TEST), pack)


def write_mnist_npz(folder, seed=0, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        "x_train": images("mnist", N_TRAIN, seed),
        "y_train": labels(N_TRAIN),
        "x_test": images("mnist", N_TEST, seed + 1),
        "y_test": labels(N_TEST),
    }
    np.savez(folder / "mnist.npz", **(arrays | changes))


def housing_rows(n):
    spec = registry.SPECS["california_housing"]
    low, high = np.array(spec.feature_ranges).T
    rng = np.random.default_rng(0)
    x = (low + (high - low) * rng.uniform(0.01, 0.99, (n, 8))).astype(np.float32)
    return x, rng.uniform(15_000, 500_000, n).astype(np.float32)


def write_housing(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    x, y = housing_rows(N_TRAIN + N_TEST)
    np.savez(folder / "california_housing.npz", **({"x": x, "y": y} | changes))


def write_cifar(folder):
    folder.mkdir(parents=True, exist_ok=True)
    size = N_TRAIN // 5
    for i in range(1, 6):
        write_batch(folder / f"data_batch_{i}", size, seed=i)
    write_batch(folder / "test_batch", N_TEST)


def write_batch(path, n, seed=0, protocol=2, **changes):
    data = images("cifar10", n, seed).reshape(n, 3072)
    batch = {b"data": data, b"labels": labels(n).tolist(), b"batch_label": b"some"}
    path.write_bytes(pickle.dumps(batch | {k.encode(): v for k, v in changes.items()}, protocol))


# How each data set lies in the Keras cache.
FULL = {
    "fashion_mnist": lambda folder: write_idx_set(folder / "fashion-mnist", "fashion_mnist"),
    "mnist": write_mnist_npz,
    "cifar10": lambda folder: write_cifar(folder / registry.SPECS["cifar10"].layouts[0].folder),
    "california_housing": write_housing,
}


def write_full(folder, name):
    """Write one data set as the Keras cache has it."""
    FULL[name](folder)


@pytest.fixture
def write(small):
    """The writers of this module, with the small specs in force."""
    return Writers


class Writers:
    idx = staticmethod(write_idx)
    idx_set = staticmethod(write_idx_set)
    mnist_npz = staticmethod(write_mnist_npz)
    housing = staticmethod(write_housing)
    housing_rows = staticmethod(housing_rows)
    cifar = staticmethod(write_cifar)
    batch = staticmethod(write_batch)
    full = staticmethod(write_full)
    images = staticmethod(images)
    labels = staticmethod(labels)


@pytest.fixture
def writers():
    """The same with the real counts."""
    return Writers


@pytest.fixture
def snapshot():
    """Return a function that lists every file below a folder with its content."""

    def take(folder: Path):
        return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    return take
