"""The engine computes what `model.fit` computes."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab.errors import UsageError
from keras3_lab.portable import batch_order, initialize

ROWS = 70  # 2 full batches of 32 and a partial one of 6
RNG = np.random.default_rng(0)
X = RNG.normal(size=(ROWS, 8)).astype("float32")
LABELS = RNG.integers(0, 3, ROWS).astype("uint8")
TARGETS = X[:, :2].sum(axis=1, keepdims=True)


def classifier(*, optimizer="adam", **compile_arguments) -> keras.Model:
    model = keras.Sequential(
        [
            keras.Input((8,)),
            keras.layers.Dense(16, activation="relu", kernel_regularizer="l2"),
            keras.layers.BatchNormalization(),
            keras3_lab.layers.Dropout(0.2),
            keras.layers.Dense(3),
        ]
    )
    initialize(model, 1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"], **compile_arguments)
    return model


def two_headed() -> keras.Model:
    left, right = keras.Input((8,), name="left"), keras.Input((8,), name="right")
    joined = keras.layers.Concatenate()([left, keras.layers.Dense(4)(right)])
    outputs = {
        "label": keras.layers.Dense(3, activation="softmax", name="label")(joined),
        "target": keras.layers.Dense(1, name="target")(joined),
    }
    model = keras.Model({"left": left, "right": right}, outputs)
    initialize(model, 1)
    model.compile(
        optimizer="rmsprop",
        loss={"label": keras3_lab.losses.SparseCategoricalCrossentropy(), "target": "mse"},
        loss_weights={"label": 0.7, "target": 0.3},
        metrics={"label": ["accuracy"]},
    )
    return model


class Subclassed(keras.Model):
    """A model that adds a loss of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, inputs):
        outputs = self.dense(inputs)
        self.add_loss(0.1 * keras.ops.mean(outputs**2))
        return outputs


def subclassed() -> keras.Model:
    model = Subclassed()
    model(X[:1])  # builds it
    initialize(model, 1)
    model.compile(optimizer=keras.optimizers.SGD(0.05, momentum=0.9, nesterov=True), loss="mae")
    return model


MULTI = {"x": {"left": X, "right": -X}, "y": {"label": LABELS, "target": TARGETS}}
CASES = {
    "dropout, batch normalization, l2": (classifier, {"x": X, "y": LABELS}),
    "sample weights": (
        classifier,
        {"x": X, "y": LABELS, "sample_weight": np.linspace(0, 2, ROWS)},
    ),
    "class weights": (classifier, {"x": X, "y": LABELS, "class_weight": {0: 1.0, 1: 3.0, 2: 0.5}}),
    "validation split": (classifier, {"x": X, "y": LABELS, "validation_split": 0.3}),
    "validation data": (
        classifier,
        {"x": X, "y": LABELS, "validation_data": (X[:40], LABELS[:40]), "validation_freq": 2},
    ),
    "several inputs and outputs": (two_headed, MULTI),
    "add_loss in a subclassed model": (subclassed, {"x": X, "y": TARGETS}),
}


def compared(names) -> list[str]:
    """All metrics but those that Keras 3.15 gets wrong on TensorFlow.

    It takes the mean of the batches' losses per output as if all batches were equally long: the
    static batch size that it weights them with is None there.
    """
    wrong = ("label_loss", "target_loss") if keras.config.backend() == "tensorflow" else ()
    return [name for name in names if name not in wrong]


@pytest.mark.parametrize("case", CASES)
def test_fit_equals_stock_fit_in_float64(case: str, really_float64: None) -> None:
    build, data = CASES[case]
    ours, stock = build(), build()
    expected = stock.fit(**data, epochs=3, shuffle=False, verbose=0, batch_size=32)
    history = keras3_lab.fit(ours, **data, epochs=3, shuffle=False, verbose=0, batch_size=32)
    assert history.epoch == expected.epoch
    assert history.history.keys() == expected.history.keys()
    for name in compared(expected.history):
        np.testing.assert_allclose(
            history.history[name], expected.history[name], rtol=1e-12, err_msg=name
        )
    for variable, other in zip(ours.variables, stock.variables, strict=True):
        np.testing.assert_allclose(variable, other, rtol=1e-9, atol=1e-13, err_msg=variable.path)
    for variable, other in zip(ours.optimizer.variables, stock.optimizer.variables, strict=True):
        np.testing.assert_allclose(variable, other, rtol=1e-9, atol=1e-13, err_msg=variable.path)


@pytest.mark.parametrize("build", [classifier, two_headed, subclassed])
def test_evaluate_and_predict_equal_stock(build) -> None:
    data = {classifier: (X, LABELS), two_headed: tuple(MULTI.values()), subclassed: (X, TARGETS)}
    x, y = data[build]
    model = build()
    expected = model.evaluate(x, y, verbose=0, return_dict=True)
    result = keras3_lab.evaluate(model, x, y, verbose=0, return_dict=True)
    as_list = keras3_lab.evaluate(model, x, y, verbose=0)
    assert sorted(keras.tree.flatten(as_list)) == sorted(result.values())
    assert result.keys() == expected.keys()
    for name in compared(expected):
        assert result[name] == pytest.approx(expected[name], rel=1e-5), name
    keras.tree.map_structure(
        lambda ours, stock: np.testing.assert_allclose(ours, stock, rtol=1e-5, atol=1e-6),
        keras3_lab.predict(model, x),
        model.predict(x, verbose=0),
    )


