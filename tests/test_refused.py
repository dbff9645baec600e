"""What is refused, row by row of the tables in `docs/refused.md`."""

from __future__ import annotations

import gzip
import json
import os
import re
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab.cli import lab, main_with_errors, run_chapter
from keras3_lab.datasets import registry
from keras3_lab.errors import DataWarning, LostLossError, UsageError
from keras3_lab.parity.header import Header
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Run, Trace, save

PAGE = (Path(__file__).parents[1] / "docs" / "refused.md").read_text()
COMMANDS = re.findall(r"^\| `((?:keras3-lab|python -m) .*?)` \| (.*) \|$", PAGE, re.MULTILINE)
DATA = re.findall(
    r"^\| (.*?) \| (refused|warned of) \| (refused|warned of) \| (.*) \|$", PAGE, re.MULTILINE
)

IMAGES = "train-images-idx3-ubyte.gz"


def _idx(folder: Path, images: bytes | Callable[[Path], None], *lacking: str) -> None:
    """Four files of Fashion-MNIST; the first is what is wrong."""
    (folder / "fashion-mnist").mkdir(parents=True)
    for part in ("train", "t10k"):
        for kind in ("images-idx3", "labels-idx1"):
            path = folder / "fashion-mnist" / f"{part}-{kind}-ubyte.gz"
            if path.name == IMAGES and callable(images):
                images(path)
            elif path.name not in lacking:
                path.write_bytes(images if path.name == IMAGES else b"not looked at")


def _npz(folder: Path, **arrays: np.ndarray) -> None:
    folder.mkdir()
    np.savez(folder / "mnist.npz", **arrays)


def _batches(folder: Path, first: bytes) -> None:
    folder.mkdir()
    for name in ("data_batch_1", *(f"data_batch_{i}" for i in range(2, 6)), "test_batch"):
        (folder / name).write_bytes(b"\x80\x02" + first)


def _bomb(path: Path) -> None:
    """An archive whose list tells of a member a thousand times as large as it is."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x_train.npy", bytes(2**20))
        archive.getinfo("x_train.npy").file_size = 2**30


def _changed(path: Path, sound: Path, change: Callable[[dict, dict], object]) -> None:
    """A trace with another header, or other arrays."""
    with np.load(sound) as file:
        arrays = dict(file)
    header = json.loads(arrays["header"].tobytes())
    header = change(header, arrays) or header
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    np.savez(path, **arrays | {"header": np.frombuffer(text, np.uint8)})


def _rename(arrays: dict, old: str, new: str) -> None:
    arrays[new] = arrays.pop(old)


@pytest.fixture(scope="session")
def bad(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of files and folders that are called after what is wrong with them."""
    here = tmp_path_factory.mktemp("bad")
    (here / "empty").mkdir()
    head = bytes([0, 0, 8, 3]) + np.array((60_000, 28, 28), ">u4").tobytes()
    packed = gzip.compress(head + bytes(10_000))
    _idx(here / "lacks-labels", b"", "train-labels-idx1-ubyte.gz")
    _idx(here / "no-gzip", b"not gzip")
    _idx(here / "cut-gzip", packed[:50])
    _idx(here / "damaged-gzip", packed[:30] + bytes(20) + packed[50:])
    _idx(here / "gzip-bomb", gzip.compress(b"\0\0\x08\3" + b"\xff" * 4 + head[8:] + bytes(10**6)))
    _idx(here / "folder-for-file", Path.mkdir)
    _idx(here / "endless", os.mkfifo)

    few = {"x_train": np.zeros((3, 28, 28), np.uint8), "x_test": np.zeros((3, 28, 28), np.uint8)}
    labels = {"y_train": np.zeros(3, np.uint8), "y_test": np.zeros(3, np.uint8)}
    (here / "npz-of-text").mkdir()
    (here / "npz-of-text" / "mnist.npz").write_text("<html>log in first</html>")
    _npz(here / "npz-without-labels", **few)
    _npz(here / "npz-of-objects", **few | labels | {"x_train": np.array([print], object)})
    _npz(here / "npz-of-few-rows", **few | labels)
    (here / "npz-bomb").mkdir()
    _bomb(here / "npz-bomb" / "mnist.npz")
    (here / "rows-with-nan").mkdir()
    spec = registry.SPECS["california_housing"]
    rows = spec.n_train + spec.n_test
    x = np.full((rows, 8), np.nan, np.float32)
    np.savez(here / "rows-with-nan" / "california_housing.npz", x=x, y=np.ones(rows, np.float32))

    _batches(here / "pickle-that-runs", b"cposix\nmkdir\nU\x04trap\x85R.")
    _batches(
        here / "pickle-of-pointers",
        b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x3ftb.",
    )
    _batches(here / "pickle-with-a-large-memo", b"Nr\x00\x00\x00\x40.")

    sound = here / "sound.npz"
    made = Trace(Header("a:cpu", Subject("module:function")))
    made.add(Run(steps={"loss": np.ones(3)}), "float64")
    save(made, sound)
    (here / "text.npz").write_text("a trace?")
    (here / "empty.npz").touch()
    np.savez(here / "other-arrays.npz", x=np.ones(3))
    for name, method in (("no-arrays.npz", zipfile.ZIP_STORED), ("bzip2.npz", zipfile.ZIP_BZIP2)):
        with zipfile.ZipFile(here / name, "w", method) as archive:
            archive.writestr("header.npy", "{}")
    _bomb(here / "bomb.npz")
    content = bytearray(sound.read_bytes())
    content[150:190] = bytes(40)
    (here / "damaged.npz").write_bytes(content)
    for name, change in {
        "class": lambda header, arrays: _rename(arrays, "0//steps//loss", "0//__class__//loss"),
        "list-for-header": lambda header, arrays: [1, 2],
        "deep-header": lambda header, arrays: 100_000 * b"[" + 100_000 * b"]",
        "number-for-lane": lambda header, arrays: header["header"].update(lane=3),
        "old-schema": lambda header, arrays: header.update(schema="keras3_lab.trace/0"),
    }.items():
        _changed(here / f"{name}.npz", sound, change)
    return here


