"""A `fit` that was interrupted, and what it comes to when it goes on."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab import checkpoints, state
from keras3_lab.callbacks import TensorBoard, resumable
from keras3_lab.engine import pace
from keras3_lab.engine.hooks import Watcher
from keras3_lab.errors import UsageError
from keras3_lab.resumable import read_every

RNG = np.random.default_rng(0)
X = RNG.normal(size=(48, 3)).astype("float32")
Y = X @ np.array([[1.0], [-2.0], [0.5]], "float32")
NOISE = RNG.normal(size=(24, 1)).astype("float32")
EPOCHS = 8


class Interrupt(keras.callbacks.Callback):
    """Raises at the beginning of an epoch."""

    def __init__(self, at: int | None) -> None:
        super().__init__()
        self.at = at

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self.at:
            raise RuntimeError("interrupted")


def model() -> keras.Model:
    """A network with Keras's own Dropout, whose seed Keras saves nowhere."""
    keras.utils.set_random_seed(1)
    made = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(8, activation="relu"),
            keras.layers.Dropout(0.3, seed=3),
            keras.layers.Dense(1),
        ]
    )
    schedule = keras.optimizers.schedules.ExponentialDecay(0.05, 10, 0.9)
    made.compile(keras.optimizers.Adam(schedule), "mse")
    return made


def callbacks() -> list[keras.callbacks.Callback]:
    """Some with a memory: the loss on noise soon gets worse."""
    return [
        keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True),
        keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True),
    ]


def fit(at: int | None = None, folder: str = "kept", stock: bool = False) -> keras.Model:
    made = model()
    listed = resumable(folder, callbacks(), every=1)
    validation = (X[:24], Y[:24] + NOISE)
    arguments = {"epochs": EPOCHS, "batch_size": 8, "verbose": 0, "validation_data": validation}
    if stock:
        made.fit(X, Y, callbacks=[*listed, Interrupt(at)], shuffle=False, **arguments)
    else:
        keras3_lab.fit(made, X, Y, callbacks=[*listed, Interrupt(at)], seed=5, **arguments)
    return made


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


def equal(one: keras.Model, other: keras.Model) -> None:
    assert one.history.history == other.history.history
    assert one.history.epoch == other.history.epoch
    for ours, theirs in zip(
        (*one.variables, *one.optimizer.variables),
        (*other.variables, *other.optimizer.variables),
        strict=True,
    ):
        np.testing.assert_array_equal(ours.numpy(), theirs.numpy(), err_msg=ours.path)


@pytest.mark.long
@pytest.mark.parametrize("stock", [False, True], ids=["keras3_lab.fit", "model.fit"])
def test_a_fit_that_goes_on_ends_as_if_nothing_had_happened(stock) -> None:
    whole = fit(stock=stock)
    best = keras.models.load_model("best.keras").get_weights()
    for at in (3, 5):
        with pytest.raises(RuntimeError):
            fit(at, stock=stock)
    equal(fit(stock=stock), whole)
    again = keras.models.load_model("best.keras").get_weights()
    assert all(map(np.array_equal, best, again))
    assert not [*Path("kept").iterdir()]


