"""Finds private parts of Keras, or says in one line which of them is gone."""

from __future__ import annotations

import importlib
from typing import Any

import keras

from keras3_lab.errors import UsageError

KNOWN = "3.15"
"""The newest Keras whose private parts are known to be where this package looks for them."""


def release() -> tuple[int, int]:
    """Return the release of Keras that runs here, such as `(3, 15)`; of a nightly, the coming one.

    Example:
    ```python
    from keras3_lab.private.parts import release

    assert release() >= (3, 15)
    ```
    """
    major, minor, *_ = keras.version().split(".")
    return int(major), int(minor)


def part(path: str, needed_by: str) -> Any:
    """Return a part of Keras that Keras does not export.

    Args:
        path: Module and names, e.g. `"keras.src.utils.python_utils:pythonify_logs"`; names after
            the colon are joined by dots.
        needed_by: The package that cannot do without, for the message.

    Raises:
        UsageError: If this Keras has no such part.

    Example:
    ```python
    from keras3_lab.private.parts import part

    assert callable(part("keras.src.utils.python_utils:is_default", "my_package"))
    ```
    """
    module, _, names = path.partition(":")
    try:
        found = importlib.import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise moved(path.replace(":", "."), needed_by) from error
    return found


def attribute(owner: Any, name: str, needed_by: str) -> Any:
    """Return a private attribute of one of Keras's objects.

    Args:
        owner: A model, layer, variable, optimizer, …
        name: Name of the attribute, with its underscore.
        needed_by: The package that cannot do without, for the message.

    Raises:
        UsageError: If the object has no such attribute in this Keras.

    Example:
    ```python
    import keras
    from keras3_lab.private.parts import attribute

    assert attribute(keras.layers.Dense(1), "_layers", "my_package") == []
    ```
    """
    try:
        return getattr(owner, name)
    except AttributeError as error:
        owners = owner if isinstance(owner, type) else type(owner)
        raise moved(f"{owners.__name__}.{name}", needed_by) from error


def moved(what: str, needed_by: str) -> UsageError:
    """Return the error that says which part of Keras is not where it was."""
    return unlike_known(f"has moved or renamed {what}, which {needed_by} needs")


def unlike_known(difference: str) -> UsageError:
    """Return the error that says what this Keras does otherwise than the one that is known."""
    return UsageError(
        f"keras {keras.__version__} {difference}; keras3_lab knows Keras {KNOWN}: "
        f"install 'keras=={KNOWN}.*' or a later keras3-lab"
    )
