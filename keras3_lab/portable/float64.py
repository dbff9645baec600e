"""Makes float64 really float64 in Keras, and makes sure that it is.

In float64, JAX and TensorFlow must agree to about 1e-15 per step; Keras 3.15 rounds to float32
behind the user's back in six ways:

1. Layers and optimizers work in `keras.config.floatx()`, float32 unless set.
2. On every backend but TensorFlow, the result type of any two operands is clamped to 32 bits:
   `keras.backend.result_type("float64", "float64")` is `"float32"`.
3. On TensorFlow, a Python number becomes a float32 tensor before it becomes a float64 one:
   `keras.ops.cast(0.9, "float64")` is off by 2.4e-8, and so is `keras.ops.convert_to_tensor(0.9)`.
   Adam's betas pass through the former, the rates of learning-rate schedules through the latter.
4. On TensorFlow, `leaky_relu` takes its slope as a float32 attribute of the operation (off by
   1.2e-8), and `gelu` (2.6e-9) converts constants through float32.
5. On TensorFlow, an optimizer's weight decay goes through float32 (1e-11 in a weight after seven
   steps).
6. Both backends compute a part of attention in float32 (7e-8), and all the weights of a
   `MelSpectrogram`; TensorFlow resizes images (7e-7) and computes CTC (9e-9) in float32, and has
   neither `in_top_k` nor the pooling of volumes in float64. `keras3_lab.portable.exact` has them.

What is left: `affine_transform`, `perspective_transform` and `elastic_transform` of
`keras.ops.image`, by which random layers change images.

Each mend is followed by a public call whose value would show that it had no effect, for instance
because a newer Keras calls a copy of the function that was mended.

JAX moreover ignores float64 unless its `jax_enable_x64` is on. `keras3_lab.engine` switches it;
here it is only checked, because backends are imported there alone.
"""

import functools
import inspect
import math
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.portable import exact
from keras3_lab.private.parts import unlike_known
from keras3_lab.private.rounding import (
    backend_function,
    clamped_dtypes,
    replace,
    replace_weight_decay,
)


def enable() -> ExitStack:
    """Switch Keras to float64, and mend where it would round to float32 all the same.

    Call it before the model is made. The effect lasts until the returned context is left; if it
    is never entered, until the process ends.

    Returns:
        A context manager that puts everything back on leaving.

    Raises:
        UsageError: If Keras has no float64 here: on JAX without `jax_enable_x64`, or if a newer
            Keras has moved what is mended.

    Example:
    ```python
    import os

    os.environ["JAX_ENABLE_X64"] = "1"  # before Keras is imported; needed on JAX only

    import keras
    from keras3_lab.portable import float64

    with float64.enable():
        print(keras.ops.mean(keras.ops.ones((2,), "float64")).dtype)
    ```
    """
    with ExitStack() as undo:
        # The policy is fixed when first asked for; `set_floatx` does not reach it any more.
        undo.callback(keras.config.set_dtype_policy, keras.config.dtype_policy())
        undo.callback(keras.config.set_floatx, keras.config.floatx())
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        _require_float64()
        if keras.backend.backend() == "tensorflow":
            _mend_python_floats(undo)
            _mend_leaky_relu(undo)
            _mend_gelu(undo)
            _mend_weight_decay(undo)
            _mend_ctc(undo)
            _mend_top_k(undo)
            _mend_pooling_3d(undo)
            _mend_resizing(undo)
        else:
            _lift_clamp(undo)
        _mend_attention(undo)
        _mend_mel(undo)
        return undo.pop_all()


def _require_float64() -> None:
    dtype = keras.backend.standardize_dtype(keras.ops.ones((), dtype="float64").dtype)
    if dtype != "float64":
        raise UsageError(
            f"`float64` is {dtype} on the {keras.backend.backend()} backend. On JAX, set "
            "JAX_ENABLE_X64=1 before Keras is imported, or train through keras3_lab.engine."
        )


def _lift_clamp(undo: ExitStack) -> None:
    table = clamped_dtypes()
    # Integers stay clamped: 64-bit ones would change dtypes of labels and counters, not results.
    undo.callback(table.__setitem__, "float64", table["float64"])
    table["float64"] = "float64"
    _verify("keras.ops.mean", keras.ops.mean(np.array([1, 1 + 2.0**-40])), 1 + 2.0**-41)


def _mend_python_floats(undo: ExitStack) -> None:
    convert, cast = backend_function("convert_to_tensor"), backend_function("cast")

    def convert_exactly(x: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is None and _is_python_float(x):
            dtype = "float64"
        return convert(x, dtype=dtype, **kwargs)

    def cast_exactly(x: Any, dtype: Any) -> Any:
        if _is_python_float(x):
            x = convert(x, dtype="float64")
        return cast(x, dtype)

    undo.callback(replace(convert, convert_exactly))
    undo.callback(replace(cast, cast_exactly))
    _verify("keras.ops.convert_to_tensor", keras.ops.convert_to_tensor(0.9), 0.9)
    _verify("keras.ops.cast", keras.ops.cast(0.9, "float64"), 0.9)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.9, 1, 1.0)
    _verify("keras.optimizers.schedules", schedule(0), 0.9)
    # Its module has names of its own for both.
    _verify("keras.ops.sqrt", keras.ops.sqrt(0.9), math.sqrt(0.9))


