"""Cases of `keras.callbacks` that hold a state: what it is after a tiny run."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import WIDE, Case, Procedure, numbers

callbacks = keras.callbacks

X = numbers(6, 2)
Y = X.sum(axis=1, keepdims=True)
LOGS = [1.0, 0.8, 0.9, 0.85, 0.8, 0.7, 0.75, 0.7, float("nan"), 0.9, 0.6, 0.65]
"""What a monitored number is at the end of each epoch."""


def cases() -> Iterator[Case]:
    """Yield the cases."""
    stops: dict[str, Mapping[str, Any]] = {
        "patience-0": {},
        "patience-2": {"patience": 2},
        "restores": {"patience": 2, "restore_best_weights": True},
        "delta": {"patience": 1, "min_delta": 0.15},
        "max": {"mode": "max", "patience": 3},
        "baseline": {"baseline": 0.75, "patience": 2, "restore_best_weights": True},
        "late": {"start_from_epoch": 4, "patience": 1},
    }
    for what, options in stops.items():
        yield Procedure("callbacks.EarlyStopping", what, WIDE, function=_stopping(options))
    plateaus: dict[str, Mapping[str, Any]] = {
        "patience-1": {"patience": 1},
        "cooldown": {"patience": 1, "cooldown": 2},
        "floor": {"patience": 0, "min_lr": 0.03},
        "max": {"mode": "max", "patience": 1, "factor": 0.3},
    }
    for what, options in plateaus.items():
        yield Procedure("callbacks.ReduceLROnPlateau", what, WIDE, function=_plateau(options))
    for what, rate in _RATES.items():
        function = _scheduler(rate)
        yield Procedure("callbacks.LearningRateScheduler", what, WIDE, function=function)
    for what, run in _OTHERS.items():
        symbol, _, which = what.partition("/")
        yield Procedure(f"callbacks.{symbol}", which, function=run)


def model(optimizer: Any = None, rate: float = 0.1, **more: Any) -> Any:
    """Return a tiny compiled model with fixed weights."""
    made = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    made.set_weights([np.array([[0.5], [-0.25]]), np.array([0.125])])
    made.compile(optimizer or keras.optimizers.SGD(rate), "mse", **{"run_eagerly": True} | more)
    return made


def _fit(made: Any, *given: Any, **options: Any) -> Any:
    defaults = {"batch_size": 4, "shuffle": False, "verbose": 0, "callbacks": list(given)}
    return made.fit(X, Y, **defaults | options)


def _stopping(options: Mapping[str, Any]) -> Callable[[], Any]:
    def run() -> Any:
        made = model()
        callback = callbacks.EarlyStopping(monitor="value", **{"mode": "min", **options})
        callback.set_model(made)
        callback.on_train_begin()
        for epoch, value in enumerate(LOGS):
            made.set_weights([np.full((2, 1), float(epoch)), np.zeros(1)])
            callback.on_epoch_end(epoch, {"value": value})
            if made.stop_training:
                break
        callback.on_train_end()
        return [epoch, callback.best, callback.wait, callback.stopped_epoch, made.get_weights()]

    return run


def _plateau(options: Mapping[str, Any]) -> Callable[[], Any]:
    def run() -> Any:
        made = model()
        callback = callbacks.ReduceLROnPlateau(monitor="value", **{"mode": "min", **options})
        callback.set_model(made)
        callback.on_train_begin()
        rates = []
        for epoch, value in enumerate(LOGS):
            callback.on_epoch_end(epoch, logs := {"value": value})
            rates.append([float(made.optimizer.learning_rate), float(logs["learning_rate"])])
        return rates

    return run


_RATES: dict[str, Callable[..., Any]] = {
    "by-epoch": lambda epoch: 0.1 / (epoch + 1),
    "by-rate": lambda epoch, rate: rate * 0.5,
    "a-numpy-number": lambda epoch: np.float32(0.1 / (epoch + 1)),
}


def _scheduler(rate: Callable[..., Any]) -> Callable[[], Any]:
    def run() -> Any:
        made = model()
        history = _fit(made, callbacks.LearningRateScheduler(rate), epochs=3).history
        return [history, made.get_weights()]

    return run


def _swap(on_epoch: bool) -> Any:
    made = model(keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5))
    history = _fit(
        made,
        callbacks.SwapEMAWeights(swap_on_epoch=on_epoch),
        epochs=3,
        validation_data=(X + 1, Y),
    ).history
    return [history, made.get_weights()]


def _swap_without() -> Any:
    return _fit(model(), callbacks.SwapEMAWeights()).history


def _backup(save_freq: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "backup")
        first = model(keras.optimizers.Adam(0.1))

        def stop(epoch: int, logs: Any = None) -> None:
            if epoch == 1:
                raise KeyboardInterrupt

        end = callbacks.LambdaCallback(on_epoch_begin=stop)
        backup = callbacks.BackupAndRestore(str(path), save_freq=save_freq)
        with contextlib.suppress(KeyboardInterrupt):
            _fit(first, backup, end, epochs=4)
        second = model(keras.optimizers.Adam(0.1))
        history = _fit(second, callbacks.BackupAndRestore(str(path), save_freq=save_freq), epochs=4)
        return [history.epoch, history.history, second.get_weights(), path.exists()]


def _checkpoint(options: Mapping[str, Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        weights_only = options.get("save_weights_only")
        name = "{epoch}-{loss:.3f}" + (".weights.h5" if weights_only else ".keras")
        made = model()
        saved = callbacks.ModelCheckpoint(str(Path(folder, name)), monitor="loss", **options)
        _fit(made, saved, epochs=3)
        names = sorted(path.name for path in Path(folder).iterdir())
        again = model()
        if names and weights_only:
            again.load_weights(Path(folder, names[-1]))
        elif names:
            again = keras.saving.load_model(Path(folder, names[-1]))
        return [names, again.get_weights(), saved.best]


def _terminate(at: str) -> Any:
    made = model(rate=1e30 if at == "infinite" else 0.1)
    y = Y.copy()
    if at == "nan":
        y[5] = np.nan
    history = made.fit(
        X,
        y,
        batch_size=2,
        epochs=3,
        shuffle=False,
        verbose=0,
        callbacks=[callbacks.TerminateOnNaN()],
    )
    return [len(history.epoch), history.history]


def _lambda(**options: Any) -> Any:
    seen: list[Any] = []
    calls = (
        "on_epoch_begin on_epoch_end on_train_begin on_train_end on_train_batch_begin "
        "on_train_batch_end"
    )

    def note(name: str) -> Callable[..., None]:
        return lambda *given, **_: seen.append(
            [name, *[dict(g) if isinstance(g, dict) else g for g in given if g is not None]]
        )

    made = {name: note(name) for name in calls.split()}
    _fit(model(**options), callbacks.LambdaCallback(**made), epochs=2)
    return seen


class _Notes(keras.callbacks.Callback):
    """Notes the logs of tests and predictions, which `LambdaCallback` does not see."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Any] = []

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen.append([batch, dict(logs or {})])

    def on_test_end(self, logs: Any = None) -> None:
        self.seen.append(dict(logs or {}))

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.seen.append([batch, dict(logs or {})])


