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
   1.2e-8), `gelu` (2.6e-9) converts constants through float32, and so does `selu` (1e-8), on a GPU.
5. On TensorFlow, an optimizer's weight decay goes through float32 (1e-11 in a weight after seven
   steps).
6. Both backends compute a part of attention in float32 (7e-8), all the weights of a
   `MelSpectrogram` and the results of `IoU` metrics; on a GPU, JAX's cuDNN has no LSTM in float64;
   TensorFlow resizes images (7e-7) and computes CTC (9e-9) in float32, and has neither `in_top_k`
   nor the pooling of volumes in float64. `keras3_lab.portable.exact` has them.

What is left: `affine_transform`, `perspective_transform` and `elastic_transform` of
`keras.ops.image`, by which random layers change images.

To each mend belongs a public call, made once in a process, whose value would show that the mend had
no effect, for instance because a newer Keras calls a copy of the function that was mended.

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
from keras3_lab.portable.float64_kernels import (
    mend_attention,
    mend_cudnn,
    mend_float32_kernels,
    mend_iou,
    mend_mel,
)
from keras3_lab.portable.mends import Mends
from keras3_lab.private.rounding import (
    backend_function,
    clamped_dtypes,
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
        mends = Mends(undo)
        if keras.backend.backend() == "tensorflow":
            _mend_python_floats(mends)
            _mend_leaky_relu(mends)
            _mend_selu(mends)
            _mend_gelu(mends)
            _mend_weight_decay(mends)
            mend_float32_kernels(mends)
        else:
            _lift_clamp(mends)
            mend_cudnn(mends)
        mend_attention(mends)
        mend_mel(mends)
        mend_iou(mends)
        mends.make()
        return undo.pop_all()


def _require_float64() -> None:
    dtype = keras.backend.standardize_dtype(keras.ops.ones((), dtype="float64").dtype)
    if dtype != "float64":
        raise UsageError(
            f"`float64` is {dtype} on the {keras.backend.backend()} backend. On JAX, set "
            "JAX_ENABLE_X64=1 before Keras is imported, or train through keras3_lab.engine."
        )


def _lift_clamp(mends: Mends) -> None:
    table = clamped_dtypes()
    # Integers stay clamped: 64-bit ones would change dtypes of labels and counters, not results.
    mends.undo.callback(table.__setitem__, "float64", table["float64"])
    table["float64"] = "float64"
    mends.show("keras.ops.mean", lambda: keras.ops.mean(np.array([1, 1 + 2.0**-40])), 1 + 2.0**-41)


def _mend_python_floats(mends: Mends) -> None:
    convert, cast = backend_function("convert_to_tensor"), backend_function("cast")

    def convert_exactly(x: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is None and _is_python_float(x):
            dtype = "float64"
        return convert(x, dtype=dtype, **kwargs)

    def cast_exactly(x: Any, dtype: Any) -> Any:
        if _is_python_float(x):
            x = convert(x, dtype="float64")
        return cast(x, dtype)

    mends.functions |= {convert: convert_exactly, cast: cast_exactly}
    mends.show("keras.ops.convert_to_tensor", lambda: keras.ops.convert_to_tensor(0.9), 0.9)
    mends.show("keras.ops.cast", lambda: keras.ops.cast(0.9, "float64"), 0.9)
    schedule = keras.optimizers.schedules.ExponentialDecay(0.9, 1, 1.0)
    mends.show("keras.optimizers.schedules", lambda: schedule(0), 0.9)
    # Its module has names of its own for both.
    mends.show("keras.ops.sqrt", lambda: keras.ops.sqrt(0.9), math.sqrt(0.9))


def _is_python_float(x: Any) -> bool:
    # Lists too: `PiecewiseConstantDecay` keeps its rates in one.
    if isinstance(x, (list, tuple)):
        return bool(x) and all(isinstance(element, float) for element in x)
    return isinstance(x, float)


def _mend_leaky_relu(mends: Mends) -> None:
    def leaky_relu(x: Any, negative_slope: Any = 0.2) -> Any:
        x = keras.ops.convert_to_tensor(x)
        # The slope at 0, too, is TensorFlow's own: that of the negative side.
        return keras.ops.where(x > 0, x, x * negative_slope)

    mends.functions[backend_function("nn.leaky_relu")] = leaky_relu
    mends.show("keras.ops.leaky_relu", lambda: keras.ops.leaky_relu(np.array(-1.0), 0.3), -0.3)


def _mend_selu(mends: Mends) -> None:
    alpha, scale = 1.6732632423543772, 1.0507009873554805

    def selu(x: Any) -> Any:
        x = keras.ops.convert_to_tensor(x)
        # The slope at 0, too, is TensorFlow's own, on a CPU: that of the positive side.
        return scale * keras.ops.where(x < 0, alpha * keras.ops.elu(x), x)

    mends.functions[backend_function("nn.selu")] = selu
    expected = scale * alpha * math.expm1(-0.5)
    mends.show("keras.ops.selu", lambda: keras.ops.selu(np.array(-0.5)), expected)


def _mend_gelu(mends: Mends) -> None:
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

    mends.functions[present] = gelu
    one = np.array(1.0)
    by_tanh = 0.5 * (1 + math.tanh(math.sqrt(2 / math.pi) * 1.044715))
    by_erf = 0.5 * math.erfc(-math.sqrt(0.5))
    mends.show("keras.ops.gelu", lambda: keras.ops.gelu(one, approximate=True), by_tanh)
    mends.show("keras.ops.gelu", lambda: keras.ops.gelu(one, approximate=False), by_erf)


def _mend_weight_decay(mends: Mends) -> None:
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

    mends.undo.callback(replace_weight_decay(exactly))

    def decayed() -> Any:
        # Named, because Keras numbers what has no name.
        weight = keras.Variable(np.float64(1.0), dtype="float64", name="probe")
        optimizer = keras.optimizers.SGD(0.5, weight_decay=0.3, name="probe")
        optimizer.apply([keras.ops.zeros_like(weight)], [weight])
        return weight

    mends.show("keras.optimizers.SGD(weight_decay=…)", decayed, 1 - 0.3 * 0.5)
