import random

import keras
import numpy as np
import pytest
from keras import initializers, layers
from portable_probe import mixed_model

from keras3_lab.errors import PortabilityWarning, UsageError
from keras3_lab.layers import Dropout
from keras3_lab.portable import initialize, seed_word, weights_digest
from keras3_lab.portable.initial_values import draw_values


def arrays(model):
    return [np.asarray(keras.ops.convert_to_numpy(w)) for w in model.weights]


def stack(*extra):
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(5, "relu"), *extra, layers.Dense(4, "relu")]
    )


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.blocks = [layers.Dense(5, "relu"), layers.Dense(4, "relu")]

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return x

    def build(self, input_shape):
        for block in self.blocks:
            block.build(input_shape)
            input_shape = block.compute_output_shape(input_shape)


def functional():
    x = keras.Input((6,))
    return keras.Model(x, layers.Dense(4, "relu")(layers.Dense(5, "relu")(x)))


def subclassed():
    model = Subclassed()
    model.build((None, 6))
    return model


def nested():
    return keras.Sequential(
        [keras.Input((6,)), keras.Sequential([layers.Dense(5, "relu")]), layers.Dense(4)]
    )


@pytest.mark.parametrize("build", [functional, subclassed, nested])
def test_the_way_a_stack_is_built_plays_no_part(build):
    reference, model = stack(), build()
    initialize(reference, 3)
    initialize(model, 3)
    assert weights_digest(model) == weights_digest(reference)


def test_layers_without_random_weights_shift_nothing():
    plain, rich = stack(), stack(layers.BatchNormalization(), Dropout(0.5))
    initialize(plain, 3)
    initialize(rich, 3)
    for index in (0, -1):
        np.testing.assert_array_equal(
            plain.layers[index].kernel.numpy(), rich.layers[index].kernel.numpy()
        )


def test_the_seed_alone_decides():
    model = mixed_model()
    initialize(model, 3)
    first = weights_digest(model)
    initialize(model, 4)
    assert weights_digest(model) != first
    initialize(model, 3)
    assert weights_digest(model) == first


def test_every_random_weight_changes_and_no_other():
    model = mixed_model()
    before = arrays(model)
    initialize(model, 3)
    for variable, old, new in zip(model.weights, before, arrays(model), strict=True):
        deterministic = variable.name in ("bias", "gamma", "beta", "moving_mean", "moving_variance")
        assert np.array_equal(old, new) == deterministic, variable.path
        assert deterministic or np.unique(new).size == new.size


def test_the_lstm_keeps_its_forget_bias():
    model = keras.Sequential([keras.Input((3, 2)), layers.LSTM(4)])
    initialize(model, 0)
    np.testing.assert_array_equal(model.weights[2].numpy(), np.repeat([0, 1, 0, 0], 4))


