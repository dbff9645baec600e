"""What is read of files from elsewhere, a sound file of each kind, and how it is changed."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import random
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import traces
from mutator import Change, change_archive, change_bytes, change_json
from records_by_hand import record

from keras3_lab.datasets.formats import read_cifar_batch, read_idx
from keras3_lab.errors import UsageError
from keras3_lab.parity import trace
from keras3_lab.parity.compare.gates import compare_all
from keras3_lab.parity.compare.verdict import Result
from keras3_lab.parity.record.saving import load, loading_problem
from keras3_lab.records import read_record
from keras3_lab.untrusted import read_npz


@dataclass(frozen=True)
class Reader:
    """A reader, and what it is given.

    Args:
        read: Reads a file, and uses what it holds.
        sound: Files that it must read.
        change: Changes one of them.
        every: How often memory is measured, which takes time: of every input, or of some.
    """

    read: Callable[[Path], Any]
    sound: tuple[bytes, ...]
    change: Change
    every: int = 1


def _idx(shape: tuple[int, ...]) -> bytes:
    array = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    return bytes([0, 0, 8, array.ndim]) + np.array(shape, ">u4").tobytes() + array.tobytes()


def _change_packed(rng: random.Random, content: bytes) -> bytes:
    if content[:2] == b"\x1f\x8b" and rng.random() < 0.5:
        return gzip.compress(change_bytes(rng, gzip.decompress(content)), 1)
    return change_bytes(rng, content)


def _batch(count: int, protocol: int) -> bytes:
    data = np.zeros((count, 3072), np.uint8)
    return pickle.dumps({b"labels": [3] * count, b"data": data, b"label": b"some"}, protocol)


PYTHON_2 = (
    b"\x80\x02}q\x01(U\x04dataq\x02cnumpy.core.multiarray\n_reconstruct\nq\x03cnumpy\nndarray\nq\x04"
    b"K\x00\x85U\x01b\x87Rq\x05(K\x01K\x00M\x00\x0c\x86cnumpy\ndtype\nq\x06U\x02u1K\x00K\x01\x87Rq\x07("
    b"K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89U\x00tbU\x06labelsq\x08]q\x09u."
)
"""A batch of no images: all of it are instructions."""


def _npz(**arrays: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def _change_npy(rng: random.Random, content: bytes) -> bytes:
    try:
        array = np.load(io.BytesIO(content))
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = _change_array(rng, array)
    except Exception:  # what was changed before need be no array
        return change_bytes(rng, content)
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def _change_array(rng: random.Random, array: np.ndarray) -> np.ndarray:
    match rng.randrange(8):
        case 0:
            return array.reshape(-1)[: rng.randrange(array.size + 1)]
        case 1:
            return array.reshape(rng.choice(((-1, 1), (1, -1), (1, 1, -1))))
        case 2:
            kinds = ("f2", "f4", "i1", "u8", "c8", "?", "U3", "S3", "V4", "O")
            return array.astype(rng.choice(kinds))
        case 3:
            odd = rng.choice((np.nan, np.inf, -1, 0, 1e308))
            return np.full(array.shape, odd).astype(array.dtype)
        case 4:
            return np.array(7, array.dtype)
        case 5:
            return np.concatenate([array.reshape(-1)] * 2)
        case _:
            raise ValueError("bytes are to be changed")


def _change_header(rng: random.Random, content: bytes) -> bytes:
    try:
        changed = change_json(rng, np.load(io.BytesIO(content)).tobytes())
    except Exception:  # changed before
        return change_bytes(rng, content)
    file = io.BytesIO()
    np.save(file, np.frombuffer(changed, np.uint8))
    return file.getvalue()


def _saved(made: trace.Trace) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        trace.save(made, path)
        return path.read_bytes()


def _small(whole: trace.Trace) -> trace.Trace:
    """Return a few short runs of a trace: of each kind, and little of it."""
    few: dict[trace.RunName, trace.Run] = {}
    for name, run in whole.runs.items():
        alike = [n for n in few if (n.dtype, n.kind) == (name.dtype, name.kind)]
        if len(alike) < {"main": 1, "seed": 2}.get(name.kind, name.dtype == "float64"):
            few[name] = replace(
                run,
                start=min(run.start, 3),
                steps={"loss": run.steps["loss"][:6]} if run.steps else {},
                epochs={k: v[:2] for k, v in run.epochs.items() if k == "val_loss"},
                optimizer={k: v for k, v in run.optimizer.items() if k == "1"},
                weights={k: v for k, v in run.weights.items() if k == "0"},
                predictions={k: v for k, v in run.predictions.items() if k == "start/0"},
                rows={k: v for k, v in run.rows.items() if k == "y"},
            )
    assert whole.header.length is not None
    length = replace(whole.header.length, steps=6, switch=3, of_steps=6, epochs=2, per_epoch=3)
    return trace.Trace(replace(whole.header, length=length), few, {"float64": b"PK"})


ONE, OTHER = map(_small, traces.pair())


def _read_trace(path: Path) -> Any:
    read = trace.load(path)
    joined = trace.join([ONE, read])
    return Result(joined, compare_all(joined)).to_json()


MODEL = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
MODEL.compile("sgd", "mse")


def _saved_model() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.keras"
        MODEL.save(path)
        return path.read_bytes()


def _read_model(path: Path) -> Any:
    try:
        return load(path.read_bytes(), MODEL)
    except Exception as error:  # as a lane does, which says why
        raise UsageError(loading_problem(MODEL, error)) from error


READERS = {
    "IDX": Reader(
        lambda path: read_idx(path, (3, 2, 2)),
        (_idx((3, 2, 2)), gzip.compress(_idx((3, 2, 2)), 1)),
        _change_packed,
    ),
    "CIFAR batch": Reader(
        lambda path: read_cifar_batch(path, 0),
        (_batch(0, 2), _batch(0, 3), PYTHON_2),
        change_bytes,
    ),
    ".npz": Reader(
        lambda path: read_npz(path, {"x": (3, 2), "y": (3,)}),
        (_npz(x=np.ones((3, 2), np.float32), y=np.arange(3)),),
        change_archive({".npy": _change_npy}),
    ),
    "trace": Reader(
        _read_trace,
        (_saved(OTHER),),
        change_archive({"header.npy": _change_header, ".npy": _change_npy}),
        every=10,
    ),
    "record": Reader(read_record, (json.dumps(record(), indent=1).encode(),), change_json),
    "model": Reader(
        _read_model,
        (_saved_model(),),
        change_archive({".json": change_json, ".h5": change_bytes}),
        every=10,
    ),
}
