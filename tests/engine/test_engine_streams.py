"""Streamed data train a model as data in memory do."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from engine_cases import LABELS, ROWS, TARGETS, X, classifier, dense

import keras3_lab
from keras3_lab.engine import sources
from keras3_lab.engine.streams import IteratorStream, RowStream
from keras3_lab.errors import UsageError

BATCH = 3  # 5 full batches and a partial one of 1
ROW_BYTES = X[:1].nbytes + 1


class Batches(keras.utils.PyDataset):
    def __len__(self) -> int:
        return -(-ROWS // BATCH)

    def __getitem__(self, index):
        rows = slice(index * BATCH, (index + 1) * BATCH)
        return X[rows], LABELS[rows]


def generator(epochs: int = 1):
    for _ in range(epochs):
        for index in range(len(Batches())):
            yield Batches()[index]


def assert_same(one: keras.Model, other: keras.Model) -> None:
    for a, b in zip(one.variables, other.variables, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), err_msg=a.path)


def trained(x, y=None, *, shuffle=True, **arguments) -> tuple[keras.Model, dict]:
    model = classifier()
    history = keras3_lab.fit(model, x, y, verbose=0, shuffle=shuffle, **arguments)
    return model, history.history


def test_big_arrays_are_trained_in_chunks_bitwise_as_in_memory() -> None:
    arguments = {"batch_size": BATCH, "epochs": 2, "validation_data": (X, LABELS)}
    whole, history = trained(X, LABELS, **arguments)
    memory = 4 * BATCH * ROW_BYTES  # two chunks of two batches
    source = sources.source(X, LABELS, batch_size=BATCH, memory=memory)
    assert isinstance(source, RowStream)
    assert [piece.stop for piece in source.pieces(0)] == [2, 2, 1, 1]
    streamed, again = trained(X, LABELS, memory=memory, **arguments)
    assert again == history
    assert_same(streamed, whole)


def test_a_memory_mapped_file_is_read_where_rows_are_needed(tmp_path) -> None:
    mapped = np.memmap(tmp_path / "x", X.dtype, "w+", shape=X.shape)
    mapped[:] = X
    source = sources.source(mapped, LABELS, batch_size=BATCH)
    assert isinstance(source, RowStream)
    assert isinstance(source._batches.arrays[0], np.memmap)
    whole, _ = trained(X, LABELS, batch_size=BATCH)
    streamed, _ = trained(mapped, LABELS, batch_size=BATCH)
    assert_same(streamed, whole)


class Mapped(np.memmap):
    """Writes down which rows are read."""

    def __getitem__(self, rows):
        self.read.extend(np.arange(len(self))[rows])
        return np.asarray(self)[rows]


class FirstOfTwo:
    """The share of a first process: the first half of each batch."""

    def rows(self, size: int) -> np.ndarray:
        return np.arange((size + 1) // 2)

    def to_device(self, arrays, size: int):
        return arrays


def test_of_several_processes_each_reads_its_own_rows_alone(tmp_path) -> None:
    X.tofile(tmp_path / "x")
    mapped = Mapped(tmp_path / "x", X.dtype, "r", shape=X.shape)
    mapped.read = []
    source = sources.source(mapped, LABELS, batch_size=4, share=FirstOfTwo())
    first, *_ = source.pieces(0)
    np.testing.assert_array_equal(first.data[0][0], X[:2].astype("float32"))
    assert sorted(mapped.read) == [row for row in range(ROWS) if row % 4 < 2]


@pytest.mark.long
@pytest.mark.parametrize("kind", ["PyDataset", "generator", "tf.data"])
def test_iterators(kind: str) -> None:
    make = {"PyDataset": Batches, "generator": lambda: generator(2)}
    if kind == "tf.data":
        tf = pytest.importorskip("tensorflow")
        make[kind] = lambda: tf.data.Dataset.from_tensor_slices((X, LABELS)).batch(BATCH)
    whole, history = trained(X, LABELS, batch_size=BATCH, epochs=2, shuffle=False)
    assert isinstance(sources.source(make[kind]()), IteratorStream)
    steps = {"steps_per_epoch": 6} if kind == "generator" else {}
    streamed, again = trained(make[kind](), epochs=2, shuffle=False, **steps)
    assert again["loss"] == pytest.approx(history["loss"], rel=1e-6)
    for one, other in zip(whole.variables, streamed.variables, strict=True):
        np.testing.assert_allclose(np.asarray(one), np.asarray(other), rtol=1e-5, atol=1e-6)
    if kind == "PyDataset":
        assert keras3_lab.evaluate(whole, Batches(), verbose=0) == pytest.approx(
            keras3_lab.evaluate(whole, X, LABELS, batch_size=BATCH, verbose=0), rel=1e-6
        )
        np.testing.assert_allclose(
            keras3_lab.predict(whole, Batches(), verbose=0),
            whole.predict(X, batch_size=BATCH, verbose=0),
            rtol=1e-5,
            atol=1e-6,
        )


def test_predictions_of_more_steps_than_are_held_at_once() -> None:
    model = dense()
    x = np.random.default_rng(0).normal(size=(1000, 6)).astype("float32")
    predicted = keras3_lab.predict(model, x, batch_size=3, verbose=0)
    np.testing.assert_allclose(predicted, model.predict(x, verbose=0), rtol=1e-4, atol=1e-6)


def test_an_epoch_of_fewer_steps_goes_on_where_the_last_one_stopped() -> None:
    """Three epochs of two steps are one pass, in the order of the epoch that it began in."""
    halves, _ = trained(X, LABELS, batch_size=4, epochs=2, steps_per_epoch=2)
    whole, _ = trained(X, LABELS, batch_size=4, epochs=1)
    assert_same(halves, whole)


def test_keras_limits_for_debugging_hold(request: pytest.FixtureRequest) -> None:
    request.addfinalizer(lambda: keras.config.set_max_epochs(None))
    request.addfinalizer(lambda: keras.config.set_max_steps_per_epoch(None))
    keras.config.set_max_epochs(2)
    keras.config.set_max_steps_per_epoch(1)
    with pytest.warns(UserWarning, match="Limiting"):
        limited, history = trained(X, LABELS, batch_size=4, epochs=5)
    assert len(history["loss"]) == 2
    assert int(limited.optimizer.iterations) == 2


def test_data_that_end_within_an_epoch_say_so() -> None:
    with pytest.warns(UserWarning, match="Your input ran out of data"):
        trained(X, LABELS, batch_size=4, steps_per_epoch=6)


@pytest.mark.parametrize(
    ("argument", "message"),
    [({"memory": 0}, "memory must be 1 or more"), ({"steps_per_epoch": 0}, "steps must be 1")],
)
def test_bad_arguments(argument: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        keras3_lab.fit(dense(), X, TARGETS, verbose=0, **argument)
