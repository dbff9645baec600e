"""Every kind of data that `model.fit` takes, each with a model for it."""

from __future__ import annotations

import importlib.util

import keras
import numpy as np
import pytest
import scipy.sparse
from engine_cases import LABELS, TARGETS, WEIGHTS, X, dense

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