def _is_python_float(x: Any) -> bool:
    # Lists too: `PiecewiseConstantDecay` keeps its rates in one.
    if isinstance(x, (list, tuple)):
        return bool(x) and all(isinstance(element, float) for element in x)
    return isinstance(x, float)


def _mend_leaky_relu(undo: ExitStack) -> None:
    def leaky_relu(x: Any, negative_slope: Any = 0.2) -> Any:
        x = keras.ops.convert_to_tensor(x)
        # The slope at 0, too, is TensorFlow's own: that of the negative side.
        return keras.ops.where(x > 0, x, x * negative_slope)

    undo.callback(replace(backend_function("nn.leaky_relu"), leaky_relu))
    _verify("keras.ops.leaky_relu", keras.ops.leaky_relu(np.array(-1.0), 0.3), -0.3)


def _mend_gelu(undo: ExitStack) -> None:
    present = backend_function("nn.gelu")
    its_gelu = inspect.unwrap(present)  # where it is mended already, the one below
    # By how much the √½ of its erfc is off. `keras.ops` has no erfc, and 1 + erf is 0 below -8.3.
    off = float(np.float32(math.sqrt(0.5))) / math.sqrt(0.5)

    @functools.wraps(its_gelu)
    def gelu(x: Any, approximate: bool = True) -> Any:
        x = keras.ops.convert_to_tensor(x)
        if approximate:
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
            return 0.5 * x * (1.0 + keras.ops.tanh(inner))
        return off * its_gelu(x / off, approximate=False)

    undo.callback(replace(present, gelu))
    one = np.array(1.0)
    by_tanh = 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * 1.044715))
    by_erf = 0.5 * math.erfc(-math.sqrt(0.5))
    _verify("keras.ops.gelu", keras.ops.gelu(one, approximate=True), by_tanh)
    _verify("keras.ops.gelu", keras.ops.gelu(one, approximate=False), by_erf)


def _in_float64(
    undo: ExitStack, name: str, exact: Callable[..., Any], applies: Callable[..., bool]
) -> None:
    """Put a function in the place of a backend's where its first tensor is float64.

    Args:
        undo: Puts the present function back.
        name: Name of the backend's function.
        exact: Called with the present function and its arguments.
        applies: Whether it takes these arguments.
    """
    present = backend_function(name)

    @functools.wraps(present)
    def call(*arguments: Any, **named: Any) -> Any:
        given = inspect.signature(present).bind(*arguments, **named)
        given.apply_defaults()
        if applies(**given.arguments):
            return exact(present, **given.arguments)
        return present(*arguments, **named)

    undo.callback(replace(present, call))


def _is_float64(x: Any) -> bool:
    return keras.backend.standardize_dtype(getattr(x, "dtype", "float32")) == "float64"


def _mend_attention(undo: ExitStack) -> None:
    def attention(present: Any, query: Any, key: Any, value: Any, **arguments: Any) -> Any:
        tensors = (keras.ops.convert_to_tensor(one) for one in (query, key, value))
        return exact.dot_product_attention(*tensors, **arguments)

    _in_float64(
        undo,
        "nn.dot_product_attention",
        attention,
        lambda query, flash_attention, **_: _is_float64(query) and not flash_attention,
    )
    # One query, two keys: 1/√3 and 0 before the softmax.
    keys = np.zeros((1, 2, 1, 3))
    keys[0, 0, 0, 0] = 1.0
    for scale in (None, 3**-0.5):
        attended = keras.ops.dot_product_attention(keys[:, :1], keys, keys, scale=scale)
        by_hand = 1 / (1 + math.exp(-(3**-0.5)))
        _verify("keras.ops.dot_product_attention", attended[0, 0, 0, 0], by_hand)


def _mend_mel(undo: ExitStack) -> None:
    kind = keras.layers.MelSpectrogram
    present = kind.linear_to_mel_weight_matrix
    undo.callback(setattr, kind, present.__name__, present)
    kind.linear_to_mel_weight_matrix = functools.partialmethod(present, dtype="float64")
    weights = kind().linear_to_mel_weight_matrix(2, 3, 12, 1.0, 5.0)
    # The second of three frequencies falls on the way down of the first of two triangles.
    low, at, high = (math.log1p(hertz / 700) for hertz in (1, 3, 5))
    by_hand = (low + (high - low) * 2 / 3 - at) / ((high - low) / 3)
    _verify("keras.layers.MelSpectrogram", weights[1, 0], by_hand)


