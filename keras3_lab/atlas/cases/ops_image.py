"""Cases of `keras.ops.image`, under the names it exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras.ops import image

from keras3_lab.atlas.case import FLOATS, WIDE, Call, Case, numbers

PICTURE = numbers(1, 5, 6, 3) / 2 + 0.5
ONE = PICTURE[0]
BYTES = (PICTURE * 255).astype("uint8")
GREYS = np.full((1, 4, 4, 3), 0.5)
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")
FILLS = ("constant", "nearest", "wrap", "mirror", "reflect")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _colours()
    yield from _resized()
    yield from _moved()
    yield from _cut()
    yield from _compared()


def _call(
    name: str,
    what: str,
    *inputs: Any,
    dtypes: tuple[str, ...] = WIDE,
    random: bool = False,
    **more: Any,
) -> Call:
    def function(*tensors: Any) -> Any:
        return getattr(image, name)(*tensors, **more)

    return Call(f"ops.image.{name}", what, dtypes, random, function, inputs)


def _colours() -> Iterator[Case]:
    corners = np.array([[[[0, 0, 0], [1, 1, 1], [1, 0, 0], [1, 1, 0], [0.5, 0.5, 0.2]]]], float)
    inputs = {
        "ordinary": PICTURE,
        "one": ONE,
        "grey": GREYS,
        "corners": corners,
        "outside": corners * 3 - 1,
        "special": np.array([[[[np.nan, 0.0, 1.0], [np.inf, 0.0, 0.0]]]]),
        "empty": PICTURE[:0],
        "uint8": BYTES,
        "int32": BYTES.astype("int32"),
    }
    for name in ("rgb_to_grayscale", "rgb_to_hsv", "hsv_to_rgb"):
        for what, array in inputs.items():
            yield _call(name, what, array, dtypes=FLOATS if what == "ordinary" else WIDE)
        yield _call(name, "first", np.moveaxis(PICTURE, -1, 1), data_format="channels_first")
        yield _call(name, "two-channels", PICTURE[..., :2])


def _resized() -> Iterator[Case]:
    for interpolation in INTERPOLATIONS:
        for size in ((3, 4), (10, 12), (5, 6), (7, 3)):
            for antialias in (False, True):
                name = f"{interpolation}-{size[0]}x{size[1]}{'-smooth' if antialias else ''}"
                yield _call(
                    "resize", name, PICTURE, size, interpolation=interpolation, antialias=antialias
                )
        yield _call("resize", f"{interpolation}-uint8", BYTES, (3, 4), interpolation=interpolation)
    yield _call("resize", "narrow", PICTURE, (3, 4), dtypes=FLOATS)
    yield _call("resize", "int32", BYTES.astype("int32"), (3, 4))
    yield _call("resize", "bool", BYTES > 100, (3, 4))
    yield _call(
        "resize", "first", np.moveaxis(PICTURE, -1, 1), (3, 4), data_format="channels_first"
    )
    yield _call("resize", "one", ONE, (3, 4))
    yield _call("resize", "special", np.full((1, 4, 4, 1), np.inf), (3, 3))
    yield _call("resize", "empty", PICTURE[:0], (3, 4))
    yield _call("resize", "to-nothing", PICTURE, (0, 4))
    for size in ((4, 4), (8, 3)):
        for way in ("crop_to_aspect_ratio", "pad_to_aspect_ratio"):
            name = f"{way.partition('_')[0]}-{size[0]}x{size[1]}"
            more: Any = {way: True}
            yield _call("resize", name, PICTURE, size, **more)
            yield _call("resize", f"{name}-uint8", BYTES, size, **more)
    yield _call("resize", "pad-value", PICTURE, (4, 4), pad_to_aspect_ratio=True, fill_value=0.7)
    for method in ("linear", "cubic", "lanczos3", "lanczos5", "nearest"):
        for antialias in (False, True):
            yield _call(
                "scale_and_translate",
                f"{method}{'-smooth' if antialias else ''}",
                PICTURE,
                (1, 4, 8, 3),
                np.array([0.7, 1.5]),
                np.array([0.3, -0.4]),
                (1, 2),
                method,
                antialias,
            )
    yield _call(
        "scale_and_translate",
        "far",
        PICTURE,
        (1, 4, 4, 3),
        np.array([1.0, 1.0]),
        np.array([20.0, 0.0]),
        (1, 2),
        "linear",
    )


def _moved() -> Iterator[Case]:
    transforms = {
        "still": [1, 0, 0, 0, 1, 0, 0, 0],
        "shifted": [1, 0, 1.5, 0, 1, -0.5, 0, 0],
        "whole-shift": [1, 0, 2, 0, 1, -1, 0, 0],
        "turned": [0.8, -0.6, 1, 0.6, 0.8, 0, 0, 0],
        "tilted": [1, 0, 0, 0, 1, 0, 0.1, 0.05],
        "far": [1, 0, 40, 0, 1, 40, 0, 0],
        "halves": [1, 0, 0.5, 0, 1, 0.5, 0, 0],
    }
    for what, transform in transforms.items():
        matrix = np.array(transform, float)
        for interpolation in ("nearest", "bilinear"):
            for fill in FILLS if what in ("shifted", "halves") else ("constant", "wrap"):
                yield _call(
                    "affine_transform",
                    f"{what}-{interpolation}-{fill}",
                    PICTURE,
                    matrix[None],
                    interpolation=interpolation,
                    fill_mode=fill,
                )
    matrix = np.array(transforms["shifted"], float)
    yield _call("affine_transform", "one", ONE, matrix)
    yield _call("affine_transform", "uint8", BYTES, matrix[None])
    yield _call("affine_transform", "fill-value", PICTURE, matrix[None], fill_value=0.4)
    yield _call("affine_transform", "special", PICTURE, matrix[None] * np.nan)
    corners = np.array([[[0, 0], [0, 5], [4, 0], [4, 5]]], float)
    moved = {
        "still": corners,
        "shifted": corners + 1,
        "tilted": corners + np.array([[0, 0], [0.5, 0], [0, 1], [0, 0]]),
        "degenerate": corners * 0,
    }
    for what, ends in moved.items():
        for interpolation in ("nearest", "bilinear"):
            name = f"{what}-{interpolation}"
            yield _call(
                "perspective_transform", name, PICTURE, corners, ends, interpolation=interpolation
            )
    yield _call("perspective_transform", "one", ONE, corners[0], moved["tilted"][0])
    yield _call("perspective_transform", "uint8", BYTES, corners, moved["tilted"])
    yield _call(
        "perspective_transform", "fill-value", PICTURE, corners, corners + 1, fill_value=0.3
    )
    table = numbers(4, 5)
    places = {
        "inside": [[0.5, 2.25, 3.0], [1.5, 0.0, 4.0]],
        "outside": [[-1.5, 5.0, 9.0], [-0.25, 6.5, 2.0]],
        "halves": [[0.5, 1.5, 2.5], [0.5, 1.5, 2.5]],
        "special": [[np.nan, np.inf, 0.0], [0.0, 1.0, -np.inf]],
        "nothing": [[], []],
    }
    for what, at in places.items():
        for order in (0, 1):
            for fill in FILLS:
                yield _call(
                    "map_coordinates",
                    f"{what}-{order}-{fill}",
                    table,
                    np.array(at, float),
                    order,
                    fill,
                )
    inside = np.array(places["inside"])
    whole = np.arange(20, dtype="int32").reshape(4, 5)
    for order in (0, 1):
        yield _call("map_coordinates", f"int32-{order}", whole, inside, order)
        yield _call("map_coordinates", f"uint8-{order}", whole.astype("uint8"), inside, order)
        yield _call(
            "map_coordinates", f"whole-places-{order}", table, inside.astype("int32"), order
        )
    yield _call("map_coordinates", "fill-value", table, inside - 9, 1, "constant", 0.5)
    for fill in FILLS:
        yield _call(
            "elastic_transform", fill, PICTURE, 2.0, 1.0, "bilinear", fill, 0.0, 3, random=True
        )
    yield _call("elastic_transform", "uint8", BYTES, 2.0, 1.0, seed=3, random=True)


def _cut() -> Iterator[Case]:
    volume = numbers(1, 4, 5, 6, 2)
    ways: dict[str, dict[str, Any]] = {
        "valid": {},
        "same": {"padding": "same"},
        "strided": {"strides": 1},
        "strided-same": {"strides": 3, "padding": "same"},
        "dilated": {"dilation_rate": 2, "strides": 1},
        "dilated-same": {"dilation_rate": 2, "strides": 1, "padding": "same"},
    }
    for what, more in ways.items():
        yield _call("extract_patches", what, PICTURE, (2, 3), **more)
        yield _call("extract_patches_3d", what, volume, (2, 2, 2), **more)
    for name, array, size in (("extract_patches", PICTURE, 2), ("extract_patches_3d", volume, 2)):
        yield _call(name, "special", np.where(array > 0.4, np.inf, array), size)
        yield _call(name, "int32", (array * 9).astype("int32"), size)
        yield _call(name, "uint8", (abs(array) * 9).astype("uint8"), size)
        yield _call(name, "one", array[0], size)
        yield _call(name, "first", np.moveaxis(array, -1, 1), size, data_format="channels_first")
        yield _call(name, "too-large", array, 9)
        yield _call(name, "bool", array > 0.3, size)
    pads: dict[str, dict[str, Any]] = {
        "sides": {"top_padding": 1, "left_padding": 2, "bottom_padding": 0, "right_padding": 1},
        "target": {"top_padding": 1, "left_padding": 1, "target_height": 8, "target_width": 9},
        "none": {"top_padding": 0, "left_padding": 0, "bottom_padding": 0, "right_padding": 0},
        "negative": {"top_padding": -1, "left_padding": 0, "bottom_padding": 0, "right_padding": 0},
        "target-too-small": {
            "top_padding": 1,
            "left_padding": 1,
            "target_height": 2,
            "target_width": 9,
        },
    }
    for what, more in pads.items():
        yield _call("pad_images", what, PICTURE, **more)
        yield _call("pad_images", f"{what}-uint8", BYTES, **more)
    crops: dict[str, dict[str, Any]] = {
        "sides": {"top_cropping": 1, "left_cropping": 2, "bottom_cropping": 0, "right_cropping": 1},
        "target": {"top_cropping": 1, "left_cropping": 1, "target_height": 2, "target_width": 3},
        "all": {"top_cropping": 5, "left_cropping": 0, "bottom_cropping": 0, "right_cropping": 0},
        "beyond": {
            "top_cropping": 4,
            "left_cropping": 0,
            "bottom_cropping": 4,
            "right_cropping": 0,
        },
        "negative": {
            "top_cropping": -1,
            "left_cropping": 0,
            "bottom_cropping": 0,
            "right_cropping": 0,
        },
    }
    for what, more in crops.items():
        yield _call("crop_images", what, PICTURE, **more)
        yield _call("crop_images", f"{what}-uint8", BYTES, **more)


def _compared() -> Iterator[Case]:
    for what, array in {
        "ordinary": PICTURE,
        "one": ONE,
        "constant": GREYS,
        "uint8": BYTES,
        "empty": PICTURE[:0],
        "special": np.where(PICTURE > 0.9, np.nan, PICTURE),
    }.items():
        dtypes = FLOATS if what == "ordinary" else WIDE
        yield _call("gaussian_blur", what, array, (3, 3), (1.0, 1.0), dtypes=dtypes)
        yield _call("sobel_edges", what, array, dtypes=dtypes)
    yield _call("gaussian_blur", "even", PICTURE, (2, 4), (1.0, 0.5))
    yield _call("gaussian_blur", "tiny-sigma", PICTURE, (3, 3), (1e-3, 1e-3))
    yield _call("gaussian_blur", "no-sigma", PICTURE, (3, 3), (0.0, 0.0))
    yield _call("gaussian_blur", "too-large", PICTURE, (9, 9), (2.0, 2.0))
    first = np.moveaxis(PICTURE, -1, 1)
    yield _call("gaussian_blur", "first", first, data_format="channels_first")
    yield _call("sobel_edges", "first", first, data_format="channels_first")
    large = numbers(1, 12, 13, 2) / 2 + 0.5
    for what, other in {"ordinary": large * 0.8, "equal": large, "constant": large * 0}.items():
        yield _call("ssim", what, large, other)
    yield _call("ssim", "small-filter", PICTURE, PICTURE[:, ::-1], filter_size=3)
    yield _call("ssim", "even-filter", PICTURE, PICTURE[:, ::-1], filter_size=4)
    yield _call("ssim", "too-small", PICTURE, PICTURE[:, ::-1])
    yield _call("ssim", "uint8", BYTES, BYTES[:, ::-1], max_val=255, filter_size=3)
