"""Convolutions and pooling of a traced JAX program, written so that XLA runs them fast on a CPU.

XLA has fast kernels for convolutions on a CPU, and brings operands into the layout that they want
in the entry computation of a program alone, not within a loop: there they run 10 to 40 times as
slowly (https://github.com/jax-ml/jax/issues/12868). Here each convolution is given that layout, or
written as other operations where these are faster still. What is computed is the same, up to the
order in which numbers are summed. By what was measured (docs/engine.md), on two CPU cores:

- One or two input channels, or as few in a group: XLA's plain loops are faster, fifty times in a
  depthwise layer. They are had by a layout that the fast kernels do not take.
- The gradient of a grouped kernel: one product for each position of the kernel. XLA makes a dense
  convolution of it, and takes a hundred times as long or more.
- float64, for which there are no fast kernels: slices and matrix products.
- Pooling by maxima whose windows do not overlap: comparisons of slices, and a gradient put where
  the first of the largest stood, bit for bit XLA's in a tenth of the time.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import Any

import jax
import numpy as np
from jax import lax
from jax.extend.core import ClosedJaxpr, Literal, jaxpr_as_fun

FEW = 2
"""Most input channels, of a group where there are groups, for which plain loops are faster.

With three, the fast kernels win on two cores: plain loops run on one."""
LARGEST_WINDOW = 16
"""Most elements of a window of pooling that are compared one by one."""
MOST_POSITIONS = 64
"""Most positions of a kernel that are written as a product each; more take long to compile."""


def traced(
    function: Callable[..., Any], *arguments: Any, anew: bool = True
) -> tuple[Callable[..., Any], Any]:
    """Trace a function once, for all that is made of it.

    Args:
        function: A function of arrays, which JAX can trace.
        arguments: Arrays of the shapes to trace it for.
        anew: Whether to write its convolutions and pooling anew.

    Returns:
        The function, of arrays of these shapes alone, and the shapes of what it returns.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(*arguments)
    evaluate = partial(_evaluate, closed) if anew else jaxpr_as_fun(closed)

    def call(*arguments: Any) -> Any:
        outputs = evaluate(*jax.tree.leaves(arguments))
        return jax.tree.unflatten(jax.tree.structure(shapes), outputs)

    return call, shapes


def _evaluate(closed: ClosedJaxpr, *arguments: Any) -> list[Any]:
    if not _concerns(closed.jaxpr):
        return list(jaxpr_as_fun(closed)(*arguments))
    values = dict(zip(closed.jaxpr.constvars, closed.consts, strict=True))
    values |= zip(closed.jaxpr.invars, arguments, strict=True)

    def read(variable: Any) -> Any:
        return variable.val if isinstance(variable, Literal) else values[variable]

    for equation in closed.jaxpr.eqns:
        operands = [*map(read, equation.invars)]
        write = KERNELS.get(equation.primitive.name)
        result = write(*operands, **equation.params) if write else None
        results = _as_it_stands(closed, equation, operands) if result is None else [result]
        values |= zip(equation.outvars, results, strict=True)
    return [*map(read, closed.jaxpr.outvars)]


def _as_it_stands(closed: ClosedJaxpr, equation: Any, operands: list[Any]) -> list[Any]:
    params = {name: _anew(value) for name, value in equation.params.items()}
    # Evaluated by JAX, which knows how each operation wants its parameters.
    alone = closed.jaxpr.replace(
        constvars=[],
        invars=[each for each in equation.invars if not isinstance(each, Literal)],
        outvars=equation.outvars,
        eqns=[equation.replace(params=params)],
    )
    given = zip(equation.invars, operands, strict=True)
    return jax.core.eval_jaxpr(
        alone, [], *(value for each, value in given if not isinstance(each, Literal))
    )


def _anew(value: Any) -> Any:
    """Return a parameter of an operation, with the functions in it written anew."""
    if isinstance(value, (list, tuple)) and any(isinstance(item, ClosedJaxpr) for item in value):
        return type(value)(map(_anew, value))
    if not isinstance(value, ClosedJaxpr) or not _concerns(value.jaxpr):
        return value
    return jax.make_jaxpr(lambda *arguments: _evaluate(value, *arguments))(*value.in_avals)


def _concerns(jaxpr: Any) -> bool:
    """Whether anything in a traced function, or in one that it calls, is to be written anew."""
    return any(
        equation.primitive.name in KERNELS or any(map(_concerns, _inner(equation.params)))
        for equation in jaxpr.eqns
    )


def _inner(params: dict[str, Any]) -> Iterator[Any]:
    for value in params.values():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            inner = getattr(item, "jaxpr", item)
            if hasattr(inner, "eqns"):
                yield inner


def _convolution(lhs: Any, rhs: Any, **params: Any) -> Any:
    """Compute a convolution by the kernel that is fast for its shapes."""
    numbers = params["dimension_numbers"]
    lhs = _moved(lhs, numbers.lhs_spec)  # to (batch, *space, channels)
    rhs = lax.transpose(rhs, (*numbers.rhs_spec[2:], *numbers.rhs_spec[1::-1]))  # (*space, in, out)
    out = _moved_back(_by_shape(lhs, rhs, params), numbers.out_spec)
    wanted = params["preferred_element_type"]
    return out if wanted is None else lax.convert_element_type(out, wanted)