def test_nothing_else_is_touched():
    random.seed(5)
    expected = random.random()  # noqa: S311
    model = keras.Sequential([keras.Input((6,)), layers.Normalization(), layers.Dense(3)])
    model.layers[0].adapt(np.arange(60.0).reshape(10, 6))
    statistics = arrays(model)[:3]
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 6)), np.ones((2, 3)))
    iterations = int(model.optimizer.iterations.numpy())
    name = layers.Dense(1).name
    random.seed(5)
    initialize(model, 0)
    assert random.random() == expected  # noqa: S311 (Keras would have drawn seeds from it)
    assert int(layers.Dense(1).name.split("_")[1]) == int(name.split("_")[-1]) + 1
    assert int(model.optimizer.iterations.numpy()) == iterations
    for old, new in zip(statistics, arrays(model)[:3], strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_shared_layer_is_drawn_once():
    x, shared = keras.Input((4,)), layers.Dense(4)
    model = keras.Model(x, layers.Dense(2)(shared(shared(x))))
    chain = keras.Sequential([keras.Input((4,)), layers.Dense(4), layers.Dense(2)])
    initialize(model, 1)
    initialize(chain, 1)
    assert weights_digest(model) == weights_digest(chain)


def test_seed_generators_are_numbered_and_start_at_step_0():
    model = stack(Dropout(0.5), keras.layers.Dropout(0.1), layers.GaussianNoise(0.1))
    model(np.ones((2, 6)), training=True)
    initialize(model, 9)
    states = [v for v in model.variables if v.name == "seed_generator_state"]
    assert [list(map(int, np.asarray(v))) for v in states] == [
        [seed_word(9, index), 0] for index in range(3)
    ]


KNOWN = [
    initializers.RandomNormal(0.5, 2.0, seed=1),
    initializers.TruncatedNormal(0.5, 2.0, seed=1),
    initializers.RandomUniform(-1.0, 3.0, seed=1),
    *(
        initializers.VarianceScaling(1.7, mode, distribution, seed=1)
        for mode in ("fan_in", "fan_out", "fan_avg")
        for distribution in ("uniform", "truncated_normal", "untruncated_normal")
    ),
    initializers.GlorotUniform(seed=1),
    initializers.GlorotNormal(seed=1),
    initializers.HeUniform(seed=1),
    initializers.HeNormal(seed=1),
    initializers.LecunUniform(seed=1),
    initializers.LecunNormal(seed=1),
    initializers.Orthogonal(1.5, seed=1),
]


@pytest.mark.parametrize("initializer", KNOWN, ids=lambda i: type(i).__name__)
def test_the_distribution_is_that_of_keras(initializer):
    shape = (3, 3, 40, 80)
    keras_values = keras.ops.convert_to_numpy(initializer(shape, dtype="float32"))
    ours = draw_values(initializer, shape, seed=1, position=0)
    assert ours.dtype == np.float32
    assert ours.shape == shape
    error = 6 * keras_values.std() / np.sqrt(ours.size)
    assert abs(ours.mean() - keras_values.mean()) < error
    assert ours.std() == pytest.approx(keras_values.std(), rel=0.015)
    quantiles = np.linspace(0.02, 0.98, 13)
    np.testing.assert_allclose(
        np.quantile(ours, quantiles),
        np.quantile(keras_values, quantiles),
        atol=0.1 * keras_values.std(),
    )


@pytest.mark.parametrize("shape", [(7, 20), (20, 7), (9, 9), (3, 4, 5), (1, 1)])
def test_orthogonal_is_orthogonal(shape):
    matrix = draw_values(initializers.Orthogonal(2.0), shape, 1, 0).reshape(-1, shape[-1])
    if matrix.shape[0] < matrix.shape[1]:
        matrix = matrix.T
    np.testing.assert_allclose(matrix.T @ matrix, 4 * np.eye(matrix.shape[1]), atol=2e-6)


class Scale(keras.layers.Layer):
    """A user's layer: its own build, an argument that auto-config cannot serialize, no config."""

    def __init__(self, callback, initializer):
        super().__init__()
        self.callback, self.initializer = callback, initializer

    def build(self, input_shape):
        self.w = self.add_weight(shape=input_shape[1:], initializer=self.initializer, name="w")

    def call(self, x):
        return x * self.w


class ScaleWithAttribute(Scale):
    def build(self, input_shape):
        self.w_initializer = initializers.get(self.initializer)
        super().build(input_shape)


class Rebuildable(keras.layers.Layer):
    """A user's layer whose constructor arguments Keras can serialize, with weights from both."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.early = self.add_weight(shape=(units,), initializer="random_normal", name="early")

    def build(self, input_shape):
        self.late = self.add_weight(shape=(input_shape[-1], self.units))  # no name, default glorot

    def call(self, x):
        return x @ self.late + self.early


def built(layer, shape=(None, 4)):
    layer.build(shape)
    return layer


def test_a_users_layer_is_rebuilt():
    first, second = (built(Rebuildable()) for _ in range(2))
    initialize(first, 2)
    initialize(second, 2)
    assert weights_digest(first) == weights_digest(second)


def test_a_users_layer_may_tell_the_initializer_by_attribute():
    layer = built(ScaleWithAttribute(print, "random_normal"))
    initialize(layer, 2)
    expected = draw_values(initializers.get("random_normal"), (4,), 2, 0)
    np.testing.assert_array_equal(layer.w.numpy(), expected)


def test_a_weight_whose_initializer_is_lost_is_named():
    layer = built(Scale(print, "random_normal"))
    before = layer.w.numpy()
    with pytest.warns(PortabilityWarning, match=r"'w' of layer 'scale.*cannot be rebuilt"):
        initialize(layer, 2)
    np.testing.assert_array_equal(before, layer.w.numpy())


class Doubled(initializers.RandomNormal):
    def __call__(self, shape, dtype=None):
        return 2 * super().__call__(shape, dtype)


class SmallNormal(initializers.RandomNormal):
    def __init__(self, seed=None):
        super().__init__(stddev=0.01, seed=seed)


def noise(shape, dtype=None):
    return keras.random.normal(shape, dtype=dtype, seed=1)


def coins(shape, dtype=None):
    return np.random.default_rng().random(shape).astype(dtype)


@pytest.mark.parametrize("initializer", [Doubled(), noise, coins], ids=["class", "keras", "numpy"])
def test_an_unknown_random_initializer_is_named(initializer):
    layer = built(ScaleWithAttribute(print, initializer))
    with pytest.warns(PortabilityWarning, match="Doubled|noise|coins"):
        initialize(layer, 2)


def halves(shape, dtype=None):
    return keras.ops.ones(shape, dtype=dtype) / 2


@pytest.mark.parametrize("initializer", ["ones", initializers.Constant(0.3), halves])
def test_a_deterministic_initializer_is_left_alone(initializer):
    layer = built(ScaleWithAttribute(print, initializer))
    before = layer.w.numpy()
    initialize(layer, 2)
    np.testing.assert_array_equal(before, layer.w.numpy())


def test_a_subclass_that_only_sets_arguments_is_known():
    layer = built(ScaleWithAttribute(print, SmallNormal()), (None, 500))
    initialize(layer, 2)
    assert layer.w.numpy().std() == pytest.approx(0.01, rel=0.15)


def test_a_model_without_weights_yet_is_refused():
    with pytest.raises(UsageError, match="must be built"):
        initialize(keras.Sequential([layers.Dense(2)]), 0)


def test_the_digest_sees_weights_shapes_and_seeds():
    model = stack(Dropout(0.5))
    initialize(model, 0)
    first = weights_digest(model)
    model(np.ones((2, 6)), training=True)  # one step of the seed generator
    assert weights_digest(model) != first


@pytest.mark.parametrize(
    ("scaling", "digest"),
    [("density", "56fbcbc587a2"), ("spectrum", "ec54e6e08195"), (None, "403fa375243a")],
)
def test_a_fourier_transform_starts_alike_on_every_backend(scaling, digest):
    layer = keras.layers.STFTSpectrogram(
        frame_length=12, frame_step=6, fft_length=16, window="hann", scaling=scaling
    )
    layer.build((None, 64, 1))
    own = [keras.ops.convert_to_numpy(weight) for weight in layer.weights]
    initialize(layer, 3)
    for weight, before in zip(layer.weights, own, strict=True):
        np.testing.assert_allclose(keras.ops.convert_to_numpy(weight), before, atol=1e-5)
    assert weights_digest(layer)[:12] == digest
