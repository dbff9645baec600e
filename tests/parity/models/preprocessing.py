"""Preprocessing layers inside the model, where their results meet trained weights."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L

from models.declare import Models, draws, fails, refused
from models.parts import classifier, functional, images, labels, rng, sequences, table

MODELS = Models(__name__)

PIXELS = {
    "rescaling": lambda: L.Rescaling(1 / 127.5, offset=-1),
    "resizing_nearest": lambda: L.Resizing(6, 6, interpolation="nearest"),
    "resizing_bilinear": lambda: L.Resizing(6, 6),
    "resizing_crop": lambda: L.Resizing(6, 4, crop_to_aspect_ratio=True),
    "center_crop": lambda: L.CenterCrop(5, 5),
    "center_crop_grown": lambda: L.CenterCrop(10, 6),
    "auto_contrast": lambda: L.AutoContrast(value_range=(0, 255)),
}
RANDOM = {
    "random_crop": lambda: [L.RandomCrop(6, 6)],
    "random_flip": lambda: [L.RandomFlip("horizontal")],
    "random_geometry": lambda: [
        L.RandomRotation(0.1), L.RandomZoom(0.2), L.RandomTranslation(0.2, 0.2),
        L.RandomShear(0.1, 0.1), L.RandomPerspective(),
    ],
    "random_colours": lambda: [
        L.RandomContrast(0.3), L.RandomBrightness(0.2), L.RandomHue(0.1), L.RandomSaturation(0.3),
        L.RandomGrayscale(0.5), L.RandomInvert(0.2), L.RandomPosterization(5),
        L.RandomColorDegeneration(0.2), L.RandomColorJitter(brightness_factor=0.1),
    ],
    "random_details": lambda: [
        L.Solarization(addition_factor=0.1, threshold_factor=0.5),
        L.RandomErasing(0.5), L.RandomGaussianBlur(0.5), L.RandomSharpness(0.3),
    ],
}  # fmt: skip


def _pixels(*layers: L.Layer):
    x = rng().integers(0, 256, (32, 8, 8, 3)).astype("float32")
    body = [*layers, L.Rescaling(1 / 255), L.Conv2D(3, 3), L.GlobalAveragePooling2D()]
    return classifier(x, body, "sgd")


# The same rules on both backends: products, comparisons and slices.
for name in ("rescaling", "resizing_nearest", "auto_contrast"):
    MODELS.add(name, lambda layer=PIXELS[name]: _pixels(layer()))
# Mended in float64 by `keras3_lab.portable.float64`, which a float64 lane runs in.
for name in ("resizing_bilinear", "resizing_crop", "center_crop", "center_crop_grown"):
    MODELS.add(name, lambda layer=PIXELS[name]: _pixels(layer()))
for name, layers in RANDOM.items():
    MODELS.add(name, lambda layers=layers: _pixels(*layers()), draws("augmentation"))


MODELS.add(
    "random_elastic_transform",
    lambda: _pixels(L.RandomElasticTransform()),
    fails("JAX", "RandomElasticTransform lets a traced value out of its program"),
)
LOOKUPS = fails("JAX", "lookups and hashes run in TensorFlow, outside of what JAX compiles")


@MODELS.agree
def discretization():
    body = [L.Discretization([-1.0, 0.0, 1.0], output_mode="one_hot"), L.Dense(4, "tanh")]
    return classifier(table(columns=1), body)


@MODELS.agree
def category_encoding():
    x = rng().integers(0, 5, (64, 3)).astype("int32")
    return classifier(x, [L.CategoryEncoding(5, "count"), L.Dense(4, "tanh")], dtype="int32")


@MODELS.expect(LOOKUPS)
def hashing():
    x = rng().integers(0, 99, (64, 3)).astype("int32")
    return classifier(x, [L.Hashing(6), L.Embedding(6, 4)], "sgd", "int32")


@MODELS.expect(LOOKUPS)
def hashed_crossing():
    inputs = [keras.Input((1,), dtype="int32") for _ in range(2)]
    hidden = L.HashedCrossing(5, output_mode="one_hot")(inputs)
    x = [rng(k).integers(0, 9, (64, 1)).astype("int32") for k in range(2)]
    return functional(inputs, L.Dense(3)(L.Dense(4, "tanh")(hidden)), x)


@MODELS.expect(LOOKUPS)
def integer_lookup():
    x = rng().integers(0, 6, (64, 3)).astype("int32")
    layer = L.IntegerLookup(vocabulary=[1, 2, 3, 4], output_mode="multi_hot")
    return classifier(x, [layer, L.Dense(4, "tanh")], dtype="int32")


def strings(choices: list[str], columns: int = 1) -> np.ndarray:
    return rng().choice(np.array(choices, dtype=object), (64, columns))


# JAX has no strings: a lane on it cannot take the data, and says so.
NO_STRINGS = refused("JAX has no strings")


@MODELS.expect(NO_STRINGS)
def string_lookup():
    layer = L.StringLookup(vocabulary=["a", "b"], output_mode="one_hot")
    return classifier(strings(["a", "b", "c"]), [layer, L.Dense(4)], dtype="string")


@MODELS.expect(NO_STRINGS)
def text_vectorization():
    layer = L.TextVectorization(vocabulary=["red", "green"], output_sequence_length=4)
    body = [layer, L.Embedding(4, 3)]
    return classifier(strings(["red green", "green", "blue red"]), body, "sgd", "string")


@MODELS.agree
def spectrogram():
    inputs = keras.Input((64, 1))
    spectra = L.STFTSpectrogram(frame_length=16, frame_step=8, fft_length=16, trainable=False)
    model = keras.Model(inputs, L.Dense(3)(L.Flatten()(spectra(inputs))))
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model, sequences(steps=64, columns=1), labels()


@MODELS.agree
def mel_spectrogram():
    layer = L.MelSpectrogram(
        fft_length=32, sequence_stride=8, num_mel_bins=4, sampling_rate=800, min_freq=10
    )
    return classifier(sequences(steps=64, columns=1)[..., 0], [layer, L.Dense(4, "tanh")], "sgd")


@MODELS.agree
def normalized_images():
    layer = L.Normalization(axis=-1)
    layer.adapt(images())
    return classifier(images(), [layer, L.Conv2D(3, 3), L.ReLU()])
