"""Convolutions and pooling written anew compute what XLA's own do, and so do their gradients."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

jax = pytest.importorskip("jax")

from keras3_lab.engine.jax.kernels import FEW, traced  # noqa: E402

HEIGHT, WIDTH = 9, 8


def rewritten(function):
    """A function with its convolutions and pooling written anew."""
    return lambda *arguments: traced(function, *arguments)[0](*arguments)


def convolution(space, kernel, channels, filters, *, stride=1, dilation=1, groups=1, **settings):
    """A convolution of NHWC and HWIO, its arguments, and what they are called in a failing test."""
    random = np.random.default_rng(0)
    x = random.normal(size=(3, *space, channels))
    w = random.normal(size=(*kernel, channels // groups, filters))
    letters = "HWD"[: len(space)]

    def apply(x, w):
        return jax.lax.conv_general_dilated(
            x, w, (stride,) * len(space), settings.get("padding", "SAME"),
            rhs_dilation=(dilation,) * len(space), feature_group_count=groups,
            dimension_numbers=(f"N{letters}C", f"{letters}IO", f"N{letters}C"),
        )  # fmt: skip

    return apply, (x, w)


def with_gradients(function):
    """The outputs of a function, and the gradients by its arguments."""

    def both(*arguments):
        outputs, pull = jax.vjp(function, *arguments)
        weights = np.cos(np.arange(outputs.size)).reshape(outputs.shape).astype(outputs.dtype)
        return outputs, pull(jax.numpy.asarray(weights))

    return both


def equals_xla(function, arguments, tolerance):
    want = jax.jit(with_gradients(function))(*arguments)
    have = jax.jit(rewritten(with_gradients(function)))(*arguments)
    for wanted, found in zip(jax.tree.leaves(want), jax.tree.leaves(have), strict=True):
        assert wanted.shape == found.shape
        assert wanted.dtype == found.dtype
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)


CASES = {
    **{
        f"{padding}, stride {stride}, dilation {dilation}": {
            "padding": padding, "stride": stride, "dilation": dilation,
        }
        for padding, (stride, dilation) in itertools.product(
            ("SAME", "VALID"), ((1, 1), (2, 1), (1, 2), (3, 1))
        )
    },
    "padding to one side": {"padding": ((2, 0), (0, 1))},
    "negative padding": {"padding": ((-1, 0), (0, 1))},
    "even kernel": {"kernel": (2, 4)},
    "kernel of one": {"kernel": (1, 1)},
    "kernel as large as the input": {"kernel": (HEIGHT, WIDTH), "padding": "VALID"},
    "few channels": {"channels": 3},
    "depthwise": {"groups": 6},
    "depthwise, stride 2": {"groups": 6, "stride": 2},
    "depthwise, multiplied": {"groups": 6, "filters": 12, "dilation": 2},
    "groups of few": {"groups": 2},
    "groups of more": {"channels": 10, "filters": 4, "groups": 2},
    "one axis": {"space": (11,), "kernel": (3,), "stride": 2},
    "one axis, few channels": {"space": (11,), "kernel": (4,), "channels": 2},
    "three axes": {"space": (5, 4, 6), "kernel": (3, 2, 3)},
}  # fmt: skip
USUAL = {"space": (HEIGHT, WIDTH), "kernel": (3, 3), "channels": 6, "filters": 6}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_convolutions(case: str, dtype: str) -> None:
    with jax.enable_x64(True):
        function, arguments = convolution(**USUAL | CASES[case])
        arguments = [jax.numpy.asarray(array, dtype) for array in arguments]
        equals_xla(function, arguments, 1e-12 if dtype == "float64" else 2e-5)


@pytest.mark.parametrize("name", ["conv_general_dilated", "conv_transpose"])
def test_channels_first(name: str) -> None:
    with jax.enable_x64(True):
        random = np.random.default_rng(0)
        x, w = random.normal(size=(2, 6, 5, 7)), random.normal(size=(4, 6, 3, 3))

        def function(x, w):
            numbers = ("NCHW", "OIHW", "NCHW")
            return getattr(jax.lax, name)(x, w, (2, 1), "SAME", dimension_numbers=numbers)

        equals_xla(function, (x, w), 1e-12)


def operations(function, *arguments):
    """The operations of a function, in the order in which they are computed."""
    return jax.make_jaxpr(function)(*arguments).jaxpr.eqns


@pytest.mark.parametrize("channels", [FEW, FEW + 1])
def test_what_is_left_to_xla_is_in_the_layout_of_its_fast_kernels(channels: int) -> None:
    """In a loop XLA does not see to that. With few channels, it is in one that they do not take."""
    function, arguments = convolution(**USUAL | {"channels": channels, "filters": 10})
    arguments = [array.astype("float32") for array in arguments]
    forward, *backward = [
        operation.params["dimension_numbers"]
        for operation in operations(rewritten(with_gradients(function)), *arguments)
        if operation.primitive.name == "conv_general_dilated"
    ]
    fast, plain = (3, 2, 0, 1), (2, 3, 0, 1)
    assert forward.rhs_spec == (plain if channels == FEW else fast)
    assert len(backward) == 2
    for numbers in (forward, *backward):
        assert numbers.lhs_spec == numbers.out_spec == (0, 3, 1, 2)


def test_the_gradient_of_pooling_is_written_anew() -> None:
    def pool(x):
        sizes = (1, 2, 2, 1)
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, sizes, sizes, "VALID")

    x = np.ones((2, 5, 4, 3), "float32")
    names = {
        operation.primitive.name for operation in operations(rewritten(with_gradients(pool)), x)
    }
    assert not names & {"reduce_window_max", "select_and_scatter_add"}


@pytest.mark.parametrize("padding", ["VALID", "SAME"])
@pytest.mark.parametrize("window", [(2, 2), (3, 2), (5, 5)])
@pytest.mark.parametrize("strides", ["side by side", (1, 2)])
def test_largest_of_windows_bit_for_bit(padding, window, strides) -> None:
    # Rounded to whole numbers, so that there is often more than one largest.
    x = np.random.default_rng(0).normal(size=(3, HEIGHT, WIDTH, 5)).round().astype("float32")
    strides = window if strides == "side by side" else strides

    def pool(x):
        sizes = (1, *window, 1), (1, *strides, 1)
        return jax.lax.reduce_window(x, -np.inf, jax.lax.max, *sizes, padding)

    equals_xla(pool, (x,), 0)


def test_within_functions_that_are_called() -> None:
    """In a scan, a branch, a loop and a function compiled for itself."""
    with jax.enable_x64(True):
        convolve, (x, w) = convolution(**USUAL)

        @jax.jit
        def step(x, w):
            return jax.numpy.tanh(convolve(x, w))

        def many(x, w):
            x, _ = jax.lax.scan(lambda x, _: (step(x, w), None), x, length=3)
            return jax.lax.cond(x.sum() > 1e9, lambda: x, lambda: step(x, w))

        equals_xla(many, (x, w), 1e-12)

        def looped(x, w):
            return jax.lax.fori_loop(0, jax.numpy.int32(w.ndim), lambda _, x: step(x, w), x)

        np.testing.assert_allclose(rewritten(looped)(x, w), looped(x, w), atol=1e-12)
        text = str(jax.make_jaxpr(rewritten(looped))(x, w))
        assert "conv_general_dilated" not in text  # in float64 there is none


def test_what_has_neither_is_the_same_program() -> None:
    def function(x):
        return jax.numpy.sin(x) @ x

    x = np.ones((3, 3), "float32")
    assert str(jax.make_jaxpr(rewritten(function))(x)).count("dot_general") == 1
