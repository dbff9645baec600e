"""CIFAR-10: 60,000 colour photographs of ten kinds of things; its sample is synthetic.

Reference:
    A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.formats import read_cifar_batch
from keras3_lab.datasets.specs import Layout, Remote, Sample, Spec
from keras3_lab.datasets.stream import Stream

_FILES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch")
_N_TRAIN = 2_000
_N_TEST = 500


def read(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    """Read the five batches of training images and the one of test images."""
    *train, test = files
    size = spec.n_train // len(train)
    images, labels = zip(*(read_cifar_batch(path, size) for path in train), strict=True)
    return Arrays(
        np.concatenate(images), np.concatenate(labels), *read_cifar_batch(test, spec.n_test)
    )


def sample() -> Arrays:
    """Draw one of ten shapes per image, its place, size and colours at random, under noise.

    The shapes stand for the ten labels and look nothing like them. A classifier has to find the
    form wherever it lies: the colours are drawn without regard to the label.

    Returns:
        uint8 images `(2000, 32, 32, 3)` and `(500, 32, 32, 3)` with their uint8 labels,
        class-balanced.
    """
    n = _N_TRAIN + _N_TEST
    draw = Stream(2009)  # the year of the report
    # Both parts hold a multiple of ten images, so each is balanced before it is shuffled.
    labels = np.concatenate(
        [
            np.arange(count)[np.argsort(draw.integers(0, 2**32, (count,)), kind="stable")] % 10
            for count in (_N_TRAIN, _N_TEST)
        ]
    )
    size = draw.integers(6, 12, (n, 1, 1))
    right = np.arange(32) - draw.integers(12, 20, (n, 1, 1))
    down = np.arange(32)[:, np.newaxis] - draw.integers(12, 20, (n, 1, 1))
    ground = draw.integers(20, 140, (n, 1, 1, 3))
    contrast = draw.integers(50, 110, (n, 1, 1, 3))
    noise = draw.integers(-40, 41, (n, 32, 32, 3))

    shape = np.empty((n, 32, 32), bool)
    for k in range(10):
        rows = labels == k
        shape[rows] = _shape(k, right[rows], down[rows], size[rows])
    pixels = ground + contrast * shape[..., np.newaxis] + noise
    images = np.clip(pixels, 0, 255).astype(np.uint8)
    y = labels.astype(np.uint8)
    return Arrays(images[:_N_TRAIN], y[:_N_TRAIN], images[_N_TRAIN:], y[_N_TRAIN:])


def _shape(
    k: int, right: NDArray[np.int64], down: NDArray[np.int64], size: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return which pixels shape `k` covers, by their offsets from its centre."""
    round_2 = right**2 + down**2
    square = np.maximum(abs(right), abs(down))
    thin = size // 3
    upward = (abs(down) <= size) & (2 * abs(right) <= down + size)
    downward = (abs(down) <= size) & (2 * abs(right) <= size - down)
    plus = np.minimum(abs(right), abs(down)) <= thin
    diagonal = np.minimum(abs(right - down), abs(right + down)) <= thin
    shapes = (
        round_2 <= size**2,  # disc
        (round_2 <= size**2) & (4 * round_2 >= size**2),  # ring
        10 * square <= 9 * size,  # square
        (10 * square <= 9 * size) & (2 * square >= size),  # frame
        4 * (abs(right) + abs(down)) <= 5 * size,  # diamond
        plus & (square <= size),  # plus
        diagonal & (square <= size),  # cross
        upward,
        downward,
        (square <= size) & ((down + size) // thin % 2 == 0),  # bars
    )
    covered: NDArray[np.bool_] = shapes[k]
    return covered


SPEC = Spec(
    name="cifar10",
    n_train=50_000,
    n_test=10_000,
    shape=(32, 32, 3),
    sha256="f4392188d293d60e86942ea12b0b1395897cb055fcdb64bd10da776636155590",
    class_names=(
        "airplane",
        "automobile",
        "bird",
        "cat",
        "deer",
        "dog",
        "frog",
        "horse",
        "ship",
        "truck",
    ),
    layouts=tuple(
        Layout(folder=folder, names=_FILES, read=read)
        for folder in (
            "cifar-10-batches-py-target/cifar-10-batches-py",
            "cifar-10-batches-py",
            "",
        )
    ),
    layout_text=(
        "data_batch_1 to data_batch_5 and test_batch in it, in cifar-10-batches-py or in "
        "cifar-10-batches-py-target/cifar-10-batches-py"
    ),
    remotes=(
        Remote(
            "cifar-10-batches-py-target",
            "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            file_hash="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            extract=True,
        ),
    ),
    sample=Sample(
        make=sample,
        text="2,000 + 500 synthetic images, ten shapes in noise; not CIFAR-10",
        synthetic=True,
    ),
)
