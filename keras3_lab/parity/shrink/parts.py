"""Parts of Keras by their public names."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

import keras

from keras3_lab.parity.shrink.candidate import Candidate, Made, Ref, replaced

PLACES = (
    "layers", "optimizers", "optimizers.schedules", "losses", "metrics", "regularizers",
    "constraints", "initializers",
)  # fmt: skip


def public(kind: str, module: str) -> str | None:
    """Return the public name of a class, without `keras.`; `None` if Keras exports none.

    Args:
        kind: The class's name.
        module: The module that its configuration names.
    """
    if not module.startswith("keras.") and module != "keras":
        return None
    named = [place for place in PLACES if module == f"keras.{place}"]
    for place in named or PLACES:
        if hasattr(_attribute(place), kind):
            return f"{place}.{kind}"
    return None


def _attribute(name: str) -> Any:
    return operator.attrgetter(name)(keras)


def make(value: Any) -> Any:
    """Make what `Made` says, also where it stands in lists or among arguments."""
    if isinstance(value, Made):
        return _attribute(value.name)(**{k: make(v) for k, v in value.args.items()})
    if isinstance(value, list | tuple):
        return type(value)([make(part) for part in value])
    if isinstance(value, Mapping):
        return {key: make(part) for key, part in value.items()}
    return value


def build(candidate: Candidate) -> tuple[keras.Model, dict[int, Any], dict[int, Any]]:
    """Build a candidate's model.

    Returns:
        The model, its layers by number, and what each node returns.
    """
    layers = {number: make(layer.made) for number, layer in candidate.layers.items()}
    made: dict[int, Any] = {}

    def tensor(ref: Ref) -> Any:
        return made[ref.node] if ref.output is None else made[ref.node][ref.output]

    for node in candidate.nodes:
        args, kwargs = replaced(node.args, tensor), replaced(dict(node.kwargs), tensor)
        if node.is_input:
            made[node.number] = keras.Input(args[0], dtype=_dtype(args[1], candidate.dtype))
        elif node.of == "getitem":
            made[node.number] = operator.getitem(*args)
        else:
            called = _attribute(node.of) if isinstance(node.of, str) else layers[node.of]
            made[node.number] = called(*args, **make(kwargs))
    inputs = [made[node.number] for node in candidate.nodes if node.is_input]
    outputs = [tensor(ref) for ref in candidate.outputs]
    model = keras.Model(_alone(inputs), _alone(outputs))
    return model, layers, made


def _alone(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else parts


def _dtype(own: str, wanted: str) -> str:
    return wanted if own in ("float32", "float64") else own
