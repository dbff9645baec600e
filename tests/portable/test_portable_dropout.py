import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from keras3_lab.layers import Dropout
from keras3_lab.portable import dropout_mask, initialize, seed_word
from keras3_lab.portable.fused import fused_by


def host_mask(seed, step, shape, rate):
    return dropout_mask(np.array([seed, step]), shape, rate, xp=np)


def call(layer, x, **kwargs):
    return keras.ops.convert_to_numpy(keras.ops.cast(layer(x, training=True, **kwargs), "float32"))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    step=st.integers(0, 2**32 - 1),
    rate=st.floats(0, 1),
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4).map(tuple),
)
def test_backend_and_host_draw_the_same_mask(seed, step, rate, shape):
    state = np.array([seed, step], np.uint32)
    mask = keras.ops.convert_to_numpy(dropout_mask(state, shape, rate))
    np.testing.assert_array_equal(mask, host_mask(seed, step, shape, rate))


def test_a_mask_is_one_kernel_where_somebody_compiles() -> None:
    compiled = []

    def compile(function):
        compiled.append(function)
        return function

    def mask(shape):
        return keras.ops.convert_to_numpy(dropout_mask(np.array([7, 3]), shape, 0.5))

    with pytest.raises(KeyError), fused_by(compile):
        np.testing.assert_array_equal(mask((4, 9)), host_mask(7, 3, (4, 9), 0.5))
        assert len(compiled) == 1
        mask((keras.ops.convert_to_tensor(4), 9))  # as of a batch of unknown size
        assert len(compiled) == 1
        mask((4, 9))
        mask((5, 9))
        raise KeyError
    mask((4, 9))
    assert len(compiled) == 3
    # One of a shape, which is traced once.
    assert compiled[0] is compiled[1]
    assert compiled[0] is not compiled[2]


# float64: test_portable_float64.py
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_masks_do_not_depend_on_the_dtype(dtype):
    layer = Dropout(0.3, seed=7, dtype=dtype)
    y = call(layer, keras.ops.ones((40, 9), dtype))
    mask = host_mask(7, 0, (40, 9), 0.3)
    np.testing.assert_array_equal(y != 0, mask)
    np.testing.assert_allclose(y[mask], 1 / 0.7, rtol=1e-2 if "16" in dtype else 1e-7)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_expectation_and_variance(rate):
    y = call(Dropout(rate, seed=1), np.ones((400, 500), "float32"))
    assert y.mean() == pytest.approx(1, abs=5 * np.sqrt(rate / (1 - rate) / y.size))
    assert y.var() == pytest.approx(rate / (1 - rate), rel=0.02)


def test_steps_have_masks_of_their_own():
    layer, x = Dropout(0.5, seed=1), np.ones((300, 300), "float32")
    first, second = call(layer, x), call(layer, x)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 5 / 300


def test_a_rows_mask_is_the_same_in_a_partial_batch():
    full, partial = (host_mask(3, 5, (rows, 50), 0.5) for rows in (32, 7))
    np.testing.assert_array_equal(full[:7], partial)


def test_rate_0_and_inference_are_the_identity_and_rate_1_is_zero():
    x = np.full((3, 4), np.inf, "float32")
    layer = Dropout(0.5, seed=1)
    np.testing.assert_array_equal(layer(x), x)
    assert int(np.asarray(layer.seed_generator.state)[1]) == 0  # no step was taken
    np.testing.assert_array_equal(call(Dropout(0.0), x), x)
    np.testing.assert_array_equal(call(Dropout(1.0), x), np.zeros((3, 4)))
    assert set(call(layer, x).ravel()) == {0.0, np.inf}  # no nan


@pytest.mark.parametrize("noise_shape", [(None, 1, None), (4, 1, 1), (1, None, 5)])
def test_noise_shape(noise_shape):
    x = np.ones((4, 3, 5), "float32")
    y = call(Dropout(0.5, noise_shape=noise_shape, seed=2), x)
    shape = tuple(b if a is None else a for a, b in zip(noise_shape, x.shape, strict=True))
    np.testing.assert_array_equal(y, 2.0 * np.broadcast_to(host_mask(2, 0, shape, 0.5), x.shape))


def test_it_stands_in_for_keras_dropout():
    layer = Dropout(0.25, noise_shape=(None, 1), seed=3, name="d")
    assert isinstance(layer, keras.layers.Dropout)
    assert Dropout.from_config(layer.get_config()).get_config() == layer.get_config()
    assert Dropout(0.5)(np.ones((2, 2)), training=True).shape == (2, 2)  # seed=None
    with pytest.raises(ValueError, match="rate"):
        Dropout(1.5)


def recorder(**compile_arguments):
    """A model whose weights tell which units were kept: gradient of sum(mask * w)."""
    x = keras.Input((6,))
    kept = Dropout(0.5)(x)
    y = layers.Dense(1, use_bias=False, kernel_initializer="zeros")(kept)
    model = keras.Model(x, y)
    model.compile(keras.optimizers.SGD(1.0), Mean(), **compile_arguments)
    initialize(model, 5)
    return model


@keras.saving.register_keras_serializable("test")
class Mean(keras.losses.Loss):
    def call(self, y_true, y_pred):
        return -y_pred[:, 0]


def step_delta(model, rows=4):
    before = model.get_weights()[0][:, 0]
    model.train_on_batch(np.ones((rows, 6), "float32"), np.zeros((rows, 1), "float32"))
    return model.get_weights()[0][:, 0] - before


def expected_delta(step, rows=4):
    return 2 * host_mask(seed_word(5, 0), step, (rows, 6), 0.5).mean(axis=0)


@pytest.mark.parametrize("jit", [True, False])
def test_compiled_training_uses_the_hosts_masks(jit):
    model = recorder(jit_compile=jit)
    for step in range(3):
        np.testing.assert_allclose(step_delta(model), expected_delta(step), atol=1e-6)
    np.testing.assert_allclose(step_delta(model, rows=3), expected_delta(3, rows=3), atol=1e-6)


@pytest.mark.parametrize("jit", [True, False])
def test_fit_with_a_partial_batch_uses_the_hosts_masks(jit):
    model = recorder(jit_compile=jit)
    x = np.ones((7, 6), "float32")
    model.fit(x, np.zeros((7, 1), "float32"), batch_size=4, shuffle=False, verbose=0)
    expected = expected_delta(0, 4) + expected_delta(1, 3)
    np.testing.assert_allclose(model.get_weights()[0][:, 0], expected, atol=1e-6)


def test_a_saved_model_goes_on_with_the_mask_it_was_at(tmp_path):
    model = recorder()
    step_delta(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(step_delta(loaded), expected_delta(1), atol=1e-6)
    np.testing.assert_allclose(step_delta(model), expected_delta(1), atol=1e-6)
