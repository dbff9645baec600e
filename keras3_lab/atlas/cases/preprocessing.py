"""Cases of `keras.preprocessing`."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from keras.preprocessing import image, sequence

from keras3_lab.atlas.case import WIDE, Call, Case, Procedure, numbers

PICTURE = np.floor(128 + 127 * numbers(4, 5, 3))


def cases() -> Iterator[Case]:
    """Yield the cases."""
    rows: dict[str, dict[str, Any]] = {
        "down": {"size": (2, 3)},
        "up": {"size": (8, 9)},
        "square": {"size": (3, 3)},
        "nearest": {"size": (3, 4), "interpolation": "nearest"},
        "bicubic": {"size": (3, 7), "interpolation": "bicubic"},
        "lanczos3": {"size": (3, 7), "interpolation": "lanczos3"},
        "area": {"size": (2, 2), "interpolation": "area"},
        "channels-first": {"size": (2, 2), "data_format": "channels_first"},
    }
    for what, arguments in rows.items():
        for shape, x in (("", PICTURE), ("-several", np.stack([PICTURE, PICTURE[::-1]]))):
            yield Call(
                "preprocessing.image.smart_resize",
                f"{what}{shape}",
                WIDE,
                function=lambda x, more=arguments: image.smart_resize(x, **more),
                inputs=(x,),
            )
    bytes_ = PICTURE.astype("uint8")
    yield Call(
        "preprocessing.image.smart_resize",
        "bytes",
        WIDE,
        function=lambda x: image.smart_resize(x, (2, 3)),
        inputs=(bytes_,),
    )
    procedures: dict[str, Callable[[], Any]] = {
        "image.array_to_img/ordinary": lambda: np.array(image.array_to_img(PICTURE)),
        "image.array_to_img/unscaled": lambda: np.array(image.array_to_img(bytes_, scale=False)),
        "image.array_to_img/gray": lambda: np.array(image.array_to_img(PICTURE[..., :1])),
        "image.array_to_img/constant": lambda: np.array(image.array_to_img(0 * PICTURE + 7)),
        "image.img_to_array/ordinary": lambda: image.img_to_array(image.array_to_img(PICTURE)),
        "image.img_to_array/channels-first": lambda: image.img_to_array(
            image.array_to_img(PICTURE), data_format="channels_first"
        ),
        "image.save_img/png": _saved,
        "image.load_img/resized": lambda: np.array(_loaded(target_size=(2, 2))),
        "image.load_img/bilinear": lambda: np.array(
            _loaded(target_size=(2, 2), interpolation="bilinear")
        ),
        "image.load_img/gray": lambda: np.array(_loaded(color_mode="grayscale")),
    }
    lists = [[1, 2, 3], [4], [], [5, 6]]
    padded: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "shorter": {"maxlen": 2},
        "behind": {"padding": "post", "truncating": "post", "maxlen": 2},
        "floats": {"dtype": "float32", "value": 0.5},
        "longer": {"maxlen": 5, "value": -1},
    }
    procedures |= {
        f"sequence.pad_sequences/{what}": partial(sequence.pad_sequences, lists, **more)
        for what, more in padded.items()
    }
    for name, function in procedures.items():
        symbol, what = name.split("/")
        yield Procedure(f"preprocessing.{symbol}", what, WIDE, function=function)


def _file() -> io.BytesIO:
    file = io.BytesIO()
    image.save_img(file, PICTURE, file_format="png")
    file.seek(0)
    return file


def _loaded(**more: Any) -> Any:
    return image.load_img(_file(), **more)


def _saved() -> Any:
    return np.array(_loaded())
