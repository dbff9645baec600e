"""Gate G0 in one lane: what is altered in a training is what its fingerprints tell."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np
import pytest

from keras3_lab.layers import Dropout
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.digests import array_digest, digests, named_leaves, row_checksums
from keras3_lab.parity.record.training import Training

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
Y = X[:, :1].copy()


def training(
    x: np.ndarray = X, y: np.ndarray = Y, *, drop: float = 0.5, seed: int = 1, held_out: float = 0.0
) -> Training:
    keras.utils.clear_session(free_memory=False)
    model = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.Dense(16, name="hidden"),
            Dropout(drop, name="drop"),
            keras.layers.Dropout(0.5, name="stock"),  # draws otherwise on each backend
            keras.layers.Dense(1, name="last"),
        ]
    )
    model.compile("sgd", "mse")
    validation = (X[:5] + np.float32(held_out), Y[:5])
    return Training(Problem(model, x, y, None, validation, batch_size=8, epochs=2), seed)


@pytest.fixture(scope="module")
def sound() -> dict[str, dict[str, str]]:
    return digests(training())


def test_every_input_has_a_fingerprint(sound: dict[str, dict[str, str]]) -> None:
    weights = sound["weights"]
    assert {kind: list(found) for kind, found in sound.items() if kind != "weights"} == {
        "data": ["x", "y", "val_x", "val_y"],
        "order": ["epoch 0", "epoch 1"],
        "masks": ["drop"],
    }
    assert {name.rpartition("/")[2] for name in weights} >= {"kernel", "bias"}
    assert sound["order"]["epoch 0"] != sound["order"]["epoch 1"]
    values = [value for found in sound.values() for value in found.values()]
    assert all(len(value) == 64 for value in values)
    assert digests(training()) == sound


def test_what_a_model_makes_float64_counts_as_float32_in_a_float32_run() -> None:
    def weights(dtype: str) -> dict[str, str]:
        keras.utils.clear_session(free_memory=False)
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, dtype=dtype)])
        model.compile("sgd", "mse")
        return digests(Training(Problem(model, X, Y), 1), "float32")["weights"]

    assert weights("float64") == weights("float32")


def _changed_input() -> Training:
    x = X.copy()
    x[13, 2] = np.nextafter(x[13, 2], np.float32(9))
    return training(x)


def _changed_target() -> Training:
    y = Y.copy()
    y[13, 0] = np.nextafter(y[13, 0], np.float32(9))
    return training(y=y)


def _changed_weight() -> Training:
    made = training()
    bias = made.model.get_layer("last").bias
    bias.assign(np.array([1e-30], "float32"))
    return made


@pytest.mark.parametrize(
    ("make", "kind", "names"),
    [
        (_changed_input, "data", {"x"}),
        (_changed_target, "data", {"y"}),
        (lambda: training(held_out=1e-6), "data", {"val_x"}),
        (_changed_weight, "weights", {"last/bias"}),
        (lambda: training(drop=0.51), "masks", {"drop"}),
    ],
    ids=["x", "y", "val_x", "weight", "rate"],
)
def test_what_is_altered_alone_has_another_fingerprint(
    make: Callable[[], Training], kind: str, names: set[str], sound: dict[str, dict[str, str]]
) -> None:
    found = digests(make())
    differing = {
        (one, "/".join(name.split("/")[-2:]))
        for one in sound
        for name in sound[one]
        if found[one][name] != sound[one][name]
    }
    assert differing == {(kind, name) for name in names}


def test_another_seed_is_another_order_other_weights_and_masks(
    sound: dict[str, dict[str, str]],
) -> None:
    found = digests(training(seed=2))
    assert found["data"] == sound["data"]
    for kind in ("order", "masks"):
        assert not set(found[kind].values()) & set(sound[kind].values())
    kernels = [name for name in sound["weights"] if name.endswith("kernel")]
    assert all(found["weights"][name] != sound["weights"][name] for name in kernels)


def test_fingerprints_leave_the_training_as_it_was() -> None:
    made = training()
    before = made.state()
    digests(made)
    for one, other in zip(before, made.state(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_row_that_is_altered_has_another_checksum() -> None:
    ours, theirs = row_checksums(training()), row_checksums(_changed_input())
    assert np.flatnonzero(ours["x"] != theirs["x"]).tolist() == [13]
    assert len(ours["x"]) == len(X)
    for name in ("y", "val_x", "val_y"):
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_a_fingerprint_is_of_shape_dtype_and_values() -> None:
    array = np.arange(6.0)
    digest = array_digest(array)
    assert array_digest(array.copy()) == digest
    assert array_digest(array[::-1][::-1]) == digest  # not of its layout
    assert array_digest(np.asfortranarray(array.reshape(2, 3))) == array_digest(array.reshape(2, 3))
    others = [array.reshape(2, 3), array.astype("float32"), array + 1e-15, -array, array[:5]]
    found = {array_digest(other) for other in others}
    assert len(found) == len(others)
    assert digest not in found


def test_integers_of_another_width_mean_the_same() -> None:
    array = np.array([0, 1, 1])
    digests_ = {array_digest(array.astype(kind)) for kind in ("int32", "int64", "uint8", "bool")}
    assert len(digests_) == 1
    assert array_digest(array.astype("float64")) not in digests_


def test_leaves_have_the_names_that_blame_uses() -> None:
    found = named_leaves("x", {"left": 1, "both": (2, None, [3])})
    assert found == {"x[left]": 1, "x[both][0]": 2, "x[both][2][0]": 3}
    assert named_leaves("y", None) == {}


def test_fingerprints_leave_a_layer_that_overwrites_its_kernel_as_it_was() -> None:
    spectral = keras.layers.SpectralNormalization(keras.layers.Dense(3))
    model = keras.Sequential([keras.Input((4,)), Dropout(0.5), spectral, keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    made = Training(Problem(model, X, Y, None, None, batch_size=8, epochs=2), 1)
    before = [keras.ops.convert_to_numpy(variable) for variable in model.variables]
    digests(made)
    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value, variable.path)
