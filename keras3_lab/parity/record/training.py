"""One problem in one lane: made once, run as often as need be, each time from its start."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from keras3_lab.engine import predict
from keras3_lab.engine.data import Batches
from keras3_lab.engine.interface import program
from keras3_lab.errors import PortabilityWarning
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.build import shorten
from keras3_lab.parity.record.schedule import Schedule
from keras3_lab.parity.trace import Arrays, Run
from keras3_lab.portable import initialize
from keras3_lab.private.models import step_results, symbolic_build

PREDICTED_ROWS = 64
SHORT = 64  # steps

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
        self.train = Batches.from_arrays(
            problem.x, problem.y, problem.sample_weight, batch_size=problem.batch_size
        )
        self.problem, total = shorten(problem, epochs, steps, self.train.size)
        held_out = problem.validation_data or (problem.x, problem.y, problem.sample_weight)
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(held_out)
        self.validation = Batches.from_arrays(x, y, sample_weight, batch_size=problem.batch_size)
        self.few = keras.tree.map_structure(lambda array: array[:PREDICTED_ROWS], x)
        self.tick = tick
        self.model = problem.model
        self.warnings = self._build(seed if draw else None)
        self.schedule = Schedule(seed, self.train.size, self.train.batch_size, total)
        self._seed = seed
        self._start = self.state()

    def _build(self, seed: int | None) -> list[str]:
        """Build the model, draw its weights; return what cannot be drawn alike everywhere."""
        model = self.model
        if not model.built:
            symbolic_build(model, self.train.example())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", PortabilityWarning)
            if seed is not None:
                initialize(model, seed)
                self.problem.pretrained(model)
        symbolic_build(model, self.train.example())
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        return [str(w.message) for w in caught if issubclass(w.category, PortabilityWarning)]

    @property
    def variables(self) -> list[keras.Variable]:
        """All variables: those of the model, its metrics and its optimizer."""
        return [*self.model.variables, *self.model.optimizer.variables]

    def state(self) -> list[np.ndarray]:
        """Return the values of all variables."""
        return [np.array(keras.ops.convert_to_numpy(variable)) for variable in self.variables]

    def restore(self, state: list[np.ndarray]) -> None:
        """Put the values of all variables back."""
        for variable, value in zip(self.variables, state, strict=True):
            variable.assign(value)

    def reset(self, seed: int | None = None, ulp: int | None = None) -> None:
        """Go back to the start.

        Args:
            seed: Another seed for weights, random layers and order.
            ulp: Number of a perturbation: every weight is moved to one of its two neighbours
                among the floating-point numbers, chosen at random by this number.
        """
        self.restore(self._start)
        seed = self._seed if seed is None else seed
        if seed != self._seed:
            draw_weights(self.problem, seed)
        self.schedule = replace(self.schedule, seed=seed)
        if ulp is not None:
            rng = np.random.default_rng(ulp)
            for variable in self.model.trainable_variables:
                value = keras.ops.convert_to_numpy(variable)
                up = np.where(rng.random(value.shape) < 0.5, np.inf, -np.inf).astype(value.dtype)
                variable.assign(np.nextafter(value, up))

    def run(
        self,
        start: int = 0,
        save_at: int | None = None,
        artifact: Path | None = None,
        past: Arrays | None = None,
    ) -> Run:
        """Train from step `start` to the end, from the state that the model is in.

        Args:
            start: First step.
            save_at: Step before which the model is saved.
            artifact: Where it is saved.
            past: Metrics of the epochs before the first step, by name: callbacks get to know them,
                for a saved model holds no early stopping's memory.

        Returns:
            The run. Per-step figures are of the step's batch alone.
        """
        schedule, model = self.schedule, self.model
        # A replay goes step by step: a run of a few steps does so, too, and compiles no more.
        most = 1 if schedule.steps < SHORT else None
        result = Run(start=start)
        result.predictions = {f"start/{k}": v for k, v in self.predictions().items()}
        steps: dict[str, list[np.ndarray]] = {}
        epochs: dict[str, list[float]] = {}
        model.stop_training = False
        with tempfile.TemporaryDirectory() as folder:
            callbacks = keras.callbacks.CallbackList(
                self.problem.callbacks(Path(folder)), model=model, epochs=schedule.epochs
            )
            callbacks.on_train_begin()
            self._remember(callbacks, start // schedule.per_epoch, past or {})
            for epoch in range(start // schedule.per_epoch, schedule.epochs):
                callbacks.on_epoch_begin(epoch)
                first = max(start, epoch * schedule.per_epoch)
                last = min(schedule.steps, (epoch + 1) * schedule.per_epoch)
                stops = [last]
                if save_at is not None and first <= save_at < last:
                    stops = [save_at, last]
                logs: dict[str, list[np.ndarray]] = {}
                sizes: list[int] = []
                for stop in stops:
                    for rows in schedule.between(first, stop, most=most):
                        for name, values in self.trace(rows).items():
                            logs.setdefault(name, []).append(values)
                        sizes += [rows.shape[1]] * len(rows)
                        self.tick(len(rows))
                    first = stop
                    if stop == save_at and artifact is not None:
                        model.save(artifact)
                        saved = self.predictions().items()
                        result.predictions |= {f"saved/{k}": v for k, v in saved}
                joined = {name: np.concatenate(parts) for name, parts in logs.items()}
                for name, part in joined.items():
                    steps.setdefault(name, []).append(part)
                seen = {name: float(np.average(v, weights=sizes)) for name, v in joined.items()}
                seen |= {f"val_{name}": value for name, value in self.evaluate().items()}
                for name, value in seen.items():
                    epochs.setdefault(name, []).append(value)
                callbacks.on_epoch_end(epoch, seen)
                if model.stop_training:
                    break
            model.optimizer.finalize_variable_values(model.trainable_variables)
            # Before a callback puts the best epoch's weights back: it may lie before the switch.
            result.weights, result.optimizer = self.weights(), self.optimizer()
            callbacks.on_train_end(seen)
        result.steps = {name: np.concatenate(parts) for name, parts in steps.items()}
        result.epochs = {name: np.asarray(values) for name, values in epochs.items()}
        result.predictions |= {f"end/{k}": v for k, v in self.predictions().items()}
        return result

    def _remember(self, callbacks: keras.callbacks.CallbackList, epochs: int, past: Arrays) -> None:
        """Tell callbacks of epochs that were trained elsewhere; the model stays as it is."""
        state = self.state()
        for epoch in range(epochs):
            callbacks.on_epoch_begin(epoch)
            logs = {name: float(values[epoch]) for name, values in past.items()}
            callbacks.on_epoch_end(epoch, logs)
        self.restore(state)

    def trace(self, rows: np.ndarray) -> Arrays:
        """Train on the given rows, of shape `(steps, batch)`; return each step's own logs."""
        logs = program(self.model, "trace").run(self.train.arrays, rows)
        return {name: keras.ops.convert_to_numpy(values) for name, values in logs.items()}

    def evaluate(self) -> dict[str, float]:
        """Return loss and metrics of the validation data."""
        self.model.reset_metrics()
        for rows in self.validation.rows():
            outputs = program(self.model, "test").run(self.validation.arrays, rows)
        logs = keras.tree.map_structure(lambda stack: stack[-1], outputs)
        results = step_results(self.model, logs)
        # The loss first: where several differ, it is to blame.
        return {name: float(results[name]) for name in sorted(results, key=lambda n: n != "loss")}

    def weights(self) -> Arrays:
        """Return the model's variables, those of metrics left out, by position."""
        return indexed(weight_variables(self.model))

    def optimizer(self) -> Arrays:
        """Return the optimizer's variables, by position."""
        return indexed(self.model.optimizer.variables)

    def predictions(self) -> Arrays:
        """Return the model's outputs for a few rows of the validation data."""
        outputs = keras.tree.flatten(
            predict(self.model, self.few, batch_size=PREDICTED_ROWS, verbose=0)
        )
        return {str(i): np.asarray(output) for i, output in enumerate(outputs)}


def draw_weights(problem: Problem, seed: int) -> None:
    """Draw the initial weights of a problem; what cannot be drawn has been said before."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PortabilityWarning)
        initialize(problem.model, seed)
    problem.pretrained(problem.model)


def weight_variables(model: keras.Model) -> list[keras.Variable]:
    """Return weights and random states of a model: its variables without those of metrics."""
    metrics = {id(variable) for variable in model.metrics_variables}
    return [variable for variable in model.variables if id(variable) not in metrics]


def indexed(variables: list[keras.Variable]) -> Arrays:
    """Return the values of variables by position; integers, whose dtype varies, as int64."""
    values = [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]
    return {
        str(i): value.astype(np.int64) if value.dtype.kind in "iu" else value
        for i, value in enumerate(values)
    }
