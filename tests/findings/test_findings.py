"""What the recipes claim to show, where a run of the contract is too short to show it."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest
from claims import table
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_validate

import keras3_lab
from keras3_lab import findings, losses, recipes, schedules
from keras3_lab.findings.backpropagation import backpropagate
from keras3_lab.splits import Splits


@pytest.fixture
def run(tmp_path):
    """Run a recipe on its sample."""

    def run(name: str, **arguments) -> keras3_lab.runs.Run:
        return keras3_lab.run(name, data="sample", seed=1, out=tmp_path, **arguments)

    return run


def test_a_shared_batch_normalization_trains_well_and_infers_at_chance(run) -> None:
    noted = run("fmnist/batch-norm", variant="as-noted", epochs=4).record
    assert noted["history"]["accuracy"][-1] > 0.6
    assert noted["metrics"]["test_accuracy"] < 0.3
    mended = run("fmnist/batch-norm", epochs=4).record
    assert mended["metrics"]["test_accuracy"] > 0.7


def test_an_input_overwritten_leaves_the_normalization_out() -> None:
    recipe = recipes.get("fmnist/functional-early-stopping")
    _, splits = recipe.data(source="sample")
    noted = recipe.variant("as-noted").build(splits)
    assert not any(isinstance(layer, keras.layers.Normalization) for layer in noted.layers)
    mended = recipe.build(splits)
    (normalization,) = (
        layer for layer in mended.layers if isinstance(layer, keras.layers.Normalization)
    )
    assert abs(np.asarray(normalization(splits.x_train)).mean()) < 0.05


def test_validation_rows_are_not_trained_on() -> None:
    for name in (
        "fmnist/relu-mlp",
        "fmnist/functional-early-stopping",
        "mnist/regularization",
        "cifar10/cnn",
        "cifar10/dense",
    ):
        _, parts = recipes.get(name).data(source="sample")
        trained = {x.tobytes() for x in parts.x_train}
        # The sample of digits has a few images twice.
        assert sum(x.tobytes() in trained for x in parts.x_val) <= 2, name


def test_a_name_with_spaces_and_other_scripts_trains_on_jax_alone() -> None:
    layers = [keras.Input((2,)), keras.layers.Dense(1)]
    model = keras.Sequential(layers, name="패션 MNIST 모델")
    model.compile("sgd", "mse")
    x = np.ones((4, 2))
    if keras.config.backend() == "jax":
        keras3_lab.fit(model, x, x[:, 0], verbose=0)
    else:
        with pytest.raises(ValueError, match="not a valid root scope name"):
            keras3_lab.fit(model, x, x[:, 0], verbose=0)


def test_one_cross_entropy_however_it_is_written(run) -> None:
    rows = table(run("mnist/losses", epochs=1, batch_size=200, fraction=0.2))
    assert rows["largest difference over the epochs"][0] < 1e-6
    formula = rows["N3's formula in keras.ops, validation rows"][0]
    assert formula == pytest.approx(rows["keras.losses.CategoricalCrossentropy"][0], rel=1e-5)


def test_the_cross_entropy_formula_skips_what_is_not_true() -> None:
    truth = np.array([[0.0, 1.0], [1.0, 0.0]])
    value = losses.cross_entropy(truth, np.array([[0.0, 1.0], [0.25, 0.75]]))
    assert float(value) == pytest.approx(-np.log(0.25) / 2, rel=1e-6)


def test_schedules_follow_their_formulas(run) -> None:
    found = run("fmnist/schedules", epochs=2)
    for name, row in table(found).items():
        assert float(row[-1]) < 1e-6, name
    assert found.record["files"]["schedules"] == "schedules.png"


def test_the_custom_schedule_survives_saving(tmp_path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(schedules.WarmUpDecay(0.1, 10)), "mse")
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras").optimizer._learning_rate
    assert loaded.get_config() == {"learning_rate": 0.1, "warm_up_steps": 10}
    assert float(loaded(40)) == pytest.approx(0.05, rel=1e-6)


def test_backpropagation_by_hand_in_float64(run) -> None:
    for name, (_, difference) in table(run("mnist/backprop", dtype="float64")).items():
        assert float(difference) < 1e-12, name


def test_backpropagation_stops_at_dead_units() -> None:
    """A unit that relu holds at 0 for every row passes no gradient on."""
    weights = [np.eye(2), np.array([0.0, -9.0]), np.ones((2, 3)), np.zeros(3)]
    tensors = [keras.ops.convert_to_tensor(w, dtype="float32") for w in weights]
    x = keras.ops.convert_to_tensor([[1.0, 1.0], [2.0, 3.0]])
    _, gradients = backpropagate(tensors, x, keras.ops.convert_to_tensor([0, 2]))
    assert not np.asarray(gradients[0])[:, 1].any()
    assert np.asarray(gradients[0])[:, 0].any() or np.asarray(gradients[2]).any()


def test_a_bad_scale_shows_in_the_activations(run) -> None:
    rows = table(run("mnist/initializers", epochs=1, batch_size=200, fraction=0.2))
    he = rows["relu, He"]
    assert 0.3 < he[-1] / he[0] < 3
    assert rows["relu, N(0, 0.01²)"][-1] < 1e-3 * rows["relu, N(0, 0.01²)"][0]
    assert rows["relu, N(0, 1)"][-1] > 100 * rows["relu, N(0, 1)"][0]


def test_least_squares_and_training_find_the_line(run) -> None:
    rows = table(run("linear/regression"))
    assert rows["numpy.linalg.lstsq"] == pytest.approx([3, 2, 20], abs=1e-4)
    assert rows["Dense(1) after training"] == pytest.approx([3, 2, 20], abs=0.1)


def test_sgd_classifier_is_scikit_learns_cross_validation() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3, 3)), rng.integers(0, 3, 200)
    x += y[:, None, None]
    parts = Splits(x[:150], y[:150], x[150:], y[150:], x[:0], y[:0])
    outcome = recipes.Outcome(
        recipe=recipes.get("fmnist/sgd-classifier"),
        models={},
        histories={},
        splits=parts,
        folder=None,
        seed=1,
    )
    (found,) = findings.sgd_classifier(outcome)
    classifier = SGDClassifier(loss="log_loss", max_iter=100, random_state=42)
    expected = cross_validate(classifier, x.reshape(200, -1), y)["test_score"]
    np.testing.assert_allclose([row[2] for row in found.rows[:-1]], expected)
    assert found.metrics["mean_accuracy"] == pytest.approx(expected.mean())


def test_regularization_arms_regularize(run) -> None:
    """On few images the plain network fits the training rows best."""
    recipe = recipes.get("mnist/regularization")
    few = {name: recipe.arms[name] for name in ("none", "dropout", "too small: Dense(4)")}
    arms = run(replace(recipe, epochs=12, arms=few)).record["arms"]
    plain = arms["none"]["history"]["accuracy"][-1]
    assert plain > 0.95
    assert arms["dropout"]["history"]["accuracy"][-1] < plain
    assert arms["too small: Dense(4)"]["history"]["accuracy"][-1] < plain - 0.1
