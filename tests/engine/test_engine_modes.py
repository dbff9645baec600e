"""Modes, batch hooks, plans, and what is left of a model when training is interrupted."""

from __future__ import annotations

import signal

import keras
import numpy as np
import pytest
from engine_cases import IMAGES, LABELS, TARGETS, X, convolution, dense

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.engine.hooks import want_batches
from keras3_lab.engine.interface import backend, program
from keras3_lab.engine.interrupts import interrupts_deferred
from keras3_lab.engine.pace import Pace
from keras3_lab.engine.pieces import EachStep
from keras3_lab.errors import UsageError
from keras3_lab.layers import Dropout

ON_CPU = not any(device.startswith("gpu") for device in keras.distribution.list_devices())


class Calls(keras.callbacks.Callback):
    """Notes which batches it is told of, and the weights that it finds."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.ended, self.kernels, self.iterations, self.losses = [], [], [], [], []

    def on_train_batch_begin(self, batch, logs=None):
        self.begun.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        assert isinstance(logs["loss"], float)
        self.losses.append(logs["loss"])
        self.ended.append(batch)
        self.kernels.append(np.asarray(self.model.layers[0].kernel).copy())
        self.iterations.append(int(np.asarray(self.model.optimizer.iterations)))


@pytest.mark.parametrize(
    ("mode", "begun", "ended"),
    [("auto", [0, 1, 2], [0, 1, 2]), ("step", [0, 1, 2], [0, 1, 2]), ("epoch", [0, 2], [1, 2])],
)
def test_batch_hooks_come_as_the_mode_says(mode: str, begun: list, ended: list) -> None:
    ours, stock = Calls(), Calls()
    arguments = {"batch_size": 6, "verbose": 0, "shuffle": False}
    keras3_lab.fit(dense(), X, TARGETS, callbacks=[ours], mode=mode, **arguments)
    assert (ours.begun, ours.ended) == (begun, ended)
    assert ours.iterations == [batch + 1 for batch in ended]
    assert all(loss > 0 for loss in ours.losses)
    if keras.config.backend() == "tensorflow":  # JAX's own `fit` hides the weights meanwhile
        dense().fit(X, TARGETS, callbacks=[stock], **arguments)
        for batch, kernel in zip(ended, ours.kernels, strict=True):
            np.testing.assert_allclose(kernel, stock.kernels[batch], rtol=1e-5)
        np.testing.assert_allclose(ours.losses, [stock.losses[batch] for batch in ended], rtol=1e-5)


def test_only_callbacks_that_need_every_batch_cost_the_loop(tmp_path) -> None:
    unhurried = [
        keras.callbacks.ProgbarLogger(),
        keras.callbacks.TerminateOnNaN(),
        keras.callbacks.ModelCheckpoint(tmp_path / "m.keras"),
        keras.callbacks.BackupAndRestore(tmp_path),
        keras.callbacks.EarlyStopping(),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.LambdaCallback(on_epoch_end=print),
        keras.callbacks.TensorBoard(tmp_path),
    ]
    assert not any(want_batches([callback], "train") for callback in unhurried)
    eager = [
        Calls(),
        keras.callbacks.ModelCheckpoint(tmp_path / "m.keras", save_freq=5),
        keras.callbacks.BackupAndRestore(tmp_path, save_freq=5),
        keras.callbacks.LambdaCallback(on_train_batch_end=print),
        keras.callbacks.TensorBoard(tmp_path, update_freq=1),
    ]
    assert all(want_batches([callback], "train") for callback in eager)
    assert not want_batches([Calls()], "test")


def test_a_chunk_is_about_a_second() -> None:
    pace = Pace("chunk")
    assert pace.take(10_000) == 1  # nothing known yet
    pace.measured(1, 0.01)
    assert pace.take(10_000) == 100
    assert pace.take(120) == 120  # no short rest
    pace.measured(100, 0.1)
    assert pace.take(10_000) == 1000
    assert Pace("epoch").take(10_000) == 10_000
    assert Pace("step").take(10_000) == 1


def test_a_convolution_on_cpu_does_not_take_the_slow_path() -> None:
    """TensorFlow on a CPU is faster at them without XLA; on JAX they are written anew."""

    class Hidden(keras.layers.Layer):
        """A convolution that no class of a layer gives away."""

        def call(self, inputs):
            return keras.ops.conv(inputs, keras.ops.ones((3, 3, 2, 1)))

    hidden = keras.Sequential([keras.Input((8, 8, 2)), Hidden(), keras.layers.Flatten()])
    hidden.add(keras.layers.Dense(1))
    hidden.compile("sgd", "mse")
    separable = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.DepthwiseConv2D(3)])
    separable.add(keras.layers.Flatten())
    separable.compile("sgd", "mse")
    by_xla = keras.config.backend() == "jax" or not ON_CPU
    plans = [
        plan_of(convolution(), IMAGES, LABELS),
        plan_of(hidden, IMAGES, TARGETS),
        plan_of(separable, IMAGES, np.ones((16, 72))),
        plan_of(convolution(), IMAGES, LABELS, kind="test"),
    ]
    assert all((plan.loop, plan.xla) == ("compiled", by_xla) for plan in plans)
    plan = plan_of(dense(), X, TARGETS)
    assert (plan.loop, plan.xla) == ("compiled", True)


@pytest.mark.skipif(keras.config.backend() != "tensorflow", reason="JAX compiles whole steps")
def test_masks_are_compiled_where_the_step_is_not() -> None:
    model = keras.Sequential([keras.Input((8, 8, 2)), keras.layers.Conv2D(3, 3), Dropout(0.5)])
    model.compile("sgd", "mse")
    model.build()
    made = backend().new_program([model], "train")
    data, rows = (IMAGES, np.zeros((16, 6, 6, 3))), np.arange(16, dtype="int32").reshape(2, 8)
    plan, loop = made._executable(backend().to_device(data), backend().to_device(rows))
    assert not (ON_CPU and plan.xla)
    functions = loop.graph.as_graph_def().library.function
    by_xla = [function for function in functions if function.attr["_XlaMustCompile"].b]
    assert any(node.op == "BitwiseXor" for function in by_xla for node in function.node_def)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="TensorFlow makes graphs of either")
def test_a_model_saved_under_tensorflow_is_compiled() -> None:
    """Its file says `jit_compile=False`, with which `model.fit` compiles nothing on JAX."""
    plan = plan_of(dense("adam", jit_compile=False), X, TARGETS)
    assert (plan.loop, plan.xla) == ("compiled", True)


class Cropped(keras.layers.Layer):
    """Cuts where a random number says, which is none while XLA compiles it."""

    def __init__(self):
        super().__init__()
        self.supports_jit = False
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x, training=False):
        if not training:
            return x[:, :2]
        start = keras.random.randint((), 0, 2, seed=self.seed_generator)
        start = int(start) if keras.config.backend() == "jax" else start
        return x[:, start : start + 2]


def test_a_layer_that_says_so_is_not_compiled_by_xla() -> None:
    model = keras.Sequential([keras.Input(X.shape[1:]), Cropped(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert not plan_of(model, X, TARGETS).xla
    history = keras3_lab.fit(model, X, TARGETS, verbose=0)
    assert np.isfinite(history.history["loss"]).all()


@pytest.mark.parametrize(
    "layer",
    [
        lambda: keras.layers.RandomPerspective(seed=1),
        lambda: keras.layers.RandomRotation(0.2, seed=1),
        lambda: keras.layers.RandomShear(0.3, 0.3, seed=1),
        lambda: keras.layers.RandomTranslation(0.2, 0.2, seed=1),
        lambda: keras.layers.RandomZoom(0.3, seed=1),
    ],
)
@pytest.mark.skipif(keras.config.backend() != "jax", reason="XLA cannot compile them there")
def test_augmentation_that_jax_can_trace_is_compiled(layer) -> None:
    """Though the layers say that it cannot be: they draw and compute what they do uncompiled."""
    losses = []
    for eager in (False, True):
        model = keras.Sequential([keras.Input((8, 8, 2)), layer(), keras.layers.Flatten()])
        model.compile("sgd", "mse", run_eagerly=eager)
        targets = np.zeros((16, model.output_shape[1]))
        plan = plan_of(model, IMAGES, targets)
        assert (plan.loop, plan.xla) == (("python", False) if eager else ("compiled", True))
        fitted = keras3_lab.fit(model, IMAGES, targets, batch_size=8, epochs=2, verbose=0)
        losses.append(fitted.history["loss"])
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert losses[0][0] != losses[0][1]


@pytest.mark.skipif(keras.config.backend() != "jax", reason="TensorFlow changes weights in place")
@pytest.mark.parametrize("by_steps", [False, True])
def test_new_weights_take_the_memory_of_the_old(by_steps: bool) -> None:
    """In the compiled loop, and in the Python loop."""
    model = dense("adam")
    model.optimizer.build(model.trainable_variables)
    old = [variable.value for variable in model.trainable_variables]
    rows = np.arange(16, dtype="int32").reshape(2, 8)
    data = backend().to_device((X, TARGETS))
    backend().new_program([model], "train", by_steps).run(data, rows)
    assert all(value.is_deleted() for value in old)
    assert not any(variable.value.is_deleted() for variable in model.trainable_variables)


@pytest.mark.skipif(keras.config.backend() != "jax", reason="without XLA on TensorFlow")
@pytest.mark.parametrize(("size", "left"), [(16, 1), (15, None)])
def test_the_partial_batch_is_compiled_while_the_loop_is(size: int, left: int | None) -> None:
    model = dense()
    program = backend().new_program([model], "train")
    model.optimizer.build(model.trainable_variables)
    data = backend().to_device((X[:size], TARGETS[:size]))
    plan = program.plan(data, np.zeros((size // 5, 5), "int32"))
    assert plan.loop == "compiled"
    assert [shape for shape, *_ in program._coming] == ([(1, left)] if left else [])
    if left:
        spent = program.compile_s
        assert program.plan(data, np.zeros((1, left), "int32")).loop == "python"
        assert not program._coming
        assert program.compile_s > spent  # where it had to be waited for


@pytest.mark.parametrize("start", [0, 1])
def test_a_python_loop_runs_the_steps_that_it_is_told(start: int) -> None:
    rows = np.arange(16, dtype="int32").reshape(4, 4)
    one, other = dense("adam"), dense("adam")
    other.set_weights(one.get_weights())
    for model, by_steps in ((one, True), (other, False)):
        model.optimizer.build(model.trainable_variables)
        data = backend().to_device((X, TARGETS))
        logs = backend().new_program([model], "train", by_steps).run(data, rows, start, 3)
        losses = [each["loss"] for each in logs if each] if type(logs) is EachStep else logs["loss"]
        assert np.count_nonzero(np.asarray(losses)) == 3 - start
        assert int(np.asarray(model.optimizer.iterations)) == 3 - start
    for have, want in zip(one.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(have, want, rtol=1e-5)


def test_stop_training_stops_within_the_epoch() -> None:
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            self.model.stop_training = batch == 1

    model = dense()
    history = keras3_lab.fit(
        model, X, TARGETS, batch_size=4, epochs=3, verbose=0, callbacks=[Stop()]
    )
    assert history.epoch == [0]
    assert int(np.asarray(model.optimizer.iterations)) == 2


def test_terminate_on_nan() -> None:
    history = keras3_lab.fit(
        dense(), X, np.full((16, 1), np.nan), epochs=3, verbose=0,
        callbacks=[keras.callbacks.TerminateOnNaN()],
    )  # fmt: skip
    assert history.epoch == [0]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_an_error_in_a_callback_leaves_a_model_that_works(error) -> None:
    class Raise(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                raise error

    model = dense("adam")
    with pytest.raises(error):
        keras3_lab.fit(model, X, TARGETS, batch_size=4, verbose=0, callbacks=[Raise()])
    assert int(np.asarray(model.optimizer.iterations)) == 2
    assert np.isfinite(keras3_lab.predict(model, X, verbose=0)).all()
    keras3_lab.fit(model, X, TARGETS, batch_size=4, verbose=0)
    assert int(np.asarray(model.optimizer.iterations)) == 6


def test_control_c_is_held_back_until_a_block_ends() -> None:
    done = []
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt), interrupts_deferred():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, previous)
    assert done


def test_control_c_during_a_program_waits_for_the_weights() -> None:
    """It comes when the device is done, but before the model has got its new weights."""
    model = dense("adam")
    arguments = {"batch_size": 8, "verbose": 0, "mode": "epoch"}
    keras3_lab.fit(model, X, TARGETS, **arguments)  # compiles
    executables = program(model, "train")._executables
    for key, (plan, execute) in list(executables.items()):

        def interrupted(*arguments, execute=execute):
            results = execute(*arguments)
            signal.raise_signal(signal.SIGINT)
            return results

        executables[key] = plan, interrupted
    # A shell may start its jobs without a handler.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            keras3_lab.fit(model, X, TARGETS, **arguments)
    finally:
        signal.signal(signal.SIGINT, previous)
    assert np.isfinite(keras3_lab.predict(model, X, verbose=0)).all()
    assert int(np.asarray(model.optimizer.iterations)) == 4


def test_unknown_mode() -> None:
    with pytest.raises(UsageError, match="mode must be one of auto, epoch, chunk, step; received"):
        keras3_lab.fit(dense(), X, TARGETS, verbose=0, mode="fast")


def test_signatures_are_those_of_keras() -> None:
    import inspect

    for name in ("fit", "evaluate", "predict"):
        ours = inspect.signature(getattr(keras3_lab, name)).parameters
        theirs = inspect.signature(getattr(keras.Model, name)).parameters
        positional = [n for n, p in ours.items() if p.kind is p.POSITIONAL_OR_KEYWORD][1:]
        assert positional == [n for n in theirs if n not in ("self", "kwargs")]


def test_tensorboard(tmp_path) -> None:
    pytest.importorskip("tensorflow")  # what Keras writes the events with
    board = keras.callbacks.TensorBoard(tmp_path, update_freq="epoch")
    keras3_lab.fit(dense(), X, TARGETS, epochs=2, verbose=0, callbacks=[board])
    assert list(tmp_path.rglob("events*"))


def test_a_metric_that_is_a_vector() -> None:
    model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, activation="softmax")])
    model.compile("sgd", "categorical_crossentropy", metrics=[keras.metrics.F1Score()])
    history = keras3_lab.fit(model, X, np.eye(3)[LABELS], epochs=2, verbose=0)
    assert np.shape(history.history["f1_score"]) == (2, 3)


def test_a_backup_is_resumed(tmp_path) -> None:
    class Die(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 2:
                raise RuntimeError

    def fit(model, *callbacks):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        return keras3_lab.fit(
            model, X, TARGETS, batch_size=8, epochs=4, verbose=0, callbacks=[backup, *callbacks]
        )

    with pytest.raises(RuntimeError):
        fit(dense("adam"), Die())
    resumed, whole = dense("adam"), dense("adam")
    assert fit(resumed).epoch == [2, 3]
    keras3_lab.fit(whole, X, TARGETS, batch_size=8, epochs=4, verbose=0)
    for one, other in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
