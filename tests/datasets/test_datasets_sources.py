"""Which place a data set comes from, and what is said when one is bad."""

import gzip
import json
import os
import subprocess
import sys

import numpy as np
import pytest

from keras3_lab import datasets
from keras3_lab.datasets import registry
from keras3_lab.datasets._dataset import Arrays, content_sha256
from keras3_lab.errors import UsageError

pytestmark = pytest.mark.once

every_name = pytest.mark.parametrize("name", datasets.NAMES)


@every_name
def test_full_copy_from_a_named_folder(tmp_path, write, name):
    write.full(tmp_path, name)
    for source in ("auto", "full"):
        data = datasets.load(name, source, data_dir=tmp_path)
        assert data.kind == "full"
        assert not data.synthetic
        assert data.origin.startswith(str(tmp_path))
        spec = registry.SPECS[name]
        assert data.x_train.shape == (50, *spec.shape)
        assert data.y_test.shape == (20,)
        for array in (data.x_train, data.y_train, data.x_test, data.y_test):
            assert array.dtype == (np.uint8 if spec.class_names else np.float32)
        assert data.class_names == spec.class_names
        assert data.feature_names == spec.feature_names


@every_name
def test_places_in_order(tmp_path, monkeypatch, home, write, change_spec, name):
    def origin(data_dir=None):
        return datasets.load(name, data_dir=data_dir).origin

    system = tmp_path / "system"
    change_spec(name, system_folder=system)
    assert origin().startswith("bundled sample")
    write.full(system, name)
    assert origin().startswith(str(system))
    write.full(home / ".keras" / "datasets", name)
    assert origin().startswith(str(home / ".keras"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert origin().startswith(str(system))
    write.full(tmp_path / "keras" / "datasets", name)
    assert origin().startswith(str(tmp_path / "keras"))
    monkeypatch.setenv("KERAS3_LAB_DATA", str(tmp_path / "lab"))
    (tmp_path / "lab").mkdir()
    assert origin().startswith(str(tmp_path / "keras"))
    write.full(tmp_path / "lab", name)
    assert origin().startswith(str(tmp_path / "lab"))
    (tmp_path / "argument").mkdir()
    # The argument replaces the variable, and "auto" goes on where the folder lacks this set.
    assert origin(tmp_path / "argument").startswith(str(tmp_path / "keras"))
    write.full(tmp_path / "argument", name)
    assert origin(str(tmp_path / "argument")).startswith(str(tmp_path / "argument"))


def test_home_is_expanded(home, write):
    write.full(home / "mine", "mnist")
    assert datasets.load("mnist", data_dir="~/mine").kind == "full"


@pytest.mark.parametrize("pack", [True, False])
@pytest.mark.parametrize("folder", [".", "fashion-mnist"])
def test_fashion_mnist_files_in_the_folder_or_below_gzipped_or_not(tmp_path, write, folder, pack):
    write.idx_set(tmp_path / folder, "fashion_mnist", pack)
    data = datasets.load("fashion_mnist", "full", tmp_path)
    np.testing.assert_array_equal(data.x_train, write.images("fashion_mnist", 50))


@pytest.mark.parametrize("folder", [".", "mnist"])
def test_mnist_as_npz_and_as_idx_files_is_the_same(tmp_path, write, folder):
    write.mnist_npz(tmp_path / "one")
    write.idx_set(tmp_path / "two" / folder, "mnist")
    one = datasets.load("mnist", "full", tmp_path / "one")
    two = datasets.load("mnist", "full", tmp_path / "two")
    assert one.sha256 == two.sha256
    assert one.origin == str(tmp_path / "one" / "mnist.npz")


@pytest.mark.parametrize(
    "folder", [".", "cifar-10-batches-py", "cifar-10-batches-py-target/cifar-10-batches-py"]
)
def test_cifar10_folders(tmp_path, write, folder):
    write.cifar(tmp_path / folder)
    data = datasets.load("cifar10", "full", tmp_path)
    np.testing.assert_array_equal(  # batches in order, planes turned into pixels
        data.x_train[10, :, :, 1].ravel(),
        write.images("cifar10", 10, 2).reshape(10, -1)[0, 1024:2048],
    )


def test_housing_is_shuffled_and_split_as_keras_does(tmp_path, monkeypatch, writers):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    from keras.src.datasets import california_housing  # noqa: TID251

    x, y = writers.housing_rows(20_640)
    writers.housing(tmp_path, x=x, y=y)
    # get_file would delete a file with another hash.
    monkeypatch.setattr(
        california_housing, "get_file", lambda *_, **__: str(tmp_path / "california_housing.npz")
    )
    data = datasets.load("california_housing", "full", tmp_path)
    theirs = california_housing.load_data(version="large")
    for a, b in zip(
        (data.x_train, data.y_train, data.x_test, data.y_test),
        (*theirs[0], *theirs[1]),
        strict=True,
    ):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("source", ["auto", "full"])
def test_a_named_folder_must_exist(tmp_path, monkeypatch, source):
    missing = tmp_path / "missing"
    with pytest.raises(
        UsageError, match=f"data_dir {missing} does not exist; expected .*mnist.npz"
    ):
        datasets.load("mnist", source, data_dir=missing)
    monkeypatch.setenv("KERAS3_LAB_DATA", str(missing))
    with pytest.raises(UsageError, match=f"KERAS3_LAB_DATA {missing} does not exist"):
        datasets.load("mnist", source)
    missing.touch()
    with pytest.raises(UsageError, match="is not a folder"):
        datasets.load("mnist", source)


def test_full_from_a_named_folder_without_it_is_an_error(tmp_path, home, write):
    write.full(home / ".keras" / "datasets", "cifar10")
    with pytest.raises(UsageError, match=f"data_dir {tmp_path} has no cifar10: looked for data_ba"):
        datasets.load("cifar10", "full", data_dir=tmp_path)


def test_the_variable_names_a_folder_for_several_sets(tmp_path, monkeypatch, home, write):
    monkeypatch.setenv("KERAS3_LAB_DATA", str(tmp_path))
    write.full(home / ".keras" / "datasets", "mnist")
    assert datasets.load("mnist", "full").kind == "full"


def test_full_without_any_copy_says_what_to_do(home):
    with pytest.raises(UsageError) as caught:
        datasets.load("mnist", "full")
    message = str(caught.value)
    assert "\n" not in message
    for part in (str(home), "no network in tests", "data_dir", "KERAS3_LAB_DATA", "'sample'"):
        assert part in message


def test_falling_back_says_why(home):
    data = datasets.load("california_housing")
    assert (data.kind, data.synthetic) == ("sample", True)
    assert data.origin == (
        "bundled sample: 16,512 + 4,128 synthetic rows in the value ranges of the real ones "
        f"(no full copy in {home}/.keras/datasets; download failed: no network in tests)"
    )


def test_unknown_names_and_sources():
    with pytest.raises(UsageError, match="unknown data set 'fashon'; did you mean 'fashion_mni"):
        datasets.load("fashon")
    every = "known: fashion_mnist, mnist, cifar10, california_housing"
    with pytest.raises(UsageError, match=f"unknown data set 'x'; {every}"):
        datasets.locate("x")
    with pytest.raises(UsageError, match="unknown source 'all'; known: auto, full, sample"):
        datasets.load("mnist", "all")


def break_fashion(folder, write, how):
    path = folder / "fashion-mnist" / "train-images-idx3-ubyte.gz"
    if how == "cut":
        raw = gzip.decompress(path.read_bytes())
        path.write_bytes(gzip.compress(raw[: 16 + 1234]))
        return "train-images-idx3-ubyte.gz: 50 images announced, data ends after 1234 bytes"
    if how == "missing":
        path.unlink()
        return "fashion-mnist: incomplete fashion_mnist: lacks train-images-idx3-ubyte.gz"
    if how == "labels":
        write.idx(path.with_name("train-labels-idx1-ubyte.gz"), np.full(50, 3, np.uint8))
        return "fashion-mnist: y_train has no example of class 0"
    if how == "dangling":
        path.unlink()
        path.symlink_to(folder / "nowhere")
        return "train-images-idx3-ubyte.gz: cannot be read"
    write.idx(path.with_name("t10k-labels-idx1-ubyte.gz"), np.arange(20, dtype=np.uint8))
    return "fashion-mnist: y_test has label 19; allowed: 0 to 9"


@pytest.mark.parametrize("how", ["cut", "missing", "labels", "dangling", "range"])
def test_a_broken_copy_is_an_error_and_stays_untouched(tmp_path, home, write, snapshot, how):
    folder = home / ".keras" / "datasets"
    write.full(folder, "fashion_mnist")
    message = break_fashion(folder, write, how)
    before = snapshot(home)
    for source in ("auto", "full"):
        with pytest.raises(UsageError, match=message):
            datasets.load("fashion_mnist", source)
    assert snapshot(home) == before


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"x_train": np.zeros((50, 28, 28))}, "x_train is float64 .* expected uint8"),
        ({"x_test": np.zeros((20, 28, 27), np.uint8)}, r"x_test is uint8 of shape \(20, 28, 27\)"),
        ({"y_train": np.zeros(49, np.uint8)}, r"y_train is uint8 of shape \(49,\); expected"),
        ({"y_train": np.zeros((50, 1), np.uint8)}, r"y_train is uint8 of shape \(50, 1\)"),
        ({"y_train": np.array([None] * 50)}, "not a readable .npz file"),
    ],
)
def test_foreign_mnist_npz(tmp_path, write, snapshot, changes, message):
    write.mnist_npz(tmp_path, **changes)
    before = snapshot(tmp_path)
    with pytest.raises(UsageError, match=f"mnist.npz: {message}"):
        datasets.load("mnist", data_dir=tmp_path)
    assert snapshot(tmp_path) == before


