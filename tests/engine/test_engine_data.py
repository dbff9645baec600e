"""Whatever kind of data `model.fit` takes, the engine computes the same on them."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
import scipy.sparse
from data_cases import (
    ALL,
    BATCH,
    HOLES,
    LENGTHS,
    WORDS,
    Rows,
    csr,
    generator,
    jax,
    means,
    measured,
    ragged,
    tensorflow,
    words,
)
from engine_cases import TARGETS, X, dense

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.engine.data import SINGLY, reason_of_data
from keras3_lab.errors import UsageError


@pytest.mark.long
@pytest.mark.filterwarnings("ignore")  # stock's, on data that end or have an order of their own
@pytest.mark.parametrize(("build", "data"), ALL)
def test_fit_evaluate_and_predict_are_stocks(build, data) -> None:
    ours, stock = build(), build()
    arguments = {"batch_size": BATCH, "shuffle": False, "epochs": 2, "verbose": 0}
    expected = stock.fit(**data(), **arguments).history
    history = keras3_lab.fit(ours, **data(), **arguments).history
    assert history.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=2e-5, err_msg=name)
    for one, other in zip(ours.variables, stock.variables, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), 2e-5, 1e-6)
    plain = {k: v for k, v in data().items() if k in ("x", "y", "sample_weight")}
    np.testing.assert_allclose(
        keras3_lab.evaluate(ours, **plain, batch_size=BATCH, verbose=0),
        ours.evaluate(**{**plain, "x": data()["x"]}, batch_size=BATCH, verbose=0),
        rtol=2e-5,
    )
    outputs = keras3_lab.predict(ours, data()["x"], batch_size=BATCH, verbose=0)
    expected = ours.predict(data()["x"], batch_size=BATCH, verbose=0)
    assert outputs.dtype == expected.dtype
    np.testing.assert_allclose(outputs, expected, 2e-5, 1e-6)


@pytest.mark.parametrize("kind", ["train", "test", "predict"])
def test_the_plan_says_that_keras_own_functions_take_sparse_data(kind: str) -> None:
    for x, y in ((csr(), TARGETS), (Rows(csr(), TARGETS), None)):
        plan = plan_of(measured(), x, y, kind=kind)
        assert plan.loop == "python"
        assert plan.reason.startswith("sparse arrays")
    assert "sparse" not in plan_of(measured(), X, TARGETS, kind=kind).reason


def test_sparse_rows_come_in_the_order_of_the_seed() -> None:
    sparse, whole = dense(), dense()
    for model, x in ((sparse, csr()), (whole, HOLES)):
        keras3_lab.fit(model, x, TARGETS, batch_size=BATCH, epochs=3, seed=4, verbose=0)
    for one, other in zip(sparse.variables, whole.variables, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), 1e-5, 1e-6)


def test_an_epoch_of_sparse_rows_goes_on_where_the_last_one_stopped() -> None:
    halves, whole = dense(), dense()
    keras3_lab.fit(halves, csr(), TARGETS, batch_size=4, epochs=2, steps_per_epoch=2, verbose=0)
    keras3_lab.fit(whole, csr(), TARGETS, batch_size=4, epochs=1, verbose=0)
    for one, other in zip(halves.variables, whole.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))


def test_batches_that_are_sparse_now_and_then_are_trained_in_their_turn() -> None:
    """A chunk of dense batches ends where a sparse one comes."""

    def mixed():
        for index, batch in enumerate(generator(HOLES, TARGETS)):
            yield (scipy.sparse.csr_array(batch[0]) if index == 2 else batch[0], batch[1])

    one, other = dense(), dense()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras3_lab.fit(one, mixed(), verbose=0)
    keras3_lab.fit(other, HOLES, TARGETS, batch_size=BATCH, shuffle=False, verbose=0)
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), 1e-5, 1e-6)


@tensorflow
def test_sparse_data_of_a_py_dataset_which_stock_cannot_take_on_tensorflow() -> None:
    one, other = dense(), dense()
    keras3_lab.fit(one, Rows(csr(), TARGETS), shuffle=False, verbose=0)
    keras3_lab.fit(other, HOLES, TARGETS, batch_size=BATCH, shuffle=False, verbose=0)
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), 1e-5, 1e-6)


@tensorflow
def test_padding_of_ragged_rows_does_not_count() -> None:
    class Mean(keras.Model):
        def call(self, x):
            tf = pytest.importorskip("tensorflow")
            return tf.reduce_mean(x, axis=1)

    rows = ragged()
    expected = [np.mean(row) for row in np.split(rows.flat_values, np.cumsum(LENGTHS)[:-1])]
    predicted = keras3_lab.predict(Mean(), rows, batch_size=BATCH, verbose=0)
    np.testing.assert_allclose(predicted, expected, 1e-5, 1e-6)
    assert plan_of(means(), rows, TARGETS).reason.startswith("ragged arrays")


@tensorflow
def test_strings_of_numpy_which_stock_cannot_take_from_a_generator() -> None:
    one, other = words(), words()
    keras3_lab.fit(one, Rows(WORDS, TARGETS), shuffle=False, verbose=0)
    keras3_lab.fit(other, WORDS, TARGETS, batch_size=BATCH, shuffle=False, verbose=0)
    for a, b in zip(one.variables, other.variables, strict=True):
        if a.dtype != "string":
            np.testing.assert_allclose(np.asarray(a), np.asarray(b), 1e-5, 1e-6)


@tensorflow
def test_outputs_whose_shape_depends_on_the_values() -> None:
    class Picks(keras.Model):
        def call(self, x):
            tf = pytest.importorskip("tensorflow")
            lengths = tf.ragged.boolean_mask(x, x > 0)
            return {"some": tf.boolean_mask(x, x[:, 0] > 0), "all": x, "ragged": lengths}

    x = X.astype("float32")
    assert "no shape" in plan_of(Picks(), x, kind="predict").reason
    ours = keras3_lab.predict(Picks(), x, batch_size=BATCH, verbose=0)
    stock = Picks().predict(x, batch_size=BATCH, verbose=0)
    assert ours["ragged"].to_list() == stock["ragged"].to_list()
    for name in ("some", "all"):
        np.testing.assert_array_equal(ours[name], stock[name])


@jax
def test_strings_on_jax_end_as_they_do_in_keras() -> None:
    assert reason_of_data({"words": WORDS, "numbers": X}) == SINGLY.format("string")
    for fit in (keras.Model.fit, keras3_lab.fit):
        for data in ((WORDS, TARGETS), (Rows(WORDS, TARGETS),)):
            # Keras's error, or JAX's since 0.11.
            with pytest.raises((ValueError, TypeError), match=r"(?i)dtype:? object"):
                fit(dense(), *data, verbose=0)


@jax
def test_several_models_at_once_take_no_sparse_data() -> None:
    with pytest.raises(UsageError, match="must be dense arrays here; received: sparse"):
        keras3_lab.fit_many([dense(), dense()], csr(), TARGETS, epochs=1)


def test_no_rows_at_all() -> None:
    """The warning of stock `fit`, and a history without values."""
    nothing = (X[:0], TARGETS[:0])
    model = measured()
    for call, empty in (
        (lambda: keras3_lab.fit(model, *nothing, verbose=0).history, {}),
        (lambda: keras3_lab.evaluate(model, *nothing, verbose=0), []),
    ):
        with pytest.warns(UserWarning, match="Your input ran out of data"):
            assert call() == empty
    with pytest.warns(UserWarning, match="ran out"), pytest.raises(UsageError, match="one row"):
        keras3_lab.predict(model, X[:0], verbose=0)
    with pytest.warns(UserWarning, match="ran out"):
        history = keras3_lab.fit(model, X, TARGETS, validation_data=nothing, verbose=0).history
    assert history.keys() == {"loss", "mae"}


@jax
def test_sparse_batches_of_about_as_many_values_are_one_program() -> None:
    """Stock compiles anew for each number of values; what fills them up does not count."""

    class Counted(keras.layers.Dense):
        traced = 0

        def call(self, inputs, training=None):
            Counted.traced += 1
            return super().call(inputs)

    model = keras.Sequential([keras.Input((6,)), Counted(2)])
    some = [np.arange(24).reshape(4, 6) < count for count in (13, 14, 15, 16)]
    batches = [scipy.sparse.csr_array(np.where(mask, X[:4], 0)) for mask in some]
    Counted.traced = 0
    predicted = keras3_lab.predict(model, ((batch,) for batch in batches), verbose=0)
    assert Counted.traced == 1
    expected = [model(batch.toarray()) for batch in batches]
    np.testing.assert_allclose(predicted, np.concatenate(expected), 1e-5, 1e-6)