def _noted() -> Any:
    made, notes = model(), _Notes()
    made.evaluate(X, Y, batch_size=4, verbose=0, callbacks=[notes])
    made.predict(X, batch_size=4, verbose=0, callbacks=[notes])
    return notes.seen


def _logged() -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "log.csv")
        _fit(model(), callbacks.CSVLogger(str(path)), epochs=3, validation_data=(X, Y))
        rows = [line.split(",") for line in path.read_text().splitlines()]
    return [rows[0], [[float(cell) for cell in row] for row in rows[1:]]]


def _list() -> Any:
    notes = _Notes()
    history = callbacks.History()
    every = callbacks.CallbackList([notes, history], model=model())
    every.on_test_batch_end(0, {"loss": np.float32(1.5)})
    every.on_train_begin()
    every.on_epoch_end(0, {"loss": keras.ops.convert_to_tensor(2.5)})
    return [notes.seen, history.history]


def _history() -> Any:
    made = model()
    history = _fit(made, epochs=2)
    more = _fit(made, epochs=4, initial_epoch=2)
    return [history.epoch, history.history, more.epoch, history.params]


def _stopped_within() -> Any:
    """Let a batch ask to stop."""
    made = model()
    seen = []

    def stop(batch: int, logs: Any) -> None:
        seen.append(batch)
        made.stop_training = batch == 1

    history = _fit(made, callbacks.LambdaCallback(on_train_batch_end=stop), epochs=3, batch_size=2)
    return [seen, history.epoch, history.history, made.get_weights()]


