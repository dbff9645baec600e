import keras
import numpy as np
import pytest

from keras3_lab.errors import UsageError
from keras3_lab.losses import CategoricalCrossentropy, SparseCategoricalCrossentropy

LOGITS = np.array(
    [[0.3, -1.2, 2.0], [25.0, 0.0, -3.0], [0.0, 60.0, 0.0], [80.0, 0.0, 0.0], [1.0, 1.0, 1.0]],
    "float32",
)
LABELS = np.array([2, 1, 0, 1, 2])


def exact(logits, labels):
    """Loss and gradient with respect to the logits, in float64."""
    z = logits.astype(float) - logits.max(axis=-1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(axis=-1, keepdims=True)
    onehot = np.eye(z.shape[-1])[labels]
    return np.log(np.exp(z).sum(axis=-1)) - (z * onehot).sum(axis=-1), p - onehot


def loss_and_gradient(loss, logits, labels, activation, jit):
    """Through one SGD step on a model whose logits are a kernel: on whatever backend."""
    rows, classes = logits.shape
    dense = keras.layers.Dense(classes, use_bias=False)
    model = keras.Sequential([keras.Input((rows,)), dense, keras.layers.Activation(activation)])
    dense.kernel.assign(logits)
    model.compile(keras.optimizers.SGD(1.0), loss, jit_compile=jit)
    x = np.eye(rows, dtype="float32")
    value = model.evaluate(x, labels, batch_size=rows, verbose=0)
    gradients = []
    for row in range(rows):  # one at a time: a step would hide small gradients behind big ones
        dense.kernel.assign(logits * 0)
        dense.kernel.assign(logits)
        model.train_on_batch(x[row : row + 1], labels[row : row + 1])
        gradients.append((logits - keras.ops.convert_to_numpy(dense.kernel))[row])
    return value, np.array(gradients)


@pytest.mark.parametrize("jit", [True, False])
@pytest.mark.parametrize("activation", ["softmax", "linear"])
@pytest.mark.parametrize("sparse", [True, False])
def test_value_and_gradient_are_right_far_beyond_where_keras_clips(sparse, activation, jit):
    kind = SparseCategoricalCrossentropy if sparse else CategoricalCrossentropy
    labels = LABELS if sparse else np.eye(3, dtype="float32")[LABELS]
    loss = kind(from_logits=activation == "linear")
    value, gradient = loss_and_gradient(loss, LOGITS, labels, activation, jit)
    losses, expected = exact(LOGITS, LABELS)
    assert value == pytest.approx(losses.mean(), rel=1e-6)
    # logits up to 80 hold 4e-6 at best, and the gradient is their difference
    np.testing.assert_allclose(gradient, expected, atol=8e-6)


def test_beyond_the_smallest_number_the_loss_stays_finite():
    loss = SparseCategoricalCrossentropy(reduction=None)
    value = keras.ops.convert_to_numpy(loss(np.array([1]), np.array([[1.0, 0.0]])))
    assert value[0] == pytest.approx(-np.log(np.finfo("float32").tiny), rel=1e-6)


def test_logits_have_no_limit():
    logits, losses = np.array([[1e4, 0.0], [0.0, 1e4]], "float32"), [1e4, 0.0]
    sparse = SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    dense = CategoricalCrossentropy(from_logits=True, reduction=None)
    np.testing.assert_allclose(sparse(np.array([1, 1]), logits), losses)
    np.testing.assert_allclose(dense(np.eye(2)[[1, 1]], logits), losses)


def test_nan_is_not_hidden():
    p = np.array([[np.nan, np.nan]])
    for logits in (True, False):
        assert np.isnan(float(SparseCategoricalCrossentropy(logits)(np.array([1]), p)))
        assert np.isnan(float(CategoricalCrossentropy(logits)(np.array([[0, 1.0]]), p)))


def test_soft_labels():
    y, p = np.array([[0.2, 0.8, 0.0]]), np.array([[0.5, 0.5, 0.0]])
    assert float(CategoricalCrossentropy()(y, p)) == pytest.approx(np.log(2))


@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None], LABELS.astype("float32")])
def test_label_shapes_and_dtypes(labels):
    loss = SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    np.testing.assert_allclose(loss(labels, LOGITS), exact(LOGITS, LABELS)[0], rtol=1e-6)


def test_labels_of_many_axes():
    loss = SparseCategoricalCrossentropy(from_logits=True, reduction=None)
    values = loss(LABELS[:4].reshape(2, 2), LOGITS[:4].reshape(2, 2, 3))
    np.testing.assert_allclose(values, exact(LOGITS, LABELS)[0][:4].reshape(2, 2), rtol=1e-6)


def test_sample_weights_and_reduction():
    weights = np.array([1.0, 0.0, 2.0, 0.5, 1.0])
    losses = exact(LOGITS, LABELS)[0]
    for reduction, expected in [
        ("sum", (losses * weights).sum()),
        ("sum_over_batch_size", (losses * weights).mean()),
    ]:
        loss = SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
        assert float(loss(LABELS, LOGITS, weights)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_finite(dtype):
    loss = SparseCategoricalCrossentropy(dtype=dtype)
    assert np.isfinite(float(loss(np.array([1]), np.array([[1.0, 0.0]]))))


@pytest.mark.parametrize("kind", [SparseCategoricalCrossentropy, CategoricalCrossentropy])
def test_serialization(kind):
    loss = kind(from_logits=True, reduction="sum", name="x", dtype="float16")
    copy = keras.losses.deserialize(keras.losses.serialize(loss))
    assert type(copy) is kind
    assert copy.get_config() == loss.get_config()


def test_on_ordinary_logits_it_is_keras_loss():
    theirs = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ours = SparseCategoricalCrossentropy(from_logits=True)
    assert float(ours(LABELS, LOGITS)) == pytest.approx(float(theirs(LABELS, LOGITS)), rel=1e-6)


@pytest.mark.parametrize("from_logits", [True, False])
def test_smoothed_labels_are_spread_over_all_classes(from_logits):
    exact_p = np.exp(LOGITS[:1]) / np.exp(LOGITS[:1]).sum()
    targets = 0.7 * np.eye(3)[LABELS[:1]] + 0.1
    expected = -(targets * np.log(exact_p)).sum()
    given = LOGITS[:1] if from_logits else exact_p.astype("float32")
    settings = {"from_logits": from_logits, "label_smoothing": 0.3}
    for loss, labels in (
        (SparseCategoricalCrossentropy(**settings), LABELS[:1]),
        (CategoricalCrossentropy(**settings), np.eye(3, dtype="float32")[LABELS[:1]]),
    ):
        assert float(loss(labels, given)) == pytest.approx(expected, rel=1e-6)
        assert type(loss).from_config(loss.get_config()).get_config() == loss.get_config()
    with pytest.raises(UsageError, match="label_smoothing must be 0 to 1; received: 2"):
        SparseCategoricalCrossentropy(label_smoothing=2)