def housing_with(column, value):
    def change(x, y):
        if column == "y":
            y[3] = value
        else:
            x[3, column] = value
        return {"x": x, "y": y}

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (housing_with(0, np.nan), r"column 0 \(longitude\) runs from nan"),
        (housing_with(1, 50), r"column 1 \(latitude\) runs from 3\S+ to 50.0; expected 32.54"),
        (housing_with("y", 4.5), "y_t.* runs from 4.5"),
        (lambda x, y: {"x": x[:, ::-1], "y": y}, r"column 0 \(longitude\)"),
        (lambda x, y: {"x": x.astype(float), "y": y}, "x is float64"),
        (lambda x, y: {"x": x[:-1], "y": y}, r"x is float32 of shape \(69, 8\)"),
        (lambda x, y: {"x": x, "y": y[:, None]}, r"y is float32 of shape \(70, 1\)"),
    ],
)
def test_foreign_housing(tmp_path, write, change, message):
    write.housing(tmp_path, **change(*write.housing_rows(70)))
    with pytest.raises(UsageError, match=f"california_housing.npz: .*{message}"):
        datasets.load("california_housing", data_dir=tmp_path)


def test_broken_cifar_batch_is_named_and_stays(tmp_path, write, snapshot):
    write.cifar(tmp_path)
    write.batch(tmp_path / "data_batch_4", 9)
    before = snapshot(tmp_path)
    with pytest.raises(UsageError, match=r"data_batch_4: data is uint8 of shape \(9, 3072\)"):
        datasets.load("cifar10", data_dir=tmp_path)
    assert snapshot(tmp_path) == before


