"""Layers that move, join, cut and repeat."""

from __future__ import annotations

from functools import partial

import keras
from keras import layers as L
from keras import ops

from models.declare import Models, differs, draws, unjudged
from models.parts import classifier, functional, images, rng, sequences, table

MODELS = Models(__name__)

ON_IMAGES = {
    "zero_padding": lambda: L.ZeroPadding2D(((1, 0), (2, 1))),
    "cropping": lambda: L.Cropping2D(((1, 0), (0, 2))),
    "up_sampling_nearest": lambda: L.UpSampling2D((2, 1)),
    "up_sampling_bilinear": lambda: L.UpSampling2D(2, interpolation="bilinear"),
    "permute": lambda: L.Permute((3, 1, 2)),
    "reshape": lambda: L.Reshape((-1, 2)),
    "time_distributed_conv": lambda: L.TimeDistributed(L.Conv1D(2, 3)),
}
for name, layer in ON_IMAGES.items():
    MODELS.add(
        name,
        lambda layer=layer: classifier(images(size=6), [L.Conv2D(4, 3, padding="same"), layer()]),
    )
ON_SEQUENCES = {
    "padding_cropping_1d": lambda: [L.ZeroPadding1D(2), L.Conv1D(3, 2), L.Cropping1D((1, 2))],
    "up_sampling_1d": lambda: [L.Conv1D(3, 2), L.UpSampling1D(3)],
    "repeat_vector": lambda: [L.Flatten(), L.Dense(4), L.RepeatVector(3), L.GRU(3)],
    "einsum_dense": lambda: [L.EinsumDense("abc,cd->abd", (7, 5), bias_axes="d")],
    "einsum_dense_heads": lambda: [L.EinsumDense("abc,cde->abde", (7, 2, 3), bias_axes="de")],
    "activity_regularization": lambda: [L.Dense(4, "tanh"), L.ActivityRegularization(l2=0.01)],
    "identity": lambda: [L.Dense(4), L.Identity(), L.Activation("tanh")],
}
for name, body in ON_SEQUENCES.items():
    MODELS.add(name, lambda body=body: classifier(sequences(), body()))


@MODELS.agree
def volumes():
    body = [L.ZeroPadding3D(1), L.Conv3D(2, 2), L.UpSampling3D(2), L.Cropping3D(1)]
    return classifier(rng().normal(size=(32, 3, 3, 3, 2)).astype("float32"), body)


@MODELS.agree
def merged():
    """Two branches, put together in every way."""
    inputs = keras.Input((6,))
    branches = [L.Dense(4, "tanh")(inputs), L.Dense(4, "sigmoid")(inputs)]
    merges = (
        L.Add(), L.Subtract(), L.Multiply(), L.Average(), L.Maximum(), L.Minimum(),
        L.Concatenate(), L.Dot(axes=1), L.Dot(axes=1, normalize=True),
    )  # fmt: skip
    joined = L.Concatenate()([merge(branches) for merge in merges])
    return functional(inputs, L.Dense(3)(joined), table())


@MODELS.expect(differs("gradient", "kernel", "JAX halves the gradient of `ops.maximum` between "
    "equal entries, TensorFlow gives it to the first"))  # fmt: skip
def maximum_ties():
    inputs = keras.Input((6,))
    both = [L.Dense(4, kernel_initializer="zeros")(inputs) for _ in range(2)]
    return functional(inputs, L.Dense(3)(L.Maximum()(both)), table())


@MODELS.expect(unjudged("Keras loads no Lambda without `safe_mode=False`", "G3"))
def lambda_layer():
    return classifier(table(), [L.Dense(4), L.Lambda(lambda x: ops.sin(x))])


@MODELS.agree
def operations_in_a_graph():
    inputs = keras.Input((7, 4))
    hidden = L.Dense(6)(inputs)
    hidden = ops.concatenate([ops.cumsum(hidden, axis=1), ops.flip(hidden, axis=1)], axis=-1)
    hidden = ops.logsumexp(hidden[:, ::2], axis=1) + ops.std(hidden, axis=1)
    return functional(inputs, L.Dense(3)(hidden), sequences())


@MODELS.agree
def sorted_and_gathered():
    inputs = keras.Input((6,))
    hidden = ops.sort(L.Dense(8)(inputs), axis=-1)
    hidden = ops.take(hidden, [0, 3, 3, 7], axis=-1)
    return functional(inputs, L.Dense(3)(hidden), table())


for name, layer in {
    "dropout": lambda: L.Dropout(0.3),
    "alpha_dropout": lambda: L.AlphaDropout(0.2),
    "gaussian_dropout": lambda: L.GaussianDropout(0.2),
    "gaussian_noise": lambda: L.GaussianNoise(0.2),
}.items():
    MODELS.add(
        name,
        lambda layer=layer: classifier(table(), [L.Dense(6, "tanh"), layer()]),
        draws(name),
    )


def _spatial_dropout(rank: int):
    drop = getattr(L, f"SpatialDropout{rank}D")(0.3)
    x = rng().normal(size=(32, *[4] * rank, 2)).astype("float32")
    return classifier(x, [L.Dense(4, "tanh"), drop])


for rank in (1, 2, 3):
    MODELS.add(
        f"spatial_dropout_{rank}d", partial(_spatial_dropout, rank), draws("spatial dropout")
    )
MODELS.add("dropout_of_nothing", lambda: classifier(table(), [L.Dense(6, "tanh"), L.Dropout(0.0)]))
