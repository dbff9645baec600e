"""Cases of products of matrices, decompositions, and spectra."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Case, numbers
from keras3_lab.atlas.cases.ops_call import call, each

A = numbers(3, 3) + 2 * np.eye(3)
SPD = A @ A.T
BATCH = np.stack([A, A.T + np.eye(3)])
TALL = numbers(4, 3)
WIDE = TALL.T
SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
SQUARES = {
    "ordinary": A,
    "batch": BATCH,
    "one": A[:1, :1],
    "singular": SINGULAR,
    "zeros": np.zeros((2, 2)),
    "identity": np.eye(3),
    "special": np.array([[np.nan, 1.0], [1.0, np.inf]]),
    "empty": np.zeros((0, 0)),
    "no-batch": np.zeros((0, 3, 3)),
    "int32": np.array([[2, 1], [1, 3]], "int32"),
    "negative": -SPD,
}
ODD = {"tall": TALL, "wide": WIDE, "no-rows": np.zeros((0, 3))}
INT = np.array([[1, -2, 3], [4, 5, 6]], "int32")
SMALL = np.array([[100, 2, 3], [4, 100, 6]], "int8")
BOOL = INT > 2


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for what, array in SQUARES.items():
        yield from each("det inv slogdet lu_factor", what, array)
        for name in ("cholesky", "eigh", "logdet"):
            matrix = array @ np.swapaxes(array, -1, -2) if what in ("ordinary", "batch") else array
            yield call(name, what, matrix, of=_plain(name))
        yield call("cholesky_inverse", what, array)
        yield call("eig", what, array, of=_moduli, gradient=False)
    for what, array in {**SQUARES, **ODD}.items():
        yield call("svd", what, array, compute_uv=False)
        yield call("svd", f"{what}-vectors", array, of=_svd)
        yield call("qr", what, array, of=_qr)
        yield call("pinv", what, array)
        yield call("matrix_rank", what, array, gradient=False)
        for order in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf):
            if what in ("ordinary", "zeros", "special", "int32"):
                yield call("norm", f"{what}-{order}", array, ord=order, axis=(-2, -1))
    yield from each("cholesky cholesky_inverse", "upper", SPD, upper=True)
    yield from each("cholesky", "lopsided", np.array([[2.0, 5.0], [0.0, 3.0]]))
    yield from each("eigh", "lopsided", np.array([[2.0, 5.0], [0.0, 3.0]]))
    yield from each("lu_factor", "tall", TALL)
    yield call("qr", "complete", TALL, of=_qr, mode="complete")
    yield from _solved()
    yield from _norms()
    yield from _products()
    yield from _spectra()


def _solved() -> Iterator[Case]:
    right = numbers(3, 2)
    for what, matrix in {"ordinary": A, "singular": SINGULAR, "batch": BATCH}.items():
        b = np.broadcast_to(right[: matrix.shape[-1]], (*matrix.shape[:-1], 2))
        for name in ("solve", "lstsq") if what != "batch" else ("solve",):
            yield call(name, what, matrix, b)
            yield call(name, f"{what}-vector", matrix, b[..., 0])
        for lower in (False, True):
            side = "lower" if lower else "upper"
            yield call("solve_triangular", f"{what}-{side}", matrix, b, lower=lower)
            yield call("solve_triangular", f"{what}-{side}-vector", matrix, b[..., 0], lower=lower)
    yield call("solve_triangular", "zero-diagonal", np.array([[0.0, 1.0], [0.0, 1.0]]), right[:2])
    yield call("solve", "int32", SQUARES["int32"], INT[:, :2])
    yield call("solve", "broadcast", A, BATCH)
    yield call("lstsq", "tall", TALL, numbers(4))
    yield call("lstsq", "wide", WIDE, numbers(3))
    yield call("lstsq", "cut", TALL, numbers(4, 2), rcond=0.5)
    yield call("pinv", "cut", TALL, rcond=0.5)
    yield call("matrix_rank", "tolerant", A, tol=3.0, gradient=False)


def _plain(name: str) -> Any:
    """Eigenvectors' signs are anyone's."""

    def function(x: Any) -> Any:
        result = getattr(keras.ops, name)(x)
        return (result[0], keras.ops.square(result[1])) if name == "eigh" else result

    return function


def _moduli(x: Any) -> Any:
    """Eigenvalues come in any order, eigenvectors with any sign."""
    values, vectors = keras.ops.eig(x)
    return keras.ops.sort(keras.ops.abs(values)), values[:0], vectors[:0]


def _svd(x: Any) -> Any:
    u, s, v = keras.ops.svd(x, full_matrices=False)
    return keras.ops.square(u), s, keras.ops.square(v)


def _qr(x: Any, mode: str = "reduced") -> Any:
    q, r = keras.ops.qr(x, mode=mode)
    return keras.ops.square(q), keras.ops.square(r)


def _norms() -> Iterator[Case]:
    vectors = {
        "ordinary": numbers(2, 4),
        "zeros": np.zeros((2, 3)),
        "special": np.array([[np.inf, 1.0], [np.nan, 0.0]]),
        "ties": np.array([[1.0, -1.0, 1.0]]),
        "int32": INT,
        "bool": BOOL,
        "large": np.array([[1e30, 1e30], [1e-30, 1e-30]]),
        "nothing": np.zeros((2, 0)),
    }
    for what, array in vectors.items():
        for order in (None, 0, 1, 2, 3, -1, np.inf, -np.inf):
            yield call("norm", f"vectors-{what}-{order}", array, ord=order, axis=1)
        for order in (1, 2, 3, np.inf):
            yield call("normalize", f"{what}-{order}", array, order=order)
        yield call("norm", f"all-{what}", array)
    yield call("norm", "vectors-kept", numbers(2, 4), axis=1, keepdims=True)
    yield call("normalize", "order-0", numbers(2, 4), order=0)
    yield call("normalize", "epsilon", numbers(2, 4), epsilon=0.1)
    yield call("normalize", "first-axis", numbers(2, 4), axis=0)


def _products() -> Iterator[Case]:
    x, y = numbers(2, 3), numbers(3, 4)
    yield from each("matmul dot", "ordinary", x, y)
    yield from each("matmul dot inner vdot outer", "vectors", x[0], y[:, 0])
    yield from each("matmul dot", "matrix-vector", x, y[:, 0])
    yield from each("matmul dot", "vector-matrix", x[0], y)
    yield from each("matmul dot", "batch", numbers(2, 2, 3), numbers(2, 3, 2))
    yield from each("matmul", "broadcast", numbers(2, 1, 2, 3), numbers(4, 3, 2))
    yield from each("matmul dot", "incompatible", x, x)
    yield from each("matmul dot", "empty", np.zeros((0, 3)), y)
    yield from each("matmul dot", "over-nothing", np.zeros((2, 0)), np.zeros((0, 3)))
    for what, one, other in (
        ("int32", INT, INT.T),
        ("int8", SMALL, SMALL.T),
        ("uint8", SMALL.view("uint8"), SMALL.T.copy().view("uint8")),
        ("bool", BOOL, BOOL.T),
        ("int32-and-floats", INT, y),
        ("int8-and-uint8", SMALL, SMALL.T.copy().view("uint8")),
        ("bool-and-int32", BOOL, INT.T),
        ("bool-and-floats", BOOL, y),
    ):
        yield from each("matmul dot", what, one, other)
        yield call("tensordot", what, one, other, axes=1)
        yield call("einsum", what, one, other, of=_einsum, formula="ij,jk->ik")
        yield from each("inner vdot outer cross", what, one[0], other[:, 0])
        yield call("kron", what, one, other)
    yield from each("inner", "tables", x, numbers(4, 3))
    yield from each("outer vdot", "tables", x, x)
    yield call("dot", "number", x, 2.0)
    yield call("vdot", "of-complex", np.array([1 + 1j], "complex64"), np.array([1j], "complex64"))
    yield call("kron", "ordinary", x, y)
    yield call("kron", "vectors", x[0], y[0])
    yield call("cross", "ordinary", numbers(4, 3), numbers(4, 3) + 1)
    yield call("cross", "broadcast", numbers(4, 3), numbers(3))
    yield call("cross", "of-two", numbers(4, 2), numbers(4, 2) + 1)
    yield call("cross", "two-and-three", numbers(4, 2), numbers(4, 3))
    yield call("cross", "axis", numbers(3, 4), numbers(3, 4) + 1, axis=0)
    yield call("cross", "axes", numbers(3, 4), numbers(4, 3), axisa=0, axisb=1, axisc=0)
    cube = numbers(2, 3, 4)
    for what, other, axes in (
        ("none", x, 0),
        ("one", numbers(4, 3), 1),
        ("two", numbers(3, 4, 2), 2),
        ("named", cube, [[1], [1]]),
        ("two-named", cube, [[0, 1], [0, 1]]),
    ):
        yield call("tensordot", what, cube, other, axes=axes)
    for formula, arrays in {
        "ij->": (x,),
        "ij->j": (x,),
        "ij->ji": (x,),
        "ii->i": (A,),
        "ii": (A,),
        "ij,jk": (x, y),
        "ij,ij->i": (x, x),
        "...ij,...jk->...ik": (cube, numbers(4, 2)),
        "i,j->ij": (x[0], y[0]),
        "ij,jk,kl->il": (x, y, numbers(4, 2)),
        "bij,bkj->bik": (cube, cube),
        "abc,abd->abcd": (cube, cube),
        "ij,ij->": (x, x),
    }.items():
        yield call("einsum", formula, *arrays, of=_einsum, formula=formula)
    yield call("einsum", "wrong", x, x, of=_einsum, formula="ij,jk->ik")
    for what, array in {
        "ordinary": numbers(3, 4),
        "equal": np.ones((3, 4)),
        "one": numbers(1, 4),
        "empty": np.zeros((0, 4)),
    }.items():
        yield call("cdist", what, array, numbers(2, 4) if what != "equal" else np.ones((2, 4)))
    yield call("cdist", "same", numbers(3, 4), numbers(3, 4))
    yield call("cdist", "far", 1e4 + numbers(3, 4), 1e4 + numbers(2, 4))
    yield call("cdist", "batch", numbers(2, 3, 4), numbers(2, 2, 4))
    yield call("cdist", "int32", INT, INT)


def _einsum(*arrays: Any, formula: str) -> Any:
    return keras.ops.einsum(formula, *arrays)


def _spectra() -> Iterator[Case]:
    real, imaginary = numbers(4, 8), numbers(4, 8, seed=1)
    for name in ("fft", "fft2", "ifft2"):
        yield call(name, "ordinary", real, imaginary, of=_of_pair(name))
        yield call(name, "odd", real[:, :5], imaginary[:, :5], of=_of_pair(name))
        yield call(name, "one", real[:, :1], imaginary[:, :1], of=_of_pair(name))
        yield call(name, "special", real * np.inf, imaginary, of=_of_pair(name))
        yield call(name, "empty", real[:0], imaginary[:0], of=_of_pair(name))
        yield call(name, "int32", INT, INT, of=_of_pair(name))
        yield call(name, "unlike-shapes", real, imaginary[:, :5], of=_of_pair(name))
    for length in (None, 4, 5, 16, 1):
        yield call("rfft", f"length-{length}", real, fft_length=length)
        yield call(
            "irfft", f"length-{length}", real, imaginary, of=_of_pair("irfft"), fft_length=length
        )
    yield call("rfft", "odd", real[:, :5])
    yield call("rfft", "one", real[:, :1])
    yield call("rfft", "int32", INT)
    yield call("rfft", "empty", real[:0])
    yield call("rfft", "special", np.array([[np.inf, 1.0, np.nan, 0.0]]))
    wave = numbers(2, 40)
    ways: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "hamming": {"window": "hamming"},
        "no-window": {"window": None},
        "off-centre": {"center": False},
        "short": {"sequence_length": 5},
        "long-stride": {"sequence_stride": 7},
    }
    for what, given in ways.items():
        arguments: dict[str, Any] = {
            "sequence_length": 8,
            "sequence_stride": 4,
            "fft_length": 8,
            **given,
        }
        yield call("stft", what, wave, **arguments)
        spectrum = numbers(2, 6, 5), numbers(2, 6, 5, seed=1)
        yield call("istft", what, *spectrum, of=_of_pair("istft"), **arguments)
        yield call(
            "istft", f"{what}-length", *spectrum, of=_of_pair("istft"), length=17, **arguments
        )
    yield call(
        "stft",
        "window-given",
        wave,
        sequence_length=8,
        sequence_stride=4,
        fft_length=8,
        window=np.ones(8),
    )
    yield call("stft", "vector", wave[0], sequence_length=8, sequence_stride=4, fft_length=16)
    yield call("stft", "int32", INT, sequence_length=2, sequence_stride=1, fft_length=4)
    yield call(
        "stft",
        "too-short",
        wave[:, :4],
        sequence_length=8,
        sequence_stride=4,
        fft_length=8,
        center=False,
    )
    for length, stride in ((4, 2), (3, 5), (40, 1), (50, 1), (1, 1)):
        yield call("extract_sequences", f"{length}-by-{stride}", wave, length, stride)
    yield call("extract_sequences", "int32", INT, 2, 1)


def _of_pair(name: str) -> Any:
    def function(real: Any, imaginary: Any, **arguments: Any) -> Any:
        return getattr(keras.ops, name)((real, imaginary), **arguments)

    return function
