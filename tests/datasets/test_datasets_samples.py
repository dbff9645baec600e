"""The bundled samples: what they hold, and that they are the same everywhere."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from keras3_lab import datasets
from keras3_lab.datasets import fashion_mnist, registry
from keras3_lab.datasets.samples.__main__ import write
from keras3_lab.datasets.stream import Stream
from keras3_lab.untrusted import read_npz

pytestmark = pytest.mark.once

# Digest, training and test examples of each, and how many classes it has.
SAMPLES = {
    "fashion_mnist": (
        "98a0b18d0ab8fbc9a34478187f0f232d7b787165e4cf88bc45652f6719122978", 6_000, 1_000, 10,
    ),
    "mnist": (
        "6169e74335cce306a8fa05ed794bd0c522ad5bc56c10d257141050bba6903a0b", 1_545, 252, 10,
    ),
    "cifar10": (
        "5ff4fe8128a4c84a136964100fef8c4657fedb68bbf6c7c6e4c8cc7e4a2bbbac", 2_000, 500, 10,
    ),
    "california_housing": (
        "df86af4f2d79bbc4c1457d22a197a5b90b1b9af154b16da3379b0946a61c8f88", 16_512, 4_128, 0,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def samples():
    return {name: datasets.load(name, "sample") for name in datasets.NAMES}


@pytest.mark.parametrize("name", datasets.NAMES)
def test_contents(samples, name):
    data, spec = samples[name], registry.SPECS[name]
    digest, train, test, classes = SAMPLES[name]
    assert data.sha256 == digest
    assert data.kind == "sample"
    assert data.synthetic == ("synthetic" in data.origin)
    assert len(data.class_names) == classes
    assert f"{train:,} + {test:,}" in data.origin
    dtype = np.uint8 if classes else np.float32
    for x, y, n in ((data.x_train, data.y_train, train), (data.x_test, data.y_test, test)):
        assert (x.shape, y.shape) == ((n, *spec.shape), (n,))
        assert x.dtype == y.dtype == dtype


@pytest.mark.parametrize("name", ["fashion_mnist", "cifar10"])
def test_classes_are_balanced(samples, name):
    data = samples[name]
    for y in (data.y_train, data.y_test):
        assert set(np.bincount(y)) == {len(y) // 10}


def test_digits_are_stratified_and_lie_in_the_middle(samples):
    data = samples["mnist"]
    counts = np.bincount(data.y_train) + np.bincount(data.y_test)
    assert counts.sum() == 1_797
    np.testing.assert_array_equal(np.bincount(data.y_test), counts // 7)
    assert not data.x_train[:, :4].any()
    assert not data.x_train[:, :, 24:].any()
    assert data.x_train.max() == 255


def test_housing_lies_in_the_real_ranges_and_can_be_learned(samples):
    data, spec = samples["california_housing"], registry.SPECS["california_housing"]
    x, y = data.x_train, data.y_train
    for column, (low, high) in enumerate(spec.feature_ranges):
        assert np.float32(low) <= x[:, column].min() < x[:, column].max() <= np.float32(high)
    assert spec.target_range == (y.min(), y.max())
    assert 0.005 < np.mean(y == 500_001) < 0.1
    rooms, bedrooms, people, households = x[:, 3:7].T
    for count in (rooms, bedrooms, people):
        assert np.corrcoef(count, households)[0, 1] > 0.8
    # Income alone explains a part, the towns and noise the rest.
    assert 0.5 < np.corrcoef(x[:, 7], y)[0, 1] < 0.95


def test_cifar_stand_in_can_be_learned_but_not_from_a_few_pixels(samples):
    data = samples["cifar10"]

    def gray(x):
        return x.reshape(len(x), -1, 3).mean(axis=2)

    def score(train, test):
        distance = (train**2).sum(axis=1) - 2 * test @ train.T  # up to a constant per image
        return np.mean(data.y_train[distance.argmin(axis=1)] == data.y_test)

    centred = [gray(x) - gray(x).mean(axis=1, keepdims=True) for x in (data.x_train, data.x_test)]
    pooled = [x.reshape(-1, 16, 2, 16, 2).mean(axis=(2, 4)).reshape(len(x), -1) for x in centred]
    assert score(*pooled) > 0.3
    colours = [x.reshape(len(x), -1, 3)[:, :4].mean(axis=1) for x in (data.x_train, data.x_test)]
    assert score(*colours) < 0.2


def test_sample_is_made_from_the_first_images_of_each_class(tmp_path, monkeypatch):
    labels = np.random.default_rng(0).permutation(np.arange(60_000) % 10).astype(np.uint8)
    images = np.zeros((60_000, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(60_000) % 251
    _write_idx_set(tmp_path, images, labels)
    write(tmp_path, tmp_path / "a.npz")
    write(tmp_path, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    x_train, y_train, _, y_test = read_npz(tmp_path / "a.npz").values()
    chosen = [i for i in range(60_000) if np.count_nonzero(labels[:i] == labels[i]) < 600]
    np.testing.assert_array_equal(x_train, images[chosen])
    np.testing.assert_array_equal(y_train, labels[chosen])
    assert set(np.bincount(y_test)) == {100}


def _write_idx_set(folder, images, labels):
    for part, n in (("train", 60_000), ("t10k", 10_000)):
        for kind, array in (("images-idx3", images[:n]), ("labels-idx1", labels[:n])):
            header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
            Path(folder, f"{part}-{kind}-ubyte").write_bytes(header + array.tobytes())


def test_sample_command_needs_a_folder_with_the_files(tmp_path):
    before = fashion_mnist.SAMPLE.read_bytes()
    for arguments, message in (([], "usage:"), ([str(tmp_path)], "has no Fashion-MNIST")):
        done = subprocess.run(
            [sys.executable, "-m", "keras3_lab.datasets.samples", *arguments],
            capture_output=True,
            text=True,
            cwd=Path(datasets.__file__).parents[2],
        )
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert fashion_mnist.SAMPLE.read_bytes() == before


def test_bundled_file_is_small_and_its_licence_lies_beside_it():
    assert fashion_mnist.SAMPLE.stat().st_size < 4 * 2**20
    licence = fashion_mnist.SAMPLE.with_name("LICENSE-fashion-mnist").read_text(encoding="utf-8")
    assert "Copyright © 2017 Zalando SE, https://tech.zalando.com" in licence


def test_stream_is_uniform_and_pinned():
    assert Stream(1).integers(0, 1000, (5,)).tolist() == [303, 848, 156, 31, 900]
    draws = Stream(2).integers(-3, 5, (8_000,))
    assert np.bincount(draws + 3, minlength=8).min() > 880
    bell = Stream(3).bell(1000, (20_000,))
    assert abs(bell.mean()) < 30
    assert abs(bell.std() - 1000) < 20
