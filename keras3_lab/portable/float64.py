"""Makes float64 really float64 in Keras: the one place that mends Keras itself.

In float64, JAX and TensorFlow must agree to about 1e-15 per step; Keras 3.15 rounds to float32
behind the user's back in three ways:

1. Layers and optimizers work in `keras.config.floatx()`, float32 unless set.
2. On every backend but TensorFlow, the result type of any two operands is clamped to 32 bits
   (`BIT64_TO_BIT32_DTYPE`): `keras.backend.result_type("float64", "float64")` is `"float32"`.
3. On TensorFlow, a Python number becomes a float32 tensor before it becomes a float64 one:
   `keras.ops.cast(0.9, "float64")` is off by 2.4e-8, and so is `keras.ops.convert_to_tensor(0.9)`.
   Adam's betas pass through the former, the rates of learning-rate schedules through the latter.

JAX moreover ignores float64 unless its `jax_enable_x64` is on. `keras3_lab.engine` switches it;
here it is only checked, because backends are imported there alone.
"""

import importlib
import sys
from contextlib import ExitStack
from typing import Any

import keras

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
