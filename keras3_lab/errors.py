"""The one kind of error that a user can mend."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping


class UsageError(ValueError):
    """Bad input from the user: one clear line, no traceback on the command line.

    The message names the argument, what came and what is allowed. From Python it is an
    ordinary `ValueError`; the command line prints it and exits with status 2.
    """


class PortabilityWarning(UserWarning):
    """Something in a model cannot be made the same on every backend; the message names it."""


class DataWarning(UserWarning):
    """Something in the data makes numbers go wrong, or may; the message names row and column."""


class LostLossError(RuntimeError):
    """A run that came to an early end for what it computed, not for what it was asked.

    The message says where, and what is left, in one line; the command line ends with status 1.
    """


class LostProcessError(RuntimeError):
    """A run that came to an early end because another of its processes did.

    The command line ends with status 1.
    """


def too_few_devices(backend: str, kind: str, there: int, asked: int) -> UsageError:
    """Make the error for more devices than a backend has.

    Args:
        backend: `"jax"` or `"tensorflow"`.
        kind: `"cpu"` or `"gpu"`.
        there: How many there are.
        asked: How many were asked for.

    Returns:
        The error to raise.

    Example:
    ```python
    from keras3_lab.errors import too_few_devices

    print(too_few_devices("jax", "gpu", there=1, asked=2))
    ```
    """
    late = "; virtual ones are made before it starts" if kind == "cpu" else ""
    return UsageError(
        f"devices must be at most what there is, {there} of kind {kind} on {backend}; "
        f"received: {asked}{late}"
    )


def unknown(what: str, name: str, known: Iterable[str] | Mapping[str, str]) -> UsageError:
    """Make the error for a name that does not exist, with the one that was probably meant.

    Args:
        what: What is named, "recipe".
        name: The name as received.
        known: The names that there are; where they can be spelled in several ways, a mapping from
            each spelling to the name.

    Returns:
        The error to raise.

    Example:
    ```python
    from keras3_lab.errors import unknown

    print(unknown("colour", "blu", ["red", "blue"]))  # unknown colour 'blu'; did you mean 'blue'?
    ```
    """
    names = dict(known) if isinstance(known, Mapping) else {one: one for one in known}
    near = difflib.get_close_matches(str(name), names, n=1)
    if near:
        return UsageError(f"unknown {what} {name!r}; did you mean {names[near[0]]!r}?")
    return UsageError(f"unknown {what} {name!r}; known: {', '.join(dict.fromkeys(names.values()))}")