class InterruptWithin(Watcher):
    """Raises when so many steps of all have been made."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.left = at

    def look(self, seen, outputs, start, stop):
        self.left -= stop - start
        if self.left < 0:
            raise RuntimeError("interrupted")


class Begins(keras.callbacks.Callback):
    """Notes at which step of its epoch each chunk begins."""

    accepts_chunks = True

    def __init__(self, begun: list[int]) -> None:
        super().__init__()
        self.begun = begun

    def on_train_batch_begin(self, batch, logs=None):
        self.begun.append(batch)


class Batches(keras.utils.PyDataset):
    """The same batches in every epoch."""

    def __len__(self) -> int:
        return 6

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return X[8 * index : 8 * index + 8], Y[8 * index : 8 * index + 8]


@pytest.mark.long
@pytest.mark.parametrize("mode", ["step", "chunk"])
@pytest.mark.parametrize("data", ["arrays", "chunks of arrays", "a PyDataset"])
def test_a_fit_that_was_interrupted_within_an_epoch_goes_on_from_there(
    data, mode, monkeypatch
) -> None:
    monkeypatch.setattr(pace, "PERIOD_S", 1e-6)  # chunks of a step

    def run(*interrupts: keras.callbacks.Callback) -> tuple[keras.Model, list[int]]:
        made, begun = model(), []
        x, y = (Batches(), None) if data == "a PyDataset" else (X, Y)
        listed = resumable("kept", callbacks(), every="0.000001m")
        keras3_lab.fit(
            made, x, y, epochs=EPOCHS, batch_size=None if y is None else 8, verbose=0, seed=5,
            validation_data=(X[:24], Y[:24] + NOISE), mode=mode, shuffle=y is not None,
            memory=200 if data == "chunks of arrays" else None,
            callbacks=[*listed, Begins(begun), *interrupts],
        )  # fmt: skip
        return made, begun

    whole, _ = run()
    for at in (8, 9):
        with pytest.raises(RuntimeError):
            run(InterruptWithin(at))
    made, begun = run()
    equal(made, whole)
    assert begun[0] > 0, "it began in the middle of an epoch"


def test_a_fit_that_was_stopped_early_trains_no_further() -> None:
    whole = fit()
    stopped = len(whole.history.epoch)

    class AtTheEnd(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            raise RuntimeError("interrupted")

    made = model()
    validation = (X[:24], Y[:24] + NOISE)
    with pytest.raises(RuntimeError):
        keras3_lab.fit(
            made, X, Y, epochs=EPOCHS, batch_size=8, verbose=0, validation_data=validation, seed=5,
            callbacks=[AtTheEnd(), *resumable("kept", callbacks(), every=1)],
        )  # fmt: skip
    assert len(made.history.epoch) == stopped
    equal(fit(), whole)


def test_the_last_good_checkpoint_is_kept_and_a_damaged_one_not_used() -> None:
    whole = fit()
    with pytest.raises(RuntimeError):
        fit(4)
    _, last = sorted(Path("kept").iterdir())
    content = bytearray(last.read_bytes())
    content[len(content) // 2] ^= 1
    last.write_bytes(content)
    with pytest.warns(UserWarning, match=f"{last.name} is damaged, and not used"):
        equal(fit(), whole)

    with pytest.raises(RuntimeError):
        fit(4)
    for path in Path("kept").iterdir():
        path.write_bytes(path.read_bytes()[:100])
    with (
        pytest.warns(UserWarning, match="damaged"),
        pytest.raises(UsageError, match="kept: none of the 2 checkpoints is whole; start again"),
    ):
        fit()


def test_a_checkpoint_of_another_model_is_refused() -> None:
    with pytest.raises(RuntimeError):
        fit(2)
    other = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    other.compile("adam", "mse")
    with pytest.raises(UsageError, match="another model"):
        keras3_lab.fit(other, X, Y, verbose=0, callbacks=resumable("kept", callbacks()))
    with pytest.raises(UsageError, match="another training"):
        keras3_lab.fit(model(), X, Y, verbose=0, callbacks=resumable("kept"))


def test_a_checkpoint_comes_back_as_it_was_written_and_holds_plain_data_alone(tmp_path) -> None:
    written = {
        "none": None, "flag": True, "count": 3, "nan": float("nan"), "text": "é", 7: [1, (2.5,)],
        "array": np.arange(6, dtype="uint32").reshape(2, 3), "scalar": np.float32(0.1),
        "empty": np.zeros((0, 2)),
    }  # fmt: skip
    checkpoints.write(tmp_path, 1, written)
    found = checkpoints.read(tmp_path)
    assert list(found) == list(written)
    assert found["nan"] != found["nan"]
    assert type(found["scalar"]) is np.float32
    for name in ("array", "empty"):
        assert (found[name].dtype, found[name].shape) == (written[name].dtype, written[name].shape)
        np.testing.assert_array_equal(found.pop(name), written.pop(name))
    assert {**found, "nan": 0} == {**written, "nan": 0}
    for refused in ({"x": object()}, np.array([object()]), {1, 2}, print):
        with pytest.raises(TypeError):
            checkpoints.to_bytes(refused)


def test_bfloat16_comes_back() -> None:
    variable = keras.Variable([1.5, 2.5], dtype="bfloat16")
    array = keras.ops.convert_to_numpy(variable.value)
    found = checkpoints.from_bytes(checkpoints.to_bytes([array]))[0]
    assert found.dtype == array.dtype
    assert found.tobytes() == array.tobytes()


def test_three_checkpoints_leave_the_last_two(tmp_path) -> None:
    for number in (9, 10, 11):
        checkpoints.write(tmp_path, number, number)
    assert [path.name[:10] for path in sorted(tmp_path.iterdir())] == ["0000000010", "0000000011"]
    assert checkpoints.read(tmp_path) == 11
    checkpoints.remove(tmp_path)
    assert checkpoints.read(tmp_path) is None


def test_what_a_callback_keeps_and_no_checkpoint_can_hold_is_told() -> None:
    class Counting(keras.callbacks.Callback):
        def __init__(self, limit: int) -> None:
            super().__init__()
            self.limit, self.seen, self.file = limit, [], None

    counting = Counting(3)
    before = state.of_callback(counting)
    assert state.changes(counting, before) == {}
    counting.seen.append(1.5)
    assert state.changes(counting, before) == {"seen": [1.5]}  # and not its settings
    counting.file = object()
    with pytest.warns(UserWarning, match="Counting keeps something in 'file' that no checkpoint"):
        state.changes(counting, before)


def test_the_charts_of_a_training_that_went_on_show_each_epoch_once() -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    first, second = TensorBoard("logs"), TensorBoard("logs")
    first.on_train_begin()
    first.on_epoch_end(0, {"loss": 4.0})
    kept = json.loads(json.dumps(first.get_state()))
    first.on_epoch_end(1, {"loss": 3.0})  # and is killed
    first.on_train_end()
    second.on_train_begin()
    second.set_state(kept)
    second.on_epoch_end(1, {"loss": 2.0})
    second.on_train_end()
    events = EventAccumulator("logs/train")
    events.Reload()
    assert [event.value for event in events.Scalars("epoch_loss")] == [4.0, 2.0]


@pytest.mark.parametrize(
    ("given", "expected"),
    [(None, (None, 1.0)), (3, (3, 0.0)), ("3", (3, 0.0)), ("10m", (None, 600.0))],
)
def test_the_interval_is_of_epochs_or_minutes(given, expected) -> None:
    assert read_every(given) == expected


@pytest.mark.parametrize("given", [0, -1, "0m", "m", "10s", "1.5", "", "0"])
def test_another_interval_is_refused(given) -> None:
    with pytest.raises(UsageError, match="the checkpoint interval must be a number of epochs"):
        read_every(given)


def test_stock_fit_does_not_go_on_from_within_an_epoch() -> None:
    with pytest.raises(RuntimeError):
        keras3_lab.fit(
            model(), X, Y, epochs=2, batch_size=8, verbose=0, mode="step",
            callbacks=[*resumable("kept", [], every="0.000001m"), InterruptWithin(3)],
        )  # fmt: skip
    with pytest.raises(UsageError, match=r"`keras3_lab\.fit` goes on, not `model\.fit`"):
        model().fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=resumable("kept"))