def _weights_within(**options: Any) -> Any:
    """Return weights as a callback sees and sets them between batches."""
    made = model(**options)
    seen = []

    def halve(batch: int, logs: Any) -> None:
        seen.append(made.get_weights())
        made.set_weights([0.5 * w for w in made.get_weights()])

    _fit(made, callbacks.LambdaCallback(on_train_batch_end=halve), epochs=2)
    return [seen, made.get_weights()]


def _iterations_within() -> Any:
    """Return the number of steps as a callback reads it after each batch and epoch."""
    made, seen = model(), []
    read = lambda *_, **__: seen.append(int(made.optimizer.iterations))  # noqa: E731
    _fit(made, callbacks.LambdaCallback(on_train_batch_end=read, on_epoch_end=read), epochs=2)
    return seen


def _rate_within() -> Any:
    """Return weights after a callback has set the rate before each batch."""
    made = model(run_eagerly=False)

    def assign(batch: int, logs: Any = None) -> None:
        made.optimizer.learning_rate = 0.5 if batch == 0 else 0.0

    _fit(made, callbacks.LambdaCallback(on_train_batch_begin=assign), epochs=2)
    return [made.get_weights(), float(made.optimizer.learning_rate)]


def _predicts_within() -> Any:
    """Return what a callback predicts after each epoch."""
    made, seen = model(), []

    def predict(epoch: int, logs: Any) -> None:
        seen.append(made.predict(X, verbose=0))
        seen.append(made.evaluate(X, Y, verbose=0))

    history = _fit(made, callbacks.LambdaCallback(on_epoch_end=predict), epochs=2, batch_size=2)
    return [seen, history.history, made.get_weights()]


_OTHERS: dict[str, Callable[[], Any]] = {
    "SwapEMAWeights/at-the-end": lambda: _swap(False),
    "SwapEMAWeights/each-epoch": lambda: _swap(True),
    "SwapEMAWeights/without-averages": _swap_without,
    "BackupAndRestore/each-epoch": lambda: _backup("epoch"),
    "BackupAndRestore/each-batch": lambda: _backup(1),
    "ModelCheckpoint/each": lambda: _checkpoint({}),
    "ModelCheckpoint/best": lambda: _checkpoint({"save_best_only": True}),
    "ModelCheckpoint/best-max": lambda: _checkpoint({"save_best_only": True, "mode": "max"}),
    "ModelCheckpoint/weights": lambda: _checkpoint({"save_weights_only": True}),
    "ModelCheckpoint/each-3-batches": lambda: _checkpoint({"save_freq": 3}),
    "TerminateOnNaN/nan": lambda: _terminate("nan"),
    "TerminateOnNaN/infinite": lambda: _terminate("infinite"),
    "LambdaCallback/calls": _lambda,
    "LambdaCallback/calls-compiled": lambda: _lambda(run_eagerly=False),
    "LambdaCallback/two-steps-at-once": lambda: _lambda(run_eagerly=False, steps_per_execution=2),
    "LambdaCallback/stops": _stopped_within,
    "LambdaCallback/sets-weights": _weights_within,
    "LambdaCallback/sets-weights-compiled": lambda: _weights_within(run_eagerly=False),
    "LambdaCallback/reads-iterations": _iterations_within,
    "LambdaCallback/predicts": _predicts_within,
    "LambdaCallback/sets-rate-each-batch": _rate_within,
    "CallbackList/logs": _list,
    "CallbackList/tests-and-predictions": _noted,
    "CSVLogger/rows": _logged,
    "History/goes-on": _history,
}
