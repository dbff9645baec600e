"""Cases of layers, declared as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import keras

from keras3_lab.atlas.case import LayerCall


def table(
    name: str, rows: Mapping[str, Mapping[str, Any]], *inputs: Any, **more: Any
) -> Iterator[LayerCall]:
    """Yield a case of a layer for each row: what is special about it, and the layer's arguments."""
    make = getattr(keras.layers, name)
    for what, arguments in rows.items():
        yield LayerCall(
            f"layers.{name}", what, make=partial(make, **arguments), inputs=inputs, **more
        )


def on(
    name: str, arguments: Mapping[str, Any], inputs: Mapping[str, Any], **more: Any
) -> Iterator[LayerCall]:
    """Yield a case of a layer for each input; a tuple holds several inputs."""
    make = partial(getattr(keras.layers, name), **arguments)
    for what, one in inputs.items():
        several = one if isinstance(one, tuple) else (one,)
        yield LayerCall(f"layers.{name}", what, make=make, inputs=several, **more)


def made(
    name: str, rows: Mapping[str, Callable[[], Any]], *inputs: Any, **more: Any
) -> Iterator[LayerCall]:
    """Yield a case for each function that makes a layer."""
    for what, make in rows.items():
        yield LayerCall(f"layers.{name}", what, make=make, inputs=inputs, **more)


def called(
    name: str,
    make: Callable[[], Any],
    rows: Mapping[str, Mapping[str, Any]],
    *inputs: Any,
    **more: Any,
) -> Iterator[LayerCall]:
    """Yield a case for each set of further arguments of the call: masks, states."""
    for what, keywords in rows.items():
        yield LayerCall(f"layers.{name}", what, make=make, inputs=inputs, keywords=keywords, **more)