def test_every_row_is_trained_once_an_epoch_in_the_seeds_order() -> None:
    """A model whose weight adds up what it sees: the order shows in the running sum."""
    seen: list[float] = []

    class Recorder(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(float(np.asarray(self.model.layers[-1].kernel)[0, 0]))

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    # The gradient of mean(w·x·y) is mean(x·y): with SGD(1) the weight falls by it.
    model.compile(keras.optimizers.SGD(1.0), lambda y, p: keras.ops.mean(p * y))
    model.set_weights([np.zeros((1, 1))])
    values = np.arange(10, dtype="float32").reshape(-1, 1)
    keras3_lab.fit(
        model, values, np.ones(10), batch_size=4, callbacks=[Recorder()], verbose=0, seed=5
    )
    order = batch_order(5, 0, 10)
    means = [values[order[start : start + 4]].mean() for start in (0, 4, 8)]
    np.testing.assert_allclose(seen, -np.cumsum(means)[[1, 2]], rtol=1e-6)


def test_seed_decides_the_run() -> None:
    def weights(seed: int) -> np.ndarray:
        model = classifier()
        keras3_lab.fit(model, X, LABELS, epochs=2, verbose=0, seed=seed)
        return np.asarray(model.layers[0].kernel)

    np.testing.assert_array_equal(weights(3), weights(3))
    assert not np.array_equal(weights(3), weights(4))


def test_resuming_continues_the_same_run() -> None:
    whole, halves = classifier(), classifier()
    keras3_lab.fit(whole, X, LABELS, epochs=4, verbose=0)
    keras3_lab.fit(halves, X, LABELS, epochs=2, verbose=0)
    history = keras3_lab.fit(halves, X, LABELS, initial_epoch=2, epochs=4, verbose=0)
    assert history.epoch == [2, 3]
    for one, other in zip(whole.get_weights(), halves.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_callbacks_see_current_weights_and_can_change_them(tmp_path) -> None:
    rates: list[float] = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            rates.append(float(np.asarray(self.model.optimizer.learning_rate)))
            predicted = self.model.evaluate(X, LABELS, verbose=0, return_dict=True)
            assert predicted["accuracy"] == pytest.approx(logs["val_accuracy"], abs=1e-6)

    model = classifier()
    history = keras3_lab.fit(
        model,
        X,
        LABELS,
        epochs=6,
        validation_data=(X, LABELS),
        verbose=0,
        callbacks=[
            Watch(),
            keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 * 0.1**epoch),
            keras.callbacks.ModelCheckpoint(tmp_path / "best.keras", save_best_only=True),
            keras.callbacks.EarlyStopping(patience=1, restore_best_weights=True),
            keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        ],
    )
    assert rates == pytest.approx([0.5 * 0.1**epoch for epoch in range(len(rates))], rel=1e-6)
    best = min(history.history["val_loss"])
    final = keras3_lab.evaluate(model, X, LABELS, verbose=0, return_dict=True)
    assert final["loss"] == pytest.approx(best, rel=1e-5)
    restored = keras.models.load_model(tmp_path / "best.keras")
    for one, other in zip(model.weights, restored.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == len(rates) + 1


def test_compiling_again_changes_what_runs() -> None:
    model = classifier()
    keras3_lab.fit(model, X, LABELS, verbose=0)
    before = [np.asarray(w) for w in model.weights]
    model.compile(keras.optimizers.SGD(0.0), keras.losses.SparseCategoricalCrossentropy(True))
    keras3_lab.fit(model, X, LABELS, verbose=0)
    for old, new in zip(before[:2], model.weights[:2], strict=True):
        np.testing.assert_array_equal(old, new)


def test_second_fit_does_not_compile_again() -> None:
    from keras3_lab.engine.program import program

    model = classifier()
    keras3_lab.fit(model, X, LABELS, verbose=0)
    spent = program(model, "train").compile_s
    keras3_lab.fit(model, X, LABELS, verbose=0)
    assert program(model, "train").compile_s == spent > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"epochs": 0}, "epochs must be 1 or more; received 0"),
        ({"batch_size": 0}, "batch_size must be 1 or more; received 0"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        keras3_lab.fit(classifier(), X, LABELS, verbose=0, **arguments)


def test_unequal_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match="cardinality"):
        keras3_lab.fit(classifier(), X, LABELS[:-1], verbose=0)


def test_trace_gives_the_metrics_of_every_step() -> None:
    """A program of kind "trace" trains the same, but each step reports itself alone."""
    from keras3_lab.engine.data import Batches
    from keras3_lab.engine.program import program

    trained, traced = classifier(), classifier()
    losses = []

    class PerStep(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            self.model.reset_metrics()

        def on_train_batch_end(self, batch, logs=None):
            losses.append(logs["loss"])

    trained.fit(X, LABELS, shuffle=False, verbose=0, batch_size=14, callbacks=[PerStep()])
    batches = Batches.from_arrays(X, LABELS, batch_size=14)
    traced._symbolic_build(data_batch=batches.example())
    (rows,) = batches.rows()
    logs = program(traced, "trace").run(batches.arrays, rows)
    assert np.asarray(logs["loss"]).shape == (5,)
    np.testing.assert_allclose(logs["loss"], np.asarray(losses, "float32"), rtol=1e-5)
    for one, other in zip(trained.get_weights(), traced.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


def test_gradients_are_those_of_a_training_step() -> None:
    from keras3_lab.engine.program import backend

    model = subclassed()
    model.compile(keras.optimizers.SGD(1.0), "mae")
    before = [np.asarray(w) for w in model.get_weights()]
    gradients = backend().gradients(model, (X, TARGETS))
    for one, other in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    keras3_lab.fit(model, X, TARGETS, batch_size=ROWS, shuffle=False, verbose=0)
    for old, new, gradient in zip(before, model.get_weights(), gradients, strict=True):
        np.testing.assert_allclose(old - new, gradient, rtol=1e-4, atol=1e-6)
