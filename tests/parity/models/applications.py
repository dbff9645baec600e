"""The families of keras.applications at their smallest."""

from __future__ import annotations

import keras
from keras import applications as A

from models.declare import Models, draws
from models.parts import cross_entropy, images, labels

MODELS = Models(__name__)


def _application(make, size: int = 32, rows: int = 8, **settings):
    settings = {"classes": 3, "classifier_activation": None, **settings}
    model = make(weights=None, input_shape=(size, size, 3), **settings)
    model.compile(keras.optimizers.SGD(0.001), cross_entropy())
    return model, images(rows, size), labels(rows)


FAMILY = {
    "mobilenet": lambda: _application(A.MobileNet, alpha=0.25, dropout=0.0),
    "mobilenet_v2": lambda: _application(A.MobileNetV2, alpha=0.35),
    "mobilenet_v3_small": lambda: _application(A.MobileNetV3Small, alpha=0.75, dropout_rate=0.0),
    "mobilenet_v3_minimalistic": lambda: _application(
        A.MobileNetV3Small, alpha=0.75, dropout_rate=0.0, minimalistic=True
    ),
    "resnet50": lambda: _application(A.ResNet50),
    "resnet50_v2": lambda: _application(A.ResNet50V2),
    "densenet121": lambda: _application(A.DenseNet121),
    "nasnet_mobile": lambda: _application(A.NASNetMobile),
    "xception": lambda: _application(A.Xception, 71, 4),
    "inception_v3": lambda: _application(A.InceptionV3, 75, 4),
    "convnext_tiny": lambda: _application(A.ConvNeXtTiny),
    "vgg16": lambda: _vgg16(),
}
for name, make in FAMILY.items():
    MODELS.add(name, make)


def _vgg16():
    """Without its three dense layers, which hold nine tenths of the weights."""
    base = A.VGG16(weights=None, include_top=False, input_shape=(32, 32, 3), pooling="avg")
    model = keras.Sequential([base, keras.layers.Dense(3)])
    model.compile(keras.optimizers.SGD(0.001), cross_entropy())
    return model, images(8, 32), labels(8)


for name, make in {
    "efficientnet_b0": lambda: _application(A.EfficientNetB0),
    "efficientnet_v2_b0": lambda: _application(A.EfficientNetV2B0),
}.items():
    MODELS.add(name, make, draws("the dropout of whole blocks"))
