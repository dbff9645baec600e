"""One interface between the engine and a backend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

import keras
import numpy as np

from keras3_lab.backends import require
from keras3_lab.engine.pieces import Piece, Share
from keras3_lab.engine.plan import Plan
from keras3_lab.private.models import compile_settings


class Steps(Protocol):
    """Steps of a compiled Keras model.

    `data` is a structure of arrays on the device, as `to_device` returns it; `rows` an int32
    array of shape `(steps, batch)`, there or on the host: step `i` takes the rows `rows[i]` of
    every array of `data`.
    """

    compile_s: float
    """Seconds spent on tracing and compiling so far."""

    def run(self, data: Any, rows: Any, start: int = 0, stop: int | None = None) -> Any:
        """Run the steps from `start` up to `stop`, by default all.

        Whatever they are, it is the same program, compiled once for the shapes of the arrays.

        Returns:
            Each step's logs or predictions, stacked along a first axis as long as `rows`: zeros
            where no step ran; or an `EachStep` of them. The variables of model, optimizer and
            metrics hold the new state.
        """

    def plan(self, data: Any, rows: Any) -> Plan:
        """Return how `run` goes about arrays of these shapes."""


class Program(Steps, Protocol):
    """Many steps of one compiled Keras model as one program of the backend."""

    def compiled_with(self, other: Any) -> None:
        """Run what another program compiles, of as many models that are like these.

        Of a backend that `VECTORIZES` alone: elsewhere a program holds its model's variables.
        """


class Backend(Protocol):
    """What the engine's file for a backend offers: all that is not the same on each of them."""

    VERSIONS: dict[str, str]
    """Versions of the backend's packages, by name."""

    VECTORIZES: bool
    """Whether `new_program` takes several models."""

    LOOP_PAYS_FROM: int
    """Steps from which on a loop takes less time, its compilation included, than one by one."""

    JOINS_UNEVEN: bool
    """Whether `joined` takes arrays that differ in more than their number of rows."""

    BUILDS_WHILE_TRACING: bool
    """Whether Keras's `fit` leaves it to the first step to build a model."""

    def float64(self) -> AbstractContextManager[None]:
        """Let arrays be float64 inside, where that must be asked for."""

    def settings_of_here(self) -> Callable[[], AbstractContextManager[None]]:
        """Return what gives another thread the settings of this one."""

    def gpu_kind(self) -> str:
        """Name the first GPU, e.g. `NVIDIA H100 80GB HBM3`."""

    def to_device(self, arrays: Any) -> Any:
        """Copy a structure of NumPy arrays to the device once, or to each of several."""

    def gradients(self, model: keras.Model, batch: Any, *, quick: bool = False) -> list[np.ndarray]:
        """Return the gradient of the training loss by each trainable variable; change nothing.

        Quick at the first call, where compiling costs more than running: at once, if at all.
        """

    def compiled(
        self, function: Callable[..., Any], variables: Sequence[keras.Variable] = ()
    ) -> Callable[..., Any]:
        """Return a function of arrays, compiled; its variables change as it is called."""

    def derivatives(
        self, function: Callable[..., Any], variables: Sequence[keras.Variable] = ()
    ) -> Callable[..., tuple[list[Any], list[Any]]]:
        """Return the gradient of a function's number by each array, and by each variable's value.

        Zeros by what it does not depend on.
        """

    def is_concrete(self, tensor: Any) -> bool:
        """Whether a tensor holds values, rather than standing for those of a traced function."""

    def keep_programs(self) -> None:
        """Let another process find what this one compiles from now on.

        Under JAX it does so anyway, and in silence.
        """

    def share_context(self) -> None:
        """Share among the programs to come what is made for each to be compiled.

        For a process that compiles thousands of small ones.
        """

    def new_program(self, models: Sequence[keras.Model], kind: str, by_steps: bool) -> Program:
        """Return a program of one model, or of several that differ in their variables alone.

        That of several takes rows of shape `(steps, models, batch)`, and stacks what it returns
        likewise. One `by_steps` is a compiled step that Python starts again and again.
        """

    def new_single(self, model: keras.Model, kind: str) -> Steps:
        """Return a program that hands the batch of a single step to Keras's own function."""

    def have_devices(self, platform: str, count: int) -> list[str]:
        """Return the names of so many devices, virtual ones on the CPU; refuse if there are fewer.

        Virtual ones are made where the backend has not started.
        """

    def over(self, devices: Sequence[str]) -> AbstractContextManager[Any]:
        """Have models made and trained inside be spread over these devices, batch by batch."""

    def devices_of(self, model: keras.Model) -> int:
        """Return how many devices a model is spread over."""

    def process_and_count(self) -> tuple[int, int]:
        """Return which process this is, and how many there are, joined or not yet."""

    def join(self, platform: str, count: int) -> list[str]:
        """Meet the other processes, once; return the names of so many devices of each."""

    def meet(self) -> None:
        """Wait for all others."""

    def is_lost(self, error: BaseException) -> bool:
        """Whether an error says that another process is not there any more."""

    def share_of(self, model: keras.Model) -> Share | None:
        """Return this process's share of each batch; `None` where it trains alone."""

    def distributed_by(self, model: keras.Model) -> str | None:
        """Say what spreads a model over devices in a way that no program here has; else `None`."""

    def joined(self, arrays: list[Any]) -> Any:
        """Join what steps predicted, along the rows."""


class _Programs:
    """The programs made for a model, as long as it keeps its `compile()` settings."""

    def __init__(self, settings: tuple[Any, ...]) -> None:
        self.settings = settings
        self.by_kind: dict[tuple[str, bool], Program] = {}


def backend() -> Backend:
    """Return the engine's file for the backend that Keras runs on."""
    if require() == "jax":
        from keras3_lab.engine import jax

        return jax
    from keras3_lab.engine import tensorflow

    return tensorflow


def program_of(model: keras.Model, kind: str, piece: Piece) -> Steps:
    """Return the program that takes a piece of data."""
    return backend().new_single(model, kind) if piece.rows is None else program(model, kind)


def program(model: keras.Model, kind: str, *others: keras.Model, by_steps: bool = False) -> Program:
    """Return the model's program of a kind, or that of several models at once.

    `"train"`, `"test"` and `"predict"` run Keras's own steps. `"trace"` trains with metrics that
    start afresh at every step, so that each step's logs are of its own batch alone. For a few steps
    alone, `by_steps` takes less time: what is compiled is a step rather than a loop.

    A second `fit` or `evaluate` finds it compiled, as with Keras's own `train_function`; like
    that, it is made anew when `compile()` was called in between, or a layer was frozen.
    """
    models = (model, *others)
    settings = tuple(part for each in models for part in compile_settings(each))
    attribute = "_keras3_lab_programs_of_many" if others else "_keras3_lab_programs"
    programs = model.__dict__.get(attribute)
    if programs is None or [*map(id, programs.settings)] != [*map(id, settings)]:
        # Not by setattr: Keras would track the object as a part of the model.
        programs = model.__dict__[attribute] = _Programs(settings)
    key = (kind, by_steps)
    if key not in programs.by_kind:
        programs.by_kind[key] = backend().new_program(models, kind, by_steps)
    return programs.by_kind[key]
