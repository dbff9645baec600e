"""Cases of `keras.applications`: small members of some families, without downloaded weights."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from keras import applications

from keras3_lab.atlas.case import Case, Procedure, numbers

SMALLEST: dict[str, dict[str, Any]] = {
    "MobileNet": {"alpha": 0.25},
    "MobileNetV2": {"alpha": 0.35},
    "MobileNetV3Small": {"alpha": 0.75, "minimalistic": True},
    "ResNet50": {},
    "VGG16": {},
}
SIDE = 32


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, arguments in SMALLEST.items():
        function = partial(_predicted, name, arguments)
        yield Procedure(f"applications.{name}", "smallest", ("float32",), function=function)


def _predicted(name: str, arguments: dict[str, Any]) -> Any:
    """Return the pooled features of an image, with fixed numbers in the place of drawn kernels."""
    model = getattr(applications, name)(
        input_shape=(SIDE, SIDE, 3), include_top=False, weights=None, pooling="avg", **arguments
    )
    for n, variable in enumerate(model.trainable_variables):
        if len(variable.shape) > 1:
            inputs = max(int(np.prod(variable.shape[:-1])), 1)
            variable.assign(numbers(*variable.shape, seed=n) * (6 / inputs) ** 0.5)
    return model.predict_on_batch(numbers(1, SIDE, SIDE, 3).astype("float32"))
