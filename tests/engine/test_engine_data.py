"""Whatever kind of data `model.fit` takes, the engine computes the same on them."""

from __future__ import annotations

import importlib.util
import warnings

import keras
import numpy as np
import pytest
import scipy.sparse
from engine_cases import LABELS, TARGETS, WEIGHTS, X, dense

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.errors import UsageError
from keras3_lab.portable import initialize

BATCH = 5  # 16 rows: the last batch has one
BACKEND = keras.config.backend()
HOLES = np.where(np.arange(X.size).reshape(X.shape) % 3, 0, X)  # two of three are zero
INTEGERS = (10 * X).astype("int64")
WORDS = np.array(["a", "b", "c", "d"] * 4, object)
LENGTHS = np.arange(16) % 5 + 1

tensorflow = pytest.mark.skipif(BACKEND != "tensorflow", reason="a tensor of TensorFlow's")
jax = pytest.mark.skipif(BACKEND != "jax", reason="an array of JAX's")
pandas = pytest.mark.skipif(not importlib.util.find_spec("pandas"), reason="needs pandas")
grain = pytest.mark.skipif(not importlib.util.find_spec("grain"), reason="needs grain")


def csr():
    return scipy.sparse.csr_array(HOLES)


def bcoo():
    return pytest.importorskip("jax.experimental.sparse").BCOO.fromdense(HOLES)


def sparse_tensor():
    tf = pytest.importorskip("tensorflow")
    return tf.sparse.from_dense(HOLES)


def ragged():
    tf = pytest.importorskip("tensorflow")
    return tf.RaggedTensor.from_row_lengths(np.linspace(-1, 1, LENGTHS.sum()), LENGTHS)


def string_tensor():
    tf = pytest.importorskip("tensorflow")
    return tf.constant(WORDS)


def frame():
    import pandas

    return pandas.DataFrame(
        {"whole": INTEGERS[:, 0], "true": X[:, 1] > 0, **dict(zip("abcd", X.T[:4], strict=True))}
    )


def series():
    import pandas

    return pandas.Series(TARGETS[:, 0], name="target")


def tf_data(*tensors):
    tf = pytest.importorskip("tensorflow")
    return tf.data.Dataset.from_tensor_slices(tensors).batch(BATCH)


