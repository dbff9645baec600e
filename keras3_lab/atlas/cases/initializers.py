"""Cases of `keras.initializers`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from keras import initializers

from keras3_lab.atlas.case import FLOATS, Case, Procedure

FIXED: dict[str, dict[str, Callable[[], Any]]] = {
    "Zeros": {"": initializers.Zeros},
    "Ones": {"": initializers.Ones},
    "Constant": {
        "": lambda: initializers.Constant(2.5),
        "-whole": lambda: initializers.Constant(3),
        "-row": lambda: initializers.Constant([1.0, 2.0, 3.0]),
    },
    "Identity": {"": initializers.Identity, "-gain": lambda: initializers.Identity(0.3)},
    "STFT": {
        "": initializers.STFT,
        "-imaginary": lambda: initializers.STFT("imag", window="hamming"),
        "-scaled": lambda: initializers.STFT(scaling="density", periodic=True),
        "-no-window": lambda: initializers.STFT(window=None, scaling="spectrum"),
    },
}
SHAPES: dict[str, tuple[int, ...]] = {
    "table": (4, 3),
    "square": (3, 3),
    "empty": (0, 3),
    "none": (),
}
OF_SPECTRA: dict[str, tuple[int, ...]] = {"bank": (8, 1, 5), "odd": (7, 1, 4), "short": (4, 1, 5)}
DRAWN = (
    "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform RandomNormal "
    "RandomUniform TruncatedNormal VarianceScaling Orthogonal"
)
MORE_SHAPES = {**SHAPES, "vector": (5,), "kernel": (3, 3, 2, 4)}
DTYPES = (None, "float16", "int32", "bool")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, makers in FIXED.items():
        for kind, make in makers.items():
            for what, shape in (OF_SPECTRA if name == "STFT" else SHAPES).items():
                yield _case(name, f"{what}{kind}", make, shape, None)
                if what in ("table", "bank"):
                    for dtype in DTYPES[1:]:
                        yield _case(name, f"{what}{kind}-{dtype}", make, shape, dtype)
    for name in DRAWN.split():
        for what, shape in MORE_SHAPES.items():
            yield _case(name, what, partial(_seeded, name), shape, None, random=True)
        yield _case(name, "float16", partial(_seeded, name), (4, 3), "float16", random=True)
        yield _case(name, "int32", partial(_seeded, name), (4, 3), "int32", random=True)


def _seeded(name: str) -> Any:
    return getattr(initializers, name)(seed=3)


def _case(
    name: str,
    what: str,
    make: Callable[[], Any],
    shape: tuple[int, ...],
    dtype: str | None,
    random: bool = False,
) -> Case:
    def function() -> Any:
        return make()(shape) if dtype is None else make()(shape, dtype=dtype)

    dtypes = FLOATS if what.partition("-")[0] in ("table", "bank") and dtype is None else FLOATS[:1]
    return Procedure(f"initializers.{name}", what, dtypes, random, function)
