"""Cases of layers that change images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import FLOATS, WIDE, Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import on, table

IMAGES = np.floor(128 + 127 * numbers(2, 6, 5, 3))
UNIT = (IMAGES + 1) / 256
RANGE = {"value_range": (0, 1)}
FIRST = {"data_format": "channels_first"}

# Factors between two equal bounds draw nothing, so that numbers can be compared.
FIXED: dict[str, dict[str, dict[str, Any]]] = {
    "AutoContrast": {"ordinary": {}, "unit": RANGE},
    "Equalization": {"ordinary": {}, "few-bins": {"bins": 4}, "channels-first": FIRST},
    "ContrastLimitedAdaptiveHistogramEqualization": {
        "ordinary": {"tile_grid_size": (2, 2)},
        "clipped": {"tile_grid_size": (2, 2), "clip_limit": 1.0},
    },
    "CenterCrop": {
        "ordinary": {"height": 4, "width": 3},
        "uneven": {"height": 3, "width": 2},
        "larger": {"height": 8, "width": 7},
        "channels-first": {"height": 2, "width": 2} | FIRST,
    },
    "Resizing": {
        "down": {"height": 3, "width": 2},
        "up": {"height": 9, "width": 8},
        "same": {"height": 6, "width": 5},
        "nearest": {"height": 4, "width": 7, "interpolation": "nearest"},
        "nearest-down": {"height": 4, "width": 2, "interpolation": "nearest"},
        "bicubic": {"height": 9, "width": 3, "interpolation": "bicubic"},
        "lanczos3": {"height": 9, "width": 3, "interpolation": "lanczos3"},
        "lanczos5": {"height": 4, "width": 8, "interpolation": "lanczos5"},
        "area": {"height": 3, "width": 5, "interpolation": "area"},
        "antialias": {"height": 3, "width": 3, "antialias": True},
        "antialias-nearest": {
            "height": 3,
            "width": 3,
            "antialias": True,
            "interpolation": "nearest",
        },
        "cropped": {"height": 4, "width": 4, "crop_to_aspect_ratio": True},
        "padded": {"height": 4, "width": 4, "pad_to_aspect_ratio": True},
        "channels-first": {"height": 3, "width": 2} | FIRST,
    },
    "RandomBrightness": {
        "brighter": {"factor": (0.3, 0.3)},
        "darker": {"factor": (-0.5, -0.5)},
        "unit": {"factor": (0.3, 0.3)} | RANGE,
    },
    "RandomContrast": {"more": {"factor": (0.5, 0.5)}, "unit": {"factor": (0.5, 0.5)} | RANGE},
    "RandomColorDegeneration": {"half": {"factor": (0.5, 0.5)}},
    "RandomSaturation": {
        "more": {"factor": (0.8, 0.8)},
        "less": {"factor": (0.2, 0.2)},
        "unit": {"factor": (0.8, 0.8)} | RANGE,
    },
    "RandomHue": {"turned": {"factor": (0.3, 0.3)}, "unit": {"factor": (0.7, 0.7)} | RANGE},
    "RandomColorJitter": {
        "brightness": {"brightness_factor": (0.2, 0.2)},
        "all": {
            "brightness_factor": (0.2, 0.2),
            "contrast_factor": (0.3, 0.3),
            "saturation_factor": (0.7, 0.7),
            "hue_factor": (0.1, 0.1),
        },
    },
    "RandomGrayscale": {"always": {"factor": 1.0}, "never": {"factor": 0.0}},
    "RandomInvert": {"always": {"factor": (1.0, 1.0)}, "unit": {"factor": (1.0, 1.0)} | RANGE},
    "RandomPosterization": {"three": {"factor": (3, 3)}, "eight": {"factor": (8, 8)}},
    "RandomSharpness": {"more": {"factor": (0.9, 0.9)}, "less": {"factor": (0.1, 0.1)}},
    "Solarization": {
        "ordinary": {},
        "unit": RANGE,
    },
    "RandomGaussianBlur": {
        "ordinary": {"factor": (1.0, 1.0), "sigma": (1.0, 1.0)},
        "wide": {"factor": (1.0, 1.0), "sigma": (0.7, 0.7), "kernel_size": 5},
    },
    "RandomRotation": {
        "eighth": {"factor": (0.125, 0.125)},
        "quarter": {"factor": (0.25, 0.25)},
        "constant": {"factor": (0.1, 0.1), "fill_mode": "constant", "fill_value": 7.0},
        "nearest": {"factor": (0.1, 0.1), "fill_mode": "nearest"},
        "wrap": {"factor": (0.1, 0.1), "fill_mode": "wrap"},
        "of-nearest": {"factor": (0.1, 0.1), "interpolation": "nearest"},
    },
    "RandomTranslation": {
        "half": {"height_factor": (0.5, 0.5), "width_factor": (0.25, 0.25)},
        "constant": {
            "height_factor": (0.3, 0.3),
            "width_factor": (-0.2, -0.2),
            "fill_mode": "constant",
        },
        "nearest": {
            "height_factor": (0.3, 0.3),
            "width_factor": (0.2, 0.2),
            "fill_mode": "nearest",
        },
        "wrap": {"height_factor": (0.3, 0.3), "width_factor": (0.2, 0.2), "fill_mode": "wrap"},
    },
    "RandomZoom": {
        "out": {"height_factor": (0.3, 0.3)},
        "in": {"height_factor": (-0.3, -0.3), "width_factor": (-0.2, -0.2)},
        "constant": {"height_factor": (0.3, 0.3), "fill_mode": "constant"},
    },
    "RandomShear": {
        "along-x": {"x_factor": (0.3, 0.3)},
        "constant": {"x_factor": (0.2, 0.2), "y_factor": (0.2, 0.2), "fill_mode": "constant"},
    },
    "RandomFlip": {"inference": {}},
    "RandomCrop": {"inference": {"height": 4, "width": 3}},
}
GEOMETRIC = ("Resizing", "CenterCrop", "RandomRotation", "RandomTranslation", "RandomZoom")
DRAWING = ("RandomContrast", "RandomHue", "RandomColorJitter", "RandomShear")
UNCOMPILED = ("RandAugment", "RandomElasticTransform")
DRAWN: dict[str, dict[str, dict[str, Any]]] = {
    "AugMix": {"drawn": {"num_chains": 1, "chain_depth": 1}},
    "CutMix": {"drawn": {}},
    "MixUp": {"drawn": {}},
    "RandAugment": {"drawn": {}},
    "RandomElasticTransform": {"drawn": {}},
    "RandomErasing": {"drawn": {}},
    "RandomPerspective": {"drawn": {}, "constant": {"fill_value": 3.0}},
    "RandomFlip": {"drawn": {}, "horizontal": {"mode": "horizontal"}},
    "RandomCrop": {"drawn": {"height": 4, "width": 3}, "larger": {"height": 9, "width": 8}},
    "RandomRotation": {"drawn": {"factor": 0.2}},
    "RandomBrightness": {"drawn": {"factor": 0.2}},
    "RandomHue": {"drawn": {"factor": 0.2}},
    "RandomGrayscale": {"drawn": {}},
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    whole, bytes_ = IMAGES.astype("int32"), IMAGES.astype("uint8")
    for name, rows in FIXED.items():
        for what, arguments in rows.items():
            drawn = what == "inference" or name in DRAWING
            x = UNIT if what == "unit" else IMAGES
            yield from _row(name, what, arguments, x, drawn)
        first = next(iter(rows.values()))
        if name != "RandomSaturation":  # which takes floats alone
            yield from _row(name, "bytes", first, bytes_, what == "inference" or name in DRAWING)
        if name in GEOMETRIC:
            yield from _row(name, "whole-numbers", first, whole)
            yield from _row(name, "one-image", first, IMAGES[0])
    for name, rows in DRAWN.items():
        for what, arguments in rows.items():
            yield from _row(name, what, arguments, IMAGES, drawn=True)
    spoilt = IMAGES.copy()
    spoilt[0, 0, 0, 0], spoilt[1, 1, 1, 1] = np.inf, np.nan
    some = {"special": spoilt, "no-rows": IMAGES[:0], "constant": np.full_like(IMAGES, 9.0)}
    for name in ("AutoContrast", "Equalization", "RandomSharpness"):
        arguments = next(iter(FIXED[name].values()))
        own = {k: v for k, v in some.items() if name != "Equalization" or k != "no-rows"}
        yield from on(name, arguments, own, gradient=False, compiles=False, dtypes=WIDE)
    yield from on("Resizing", {"height": 3, "width": 2}, some, dtypes=WIDE)
    ties = {"half-pixels": np.arange(16.0).reshape(1, 4, 4, 1)}
    nearest = {"height": 3, "width": 6, "interpolation": "nearest"}
    yield from on("Resizing", nearest, ties, dtypes=WIDE)
    yield from _structured()


def _row(
    name: str, what: str, arguments: dict[str, Any], x: np.ndarray, drawn: bool = False
) -> Iterator[LayerCall]:
    dtypes = FLOATS if name == "Resizing" else WIDE
    differentiable = name in GEOMETRIC
    yield from table(
        name, {what: arguments}, x, random=drawn, dtypes=dtypes, gradient=differentiable,
        compiles=(differentiable or drawn) and name not in UNCOMPILED,
    )  # fmt: skip


def _structured() -> Iterator[LayerCall]:
    """Images with labels, boxes and masks."""
    boxes = np.array([[[0.0, 1, 2, 3], [1, 1, 4, 5]], [[0, 0, 5, 6], [2, 2, 2, 2]]])
    given = {
        "images": IMAGES,
        "labels": np.eye(2),
        "bounding_boxes": {"boxes": boxes, "labels": np.array([[0, 1], [1, -1]], "int32")},
        "segmentation_masks": (IMAGES[..., :1] > 128).astype("int32"),
    }
    in_pixels: dict[str, Any] = {"bounding_box_format": "xyxy"}
    structured: dict[str, dict[str, Any]] = {
        "Resizing": {"height": 3, "width": 4},
        "CenterCrop": {"height": 4, "width": 3},
        "RandomTranslation": {"height_factor": (0.3, 0.3), "width_factor": (0.2, 0.2)},
        "RandomRotation": {"factor": (0.1, 0.1)},
        "RandomZoom": {"height_factor": (0.3, 0.3), "width_factor": (0.3, 0.3)},
        "RandomShear": {"x_factor": (0.3, 0.3)},
        "RandomContrast": {"factor": (0.5, 0.5)},
        "MaxNumBoundingBoxes": {"max_number": 3},
    }
    for name, arguments in structured.items():
        rows = {"boxes-and-masks": arguments | in_pixels}
        yield from table(
            name, rows, given, gradient=False, compiles=False, dtypes=WIDE, random=name in DRAWING
        )
    fewer = {"fewer-boxes": {"max_number": 1} | in_pixels}
    yield from table("MaxNumBoundingBoxes", fewer, given, gradient=False, compiles=False)
    yield LayerCall(
        "layers.Pipeline",
        "ordinary",
        make=lambda: layers.Pipeline([layers.Rescaling(1 / 255), layers.CenterCrop(4, 3)]),
        inputs=(IMAGES,),
    )
    rescaled: dict[str, dict[str, Any]] = {
        "ordinary": {"scale": 1 / 255},
        "offset": {"scale": 2.0, "offset": -1.0},
        "per-channel": {"scale": (1.0, 2.0, 3.0), "offset": (0.0, 0.5, 1.0)},
    }
    yield from table("Rescaling", rescaled, IMAGES)
    yield from on("Rescaling", {"scale": 0.5}, {"bytes": IMAGES.astype("uint8")})
