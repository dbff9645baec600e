"""What is read of files from elsewhere, a sound file of each kind, and how it is changed."""

from __future__ import annotations

import gzip
import io
import pickle
import random
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import traces
from mutator import Change, change_archive, change_bytes, change_json

from keras3_lab.datasets.formats import read_cifar_batch, read_idx
from keras3_lab.errors import UsageError
from keras3_lab.parity import trace
from keras3_lab.parity.compare.gates import compare_all
from keras3_lab.parity.compare.verdict import Result
from keras3_lab.parity.record.saving import load, loading_problem
from keras3_lab.untrusted import read_npz


@dataclass(frozen=True)
class Reader:
    """A reader, and what it is given.

    Args:
        read: Reads a file, and uses what it holds.
        sound: Files that it must read.
        change: Changes one of them.
    """

    read: Callable[[Path], Any]
    sound: tuple[bytes, ...]
    change: Change


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
    if rng.random() < 0.4:
        return change_bytes(rng, content)
    try:
        array = np.load(io.BytesIO(content))
    except Exception:  # changed before
        return change_bytes(rng, content)
    match rng.randrange(6):
        case 0:
            array = array.reshape(-1)[: rng.randrange(array.size + 1)]
        case 1:
            array = array.reshape(rng.choice(((-1, 1), (1, -1), (1, 1, -1))))
        case 2:
            array = array.astype(
                rng.choice(("f2", "f4", "i1", "u8", "c8", "?", "U3", "S3", "V4", "O"))
            )
        case 3:
            odd = rng.choice((np.nan, np.inf, -1, 0, 1e308))
            with np.errstate(all="ignore"):
                array = np.full(array.shape, odd).astype(array.dtype)
        case 4:
            array = np.array(7, array.dtype)
        case _:
            array = np.concatenate([array.reshape(-1)] * 2)
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


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


ONE, OTHER = traces.pair()


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
    ),
    "model": Reader(
        _read_model, (_saved_model(),), change_archive({".json": change_json, ".h5": change_bytes})
    ),
}
