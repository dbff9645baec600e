"""Networks of `keras.applications`, trained on ImageNet, under a new head."""

from __future__ import annotations

import warnings
from typing import Any

import keras

from keras3_lab.errors import UsageError, unknown
from keras3_lab.models.imagenet import weights_from_cache
from keras3_lab.portable import Dropout, Resize

NARROW = {"MobileNet": {"alpha": 0.25}, "MobileNetV2": {"alpha": 0.35}}
"""The narrow forms, which a CPU can carry; every other base is as Keras has it."""


def transfer(base: str, size: int = 224) -> keras.Model:
    """Build a classifier of 32 × 32 images on a base of `keras.applications`.

    Resize – the base's own preprocessing – base – global average pooling – Dropout(0.2) –
    Dense(10). It is one flat model: the base's layers are its own.

    Args:
        base: Name of the base, `"ResNet50"`.
        size: Height and width that the images are resized to.

    Returns:
        An uncompiled `keras.Model` from `(batch, 32, 32, 3)`, pixels of 0 to 255, to logits.

    Raises:
        UsageError: If there is no such base, or it does not take images of this size.

    Example:
    ```python
    from keras3_lab import models

    model = models.transfer("MobileNet", size=32)
    assert model.output_shape == (None, 10)
    ```
    """
    make, preprocess = _application(base)
    images = keras.Input((32, 32, 3))
    x = images if size == 32 else Resize(size)(images)
    try:
        x = make(input_tensor=preprocess(x), weights=None, pooling="avg").output
    except ValueError as error:
        raise UsageError(f"base {base} at size {size}: {str(error).splitlines()[0]}") from error
    x = Dropout(0.2)(x)
    return keras.Model(images, keras.layers.Dense(10)(x))


def load_imagenet(model: keras.Model, base: str) -> None:
    """Load the base's ImageNet weights into a model made by `transfer`.

    They come from the folder `models` of the Keras home (`KERAS_HOME`), or else are downloaded to
    it. Those for the base's default size are taken at every size.

    Args:
        model: A model made by `transfer`.
        base: Name of its base.

    Raises:
        UsageError: If the weights can be had from neither place, or their file is damaged.
    """
    make, _ = _application(base)
    with weights_from_cache(base), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the default size is taken
        trained = make(weights="imagenet")
    for own, value in zip(model.weights, trained.get_weights(), strict=False):  # the head is last
        own.assign(value)


def train_top(model: keras.Model, share: float) -> None:
    """Let the head and the top of the base be trained, and freeze the rest.

    Every BatchNormalization stays in inference mode, with the moving statistics of ImageNet.

    Args:
        model: A model made by `transfer`.
        share: How much of the base's layers to train, from the top; 0 for the head alone.
    """
    *base, _, _ = model.layers  # Dropout and Dense are the head
    frozen = len(base) - round(share * len(base))
    for index, layer in enumerate(base):
        normalizes = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = index >= frozen and not normalizes


def _application(base: str) -> tuple[Any, Any]:
    """Return what builds a base without its top, and its preprocessing."""
    known = {
        name: module
        for module in vars(keras.applications).values()
        if hasattr(module, "preprocess_input") and hasattr(module, "decode_predictions")
        for name in vars(module)
        if name[0].isupper()
    }
    if base not in known:
        raise unknown("base", base, sorted(known))

    def make(**arguments: Any) -> keras.Model:
        narrow = NARROW.get(base, {})
        return getattr(known[base], base)(include_top=False, **narrow, **arguments)

    return make, known[base].preprocess_input
