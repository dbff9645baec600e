import keras
import numpy as np
import portable_probe
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_portable_golden import GOLDEN

from keras3_lab.errors import UsageError
from keras3_lab.layers import Cutout, RandomFlip, RandomShift
from keras3_lab.portable import initialize

LAYERS = [
    RandomFlip(seed=1),
    RandomFlip(alternate=True, seed=1),
    RandomShift(2, seed=1),
    RandomShift(1, "constant", seed=1),
    Cutout(3, seed=1),
]
EACH = pytest.mark.parametrize("like", LAYERS, ids=lambda layer: str(layer.get_config()))


def copy(layer):
    return type(layer).from_config(layer.get_config())


def call(layer, images, training=True):
    images = layer(images, training=training)
    return keras.ops.convert_to_numpy(keras.ops.cast(images, "float32"))


def images_of(rows, height=8, width=6):
    count = rows * height * width * 3
    return (1 + np.arange(count) % 251).reshape(rows, height, width, 3).astype("float32")


shapes = st.sampled_from([(7, 8, 6), (1, 5, 9)])  # eager JAX compiles for every shape
seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=6, deadline=None)
@given(shape=shapes, seed=seeds)
def test_a_flip_mirrors_rows_or_leaves_them(shape, seed):
    images = images_of(*shape)
    for before, after in zip(images, call(RandomFlip(seed=seed), images), strict=True):
        assert np.array_equal(after, before) or np.array_equal(after[:, ::-1], before)


@settings(max_examples=6, deadline=None)
@given(shape=shapes, seed=seeds, pixels=st.sampled_from([0, 3]))
@pytest.mark.parametrize("mode", ["reflect", "symmetric", "constant"])
def test_a_shift_is_a_window_of_the_padded_image(mode, shape, seed, pixels):
    images = images_of(*shape)
    around = [(0, 0), (pixels, pixels), (pixels, pixels), (0, 0)]
    padded = np.pad(images, around, mode=mode)
    for row, after in enumerate(call(RandomShift(pixels, mode, seed=seed), images)):
        windows = (
            padded[row, y : y + shape[1], x : x + shape[2]]
            for y in range(2 * pixels + 1)
            for x in range(2 * pixels + 1)
        )
        assert any(np.array_equal(after, window) for window in windows)


@settings(max_examples=6, deadline=None)
@given(shape=shapes, seed=seeds, size=st.sampled_from([0, 4]))
def test_a_cutout_blanks_exactly_a_square(shape, seed, size):
    images = images_of(*shape)
    for before, after in zip(images, call(Cutout(size, seed=seed), images), strict=True):
        ys, xs = np.nonzero((after == 0).all(axis=-1))
        assert len(ys) == size * size
        if size:
            assert ys.max() - ys.min() == xs.max() - xs.min() == size - 1
        kept = (after != 0).all(axis=-1)
        np.testing.assert_array_equal(after[kept], before[kept])


def test_every_place_is_as_likely():
    images = images_of(6000, 4, 4)
    assert (call(RandomFlip(seed=1), images) == images).all(axis=(1, 2, 3)).mean() == pytest.approx(
        0.5, abs=0.03
    )
    # The pixel in the middle tells by how much the image moved.
    one = np.zeros((6000, 5, 5, 1), "float32")
    one[:, 2, 2] = 1
    moved = call(RandomShift(1, "constant", seed=2), one).mean(axis=0)[..., 0]
    np.testing.assert_allclose(moved[1:4, 1:4], 1 / 9, atol=0.015)
    corners = 1 - call(Cutout(3, seed=3), np.ones_like(one)).mean(axis=0)[..., 0]
    np.testing.assert_allclose(corners[[0, 0, 4, 4], [0, 4, 0, 4]], 1 / 9, atol=0.015)


def test_alternating_flips_change_every_epoch():
    images = np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3)).astype("float32")
    layer = RandomFlip(alternate=True, seed=3)
    layer.adapt(20)
    rng = np.random.default_rng(1)
    epochs = []
    for _ in range(4):
        order = rng.permutation(20)  # an image is known again wherever it comes
        out = np.empty_like(images)
        for rows in (order[:8], order[8:16], order[16:]):
            out[rows] = call(layer, images[rows])
        epochs.append(out)
    np.testing.assert_array_equal(epochs[0], epochs[2])
    np.testing.assert_array_equal(epochs[1], epochs[3])
    np.testing.assert_array_equal(epochs[1], epochs[0][:, :, ::-1])
    kept = (epochs[0] == images).all(axis=(1, 2, 3))
    assert 4 <= kept.sum() <= 16


@EACH
def test_inference_is_the_identity_and_draws_nothing(like):
    layer, images = copy(like), images_of(5)
    np.testing.assert_array_equal(call(layer, images, training=False), images)
    fresh = [keras.ops.convert_to_numpy(v) for v in copy(like).variables]
    for variable, value in zip(layer.variables, fresh, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)


@EACH
def test_a_row_is_the_same_in_a_partial_batch(like):
    np.testing.assert_array_equal(
        call(copy(like), images_of(9))[:4], call(copy(like), images_of(9)[:4])
    )


@EACH
def test_a_saved_model_goes_on_with_the_draws_it_was_at(like, tmp_path):
    model = keras.Sequential([keras.Input((8, 6, 3)), copy(like)])
    initialize(model, 5)
    if isinstance(like, RandomFlip) and like.alternate:
        model.layers[0].adapt(12)
    call(model, images_of(7))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    for _ in range(2):
        np.testing.assert_array_equal(call(loaded, images_of(7)), call(model, images_of(7)))


@pytest.mark.parametrize("jit", [True, False])
def test_compiled_training_draws_what_eager_calls_draw(jit):
    """The gradient of a weight behind the layers is the sum of their output."""
    inputs = keras.Input((8, 6, 3))
    augmented = RandomFlip()(RandomShift(2)(Cutout(2)(inputs)))
    flat = keras.layers.Flatten()(augmented)
    output = keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros")(flat)
    model = keras.Model(inputs, output)
    model.compile(keras.optimizers.SGD(1.0), "mean_absolute_error", jit_compile=jit)
    twin = keras.models.clone_model(model)
    for one in (model, twin):
        initialize(one, 3)
    for rows in (4, 3):
        images, before = images_of(rows) / 256, model.get_weights()
        model.train_on_batch(images, np.full((rows, 1), 100.0))
        probe = keras.Model(twin.inputs, twin.layers[-2].output)
        expected = call(probe, images).mean(axis=0)[:, None]
        np.testing.assert_allclose(model.get_weights()[0] - before[0], expected, atol=1e-5)


def test_float64_and_float32_draw_the_same(really_float64):
    assert portable_probe.augmentation_digest("float64") == GOLDEN["augmentation"]


def test_arguments_are_checked():
    for make, message in (
        (lambda: RandomShift(-1), "pixels must be 0 or more; received: -1"),
        (lambda: RandomShift(1, "wrap"), "received: 'wrap'"),
        (lambda: Cutout(-2), "size must be 0 or more; received: -2"),
    ):
        with pytest.raises(UsageError, match=message):
            make()
