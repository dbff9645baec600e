"""Convolutions and pooling on JAX on a CPU: XLA's own, alone and in a loop, and ours in one.

Each contender takes its turn in every repeat; told is the median of the repeats' times.

    python docs/results/convolutions.py > docs/results/convolutions.md
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ["JAX_PLATFORMS"] = "cpu"
os.environ["JAX_ENABLE_X64"] = "1"

import jax
import numpy as np
from jax import lax
from jax import numpy as jnp

from keras3_lab.engine.jax.kernels import traced
from keras3_lab.processor import processor_name

REPEATS = 7
SECONDS = 0.1
"""Length of a run of a contender, about."""

Function = Callable[[Any, Any], Any]


def convolution(groups: int = 1) -> Function:
    """Return a convolution that pads, as Keras calls it."""
    return lambda x, kernel: lax.conv_general_dilated(
        x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=groups,
    )  # fmt: skip


def pooling(x: Any, _: Any) -> Any:
    """Return the largest of each two by two."""
    return lax.reduce_window(x, -np.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")


def gradient(function: Function, *by: int) -> Function:
    """Return the gradients of the sum of squares, by some of both arguments."""
    return jax.grad(lambda x, kernel: jnp.sum(function(x, kernel) ** 2), by)


CASES: list[tuple[str, Function, tuple[int, ...], tuple[int, ...], str]] = [
    ("3×3, 16 → 16, forward and gradients",
     gradient(convolution(), 0, 1), (32, 32, 32, 16), (3, 3, 16, 16), "float32"),
    ("3×3, 1 → 16, forward", convolution(), (64, 28, 28, 1), (3, 3, 1, 16), "float32"),
    ("3×3, 3 → 16, forward", convolution(), (32, 32, 32, 3), (3, 3, 3, 16), "float32"),
    ("depthwise 3×3, forward", convolution(64), (32, 16, 16, 64), (3, 3, 1, 64), "float32"),
    ("depthwise 3×3, gradient by the kernel",
     gradient(convolution(64), 1), (32, 16, 16, 64), (3, 3, 1, 64), "float32"),
    ("3×3, 64 → 64 in four groups, forward",
     convolution(4), (32, 16, 16, 64), (3, 3, 16, 64), "float32"),
    ("pooling by maxima, 2×2, gradient", gradient(pooling, 0), (64, 26, 26, 16), (), "float32"),
    ("3×3, 16 → 32, gradient by the input",
     gradient(convolution(), 0), (64, 13, 13, 16), (3, 3, 16, 32), "float64"),
]  # fmt: skip


def alone(function: Function) -> Callable[..., Any]:
    """Return a program of a function, called so many times."""
    compiled = jax.jit(function)

    def run(x: Any, kernel: Any, times: int) -> None:
        for _ in range(times):
            jax.block_until_ready(compiled(x, kernel))

    return run


def in_a_loop(function: Function) -> Callable[..., Any]:
    """Return a program with a loop in it; what comes out of a pass goes into the next."""

    def body(_: Any, carry: Any) -> Any:
        x, kernel = carry
        out = sum(jnp.sum(part) for part in jax.tree.leaves(function(x, kernel)))
        return x + (out * 1e-30).astype(x.dtype), kernel

    loop = jax.jit(lambda x, kernel, times: lax.fori_loop(0, times, body, (x, kernel)))
    return lambda *arguments: jax.block_until_ready(loop(*arguments))


def milliseconds(contenders: list[Callable[..., Any]], *data: Any) -> list[float]:
    """Return the time of one pass of each."""
    passes, found = [], [[] for _ in contenders]
    for run in contenders:
        run(*data, 1)  # compiles
        began = time.perf_counter()
        run(*data, 2)
        passes.append(max(1, int(2 * SECONDS / (time.perf_counter() - began))))
    for _ in range(REPEATS):
        for run, times, each in zip(contenders, passes, found, strict=True):
            began = time.perf_counter()
            run(*data, times)
            each.append(1000 * (time.perf_counter() - began) / times)
    return [statistics.median(each) for each in found]


def main() -> None:
    """Write the table."""
    rng = np.random.default_rng(0)
    out = ["| | shape, dtype | XLA's, alone, ms | XLA's, in a loop | ours, in a loop |"]
    out += ["| --- | --- | ---: | ---: | ---: |"]
    for name, function, shape, kernel, dtype in CASES:
        data = [jnp.asarray(rng.normal(size=size), dtype) for size in (shape, kernel)]
        ours, _ = traced(function, *data)
        contenders = [alone(function), in_a_loop(function), in_a_loop(ours)]
        times = " | ".join(f"{each:.2g}" for each in milliseconds(contenders, *data))
        size = "×".join(map(str, shape))
        out.append(f"| {name} | {size}, {dtype} | {times} |")
    machine = f"{processor_name()}, {os.cpu_count()} cores; JAX {jax.__version__}"
    out += ["", f"Median of {REPEATS} repeats in turn; {machine}."]
    sys.stdout.write("\n".join(out) + "\n")


main()