def _moved(array: Any, spec: tuple[int, ...]) -> Any:
    return lax.transpose(array, (spec[0], *spec[2:], spec[1]))


def _moved_back(array: Any, spec: tuple[int, ...]) -> Any:
    return lax.transpose(array, np.argsort((spec[0], *spec[2:], spec[1])))


def _by_shape(lhs: Any, rhs: Any, params: dict[str, Any]) -> Any:
    groups = params["feature_group_count"]
    *_, channels, filters = rhs.shape
    if params["batch_group_count"] > 1:
        return _gradient_of_groups(lhs, rhs, params)
    # In half precision plain loops convert every number, and are worth it for groups alone.
    if channels <= FEW and (groups > 1 or lhs.dtype.itemsize > 2):
        return _direct(lhs, rhs, params, plain=True)
    if groups > 1:
        alone = params | {"feature_group_count": 1}
        parts = zip(
            lax.split(lhs, [channels] * groups, axis=lhs.ndim - 1),
            lax.split(rhs, [filters // groups] * groups, axis=rhs.ndim - 1),
            strict=True,
        )
        return lax.concatenate([_by_shape(*part, alone) for part in parts], lhs.ndim - 1)
    return _by_products(lhs, rhs, params) if lhs.dtype == "float64" else _direct(lhs, rhs, params)


def _direct(lhs: Any, rhs: Any, params: dict[str, Any], plain: bool = False) -> Any:
    """Let XLA compute a convolution: by its fast kernels, or by plain loops."""
    space = range(1, lhs.ndim - 1)
    outer, inner = 0, lhs.ndim - 1
    kernel = (inner, inner - 1, *range(inner - 1))
    if plain:  # (*space, out, in), which the fast kernels do not take
        rhs = lax.transpose(rhs, (*range(inner - 1), inner, inner - 1))
        kernel = (inner - 1, inner, *range(inner - 1))
    numbers = lax.ConvDimensionNumbers((outer, inner, *space), kernel, (outer, inner, *space))
    return lax.conv_general_dilated(
        lhs, rhs, params["window_strides"], params["padding"], params["lhs_dilation"],
        params["rhs_dilation"], numbers, params["feature_group_count"],
        precision=params["precision"], preferred_element_type=params["preferred_element_type"],
    )  # fmt: skip


def _by_products(lhs: Any, rhs: Any, params: dict[str, Any]) -> Any:
    """Compute a convolution as products of slices with the kernel."""
    space = rhs.shape[:-2]
    given = lhs
    lhs, out = _padded(lhs, space, params)
    if min(math.prod(space), math.prod(out)) > MOST_POSITIONS:
        return _direct(given, rhs, params)
    if math.prod(space) > math.prod(out):
        return _by_position(lhs, rhs, params, out)
    # The slices along the last axis side by side, so that there are fewer and larger products.
    *rest, last = space
    near = lax.concatenate(
        [_window(lhs, (*[None] * len(rest), k), params, out) for k in range(last)], lhs.ndim - 1
    )
    kernel = lax.reshape(rhs, (*rest, last * rhs.shape[-2], rhs.shape[-1]))
    return reduce(
        lax.add,
        (
            _product(_window(near, (*k, None), params, out), kernel[k], 1)
            for k in itertools.product(*map(range, rest))
        ),
    )


def _by_position(lhs: Any, rhs: Any, params: dict[str, Any], out: tuple[int, ...]) -> Any:
    """Compute one of a large kernel and few positions, as the gradient by a kernel is."""
    turned = _turned(params)
    space = rhs.shape[:-2]
    found = [
        _product(_window(lhs, position, turned, space), rhs, rhs.ndim - 1)
        for position in itertools.product(*map(range, out))
    ]
    stack = lax.concatenate([lax.expand_dims(each, [1]) for each in found], 1)
    return lax.reshape(stack, (lhs.shape[0], *out, rhs.shape[-1]))


def _gradient_of_groups(lhs: Any, rhs: Any, params: dict[str, Any]) -> Any:
    """Compute the gradient by a kernel of groups: of the batch, and of the filters."""
    groups = params["batch_group_count"]
    space, (rows, filters) = rhs.shape[:-2], rhs.shape[-2:]
    lhs, out = _padded(lhs, space, params)
    turned = _turned(params)
    batch = lhs.shape[0] // groups
    kernel = lax.reshape(rhs, (*space, rows, groups, filters // groups))
    summed = range(len(space) + 1)
    found = []
    for position in itertools.product(*map(range, out)):
        part = _window(lhs, position, turned, space)
        part = lax.reshape(part, (groups, batch, *space, rows))
        found.append(
            lax.dot_general(
                part, kernel, (([k + 2 for k in summed], summed), ([0], [len(space) + 1]))
            )
        )  # (groups, batch, filters of a group)
    stack = lax.concatenate([lax.expand_dims(each, [0]) for each in found], 0)
    stack = lax.transpose(stack, (2, 0, 1, 3))
    return lax.reshape(stack, (batch, *out, filters))


def _turned(params: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a convolution whose kernel and output change places."""
    return params | {
        "window_strides": params["rhs_dilation"],
        "rhs_dilation": params["window_strides"],
    }


def _product(lhs: Any, rhs: Any, axes: int) -> Any:
    """Sum over the last axes of one and the first of the other."""
    last = range(lhs.ndim - axes, lhs.ndim)
    return lax.dot_general(lhs, rhs, ((last, range(axes)), ((), ())))


def _padded(lhs: Any, space: tuple[int, ...], params: dict[str, Any]) -> tuple[Any, Any]:
    """Return a convolution's input with its padding, and the spatial shape of the output."""
    inner = [
        (low, high, dilation - 1)
        for (low, high), dilation in zip(params["padding"], params["lhs_dilation"], strict=True)
    ]
    lhs = lax.pad(lhs, lhs.dtype.type(0), [(0, 0, 0), *inner, (0, 0, 0)])
    out = tuple(
        (size - (window - 1) * dilation - 1) // stride + 1
        for size, window, dilation, stride in zip(
            lhs.shape[1:-1], space, params["rhs_dilation"], params["window_strides"], strict=True
        )
    )
    return lhs, out


def _window(lhs: Any, position: Any, params: dict[str, Any], out: tuple[int, ...]) -> Any:
    """Return what a position of the kernel meets: all of an axis where the position is `None`."""
    start, stop, step = [0] * lhs.ndim, [*lhs.shape], [1] * lhs.ndim
    for axis, k in enumerate(position, start=1):
        if k is not None:
            step[axis] = params["window_strides"][axis - 1]
            start[axis] = k * params["rhs_dilation"][axis - 1]
            stop[axis] = start[axis] + (out[axis - 1] - 1) * step[axis] + 1
    return lax.slice(lhs, start, stop, step)


def _largest(operand: Any, **params: Any) -> Any:
    """Return the maxima of windows, or `None` where they overlap or are padded."""
    if not _tiles(params):
        return None
    return reduce(lax.max, _in_windows(operand, params["window_dimensions"]))


def _gradient_of_largest(source: Any, operand: Any, **params: Any) -> Any:
    """Return the gradient of pooling by maxima, or `None` as above."""
    if not _tiles(params) or params["select_prim"] is not lax.ge_p:
        return None
    window = params["window_dimensions"]
    parts = _in_windows(operand, window)
    largest = reduce(lax.max, parts)
    first = lax.full_like(largest, len(parts) - 1, dtype=np.int8)
    for number in range(len(parts) - 2, -1, -1):
        first = lax.select(lax.eq(parts[number], largest), lax.full_like(first, number), first)
    covered = tuple(size * width for size, width in zip(source.shape, window, strict=True))
    number = lax.full(covered, np.int8(0))  # of an element within its window
    for axis, width in enumerate(window):
        place = lax.rem(lax.broadcasted_iota(np.int32, covered, axis), np.int32(width))
        number = number * np.int8(width) + lax.convert_element_type(place, np.int8)
    hit = lax.eq(_spread(first, window), number)
    found = lax.select(hit, _spread(source, window), lax.full(covered, source.dtype.type(0)))
    left = [(0, size - done, 0) for size, done in zip(operand.shape, covered, strict=True)]
    return lax.pad(found, source.dtype.type(0), left)


def _spread(array: Any, window: tuple[int, ...]) -> Any:
    """Return an array with each element in the place of a window."""
    interleaved = [part for pair in zip(array.shape, window, strict=True) for part in pair]
    spread = lax.broadcast_in_dim(array, interleaved, range(0, 2 * array.ndim, 2))
    return lax.reshape(spread, [n * w for n, w in zip(array.shape, window, strict=True)])


def _tiles(params: dict[str, Any]) -> bool:
    """Whether windows lie side by side, and are small enough to be compared one by one."""
    ones = (1,) * len(params["window_dimensions"])
    return (
        params["window_dimensions"] == params["window_strides"]
        and all(low == high == 0 for low, high in params["padding"])
        and all(params.get(f"{what}_dilation", ones) == ones for what in ("base", "window"))
        and math.prod(params["window_dimensions"]) <= LARGEST_WINDOW
    )


def _in_windows(operand: Any, window: tuple[int, ...]) -> list[Any]:
    """Return the first elements of all windows, then the second ones, and so on."""
    count = [size // width for size, width in zip(operand.shape, window, strict=True)]
    return [
        lax.slice(
            operand,
            start,
            [s + (n - 1) * w + 1 for s, n, w in zip(start, count, window, strict=True)],
            window,
        )
        for start in itertools.product(*map(range, window))
    ]


KERNELS: dict[str, Callable[..., Any]] = {
    "conv_general_dilated": _convolution,
    "reduce_window_max": _largest,
    "select_and_scatter_add": _gradient_of_largest,
}
