"""The JAX half of the engine: many steps of a Keras model as one compiled loop.

This package and `tensorflow` beside it are all that imports a backend; they offer the same
names, those of `keras3_lab.engine.interface.Backend`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import jax
import keras
import numpy as np

from keras3_lab.engine.jax.calls import compiled as compiled
from keras3_lab.engine.jax.calls import derivatives as derivatives
from keras3_lab.engine.jax.devices import device_count, everywhere, whole
from keras3_lab.engine.jax.devices import have_devices as have_devices
from keras3_lab.engine.jax.devices import over as over
from keras3_lab.engine.jax.lowering import share_context as share_context
from keras3_lab.engine.jax.processes import is_lost as is_lost
from keras3_lab.engine.jax.processes import join as join
from keras3_lab.engine.jax.processes import meet as meet
from keras3_lab.engine.jax.processes import process_and_count as process_and_count
from keras3_lab.engine.jax.processes import share_of as share_of
from keras3_lab.engine.jax.programs import ManyPrograms, Program, not_compiled
from keras3_lab.engine.jax.single import Single
from keras3_lab.engine.jax.state import read, state_variables
from keras3_lab.engine.kept import folder_of_compiled

VERSIONS: dict[str, str] = {"jax": jax.__version__}
VECTORIZES = True
LOOP_PAYS_FROM = 128
JOINS_UNEVEN = False
BUILDS_WHILE_TRACING = False


def float64() -> AbstractContextManager[None]:
    """Let arrays be float64 inside, which JAX does not do unless told so."""
    return jax.enable_x64(True)


def gpu_kind() -> str:
    """Name the first GPU, e.g. `NVIDIA H100 80GB HBM3`."""
    return str(jax.devices("gpu")[0].device_kind)


def settings_of_here() -> Callable[[], AbstractContextManager[None]]:
    """Return what gives another thread the settings of this one."""
    return partial(jax.enable_x64, jax.config.jax_enable_x64)


def to_device(arrays: Any) -> Any:
    """Copy a structure of NumPy arrays to the device once, or to each of several."""
    return jax.device_put(arrays) if everywhere() is None else whole(arrays)


def gradients(model: keras.Model, batch: Any, *, quick: bool = False) -> list[np.ndarray]:
    """Return the gradient of the training loss by each trainable variable; change nothing."""
    state = read(state_variables(model, "train"))

    def gradient(state: Any, batch: Any) -> Any:
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        trainable, non_trainable, optimizer, metrics = state
        by_variable, _ = jax.grad(model.compute_loss_and_updates, has_aux=True)(
            trainable,
            non_trainable,
            metrics,
            x,
            y,
            sample_weight,
            training=True,
            optimizer_variables=optimizer,
        )
        return by_variable

    found = (jax.jit(gradient) if quick else gradient)(state, batch)
    return [np.asarray(one) for one in found]


def is_concrete(tensor: Any) -> bool:
    """Whether a tensor holds values, rather than standing for those of a traced function."""
    return not isinstance(tensor, jax.core.Tracer)


def new_program(models: Sequence[keras.Model], kind: str, by_steps: bool = False) -> Program:
    """Return a program of one model, or of several at once."""
    return Program(models[0], kind, by_steps) if len(models) == 1 else ManyPrograms(models, kind)


def new_single(model: keras.Model, kind: str) -> Single:
    """Return a program that hands the batch of a single step to Keras's own function."""
    return Single(model, kind)


def devices_of(model: keras.Model) -> int:
    """Return how many devices a model is spread over."""
    return device_count()


def distributed_by(model: keras.Model) -> str | None:
    """Say what spreads a model over devices in a way of its own; `None` if nothing does."""
    distribution, plan = keras.distribution.distribution(), not_compiled(model)
    if distribution is None or plan is None:
        return None
    return f"`{type(distribution).__name__}` distributes it, and {plan.reason}"


def joined(arrays: list[Any]) -> np.ndarray:
    """Join what steps predicted, along the rows."""
    return np.concatenate(arrays)


def keep_programs() -> None:
    """Let another process find what this one compiled, unless JAX was told where to, or not to.

    JAX_COMPILATION_CACHE_DIR names another folder; JAX_ENABLE_COMPILATION_CACHE=0 turns it off.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    folder = folder_of_compiled("jax", jax.__version__)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


keep_programs()
