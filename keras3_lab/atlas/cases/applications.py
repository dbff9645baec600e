"""Cases of `keras.applications`: the smallest of each family, without downloaded weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from keras import applications

from keras3_lab.atlas.case import Case, LayerCall, numbers

SMALLEST: dict[str, tuple[int, dict[str, Any]]] = {
    "MobileNet": (32, {"alpha": 0.25}),
    "MobileNetV2": (32, {"alpha": 0.35}),
    "MobileNetV3Small": (32, {"alpha": 0.75, "minimalistic": True}),
    "MobileNetV3Large": (32, {"alpha": 0.75, "minimalistic": True}),
    "EfficientNetB0": (32, {}),
    "EfficientNetV2B0": (32, {}),
    "DenseNet121": (32, {}),
    "NASNetMobile": (32, {}),
    "VGG16": (32, {}),
    "ResNet50": (32, {}),
    "ResNet50V2": (32, {}),
    "Xception": (71, {}),
    "InceptionV3": (75, {}),
    "ConvNeXtTiny": (32, {}),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, (side, arguments) in SMALLEST.items():
        yield LayerCall(
            f"applications.{name}",
            "smallest-images",
            ("float32",),
            make=lambda name=name, more=arguments | {"side": side}: _made(name, **more),
            inputs=(128 + 127 * numbers(1, side, side, 3),),
            gradient=False,
            compiles=False,
        )


def _made(name: str, side: int, **arguments: Any) -> Any:
    return getattr(applications, name)(
        input_shape=(side, side, 3), include_top=False, weights=None, pooling="avg", **arguments
    )
