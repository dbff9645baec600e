"""One epoch of any kind: pieces of data in, hooks of callbacks served, logs out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from operator import itemgetter
from typing import Any, TypeAlias

import keras
import numpy as np

from keras3_lab.engine.data import reason_of_data
from keras3_lab.engine.hooks import Watcher, want_batches
from keras3_lab.engine.interface import backend, program_of
from keras3_lab.engine.pace import Pace
from keras3_lab.engine.pieces import EachStep, Piece, Source
from keras3_lab.engine.plan import check_mode
from keras3_lab.errors import UsageError
from keras3_lab.private.models import needs_batch, step_results, symbolic_build
from keras3_lab.private.trainers import is_overridden

Callbacks: TypeAlias = Sequence[keras.callbacks.Callback] | keras.callbacks.CallbackList | None
STOP = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


class Epochs:
    """Runs epochs of one kind of a model.

    Args:
        model: The model, built.
        kind: `"train"`, `"test"` or `"predict"`.
        callbacks: A `keras.callbacks.CallbackList`.
        mode: `"auto"`, `"epoch"`, `"chunk"` or `"step"`.
    """

    def __init__(self, model: keras.Model, kind: str, callbacks: Any, mode: str) -> None:
        if check_mode(mode) == "auto":
            mode = "step" if want_batches(callbacks.callbacks, kind) else "chunk"
        if mode == "chunk" and backend().share_of(model) is not None:
            mode = "epoch"  # all processes run the same steps at once, however fast each is
        self.mode = mode
        self._pace = Pace(mode, model.steps_per_execution)
        self._model = model
        self._kind = kind
        self._begin = getattr(callbacks, f"on_{kind}_batch_begin")
        self._end = getattr(callbacks, f"on_{kind}_batch_end")
        self._watchers = [
            callback
            for callback in callbacks.callbacks
            if kind == "train" and isinstance(callback, Watcher)
        ]

    def run(
        self,
        pieces: Iterable[Piece],
        read: Callable[[Any, int, int], Any] | None = None,
        join: Callable[[list[Any]], Any] = itemgetter(-1),
    ) -> Any:
        """Run all steps of all pieces, or as many as a callback lets it.

        Args:
            pieces: The data.
            read: Makes something out of the stacked outputs of a program and the steps where it
                started and stopped. Defaults to the logs of the last step.
            join: Makes the logs of the batch hooks out of what was read since the last ones: of
                one program, or of several where `steps_per_execution` reaches into the next piece.
                Defaults to the last.

        Returns:
            The logs of the last hook.
        """
        read = read or last
        seen, due, logs = 0, 0, {}
        behind = max((watcher.steps_behind() for watcher in self._watchers), default=0)
        parts: list[Any] = []
        with closing(iter(pieces)) as remaining:  # type: ignore[type-var]
            for piece in remaining:
                start = min(piece.start + max(behind - seen, 0), piece.stop)
                seen += start - piece.start
                if start == piece.stop:
                    continue
                steps = program_of(self._model, self._kind, piece)
                while start < piece.stop:
                    if not due:
                        due = self._pace.take(piece.stop - start)
                        self._begin(seen)
                    stop = min(start + due, piece.stop)
                    compiled, began = steps.compile_s, time.perf_counter()
                    outputs = steps.run(piece.data, piece.rows, start, stop)
                    parts.append(read(outputs, start, stop))  # waits until the device is done
                    for watcher in self._watchers:
                        watcher.look(seen, outputs, start, stop)
                    spent = time.perf_counter() - began - (steps.compile_s - compiled)
                    self._pace.measured(stop - start, spent)
                    seen, due = seen + stop - start, due - (stop - start)
                    start = stop
                    if due:
                        continue
                    logs, parts = join(parts), []
                    self._end(seen - 1, logs)
                    if getattr(self._model, STOP[self._kind]):
                        return logs
        if parts:
            logs = join(parts)
            self._end(seen + due - 1, logs)
        return logs


def last(outputs: Any, start: int, stop: int) -> Any:
    """Return the outputs of the last step that ran."""
    if isinstance(outputs, EachStep):
        return keras.tree.map_structure(np.asarray, outputs[stop - 1])
    return keras.tree.map_structure(lambda stack: np.asarray(stack)[stop - 1], outputs)


def build(model: keras.Model, kind: str, data: Source) -> None:
    """Build a model for data, and start a pass over them, with the hooks that `fit` calls.

    Before the first step wherever that can be done, so that it does not begin in the middle of it.

    Args:
        model: The model.
        kind: `"train"` or `"test"`.
        data: The data.
    """
    batch = data.example() if needs_batch(model) else None
    if not backend().BUILDS_WHILE_TRACING:
        symbolic_build(model, batch)
    elif reason_of_data(batch) is None and not is_overridden(model, f"{kind}_step"):
        # A step of one's own may call no `call`, or need no compiled loss.
        try:
            symbolic_build(model, batch)
        except UsageError:
            raise
        except Exception:  # noqa: S110 - the first step builds it, or says what is wrong
            pass
    data.reset()


def test_epoch(
    model: keras.Model, epochs: Epochs, pieces: Iterable[Piece], callbacks: Any
) -> dict[str, Any]:
    """Run the test steps over all pieces, and return the metrics."""
    model.stop_evaluating = False
    callbacks.on_test_begin()
    model.reset_metrics()
    logs = step_results(model, epochs.run(pieces))
    callbacks.on_test_end(logs)
    return logs


def take_averages(model: keras.Model) -> None:
    """Write the averaged weights into a trained model, where its optimizer keeps any."""
    model.optimizer.finalize_variable_values(model.trainable_variables)
    # On JAX the weights are the averages' own arrays now, and programs give theirs up: evaluating
    # the model would leave the optimizer without.
    kept = {id(variable.value) for variable in model.optimizer.variables}
    for variable in model.trainable_variables:
        if id(variable.value) in kept:
            variable.assign(keras.ops.copy(variable))


def callback_list(
    model: keras.Model,
    callbacks: Callbacks,
    verbose: str | int,
    *,
    steps: int | None,
    epochs: int = 1,
    add_history: bool = False,
) -> Any:
    """Put a user's callbacks and the progress bar into a `keras.callbacks.CallbackList`."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        return callbacks
    return keras.callbacks.CallbackList(
        callbacks,
        add_history=add_history,
        add_progbar=verbose != 0,
        verbose=verbose,
        epochs=epochs,
        steps=steps,
        model=model,
    )
