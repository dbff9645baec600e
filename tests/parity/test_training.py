"""A training that starts anew as often as need be, and the replay that looks into its steps."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from traces import STEP_KINDS

from keras3_lab.layers import Dropout
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.build import shorten
from keras3_lab.parity.record.replay import LocalReplay
from keras3_lab.parity.record.training import PREDICTED_ROWS, Training, weight_variables
from keras3_lab.parity.trace import Run

ROWS, BATCH, EPOCHS = 80, 32, 2  # two full batches and a partial one in each epoch
X = np.random.default_rng(0).normal(size=(ROWS, 4)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")
SWITCH = 3


@pytest.fixture(scope="module")
def training() -> Training:
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(6, "tanh", name="hidden"),
            Dropout(0.3, name="drop"),
            keras.layers.Dense(2, name="last"),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss, metrics=["accuracy"])
    problem = Problem(model, X, Y, validation_data=(X[:40], Y[:40]), batch_size=BATCH, epochs=2)
    return Training(problem, 42)


@pytest.fixture(scope="module")
def run(training: Training, tmp_path_factory: pytest.TempPathFactory) -> Run:
    training.reset()
    return training.run(save_at=SWITCH, artifact=tmp_path_factory.mktemp("model") / "model.keras")


def test_a_run_tells_each_steps_own_batch(run: Run) -> None:
    assert {name: len(values) for name, values in run.steps.items()} == {"loss": 6, "accuracy": 6}
    # The accuracy of a partial batch is one of its own 16 rows.
    assert (run.steps["accuracy"][2] * 16) % 1 == pytest.approx(0, abs=1e-5)


def test_the_metrics_of_an_epoch_are_means_over_rows_and_those_of_the_validation_data(
    training: Training, run: Run
) -> None:
    sizes = [32, 32, 16]
    for name in ("loss", "accuracy"):
        means = [np.average(run.steps[name][i : i + 3], weights=sizes) for i in (0, 3)]
        np.testing.assert_allclose(run.epochs[name], means, rtol=1e-6)
    training.reset()
    training.run()
    expected = training.model.evaluate(X[:40], Y[:40], batch_size=BATCH, verbose=0)
    found = [run.epochs[f"val_{name}"][-1] for name in ("loss", "accuracy")]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_predictions_are_made_at_the_start_at_the_switch_and_at_the_end(
    training: Training, run: Run
) -> None:
    few = X[:40][:PREDICTED_ROWS]
    training.reset()
    start = training.model.predict(few, verbose=0)
    np.testing.assert_allclose(run.predictions["start/0"], start, rtol=1e-5, atol=1e-6)
    names = ["start/0", "saved/0", "end/0"]
    assert list(run.predictions) == names
    for one, other in (names[:2], names[1:], names[::2]):
        assert not np.allclose(run.predictions[one], run.predictions[other], atol=1e-4)


def test_the_state_of_the_optimizer_and_of_random_layers_is_recorded(
    training: Training, run: Run
) -> None:
    assert len(run.optimizer) == len(training.model.optimizer.variables) == 6
    assert int(run.optimizer["0"]) == 6  # steps
    weights = weight_variables(training.model)
    assert len(run.weights) == len(weights) == 5
    assert not {id(v) for v in weights} & {id(v) for v in training.model.metrics_variables}
    kinds = [array.dtype.kind for array in run.weights.values()]
    assert sorted(kinds) == ["f", "f", "f", "f", "i"]


def test_a_run_from_the_start_is_the_same_again(training: Training, run: Run) -> None:
    training.reset()
    again = training.run()
    for part in ("steps", "epochs", "weights", "optimizer"):
        ours, theirs = getattr(run, part), getattr(again, part)
        assert ours.keys() == theirs.keys()
        for name in ours:
            np.testing.assert_array_equal(ours[name], theirs[name])


def test_another_seed_has_other_weights_and_another_order(training: Training) -> None:
    training.reset()
    own, order = training.state(), training.schedule.order(0)
    training.reset(seed=43)
    kernel, other = own[0], training.state()[0]
    assert not np.any(kernel == other)
    assert not np.array_equal(order, training.schedule.order(0))
    training.reset()
    np.testing.assert_array_equal(training.state()[0], kernel)
    np.testing.assert_array_equal(training.schedule.order(0), order)


def test_every_weight_is_moved_by_one_ulp_and_nothing_else(training: Training) -> None:
    training.reset()
    before = training.weights()
    optimizer = training.optimizer()
    moves = []
    for ulp in (1, 2):
        training.reset(ulp=ulp)
        after = training.weights()
        signs = []
        for index, values in before.items():
            if values.dtype.kind != "f":
                np.testing.assert_array_equal(values, after[index])
                continue
            up = np.nextafter(values, np.float32(np.inf)) == after[index]
            down = np.nextafter(values, np.float32(-np.inf)) == after[index]
            assert np.all(up | down)
            signs += up.ravel().tolist()
        assert 0.2 < np.mean(signs) < 0.8
        moves.append(signs)
        for index, values in training.optimizer().items():
            np.testing.assert_array_equal(values, optimizer[index])
    assert moves[0] != moves[1]


@pytest.mark.parametrize(
    ("epochs", "steps", "expected"),
    [
        (None, None, (2, 6)),
        (5, None, (5, 15)),
        (None, 4, (2, 4)),
        (None, 7, (3, 7)),  # more than the problem's epochs have
        (1, 7, (1, 3)),
    ],
)
def test_epochs_or_steps_that_were_asked_for_are_run(
    training: Training, epochs: int | None, steps: int | None, expected: tuple[int, int]
) -> None:
    problem, total = shorten(training.problem, epochs, steps, ROWS)
    assert (problem.epochs, total) == expected


@pytest.fixture(scope="module")
def replay(training: Training, run: Run) -> LocalReplay:
    return LocalReplay(training)  # after the run: both go on with the one model


def test_a_replay_lays_open_what_a_step_computes_in_order(replay: LocalReplay, run: Run) -> None:
    items = replay.inspect(0)
    kinds = list(dict.fromkeys(item.kind for item in items))
    assert kinds == list(STEP_KINDS)
    by_kind = {kind: [item for item in items if item.kind == kind] for kind in STEP_KINDS}
    names = {kind: [item.name for item in found] for kind, found in by_kind.items()}
    assert names["data batch"] == ["x", "y"]
    assert names["layer output"][:3] == ["hidden", "drop", "last"]
    assert names["metric"] == ["accuracy"]
    assert names["validation metric"] == ["val_loss", "val_accuracy"]
    assert len(names["gradient"]) == 4
    assert len(names["weight"]) == len(names["updated weight"]) == 5
    assert float(by_kind["learning rate"][0].value) == pytest.approx(0.05)
    # What a step of SGD does with its gradient, from a momentum of 0.
    kernel, gradient, updated = (
        by_kind[kind][0].value for kind in ("weight", "gradient", "updated weight")
    )
    np.testing.assert_allclose(updated, kernel - 0.05 * gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("order", [(0, 2, 5), (5, 0, 3)])
def test_a_replay_goes_to_any_step_as_the_run_did(
    replay: LocalReplay, run: Run, training: Training, order: tuple[int, ...]
) -> None:
    for step in order:
        found = {item[:2]: item.value for item in replay.inspect(step)}
        assert found["loss", "loss"] == pytest.approx(run.steps["loss"][step], rel=1e-6)
        assert found["metric", "accuracy"] == pytest.approx(run.steps["accuracy"][step])
        np.testing.assert_array_equal(found["data batch", "x"], X[training.schedule.batch(step)])
    before = {item[:2]: item.value for item in replay.inspect(3)}
    updated = [item for item in replay.inspect(2) if item.kind == "updated weight"]
    for item in updated:
        np.testing.assert_array_equal(before["weight", item.name], item.value)


def test_the_state_before_a_step_is_that_in_which_it_starts(replay: LocalReplay) -> None:
    state = replay.state(4)
    assert {item.kind for item in state} == {"weight", "optimizer slot before the step"}
    inspected = {item[:2]: item.value for item in replay.inspect(4)}
    for item in state:
        np.testing.assert_array_equal(inspected[item[:2]], item.value)
