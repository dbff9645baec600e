"""The model that gate G3 saves in one lane and loads in another."""

from __future__ import annotations

import json
import math
import tempfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import keras

from keras3_lab.parity.record.culprit import first_line
from keras3_lab.portable.twins import has_twin, replace_stock_layers
from keras3_lab.private.initializers import initial_values_on_host, variables_of_at_most
from keras3_lab.private.layers import flatten_layers
from keras3_lab.untrusted import check_archive

SMALL = 2**20
"""Numbers that any variable may have, however small those of the model are."""


class UnsavedError(Exception):
    """A model that cannot be saved, and why."""


def save(model: keras.Model, path: Path) -> None:
    """Save a model.

    Raises:
        UnsavedError: If Keras cannot save it.
    """
    try:
        model.save(path)
    except Exception as error:  # whatever a user's own `get_config` may raise
        raise UnsavedError(first_line(error)) from error


def load(artifact: bytes, like: keras.Model) -> keras.Model:
    """Load a saved model, which may be anybody's: in safe mode, and not if it grows to far more.

    Args:
        artifact: The `.keras` file.
        like: The model that it was made of, in this lane: where twins had been put in the place of
            its stock layers, they are in the loaded one as well.
    """
    with zipfile.ZipFile(BytesIO(artifact)) as file:
        check_archive(file, len(artifact))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(artifact)
        largest = max((math.prod(one.shape) for one in like.variables), default=0)
        with initial_values_on_host(), variables_of_at_most(max(largest, SMALL)):
            model = keras.models.load_model(path, safe_mode=True)
        # A subclassed model makes its layers itself: stock ones again, where twins had been put in.
        mixed = any(has_twin(layer) for layer in flatten_layers(like))
        if not mixed and replace_stock_layers(model):
            model.load_weights(path)  # once more, now with the twins' random state
    return model


def configuration(artifact: bytes) -> str:
    """Return what a `.keras` file says of a model besides the values of its variables.

    As JSON, the same for the same model in every lane: without what differs by process, the
    numbers that objects go by, and by backend, what became of compile(jit_compile="auto").
    """
    numbers: dict[int, int] = {}

    def as_here(part: dict[str, Any]) -> dict[str, Any]:
        part.pop("jit_compile", None)
        if "shared_object_id" in part:
            number = part["shared_object_id"]
            part["shared_object_id"] = numbers.setdefault(number, len(numbers))
        return part

    with zipfile.ZipFile(BytesIO(artifact)) as file:
        return json.dumps(json.loads(file.read("config.json"), object_hook=as_here))


def loading_problem(model: keras.Model, error: Exception) -> str:
    """Say in one line why a saved model could not be loaded.

    Keras names the outermost object that it could not make; the reason mostly is a class inside
    that it does not know.
    """
    unknown = list(dict.fromkeys(_unregistered(model)))
    if not unknown:
        return first_line(error)
    names = ", ".join(f"`{name}`" for name in unknown)
    classes, them = ("class", "it") if len(unknown) == 1 else ("classes", "each")
    return (
        f"Keras does not know {classes} {names} when it loads the model: put "
        f"@keras.saving.register_keras_serializable() above {them}"
    )


def _unregistered(model: keras.Model) -> list[str]:
    parts: list[Any] = [model, *flatten_layers(model), model.optimizer, *model.metrics]
    parts += [] if model.loss is None else keras.tree.flatten(model.loss)
    kinds = [part if callable(part) and hasattr(part, "__name__") else type(part) for part in parts]
    return [
        kind.__name__
        for kind in kinds
        if not kind.__module__.startswith(("keras.", "builtins"))
        and keras.saving.get_registered_name(kind) == kind.__name__
    ]
