"""What the atlas tries: a public part of Keras, called in one way on chosen inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

FLOATS = ("float32", "float64", "float16", "bfloat16")
WIDE = FLOATS[:2]


@dataclass(frozen=True)
class Case:
    """A part of Keras, and inputs.

    Args:
        symbol: The part as Keras exports it: `"ops.maximum"`, `"layers.Conv2D"`.
        what: What is special about this case, unique among those of the symbol.
        dtypes: Float dtypes it is computed in: float arrays of `inputs` are cast to it, and it is
            Keras's `floatx` meanwhile. Other arrays stay as they are.
        random: Whether its numbers are drawn. Shapes, dtypes and errors are compared, not values.
    """

    symbol: str
    what: str
    dtypes: tuple[str, ...] = FLOATS
    random: bool = False

    @property
    def name(self) -> str:
        """The case's name, `ops.maximum/ties`."""
        return f"{self.symbol}/{self.what}"

    @property
    def kind(self) -> str:
        """The first part of the symbol, `ops`."""
        return self.symbol.partition(".")[0]


@dataclass(frozen=True)
class Call(Case):
    """A function of arrays.

    It is called eagerly and compiled, and in float32 and float64 its gradient is taken by each
    float input, of the sum of its outputs times fixed numbers.

    Args:
        function: Takes the arrays as tensors of the backend, and returns a structure of them.
        inputs: The arrays. What is no array goes in as it is.
        gradient: Whether it has a gradient.
        compiles: Whether it is compiled as well.
    """

    function: Callable[..., Any] = lambda: None
    inputs: tuple[Any, ...] = ()
    gradient: bool = True
    compiles: bool = True


@dataclass(frozen=True)
class LayerCall(Case):
    """A layer, called in inference and in training, eagerly and compiled.

    Its weights are set to fixed numbers; its gradient is taken, in training, by each float input
    and each trainable weight; its other variables are read after the call in training.

    Args:
        make: Makes the layer.
        inputs: Arrays, given to the layer in order.
        keywords: Further arguments of the call, arrays or not: `{"mask": ...}`.
        gradient: Whether it has a gradient.
        weights: Whether to put fixed numbers in the place of its initial float weights.
        compiles: Whether it is compiled as well.
    """

    make: Callable[[], Any] = lambda: None
    inputs: tuple[Any, ...] = ()
    keywords: Mapping[str, Any] | None = None
    gradient: bool = True
    weights: bool = True
    compiles: bool = True


@dataclass(frozen=True)
class Procedure(Case):
    """Anything else: a function without arguments that returns a structure of arrays and numbers.

    What it does with models, metrics or files is its own business; its result is compared, in
    float32 if `dtypes` names no others.
    """

    dtypes: tuple[str, ...] = ("float32",)
    function: Callable[[], Any] = lambda: None


def cases() -> Iterator[Case]:
    """Yield all cases, in order. Needs Keras.

    Raises:
        ValueError: If two have the same name.
    """
    from keras3_lab.atlas.cases import modules

    seen = set()
    for module in modules():
        for case in module.cases():
            if case.name in seen:
                raise ValueError(f"two cases are called {case.name!r}")
            seen.add(case.name)
            yield case


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    """Return fixed numbers between -1 and 1, float64, no two alike, and none of them 0."""
    count = int(np.prod(shape))
    order = np.random.default_rng([seed, count]).permutation(count)
    return (2 * (order + 0.25) / max(count, 1) - 1).reshape(shape)
