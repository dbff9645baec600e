"""The TensorFlow half of the engine: many steps of a Keras model as one compiled `tf.while_loop`.

This package and the package `jax` beside it are all that imports a backend; they offer the same
names, those of `keras3_lab.engine.interface.Backend`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from keras3_lab.engine.kept import folder_of_compiled
from keras3_lab.engine.tensorflow.devices import devices_of as devices_of
from keras3_lab.engine.tensorflow.devices import have_devices as have_devices
from keras3_lab.engine.tensorflow.devices import over as over
from keras3_lab.engine.tensorflow.processes import is_lost as is_lost
from keras3_lab.engine.tensorflow.processes import join as join
from keras3_lab.engine.tensorflow.processes import meet as meet
from keras3_lab.engine.tensorflow.processes import process_and_count as process_and_count
from keras3_lab.engine.tensorflow.processes import share_of as share_of
from keras3_lab.engine.tensorflow.programs import Program
from keras3_lab.engine.tensorflow.replicas import why_not
from keras3_lab.engine.tensorflow.single import Single
from keras3_lab.private.data import joined_by_tensorflow
from keras3_lab.private.models import strategy_of

if os.environ.get("NVIDIA_TF32_OVERRIDE") == "0":
    # The variable reaches NVIDIA's libraries, not the kernels that XLA writes for a GPU itself.
    tf.config.experimental.enable_tensor_float_32_execution(False)

VERSIONS: dict[str, str] = {"tensorflow": tf.__version__}
VECTORIZES = False
LOOP_PAYS_FROM = 256
JOINS_UNEVEN = True
BUILDS_WHILE_TRACING = True


def float64() -> AbstractContextManager[None]:
    """Nothing to do: TensorFlow computes in the dtype of its tensors."""
    return nullcontext()


def gpu_kind() -> str:
    """Name the first GPU, e.g. `NVIDIA H100 80GB HBM3`."""
    device = tf.config.list_physical_devices("GPU")[0]
    return str(tf.config.experimental.get_device_details(device).get("device_name", "GPU"))


def settings_of_here() -> Callable[[], AbstractContextManager[None]]:
    """Return what gives another thread the settings of this one: TensorFlow has none."""
    return nullcontext


def to_device(arrays: Any) -> Any:
    """Copy a structure of NumPy arrays to the device once."""
    return keras.tree.map_structure(
        lambda array: None if array is None else tf.convert_to_tensor(array), arrays
    )


def gradients(model: keras.Model, batch: Any, *, quick: bool = False) -> list[np.ndarray]:
    """Return the gradient of the training loss by each trainable variable; change nothing.

    Never compiled: operation by operation takes less time here.
    """
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    state = [variable.numpy() for variable in model.non_trainable_variables]
    with tf.GradientTape() as tape:
        y_pred = model(x, training=True)
        loss = model.compute_loss(x, y, y_pred, sample_weight, training=True)
        loss = model.optimizer.scale_loss(loss)
    by_variable = tape.gradient(
        loss,
        [variable.value for variable in model.trainable_variables],
        unconnected_gradients=tf.UnconnectedGradients.ZERO,  # as on JAX
    )
    for variable, value in zip(model.non_trainable_variables, state, strict=True):
        variable.assign(value)
    return [np.asarray(tf.convert_to_tensor(gradient)) for gradient in by_variable]


def compiled(
    function: Callable[..., Any], variables: Sequence[keras.Variable] = ()
) -> Callable[..., Any]:
    """Return a function of arrays, compiled by XLA; its variables change as it is called."""
    return tf.function(function, jit_compile=True, autograph=False)


def derivatives(
    function: Callable[..., Any], variables: Sequence[keras.Variable] = ()
) -> Callable[..., tuple[list[Any], list[Any]]]:
    """Return the gradient of a function's number by each array, and by each variable's value."""

    def call(*arrays: Any) -> tuple[list[Any], list[Any]]:
        inputs = [tf.convert_to_tensor(array) for array in arrays]
        values = [variable.value for variable in variables]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            number = function(*inputs)
        zero = tf.UnconnectedGradients.ZERO  # as on JAX
        gradients = tape.gradient(number, (inputs, values), unconnected_gradients=zero)
        by_arrays, by_variables = gradients
        return (
            [tf.convert_to_tensor(gradient) for gradient in by_arrays],
            [tf.convert_to_tensor(gradient) for gradient in by_variables],  # sparse ones too
        )

    return call


def is_concrete(tensor: Any) -> bool:
    """Whether a tensor holds values, rather than standing for those of a traced function."""
    return hasattr(tensor, "numpy")


def new_program(models: Sequence[keras.Model], kind: str, by_steps: bool = False) -> Program:
    """Return a program of one model; see `VECTORIZES`."""
    (model,) = models
    return Program(model, kind, by_steps)


def keep_programs() -> None:
    """Let another process find what XLA compiles here, unless TF_XLA_FLAGS says where to.

    TensorFlow reads the flags at its first operation: after that, nothing is kept. What it loads it
    tells of at length on standard error, as errors that are none.
    """
    option = "--tf_xla_persistent_cache_directory"
    flags = os.environ.get("TF_XLA_FLAGS", "")
    if option not in flags:
        folder = folder_of_compiled("tensorflow", tf.__version__)
        os.environ["TF_XLA_FLAGS"] = f"{flags} {option}={folder}".strip()


def share_context() -> None:
    """Do nothing: TensorFlow makes no context for a program."""


def new_single(model: keras.Model, kind: str) -> Single:
    """Return a program that hands the batch of a single step to Keras's own function."""
    return Single(model, kind)


def distributed_by(model: keras.Model) -> str | None:
    """Say what spreads a model over devices in a way that no program here has; else `None`."""
    strategy = strategy_of(model)
    if strategy is None and tf.distribute.has_strategy():
        return "the model was not made in the scope of the `tf.distribute` strategy"
    if strategy is not None:
        return why_not(model, strategy)
    values = tf.distribute.DistributedValues
    if any(isinstance(variable.value, values) for variable in model.variables):
        return "`tf.distribute` distributes its variables"
    return None


def joined(arrays: list[Any]) -> Any:
    """Join what steps predicted, along the rows: ragged, where their lengths differ."""
    if all(isinstance(array, np.ndarray) for array in arrays):
        if len({array.shape[1:] for array in arrays}) == 1:
            return np.concatenate(arrays)
        arrays = [tf.convert_to_tensor(array) for array in arrays]
    ranks = [array.ragged_rank for array in arrays if isinstance(array, tf.RaggedTensor)]
    if ranks:  # of several steps, which may have been even among themselves
        arrays = [
            array
            if isinstance(array, tf.RaggedTensor)
            else tf.RaggedTensor.from_tensor(array, ragged_rank=max(ranks))
            for array in arrays
        ]
    return joined_by_tensorflow(arrays)
