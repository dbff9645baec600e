"""What every backend must reproduce bit for bit; run as a script, prints it as JSON."""

import hashlib
import json

import keras
import numpy as np
from keras import layers

from keras3_lab import portable
from keras3_lab.initializers import Dirac
from keras3_lab.layers import Cutout, Dropout, RandomFlip, RandomShift


def mixed_model() -> keras.Model:
    """A model with every kind of random weight that Keras's own layers have."""
    image, words = keras.Input((8, 8, 3)), keras.Input((3,))
    x = layers.Conv2D(4, 3, padding="same", kernel_initializer="he_normal")(image)
    x = layers.SeparableConv2D(4, 3, padding="same")(x)
    x = layers.BatchNormalization()(x)
    x = layers.DepthwiseConv2D(3)(x)
    x = layers.SpectralNormalization(layers.Conv2D(4, 3))(x)
    x = layers.Reshape((16, 4))(x)
    x = layers.MultiHeadAttention(2, 3)(x, x)
    x = layers.Bidirectional(layers.LSTM(5, return_sequences=True))(x)
    x = layers.GRU(5)(x)
    x = Dropout(0.5)(x)
    y = layers.Flatten()(layers.Embedding(10, 4)(words))
    normal = keras.initializers.RandomNormal(stddev=0.3)
    z = layers.Dense(3, kernel_initializer=normal)(layers.Concatenate()([x, y]))
    return keras.Model([image, words], z)


def small_model() -> keras.Model:
    """A model that every backend builds at once, for processes of their own."""
    return keras.Sequential(
        [
            keras.Input((6, 6, 1)),
            layers.Conv2D(3, 3, kernel_initializer="he_normal"),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(4, kernel_initializer="orthogonal"),
        ]
    )


def pixels(rows: int) -> np.ndarray:
    """Images whose neighbouring pixels differ."""
    return (np.arange(rows * 8 * 6 * 3) % 251).reshape(rows, 8, 6, 3)


def augmentation_digest(dtype: str) -> str:
    """The first images that each augmentation puts out, in an epoch of two batches and the next."""
    alternating = RandomFlip(alternate=True, seed=2, dtype=dtype)
    alternating.adapt(12)
    stack = [
        RandomFlip(seed=1, dtype=dtype),
        alternating,
        RandomShift(2, seed=3, dtype=dtype),
        RandomShift(3, "constant", seed=4, dtype=dtype),
        Cutout(3, seed=5, dtype=dtype),
    ]
    digest = hashlib.sha256()
    for layer in stack:
        for rows in (7, 5, 7):
            images = layer(pixels(rows).astype(dtype), training=True)
            digest.update(keras.ops.convert_to_numpy(images).astype(np.uint8).tobytes())
    return digest.hexdigest()


def digests() -> dict[str, str]:
    model = mixed_model()
    portable.initialize(model, seed=3)
    identity = layers.Conv2D(5, 3, kernel_initializer=Dirac())
    identity.build((None, 8, 8, 3))
    portable.initialize(identity, seed=3)
    bits = portable.random_bits(np.array([1, 2], np.uint32), (1000, 3))
    return {
        "weights": portable.weights_digest(model),
        "identity": portable.weights_digest(identity),
        "order": portable.order_digest(seed=3, size=1000, epochs=3),
        "masks": portable.masks_digest(portable.seed_word(3, 0), (5, 7), 0.3, steps=4),
        "augmentation": augmentation_digest("float32"),
        "bits": keras.ops.convert_to_numpy(bits).astype("<u4").tobytes()[-16:].hex(),
    }


if __name__ == "__main__":
    print(json.dumps(digests()))  # noqa: T201