class Rows(keras.utils.PyDataset):
    """Batches of rows of whatever can be sliced."""

    def __init__(self, *arrays, **arguments):
        super().__init__(**arguments)
        self.arrays = arrays

    def __len__(self):
        return -(-len(TARGETS) // BATCH)

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return tuple(array[rows] for array in self.arrays)


def generator(*arrays):
    rows = Rows(*arrays)
    return (rows[index] for index in range(len(rows)))


def grain_batches(*arrays):
    import grain

    rows = grain.MapDataset.source(range(len(TARGETS)))
    return rows.map(lambda row: tuple(array[row] for array in arrays)).batch(BATCH)


class RaggedMean(keras.Model):
    """Knows by itself how many items a row has."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(1)

    def call(self, x):
        tf = pytest.importorskip("tensorflow")
        return self.dense(tf.cast(tf.reduce_mean(x, axis=1, keepdims=True), "float32"))

    def build(self, shape):
        self.dense.build((None, 1))


class Halves(keras.Model):
    """A structure of inputs, of which some are sparse."""

    def __init__(self):
        super().__init__()
        self.left, self.right = keras.layers.Dense(2), keras.layers.Dense(2)
        self.last = keras.layers.Dense(1)

    def call(self, inputs):
        return self.last(self.left(inputs["left"]) + self.right(inputs["right"][0]))

    def build(self, shape):
        self.left.build((None, 6))
        self.right.build((None, 6))
        self.last.build((None, 2))


def made(kind) -> keras.Model:
    model = kind()
    model.build(None)
    initialize(model, 1)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), "mse", metrics=["mae"])
    return model


def words() -> keras.Model:
    lookup = keras.layers.StringLookup(vocabulary=["a", "b", "c"], output_mode="one_hot")
    model = keras.Sequential([keras.Input((), dtype="string"), lookup, keras.layers.Dense(1)])
    initialize(model, 1)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def texts() -> keras.Model:
    vectorize = keras.layers.TextVectorization(vocabulary=["a", "b"], output_sequence_length=3)
    model = keras.Sequential(
        [
            keras.Input((1,), dtype="string"),
            vectorize,
            keras.layers.Embedding(4, 2),
            keras.layers.Flatten(),
            keras.layers.Dense(1),
        ]
    )
    initialize(model, 1)
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def halves():
    return made(Halves)


def means():
    return made(RaggedMean)


def measured():
    return dense(metrics=["mae"])


SPARSE = {
    "COO, weights, split": (
        measured,
        lambda: {
            "x": csr().tocoo(),
            "y": TARGETS,
            "sample_weight": WEIGHTS,
            "validation_split": 0.3,
        },
    ),
    "matrix, class weights": (
        measured,
        lambda: {"x": scipy.sparse.csr_matrix(HOLES), "y": LABELS, "class_weight": {0: 2.0}},
    ),
    "validation": (measured, lambda: {"x": X, "y": TARGETS, "validation_data": (csr(), TARGETS)}),
    "structure": (halves, lambda: {"x": {"left": csr(), "right": [X]}, "y": TARGETS}),
    "steps": (measured, lambda: {"x": csr(), "y": TARGETS, "steps_per_epoch": 2}),
    "generator": (measured, lambda: {"x": generator(csr(), TARGETS, WEIGHTS)}),
    "BCOO": pytest.param(
        measured, lambda: {"x": bcoo(), "y": TARGETS, "validation_split": 0.3}, marks=jax
    ),
    "tensor": pytest.param(
        measured,
        lambda: {"x": sparse_tensor(), "y": TARGETS, "validation_split": 0.3},
        marks=tensorflow,
    ),
    "tf.data": pytest.param(
        measured, lambda: {"x": tf_data(sparse_tensor(), TARGETS)}, marks=tensorflow
    ),
}
RAGGED = {
    "ragged": (
        means,
        lambda: {"x": ragged(), "y": TARGETS, "sample_weight": WEIGHTS, "validation_split": 0.3},
    ),
    "ragged tf.data": (means, lambda: {"x": tf_data(ragged(), TARGETS)}),
}
STRINGS = {
    "strings": (words, lambda: {"x": WORDS, "y": TARGETS, "validation_split": 0.3}),
    "strings of a generator": (words, lambda: {"x": generator(string_tensor(), TARGETS)}),
    "texts of tf.data": (texts, lambda: {"x": tf_data([[w] for w in WORDS], TARGETS)}),
}
DENSE = {
    "DataFrame": pytest.param(
        measured,
        lambda: {"x": frame(), "y": series(), "validation_split": 0.3, "sample_weight": series()},
        marks=pandas,
    ),
    "class weights of a PyDataset": (
        measured,
        lambda: {"x": Rows(X, LABELS), "class_weight": {0: 2.0, 2: 0.5}},
    ),
    "processes": (measured, lambda: {"x": Rows(X, TARGETS, workers=1, use_multiprocessing=True)}),
    "grain": pytest.param(measured, lambda: {"x": grain_batches(X, TARGETS)}, marks=grain),
}


def as_params(cases: dict, *marks) -> list:
    return [
        pytest.param(*case.values, id=name, marks=(*marks, *case.marks))
        if isinstance(case, type(pytest.param()))
        else pytest.param(*case, id=name, marks=marks)
        for name, case in cases.items()
    ]


ALL = [
    *as_params(SPARSE),
    *as_params(RAGGED, tensorflow),
    *as_params(STRINGS, tensorflow),
    *as_params(DENSE),
]


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
