"""One problem in one lane: made once, run as often as need be, each time from its start."""

from __future__ import annotations

import copy
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.data import Batches, host_arrays
from keras3_lab.engine.interface import backend, program
from keras3_lab.engine.pieces import EachStep
from keras3_lab.errors import PortabilityWarning
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.arrays import host
from keras3_lab.parity.record.build import shorten
from keras3_lab.parity.record.place import require_spread
from keras3_lab.parity.record.random_layers import stock_seed_states
from keras3_lab.parity.record.saving import save
from keras3_lab.parity.record.schedule import Schedule
from keras3_lab.parity.trace import Arrays, Run
from keras3_lab.portable import initialize
from keras3_lab.private.initializers import initial_values_on_host
from keras3_lab.private.layers import flatten_layers
from keras3_lab.private.models import step_results, symbolic_build

PREDICTED_ROWS = 64

EPSILONS = {"bfloat16": 2.0**-7, "float16": 2.0**-10}
"""The distance from 1 to the next number, of dtypes that are coarser than float32."""

Tick = Callable[[int], None]


def _no_tick(steps: int) -> None:
    pass


class Training:
    """A compiled model with its data on the device, ready to be trained from its initial state.

    Args:
        problem: The model and its data.
        seed: Seed of initial weights, random layers and batch order.
        epochs: Number of epochs. Defaults to the problem's.
        steps: Number of steps. Defaults to all of the epochs'.
        draw: Whether to draw initial weights; not for a model that was trained before.
        tick: Called with the number of steps just made.

    Attributes:
        runs: How often it is to be run: a loop is compiled where that pays.
    """

    def __init__(
        self,
        problem: Problem,
        seed: int,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        draw: bool = True,
        tick: Tick = _no_tick,
    ) -> None:
        train = Batches.on_host(
            problem.x, problem.y, problem.sample_weight, batch_size=problem.batch_size
        )
        # From the host: on the device, each slice would be a program to compile.
        self.example = backend().to_device(host_arrays(train.example()))
        self.train = train.on_device()
        self.problem, total = shorten(problem, epochs, steps, self.train.size)
        held_out = problem.validation_data or (problem.x, problem.y, problem.sample_weight)
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(held_out)
        self.validation = Batches.from_arrays(x, y, sample_weight, batch_size=problem.batch_size)
        rows = _fixed_batch(problem.model) or PREDICTED_ROWS
        few = keras.tree.map_structure(lambda array: array[:rows], x)
        self._few = backend().to_device(host_arrays((few,)))
        self.tick = tick
        self.model = problem.model
        self.warnings = self._build(seed if draw else None)
        self.schedule = Schedule(seed, self.train.size, self.train.batch_size, total)
        self.runs = 1
        self._seed = seed
        self._start = self.state()

    def of(self, model: keras.Model, steps: int) -> Training:
        """Return a training of another model, as it is, on the same data."""
        other = copy.copy(self)
        other.problem, other.model = replace(self.problem, model=model), model
        other.warnings = other._build(None)  # noqa: SLF001  # one of this class
        other.schedule = replace(self.schedule, steps=steps)
        other.runs = 1
        other._start = other.state()  # noqa: SLF001
        return other

    def starting_like(self, other: Training) -> Training:
        """Start from where another training of such a model starts."""
        self._start = other._start
        return self

    def _build(self, seed: int | None) -> list[str]:
        """Build the model, draw its weights; return what cannot be drawn alike everywhere."""
        model = self.model
        require_spread(model)
        if not model.built:
            with initial_values_on_host():
                symbolic_build(model, self.example)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", PortabilityWarning)
            if seed is not None:
                initialize(model, seed)
                self.problem.pretrained(model)
        with initial_values_on_host():
            symbolic_build(model, self.example)
            if not model.optimizer.built:
                model.optimizer.build(model.trainable_variables)
        return [str(w.message) for w in caught if issubclass(w.category, PortabilityWarning)]

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables: those of the model, its metrics and its optimizer."""
        return [*self.model.variables, *self.model.optimizer.variables]

    def state(self) -> list[np.ndarray]:
        """Return the values of all variables."""
        return [host(variable).copy() for variable in self.variables]

    def restore(self, state: list[np.ndarray]) -> None:
        """Put the values of all variables back."""
        for variable, value in zip(self.variables, state, strict=True):
            variable.assign(value)

    def reset(self, seed: int | None = None, ulp: int | None = None) -> None:
        """Go back to the start.

        Args:
            seed: Another seed for weights, random layers and order.
            ulp: Number of a perturbation: every weight is moved to one of its two neighbours
                among the floating-point numbers, chosen at random by this number; those of
                float16 or bfloat16 where the model computes in one of them.
        """
        self.restore(self._start)
        seed = self._seed if seed is None else seed
        if seed != self._seed:
            draw_weights(self.problem, seed)
        self.schedule = replace(self.schedule, seed=seed)
        if ulp is not None:
            rng = np.random.default_rng(ulp)
            epsilon = _coarsest_epsilon(self.model)
            for variable in self.model.trainable_variables:
                value = host(variable)
                sign = np.where(rng.random(value.shape) < 0.5, 1, -1).astype(value.dtype)
                if epsilon is None:
                    variable.assign(np.nextafter(value, sign * np.inf))
                else:
                    variable.assign(value * (1 + sign * epsilon))

    def run(
        self,
        start: int = 0,
        save_at: int | None = None,
        artifact: Path | None = None,
        past: Arrays | None = None,
        predict: tuple[str, ...] = ("start", "saved", "end"),
    ) -> Run:
        """Train from step `start` to the end, from the state that the model is in.

        Args:
            start: First step.
            save_at: Step before which the model is saved.
            artifact: Where it is saved.
            past: Metrics of the epochs before the first step, by name: callbacks get to know them,
                for a saved model holds no early stopping's memory.
            predict: When to predict.

        Returns:
            The run. Per-step figures are of the step's batch alone.
        """
        schedule, model = self.schedule, self.model
        result = Run(start=start)
        if "start" in predict:
            result.predictions = self.predictions("start")
        steps: dict[str, list[np.ndarray]] = {}
        epochs: dict[str, list[float]] = {}
        model.stop_training = False
        with tempfile.TemporaryDirectory() as folder:
            callbacks = keras.callbacks.CallbackList(
                self.problem.callbacks(Path(folder)), model=model, epochs=schedule.epochs
            )
            callbacks.on_train_begin()
            if before := start // schedule.per_epoch:
                self._remember(callbacks, before, past or {})
            for epoch in range(before, schedule.epochs):
                callbacks.on_epoch_begin(epoch)
                first = max(start, epoch * schedule.per_epoch)
                last = min(schedule.steps, (epoch + 1) * schedule.per_epoch)
                stops = [last]
                if save_at is not None and first <= save_at < last:
                    stops = [save_at, last]
                logs: dict[str, list[np.ndarray]] = {}
                sizes: list[int] = []
                for stop in stops:
                    for rows in self._pieces(first, stop):
                        for name, values in self.trace(rows).items():
                            logs.setdefault(name, []).append(values)
                        sizes += [rows.shape[1]] * len(rows)
                        self.tick(len(rows))
                    first = stop
                    if stop == save_at and artifact is not None:
                        save(model, artifact)
                        result.predictions |= self.predictions("saved")
                joined = {name: np.concatenate(parts) for name, parts in logs.items()}
                for name, part in _scalars(joined):
                    steps.setdefault(name, []).append(part)
                seen = {
                    name: _number(np.average(values, axis=0, weights=sizes))
                    for name, values in joined.items()
                }
                seen |= {f"val_{name}": value for name, value in self.evaluate().items()}
                for name, value in _scalars({name: [value] for name, value in seen.items()}):
                    epochs.setdefault(name, []).append(value[0])
                callbacks.on_epoch_end(epoch, seen)
                if model.stop_training:
                    break
            model.optimizer.finalize_variable_values(model.trainable_variables)
            # Before a callback puts the best epoch's weights back: it may lie before the switch.
            result.weights, result.optimizer = self.weights(), self.optimizer()
            callbacks.on_train_end(seen)
        result.steps = {name: np.concatenate(parts) for name, parts in steps.items()}
        result.epochs = {name: np.asarray(values) for name, values in epochs.items()}
        if "end" in predict:
            result.predictions |= self.predictions("end")
        return result

    def _remember(self, callbacks: keras.callbacks.CallbackList, epochs: int, past: Arrays) -> None:
        """Tell callbacks of epochs that were trained elsewhere; the model stays as it is."""
        state = self.state()
        for epoch in range(epochs):
            callbacks.on_epoch_begin(epoch)
            logs = {name: float(values[epoch]) for name, values in past.items()}
            callbacks.on_epoch_end(epoch, logs)
        self.restore(state)

    def _pieces(self, start: int, stop: int) -> Iterator[np.ndarray]:
        """Yield the rows of the steps: of each on its own, where no loop is compiled."""
        for rows in self.schedule.between(start, stop):
            yield from np.split(rows, len(rows)) if self.is_short else [rows]

    @property
    def is_whole(self) -> bool:
        """Whether a run makes all steps of the problem's epochs."""
        return self.schedule.steps >= self.problem.epochs * self.schedule.per_epoch

    @property
    def is_short(self) -> bool:
        """Whether the steps run one by one: in a replay they do anyway."""
        return self._is_few(self.schedule.steps)

    def _is_few(self, steps: int) -> bool:
        return steps * self.runs < backend().LOOP_PAYS_FROM

    def trace(self, rows: np.ndarray) -> Arrays:
        """Train on the given rows, of shape `(steps, batch)`; return each step's own logs."""
        schedule, count = self.schedule, len(rows)
        # As long as an epoch, wherever it starts and stops: one shape is one program.
        full = min(schedule.steps, schedule.rows // schedule.batch_size)
        if not self.is_short and rows.shape[1] == schedule.batch_size:
            rows = np.pad(rows, ((0, full - count), (0, 0)))
        trace = program(self.model, "trace", by_steps=self.is_short)
        logs = trace.run(self.train.arrays, rows, 0, count)
        return {name: values[:count] for name, values in _stacked(logs).items()}

    def evaluate(self) -> dict[str, Any]:
        """Return loss and metrics of the validation data, each a number or an array of them."""
        self.model.reset_metrics()
        steps = self.validation.steps * self.schedule.epochs
        test = program(self.model, "test", by_steps=self._is_few(steps))
        for rows in self.validation.rows():
            outputs = test.run(self.validation.arrays, rows)
        logs = keras.tree.map_structure(lambda stack: stack[-1], _stacked(outputs))
        results = step_results(self.model, logs)
        # The loss first: where several differ, it is to blame.
        return {name: _number(results[name]) for name in sorted(results, key=lambda n: n != "loss")}

    def weights(self) -> Arrays:
        """Return the model's variables, those of metrics left out, by position."""
        return indexed(weight_variables(self.model))

    def optimizer(self) -> Arrays:
        """Return the optimizer's variables, by position."""
        return indexed(self.model.optimizer.variables)

    def predictions(self, when: str) -> Arrays:
        """Return the model's outputs for a few rows of the validation data, as `"start/0"`."""
        count = len(keras.tree.flatten(self._few)[0])
        rows = np.arange(count, dtype=np.int32)[None]
        predict = program(self.model, "predict", by_steps=True)
        outputs = keras.tree.flatten(_stacked(predict.run(self._few, rows)))
        return {f"{when}/{i}": output[0] for i, output in enumerate(outputs)}


def _stacked(outputs: Any) -> Any:
    """Return what steps returned as NumPy arrays, one element for each step."""
    if isinstance(outputs, EachStep):
        made = [each for each in outputs if each is not None]
        return keras.tree.map_structure(lambda *each: np.stack([*map(host, each)]), *made)
    return keras.tree.map_structure(host, outputs)


def _fixed_batch(model: keras.Model) -> int | None:
    """Return the only number of rows that a model takes, such as a stateful recurrent one."""
    shapes = [tuple(tensor.shape) for tensor in getattr(model, "inputs", None) or []]
    return shapes[0][0] if shapes and shapes[0] else None


def draw_weights(problem: Problem, seed: int) -> None:
    """Draw the initial weights of a problem; what cannot be drawn has been said before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PortabilityWarning)
        initialize(problem.model, seed)
    problem.pretrained(problem.model)


def _coarsest_epsilon(model: keras.Model) -> float | None:
    dtypes = {getattr(layer, "compute_dtype", None) for layer in flatten_layers(model)}
    dtypes |= {keras.backend.standardize_dtype(v.dtype) for v in model.trainable_variables}
    return max((EPSILONS[dtype] for dtype in dtypes if dtype in EPSILONS), default=None)


def _number(value: Any) -> Any:
    """Return a float, or an array of them where a metric has several results."""
    array = np.asarray(value)
    return array if array.ndim else float(array)


def _scalars(logs: Mapping[str, Any]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each metric over steps or epochs, one with several results as one for each of them."""
    for name, values in logs.items():
        array = np.asarray(values)
        for index in np.ndindex(array.shape[1:]):
            yield name + "".join(f"[{i}]" for i in index), array[(slice(None), *index)]


def weight_variables(model: keras.Model) -> list[keras.Variable]:
    """Return weights and portable random states of a model: what a lane has to have alike."""
    others = {id(v) for v in [*model.metrics_variables, *stock_seed_states(model)]}
    return [variable for variable in model.variables if id(variable) not in others]


def indexed(variables: list[keras.Variable]) -> Arrays:
    """Return the values of variables by position; integers, whose dtype varies, as int64."""
    values = [host(variable).copy() for variable in variables]
    return {
        str(i): value.astype(np.int64) if value.dtype.kind in "iu" else value
        for i, value in enumerate(values)
    }