def test_fashion_mnist_is_not_taken_for_mnist(tmp_path, change_spec, write):
    write.idx_set(tmp_path, "fashion_mnist")
    digest = datasets.load("fashion_mnist", data_dir=tmp_path).sha256
    change_spec("fashion_mnist", sha256=digest)
    assert datasets.load("fashion_mnist", data_dir=tmp_path).sha256 == digest
    with pytest.raises(UsageError, match="this is fashion_mnist, not mnist"):
        datasets.load("mnist", data_dir=tmp_path)


def test_a_full_size_copy_loads(tmp_path, writers):
    folder = tmp_path / "fashion-mnist"
    writers.idx(folder / "train-images-idx3-ubyte.gz", np.zeros((60_000, 28, 28), np.uint8))
    writers.idx(folder / "train-labels-idx1-ubyte.gz", writers.labels(60_000))
    writers.idx(folder / "t10k-images-idx3-ubyte.gz", np.zeros((10_000, 28, 28), np.uint8))
    writers.idx(folder / "t10k-labels-idx1-ubyte.gz", writers.labels(10_000))
    data = datasets.load("fashion_mnist", "full", tmp_path)
    assert data.provenance()["counts"] == {"train": 60_000, "test": 10_000}


def test_provenance_is_json_and_arrays_are_read_only(tmp_path, write):
    write.full(tmp_path, "mnist")
    data = datasets.load("mnist", data_dir=tmp_path)
    record = data.provenance()
    assert json.loads(json.dumps(record)) == record
    assert record == {
        "name": "mnist",
        "kind": "full",
        "synthetic": False,
        "origin": str(tmp_path / "mnist.npz"),
        "fraction": 1.0,
        "sha256": data.sha256,
        "counts": {"train": 50, "test": 20},
    }
    with pytest.raises(ValueError, match="read-only"):
        data.x_train[0] = 0


def test_digest_is_over_content_only():
    x, y = np.arange(6, dtype=np.float32).reshape(2, 3), np.arange(2, dtype=np.uint8)
    digest = content_sha256(Arrays(x, y, x, y))
    assert content_sha256(Arrays(x.astype(">f4"), y, np.asfortranarray(x), y)) == digest
    for other in (x.astype(np.float64), x.reshape(3, 2), x + 1):
        assert content_sha256(Arrays(other, y, x, y)) != digest
    # Worked out by hand once, so that old run records stay comparable.
    assert digest == "e713dad8f2f6832f3e8831233457257abd9a9a8ec3359183b6a61701c3c0f920"


@every_name
def test_locate_lists_every_place_and_reads_nothing(tmp_path, monkeypatch, home, write, name):
    write.full(tmp_path, name)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            path.write_bytes(b"broken")
    places = datasets.locate(name, tmp_path)
    assert [p.description for p in places] == [
        "data_dir",
        "Keras cache",
        "download through Keras",
        "bundled sample",
    ]
    assert [p.found for p in places] == [True, False, False, True]
    assert [p.kind for p in places] == ["full", "full", "full", "sample"]
    assert str(places[0].path).startswith(str(tmp_path))
    assert places[1].path == home / ".keras" / "datasets"
    monkeypatch.setenv("KERAS3_LAB_DATA", str(tmp_path))
    assert datasets.locate(name)[0].description == "KERAS3_LAB_DATA"
    assert not (home / ".keras").exists()


def test_locate_says_what_is_incomplete(tmp_path, write):
    write.cifar(tmp_path)
    (tmp_path / "test_batch").unlink()
    place = datasets.locate("cifar10", tmp_path)[0]
    assert not place.found
    assert place.note == "incomplete: lacks test_batch"


def test_import_is_cheap():
    code = (
        "import sys; import keras3_lab.datasets; "
        "print(sorted({'keras', 'sklearn', 'jax', 'tensorflow', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert done.stdout == "[]\n"
