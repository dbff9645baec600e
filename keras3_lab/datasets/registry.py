"""The data sets that there are. A new one is a module of this package and a name here."""

from __future__ import annotations

import importlib

from keras3_lab.datasets.specs import Spec
from keras3_lab.errors import unknown

NAMES = ("fashion_mnist", "mnist", "cifar10", "california_housing")
SPECS: dict[str, Spec] = {
    name: importlib.import_module(f"keras3_lab.datasets.{name}").SPEC for name in NAMES
}


def get_spec(name: str) -> Spec:
    """Look up a data set by name.

    Args:
        name: One of `NAMES`.

    Returns:
        Its `Spec`.

    Raises:
        UsageError: If no data set has this name.
    """
    if name not in SPECS:
        raise unknown("data set", name, NAMES)
    return SPECS[name]