def _run(command: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command line in this process; all that it imports is there."""
    program, *arguments = shlex.split(command)
    with pytest.raises(SystemExit) as ended:
        if program == "python":
            _, module, *arguments = arguments
            monkeypatch.setattr(sys, "argv", [module, *arguments])
            run_chapter(module.removeprefix("keras3_lab."))  # as such a module does
        else:
            monkeypatch.setattr(sys, "argv", [program, *arguments])
            main_with_errors(lab, program)
    return ended.value.code


@pytest.mark.parametrize(("command", "answer"), COMMANDS, ids=[row[0] for row in COMMANDS])
def test_a_command_is_refused_in_one_line(
    command: str, answer: str, bad: Path, monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    if "not there" in answer and keras.distribution.list_devices()[0].startswith("gpu"):
        pytest.skip("there is a GPU")
    monkeypatch.chdir(bad)
    before = sorted(bad.rglob("*"))
    assert _run(command, monkeypatch) == 2
    out, err = capfd.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert line.startswith("error: ")
    assert answer in line
    assert sorted(bad.rglob("*")) == before


def test_debug_shows_where(bad: Path, monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    monkeypatch.chdir(bad)
    assert _run("keras3-lab parity compare sound.npz text.npz --debug", monkeypatch) == 2
    err = capfd.readouterr().err
    assert "Traceback (most recent call last)" in err
    assert err.splitlines()[-1].startswith("error: text.npz is no trace")


def test_an_error_that_nobody_foresaw_is_one_line_and_status_1(
    monkeypatch: pytest.MonkeyPatch, capfd
) -> None:
    def fail(**_: object) -> None:
        raise KeyError("no\nsuch thing")

    monkeypatch.setattr(lab.commands["ls"], "callback", fail)
    assert _run("keras3-lab ls", monkeypatch) == 1
    assert capfd.readouterr().err == "error: KeyError: 'no\\nsuch thing'; --debug shows where\n"


def test_a_lost_loss_is_one_line_and_status_1(monkeypatch: pytest.MonkeyPatch, capfd) -> None:
    def fail(**_: object) -> None:
        raise LostLossError("the loss is nan from step 3 of epoch 1")

    monkeypatch.setattr(lab.commands["ls"], "callback", fail)
    assert _run("keras3-lab ls", monkeypatch) == 1
    assert capfd.readouterr().err == "error: the loss is nan from step 3 of epoch 1\n"


def test_a_terminal_without_utf8_shows_what_it_can() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "keras3_lab", "ls"],
        env=os.environ | {"PYTHONIOENCODING": "ascii"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert "fmnist/early-stopping" in done.stdout


X = np.random.default_rng(0).normal(size=(100, 4)).astype("float32")
LABELS = np.arange(100) % 10


def _with(array: np.ndarray, index: object, value: float, dtype: str | None = None) -> np.ndarray:
    changed = array.astype(dtype or array.dtype)
    changed[index] = value
    return changed


CASES = {
    "label 10 of ten classes": {"y": _with(LABELS, 3, 10)},
    "label −1": {"y": _with(LABELS, 3, -1)},
    "label −1 in validation data": {"validation_data": (X, _with(LABELS, 3, -1))},
    "label NaN": {"y": _with(LABELS, 3, np.nan, "float32")},
    "label 2.5": {"y": _with(LABELS, 3, 2.5, "float32")},
    "NaN among the features": {"x": _with(X, (3, 1), np.nan)},
    "infinity among the targets": {"y": _with(X[:, :1], (3, 0), np.inf), "loss": "mse"},
    "a constant column in an adapted Normalization": {"x": _with(X, (slice(None), 1), 2.0)},
    "no row of a class": {"y": np.where(LABELS == 7, 6, LABELS)},
    "lengths that differ": {"y": LABELS[:50]},
    "`validation_split=-0.5`": {"validation_split": -0.5},
    "no rows": {"x": X[:0], "y": LABELS[:0]},
    "no rows, `steps_per_epoch=3`": {"x": X[:0], "y": LABELS[:0], "steps_per_epoch": 3},
}


@pytest.mark.parametrize(
    ("data", "by_default", "in_recipes", "answer"), DATA, ids=[r[0] for r in DATA]
)
def test_data_are_refused_or_warned_of(
    data: str, by_default: str, in_recipes: str, answer: str
) -> None:
    arguments = {"x": X, "y": LABELS, "loss": "sparse_categorical_crossentropy"} | CASES[data]
    normalization = keras.layers.Normalization()
    if "Normalization" in data:
        normalization.adapt(arguments["x"])
    softmax = keras.layers.Dense(1 if arguments["loss"] == "mse" else 10, "softmax")
    model = keras.Sequential([keras.Input((4,)), normalization, softmax])
    model.compile("sgd", arguments.pop("loss"))
    answer = answer.replace("`", "")
    for check, wanted in (("error", in_recipes), ("warn", by_default)):
        if wanted == "refused":
            with pytest.raises(ValueError, match=re.escape(answer)):
                keras3_lab.fit(model, **arguments, verbose=0, check=check)
        else:
            with pytest.warns(DataWarning, match=re.escape(answer)) as warned:
                keras3_lab.fit(model, **arguments, verbose=0, epochs=0, check=check)
            assert [one.category for one in warned].count(DataWarning) == 1


def _classifier(loss: object = "sparse_categorical_crossentropy", units: int = 10) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units, "softmax")])
    model.compile("sgd", loss)
    return model


def test_a_label_of_an_iterator_is_refused_before_it_is_trained_on() -> None:
    model = _classifier()
    wrong = _with(LABELS, 70, 10)
    batches = ((X[at : at + 32], wrong[at : at + 32]) for at in (0, 32, 64))
    with pytest.raises(UsageError, match="in a chunk of batches, y: 10 in row 70 is no class"):
        keras3_lab.fit(model, batches, verbose=0)
    assert all(np.isfinite(weights).all() for weights in model.get_weights())
    held_out = ((X[at : at + 32], wrong[at : at + 32]) for at in (0, 32, 64))
    with pytest.raises(UsageError, match="in a chunk of validation batches, y: 10 in row 70"):
        keras3_lab.fit(model, X, LABELS, validation_data=held_out, verbose=0)


def test_labels_that_a_loss_or_a_weight_leaves_out_may_be_anything() -> None:
    labels = _with(LABELS, 3, -1)
    loss = keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)
    history = keras3_lab.fit(_classifier(loss), X, labels, verbose=0, check="error")
    assert np.isfinite(history.history["loss"]).all()
    weights = (labels >= 0).astype("float32")
    if keras.config.backend() == "jax":
        keras3_lab.fit(_classifier(), X, labels, sample_weight=weights, verbose=0, check="error")
    else:
        with pytest.raises(UsageError, match="y: -1 in row 3 is no class"):
            keras3_lab.fit(_classifier(), X, labels, sample_weight=weights, verbose=0)


def test_the_output_is_named_that_has_the_wrong_label() -> None:
    inputs = keras.Input((4,))
    outputs = {
        n: keras.layers.Dense(k, "softmax", name=n)(inputs) for n, k in (("a", 10), ("b", 3))
    }
    model = keras.Model(inputs, outputs)
    model.compile("sgd", dict.fromkeys(outputs, "sparse_categorical_crossentropy"))
    with pytest.raises(UsageError, match=r"y\['b'\]: 3 in row 3 is no class: the 3 outputs"):
        keras3_lab.fit(model, X, {"a": LABELS, "b": LABELS}, verbose=0)
    keras3_lab.fit(model, X, {"a": LABELS, "b": LABELS % 3}, verbose=0, check="error")


def test_every_case_is_in_the_page() -> None:
    assert [row[0] for row in DATA] == list(CASES)
    assert len(COMMANDS) > 50
