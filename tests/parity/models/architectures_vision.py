"""Networks for images, after the examples of keras.io."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L
from keras import ops

from models.declare import Models
from models.parts import cross_entropy, functional, images, labels, rng

MODELS = Models(__name__)


@MODELS.agree
def simple_convnet():
    model = keras.Sequential(
        [
            keras.Input((12, 12, 1)),
            L.Conv2D(4, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Conv2D(6, 3, activation="relu"),
            L.MaxPooling2D(2),
            L.Flatten(),
            L.Dense(3, activation="softmax"),
        ]
    )
    model.compile("adam", "categorical_crossentropy", metrics=["accuracy"])
    return model, images(32, 12, 1), np.eye(3, dtype="float32")[labels(32)]


@MODELS.agree
def residual_network():
    inputs = keras.Input((8, 8, 3))
    x = L.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    for filters, strides in ((4, 1), (6, 2)):
        shortcut = L.Conv2D(filters, 1, strides=strides)(x) if strides > 1 else x
        y = L.ReLU()(L.BatchNormalization()(x))
        y = L.Conv2D(filters, 3, strides=strides, padding="same", use_bias=False)(y)
        y = L.ReLU()(L.BatchNormalization()(y))
        x = shortcut + L.Conv2D(filters, 3, padding="same", use_bias=False)(y)
    x = L.GlobalAveragePooling2D()(x)
    optimizer = keras.optimizers.SGD(0.05, 0.9, nesterov=True, weight_decay=5e-4)
    return functional(inputs, L.Dense(3)(x), images(), optimizer)


@keras.saving.register_keras_serializable("models")
class Patches(L.Layer):
    """Cut an image into patches by keras.ops and add a place to each."""

    def __init__(self, size, units, **kwargs):
        super().__init__(**kwargs)
        self.size, self.units = size, units
        self.projection = L.Dense(units)

    def build(self, shape):
        count = (shape[1] // self.size) * (shape[2] // self.size)
        self.places = self.add_weight((count, self.units), "random_normal", name="places")
        self.projection.build((None, count, self.size**2 * shape[3]))

    def call(self, x):
        patches = ops.image.extract_patches(x, self.size)
        flat = ops.reshape(patches, (-1, *self.places.shape[:1], patches.shape[-1]))
        return self.projection(flat) + self.places

    def get_config(self):
        return {**super().get_config(), "size": self.size, "units": self.units}


@MODELS.agree
def vision_transformer():
    inputs = keras.Input((8, 8, 3))
    x = Patches(4, 6)(inputs)
    for _ in range(2):
        normed = L.LayerNormalization(epsilon=1e-6)(x)
        x = L.Add()([L.MultiHeadAttention(2, 6)(normed, normed), x])
        normed = L.LayerNormalization(epsilon=1e-6)(x)
        x = L.Add()([L.Dense(6)(L.Dense(8, "gelu")(normed)), x])
    x = L.Flatten()(L.LayerNormalization(epsilon=1e-6)(x))
    optimizer = keras.optimizers.AdamW(1e-3, weight_decay=1e-4)
    return functional(inputs, L.Dense(3)(x), images(), optimizer)


@MODELS.agree
def mlp_mixer():
    inputs = keras.Input((8, 8, 3))
    x = Patches(4, 6)(inputs)
    for _ in range(2):
        y = L.Permute((2, 1))(L.LayerNormalization()(x))
        x = x + L.Permute((2, 1))(L.Dense(4)(L.Dense(8, "gelu")(y)))
        x = x + L.Dense(6)(L.Dense(8, "gelu")(L.LayerNormalization()(x)))
    return functional(inputs, L.Dense(3)(L.GlobalAveragePooling1D()(x)), images())


@MODELS.agree
def gated_mlp():
    inputs = keras.Input((8, 8, 3))
    x = Patches(4, 6)(inputs)
    y = L.Dense(12, "gelu")(L.LayerNormalization()(x))
    u, v = ops.split(y, 2, axis=-1)
    gate = L.Permute((2, 1))(
        L.Dense(4, bias_initializer="ones")(L.Permute((2, 1))(L.LayerNormalization()(v)))
    )
    x = x + L.Dense(6)(u * gate)
    return functional(inputs, L.Dense(3)(L.GlobalAveragePooling1D()(x)), images())


@MODELS.agree
def conv_mixer():
    inputs = keras.Input((8, 8, 3))
    x = L.BatchNormalization()(L.Activation("gelu")(L.Conv2D(6, 2, strides=2)(inputs)))
    for _ in range(2):
        y = L.DepthwiseConv2D(3, padding="same", activation="gelu")(x)
        x = L.Add()([L.BatchNormalization()(y), x])
        x = L.BatchNormalization()(L.Conv2D(6, 1, activation="gelu")(x))
    return functional(inputs, L.Dense(3)(L.GlobalAveragePooling2D()(x)), images(), "sgd")


@MODELS.agree
def u_net():
    """Pixels to classes, with skips across."""
    inputs = keras.Input((8, 8, 3))
    one = L.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    two = L.Conv2D(6, 3, padding="same", activation="relu")(L.MaxPooling2D(2)(one))
    low = L.SeparableConv2D(8, 3, padding="same", activation="relu")(L.MaxPooling2D(2)(two))
    up = L.Conv2DTranspose(6, 3, strides=2, padding="same")(low)
    up = L.Conv2D(6, 3, padding="same", activation="relu")(L.Concatenate()([up, two]))
    up = L.Concatenate()([L.UpSampling2D(2)(up), one])
    model = keras.Model(inputs, L.Conv2D(3, 1)(up))
    model.compile("adam", cross_entropy(), metrics=["accuracy"])
    return model, images(), rng(1).integers(0, 3, (32, 8, 8)).astype("int32")


@MODELS.agree
def denoising_autoencoder():
    model = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            L.Conv2D(4, 3, activation="relu", padding="same"),
            L.MaxPooling2D(2, padding="same"),
            L.Conv2DTranspose(4, 3, strides=2, activation="relu", padding="same"),
            L.Conv2D(1, 3, activation="sigmoid", padding="same"),
        ]
    )
    model.compile("adam", keras.losses.BinaryCrossentropy())
    y = rng().uniform(size=(32, 8, 8, 1)).astype("float32")
    return model, y + 0.2 * rng(1).normal(size=y.shape).astype("float32"), y


@MODELS.agree
def super_resolution():
    """Depth to space by a reshape and a transpose."""
    inputs = keras.Input((4, 4, 1))
    x = L.Conv2D(4, 3, padding="same", activation="relu")(inputs)
    x = ops.reshape(L.Conv2D(4, 3, padding="same")(x), (-1, 4, 4, 2, 2))
    x = ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4)), (-1, 8, 8, 1))
    model = keras.Model(inputs, x)
    model.compile("adam", "mse")
    y = images(32, 8, 1)
    return model, y[:, ::2, ::2], y


@MODELS.agree
def squeeze_and_excite():
    inputs = keras.Input((8, 8, 3))
    x = L.Conv2D(6, 3, padding="same", activation="silu")(inputs)
    gate = L.Dense(6, "sigmoid")(L.Dense(2, "relu")(L.GlobalAveragePooling2D(keepdims=True)(x)))
    return functional(inputs, L.Dense(3)(L.Flatten()(x * gate)), images())


@MODELS.agree
def video_classifier():
    """A convolution for each frame, then a GRU over frames."""
    inputs = keras.Input((3, 6, 6, 2))
    frame = keras.Sequential([keras.Input((6, 6, 2)), L.Conv2D(3, 3, strides=2), L.Flatten()])
    x = L.GRU(4)(L.TimeDistributed(frame)(inputs))
    return functional(inputs, L.Dense(3)(x), rng().normal(size=(32, 3, 6, 6, 2)).astype("float32"))


@MODELS.agree
def volume_classifier():
    inputs = keras.Input((6, 6, 6, 1))
    x = L.BatchNormalization()(L.Conv3D(3, 3, strides=2, activation="relu")(inputs))
    x = L.Dense(3)(L.GlobalAveragePooling3D()(x))
    return functional(inputs, x, rng().normal(size=(32, 6, 6, 6, 1)).astype("float32"), "sgd")


@MODELS.agree
def siamese():
    """Two images through one network; alike or not."""
    one, other = keras.Input((8, 8, 1)), keras.Input((8, 8, 1))
    tower = keras.Sequential(
        [keras.Input((8, 8, 1)), L.Conv2D(3, 3, activation="tanh"), L.Flatten(), L.Dense(4)]
    )
    distance = ops.sum(ops.square(tower(one) - tower(other)), axis=1, keepdims=True)
    model = keras.Model([one, other], ops.sqrt(ops.maximum(distance, 1e-7)))

    @keras.saving.register_keras_serializable("models")
    def contrastive(y, distance):
        far = ops.square(ops.maximum(1 - distance, 0.0))
        return ops.mean((1 - y) * ops.square(distance) + y * far)

    model.compile("rmsprop", contrastive)
    x = images(64, channels=1)
    return model, [x, x[::-1].copy()], labels(classes=2).astype("float32")[:, None]


@MODELS.agree
def point_cloud():
    """A network over sets: shared layers, then the largest of each feature."""
    inputs = keras.Input((10, 3))
    transform = L.Dense(9, kernel_initializer="zeros")(
        L.GlobalMaxPooling1D()(L.Conv1D(5, 1, activation="relu")(inputs))
    )
    turned = L.Dot(axes=(2, 1))([inputs, L.Reshape((3, 3))(transform)])
    x = L.GlobalMaxPooling1D()(L.Conv1D(6, 1, activation="relu")(turned + inputs))
    return functional(inputs, L.Dense(3)(x), rng().normal(size=(64, 10, 3)).astype("float32"))


@MODELS.agree
def radiance_field():
    """Sines of coordinates into a dense network with a skip."""
    inputs = keras.Input((3,))
    waves = [wave(2.0**k * inputs) for k in range(3) for wave in (ops.sin, ops.cos)]
    encoded = ops.concatenate(waves, axis=-1)
    x = L.Dense(8, "relu")(L.Dense(8, "relu")(encoded))
    x = L.Dense(8, "relu")(L.Concatenate()([x, encoded]))
    model = keras.Model(inputs, L.Dense(4, "sigmoid")(x))
    model.compile("adam", "mse")
    return model, rng().uniform(-1, 1, (64, 3)).astype("float32"), rng(1).uniform(size=(64, 4))
