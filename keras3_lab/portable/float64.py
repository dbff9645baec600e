"""Makes float64 really float64 in Keras: the one place that mends Keras itself.

In float64, JAX and TensorFlow must agree to about 1e-15 per step; Keras 3.15 rounds to float32
behind the user's back in five ways:

1. Layers and optimizers work in `keras.config.floatx()`, float32 unless set.
2. On every backend but TensorFlow, the result type of any two operands is clamped to 32 bits
   (`BIT64_TO_BIT32_DTYPE`): `keras.backend.result_type("float64", "float64")` is `"float32"`.
3. On TensorFlow, a Python number becomes a float32 tensor before it becomes a float64 one:
   `keras.ops.cast(0.9, "float64")` is off by 2.4e-8, and so is `keras.ops.convert_to_tensor(0.9)`.
   Adam's betas pass through the former, the rates of learning-rate schedules through the latter.
4. On TensorFlow, `leaky_relu` takes its slope as a float32 attribute of the operation (off by
   1.2e-8), and `gelu` (2.6e-9) and attention (2.7e-8) convert constants through float32.
5. On TensorFlow, an optimizer's weight decay goes through float32 (1e-11 in a weight after seven
   steps).

What is left: `keras.ops.image.resize` computes in float32 on TensorFlow (7e-7).

JAX moreover ignores float64 unless its `jax_enable_x64` is on. `keras3_lab.engine` switches it;
here it is only checked, because backends are imported there alone.
"""

import functools
import importlib
import inspect
import math
import sys
from contextlib import ExitStack
from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError


def enable() -> ExitStack:
    """Switches Keras to float64, and mends where it would round to float32 all the same.

    Call it before the model is made. The effect lasts until the returned context is left; if it
    is never entered, until the process ends.

    Returns:
        A context manager that puts everything back on leaving.

    Raises:
        UsageError: If Keras has no float64 here: on JAX without `jax_enable_x64`, or if the parts
            of Keras that are mended have moved.

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
    _check_version()
    with ExitStack() as undo:
        # The policy is fixed when first asked for; `set_floatx` does not reach it any more.
        undo.callback(keras.config.set_dtype_policy, keras.config.dtype_policy())
        undo.callback(keras.config.set_floatx, keras.config.floatx())
        keras.config.set_floatx("float64")
        keras.config.set_dtype_policy("float64")
        _lift_clamp(undo)
        if keras.backend.backend() == "tensorflow":
            _mend_python_floats(undo)
            _mend_functions(undo)
            _mend_weight_decay(undo)
        _check_effect()
        return undo.pop_all()


def _check_version() -> None:
    major, minor = (int(part) for part in keras.__version__.split(".")[:2])
    if major != 3 or minor < 15:
        raise UsageError(
            f"float64 needs Keras 3.15 or a later 3.x. Received: keras {keras.__version__}"
        )


def _lift_clamp(undo: ExitStack) -> None:
    table = _part("keras.src.backend.common.dtypes", "BIT64_TO_BIT32_DTYPE")
    # Integers stay clamped: 64-bit ones would change dtypes of labels and counters, not results.
    undo.callback(table.__setitem__, "float64", table["float64"])
    table["float64"] = "float64"


def _mend_python_floats(undo: ExitStack) -> None:
    core = "keras.src.backend.tensorflow.core"
    convert, cast = _part(core, "convert_to_tensor"), _part(core, "cast")

    def convert_exactly(x: Any, dtype: Any = None, **kwargs: Any) -> Any:
        if dtype is None and _is_python_float(x):
            dtype = "float64"
        return convert(x, dtype=dtype, **kwargs)

    def cast_exactly(x: Any, dtype: Any) -> Any:
        if _is_python_float(x):
            x = convert(x, dtype="float64")
        return cast(x, dtype)

    _replace(convert, convert_exactly, undo)
    _replace(cast, cast_exactly, undo)


def _mend_functions(undo: ExitStack) -> None:
    nn = "keras.src.backend.tensorflow.nn"

    def leaky_relu(x: Any, negative_slope: Any = 0.2) -> Any:
        x = keras.ops.convert_to_tensor(x)
        # The slope at 0, too, is TensorFlow's own: that of the negative side.
        return keras.ops.where(x > 0, x, x * negative_slope)

    its_gelu = inspect.unwrap(_part(nn, "gelu"))  # where it is mended already, the one below
    # By how much the √½ of its erfc is off. `keras.ops` has no erfc, and 1 + erf is 0 below -8.3.
    off = float(np.float32(math.sqrt(0.5))) / math.sqrt(0.5)

    @functools.wraps(its_gelu)
    def gelu(x: Any, approximate: bool = True) -> Any:
        x = keras.ops.convert_to_tensor(x)
        if approximate:
            inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)
            return 0.5 * x * (1.0 + keras.ops.tanh(inner))
        return off * its_gelu(x / off, approximate=False)

    attention = _part(nn, "_dot_product_attention_xla")

    def _dot_product_attention_xla(*arguments: Any) -> Any:
        *others, scale = arguments
        return attention(*others, np.float64(scale) if isinstance(scale, float) else scale)

    for mended in (leaky_relu, gelu, _dot_product_attention_xla):
        module = importlib.import_module(nn)
        undo.callback(setattr, module, mended.__name__, _part(nn, mended.__name__))
        setattr(module, mended.__name__, mended)


def _mend_weight_decay(undo: ExitStack) -> None:
    optimizer = _part("keras.src.backend.tensorflow.optimizer", "TFOptimizer")
    original = optimizer._apply_weight_decay

    def apply_weight_decay(self: Any, variables: Any) -> None:
        given = self.weight_decay
        # A NumPy number keeps its dtype on the way to a tensor.
        self.weight_decay = None if given is None else np.float64(given)
        try:
            original(self, variables)
        finally:
            self.weight_decay = given

    undo.callback(setattr, optimizer, "_apply_weight_decay", original)
    optimizer._apply_weight_decay = apply_weight_decay


def _is_python_float(x: Any) -> bool:
    # Lists too: `PiecewiseConstantDecay` keeps its rates in one.
    if isinstance(x, (list, tuple)):
        return bool(x) and all(isinstance(element, float) for element in x)
    return isinstance(x, float)


def _replace(original: Any, mended: Any, undo: ExitStack) -> None:
    # Keras's modules import the function by name, so each holds a reference of its own.
    name = original.__name__
    for module_name, module in list(sys.modules.items()):
        if module_name.startswith("keras.src.") and vars(module).get(name) is original:
            undo.callback(setattr, module, name, original)
            vars(module)[name] = mended


def _part(module: str, name: str) -> Any:
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise UsageError(
            f"float64 mends `{module}.{name}`, which keras {keras.__version__} does not have. "
            "Use Keras 3.15, or a later keras3-lab."
        ) from error


def _check_effect() -> None:
    one = keras.ops.ones((), dtype="float64")
    dtype = keras.backend.standardize_dtype((one * one).dtype)
    if dtype != "float64":
        raise UsageError(
            f"`float64` is {dtype} on the {keras.backend.backend()} backend. On JAX, set "
            "JAX_ENABLE_X64=1 before Keras is imported, or train through keras3_lab.engine."
        )