def _mend_ctc(undo: ExitStack) -> None:
    _in_float64(
        undo,
        "nn.ctc_loss",
        lambda present, **arguments: exact.ctc_loss(**arguments),
        lambda output, **_: _is_float64(output),
    )
    # Three of nine paths of equal probability tell the label.
    loss = keras.ops.ctc_loss(np.array([[1]]), np.zeros((1, 2, 3)), np.array([1]), np.array([2]))
    _verify("keras.ops.ctc_loss", loss[0], math.log(3))


def _mend_top_k(undo: ExitStack) -> None:
    _in_float64(
        undo,
        "math.in_top_k",
        lambda present, **arguments: exact.in_top_k(**arguments),
        lambda predictions, **_: _is_float64(predictions),
    )
    rows = keras.ops.convert_to_tensor(np.array([[0.2, 0.5, 0.3]]))
    _verify("keras.ops.in_top_k", lambda: keras.ops.in_top_k(np.array([2]), rows, 2)[0], 1.0)


def _mend_pooling_3d(undo: ExitStack) -> None:
    def pooled(present: Any, inputs: Any, data_format: Any, **sizes: Any) -> Any:
        first = (data_format or keras.config.image_data_format()) == "channels_first"
        inputs = keras.ops.moveaxis(inputs, 1, -1) if first else inputs
        padding = {"padding": sizes.pop("padding")} if "padding" in sizes else {}
        by_axis = (
            (size,) * 3 if isinstance(size, int) else tuple(size)
            for size in ((sizes["pool_size"] if one is None else one) for one in sizes.values())
        )
        pool = functools.partial(present, data_format="channels_last", **padding)
        found = exact.pool_3d(pool, inputs, *by_axis, adaptive="output_size" in sizes)
        return keras.ops.moveaxis(found, -1, 1) if first else found

    for name in ("max_pool", "average_pool", "adaptive_max_pool", "adaptive_average_pool"):
        _in_float64(
            undo,
            f"nn.{name}",
            pooled,
            lambda inputs, **_: _is_float64(inputs) and len(inputs.shape) == 5,
        )
    volume = np.full((1, 2, 2, 2, 1), 0.9)
    for pool in (keras.ops.max_pool, keras.ops.average_pool):
        _verify(f"keras.ops.{pool.__name__}", lambda pool=pool: pool(volume, 2)[0, 0, 0, 0, 0], 0.9)


def _mend_resizing(undo: ExitStack) -> None:
    def resized(
        present: Any, images: Any, size: Any, interpolation: str, antialias: bool,
        crop_to_aspect_ratio: bool, pad_to_aspect_ratio: bool, fill_value: float, data_format: Any,
        **_: Any,
    ) -> Any:  # fmt: skip
        first = (data_format or keras.config.image_data_format()) == "channels_first"
        images = keras.ops.moveaxis(images, -3, -1) if first else images
        found = exact.resize(
            images, tuple(size), interpolation, antialias, crop_to_aspect_ratio,
            pad_to_aspect_ratio, fill_value,
        )  # fmt: skip
        return keras.ops.moveaxis(found, -1, -3) if first else found

    _in_float64(
        undo,
        "image.resize",
        resized,
        lambda images, interpolation, **_: _is_float64(images) and interpolation in exact.KERNELS,
    )
    images = keras.ops.convert_to_tensor(np.array([0.0, 0.9])[None, None, :, None])
    _verify("keras.ops.image.resize", keras.ops.image.resize(images, (1, 4))[0, 0, 1, 0], 0.225)


def _mend_weight_decay(undo: ExitStack) -> None:
    def exactly(original: Callable[..., None]) -> Callable[..., None]:
        def apply_weight_decay(self: Any, variables: Any) -> None:
            given = self.weight_decay
            # As above.
            self.weight_decay = None if given is None else np.float64(given)
            try:
                original(self, variables)
            finally:
                self.weight_decay = given

        return apply_weight_decay

    undo.callback(replace_weight_decay(exactly))
    # Named, because Keras numbers what has no name.
    weight = keras.Variable(np.float64(1.0), dtype="float64", name="probe")
    optimizer = keras.optimizers.SGD(0.5, weight_decay=0.3, name="probe")
    optimizer.apply([keras.ops.zeros_like(weight)], [weight])
    _verify("keras.optimizers.SGD(weight_decay=…)", weight, 1 - 0.3 * 0.5)


def _verify(call: str, value: Any, exact: float) -> None:
    try:
        got = float(keras.ops.convert_to_numpy(value() if callable(value) else value))
    except Exception:  # a backend may have it in float32 alone
        got = math.nan
    if not math.isclose(got, exact, rel_tol=1e-13):  # float32 would be off by 1e-9 or more
        raise unlike_known(
            f"does not let keras3_lab.portable.float64 mend {call}: {got} instead of {exact}"
        )
