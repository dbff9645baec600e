"""Take a model apart: of which parts of Keras it is made, and with which arguments."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn

import keras
import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.training import Training
from keras3_lab.parity.shrink.candidate import Candidate, Layer, Made, Node, Numbers, Ref
from keras3_lab.parity.shrink.parts import make, public

UNSAID = ("name", "trainable", "seed", "build_config", "synchronized_config")
"""Arguments that say nothing of what is computed."""


def take_apart(problem: Problem, steps: int, seed: int) -> Candidate:
    """Return a problem as a candidate, of as many steps.

    Args:
        problem: A compiled model with its data.
        steps: Number of steps.
        seed: Seed of its weights and of the order of its rows.

    Raises:
        UsageError: If a part of it is not Keras's own.
    """
    training = Training(problem, seed, steps=steps)
    model, schedule = training.model, training.schedule
    _check_kind(model)
    graph = _Graph()
    outputs = graph.add(model, None)
    rows = np.concatenate([schedule.batch(step).ravel() for step in range(schedule.steps)])
    x = _in_order(problem.x, [i.name for i in model.inputs], len(model.inputs))
    names = list(getattr(model, "output_names", []))
    y = _in_order(problem.y, names, len(outputs))
    shapes = [tuple(output.shape) for output in keras.tree.flatten(model.outputs)]
    weight = problem.sample_weight
    if weight is not None and not isinstance(weight, np.ndarray):
        raise UsageError("sample weights of several outputs are not made smaller: leave them out")
    settings: dict[str, Any] = model.get_compile_config() or {}
    losses = tuple(_part(loss) for loss in _each(settings["loss"], names, len(outputs)))
    losses = tuple(loss if y_ is not None else None for loss, y_ in zip(losses, y, strict=True))
    weights = _each(settings.get("loss_weights"), names, len(outputs))
    return Candidate(
        graph.layers,
        tuple(graph.nodes),
        tuple(outputs),
        tuple(Numbers(_numbers(part[rows])) for part in x),
        tuple(_target(part, shape, rows) for part, shape in zip(y, shapes, strict=True)),
        losses,
        _optimizer(settings["optimizer"]),
        loss_weights=tuple(map(float, weights)) if all(w is not None for w in weights) else (),
        metrics=_metrics(settings.get("metrics"), names, len(outputs)),
        sample_weight=None if weight is None else Numbers(weight[rows]),
        batch=schedule.batch_size,
        steps=schedule.steps,
    )


def _check_kind(model: keras.Model) -> None:
    if type(model) not in (keras.Model, keras.Sequential) and not _is_functional(model):
        _refuse(type(model).__name__)
    if type(model).train_step is not keras.Model.train_step:
        _refuse(f"{type(model).__name__}.train_step")


def _is_functional(model: Any) -> bool:
    return type(model).__name__ == "Functional" and type(model).__module__.startswith("keras.")


def _refuse(name: str) -> NoReturn:
    raise UsageError(
        f"`{name}` is no class or function of Keras's own: a program of Keras and NumPy alone "
        "cannot have it; put Keras's parts in its place, or leave it out"
    )


class _Graph:
    """The nodes of a model, those of models inside it among them."""

    def __init__(self) -> None:
        self.layers: dict[int, Layer] = {}
        self.nodes: list[Node] = []
        self._numbers: dict[int, int] = {}

    def _node(self, of: str | int, args: Any = (), kwargs: Mapping[str, Any] | None = None) -> Ref:
        self.nodes.append(Node(len(self.nodes), of, tuple(args), kwargs or {}))
        return Ref(len(self.nodes) - 1)

    def _layer(self, layer: Any) -> int:
        if id(layer) not in self._numbers:
            self._numbers[id(layer)] = number = len(self.layers)
            weights = tuple(Numbers(np.asarray(w)) for w in layer.get_weights())
            made = _made(keras.saving.serialize_keras_object(layer))
            self.layers[number] = Layer(made, weights)
        return self._numbers[id(layer)]

    def add(self, model: Any, given: list[Ref] | None) -> list[Ref]:
        """Add the nodes of a model; its inputs are given, or become those of the candidate."""
        if isinstance(model, keras.Sequential):
            last = given[0] if given else self._input(model.inputs[0])
            for layer in model.layers:
                if isinstance(layer, keras.Model):
                    (last,) = self.add(layer, [last])
                else:
                    last = self._node(self._layer(layer), (last,))
            return [last]
        made: dict[tuple[str, int], list[Ref]] = {}
        config = model.get_config()
        starts = iter(given or [])
        by_name = {layer.name: layer for layer in model.layers}
        by_name |= {op.name: op for op in getattr(model, "operations", [])}
        firsts = {part[0] for part in _histories(config["input_layers"])}
        order = [part[0] for part in _histories(config["input_layers"])]
        ready = {}
        for name, tensor in zip(order, model.inputs, strict=True):
            ready[name] = next(starts) if given else self._input(tensor)
        for part in config["layers"]:
            name = part["name"]
            if name in firsts:
                made[name, 0] = [ready[name]]
                continue
            for count, call in enumerate(part["inbound_nodes"]):
                args, kwargs = (_arguments(call[key], made) for key in ("args", "kwargs"))
                made[name, count] = self._call(by_name[name], part, args, kwargs)
        return [
            made[name, node][index] for name, node, index in _histories(config["output_layers"])
        ]

    def _input(self, tensor: Any) -> Ref:
        return self._node("Input", (tuple(tensor.shape[1:]), tensor.dtype))

    def _call(self, operation: Any, part: Any, args: Any, kwargs: Any) -> list[Ref]:
        if isinstance(operation, keras.Model):
            return self.add(operation, list(keras.tree.flatten((args, kwargs))))
        kwargs = {key: value for key, value in kwargs.items() if value is not None}
        if isinstance(operation, keras.layers.Layer):
            node = self._node(self._layer(operation), args, kwargs)
        else:
            node = self._node(_operation(part), args, {**_own(part), **kwargs})
        outputs = keras.tree.flatten(operation.output) if _single(operation) else []
        if len(outputs) > 1:
            return [Ref(node.node, index) for index in range(len(outputs))]
        return [node]


def _single(operation: Any) -> bool:
    try:
        return operation.output is not None
    except (AttributeError, ValueError):  # it has several calls
        return False


def _histories(structure: Any) -> list[Any]:
    """Return `[name, node, tensor]` of each tensor that a configuration names."""
    if isinstance(structure, Mapping):
        return [found for key in sorted(structure) for found in _histories(structure[key])]
    if len(structure) == 3 and isinstance(structure[0], str):
        return [structure]
    return [found for part in structure for found in _histories(part)]


def _arguments(structure: Any, made: Mapping[tuple[str, int], list[Ref]]) -> Any:
    if isinstance(structure, Mapping):
        kind, config = structure.get("class_name"), structure.get("config") or {}
        if kind == "__keras_tensor__":
            name, node, index = config["keras_history"]
            return made[name, node][index]
        if kind == "__slice__":
            return slice(config["start"], config["stop"], config["step"])
        if kind == "__ellipsis__":
            return Ellipsis
        if kind is not None:
            return _part(structure)
        return {key: _arguments(value, made) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)([_arguments(part, made) for part in structure])
    return structure


def _operation(part: Mapping[str, Any]) -> str:
    kind = part["class_name"]
    if kind == "GetItem":
        return "getitem"
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
    if not str(part["module"]).startswith("keras.") or not hasattr(keras.ops, name):
        _refuse(kind)
    return f"ops.{name}"


def _own(part: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _part(v) for k, v in part["config"].items() if k not in ("name", "dtype")}


def _part(value: Any) -> Any:
    """Return what stands in a configuration, parts of Keras as `Made`."""
    if isinstance(value, Mapping):
        kind, module = value.get("class_name"), value.get("module") or ""
        if kind is None:
            return {key: _part(part) for key, part in value.items()}
        if kind == "DTypePolicy":
            return value["config"]["name"]
        if kind == "__numpy__":
            return value["config"]["value"]
        if kind == "function":
            return _function(value)
        if not str(module).startswith("keras") or str(module).startswith("keras3_lab"):
            _refuse(kind)
        return _made(value)
    if isinstance(value, list | tuple):
        return tuple(_part(part) for part in value)
    if isinstance(value, float):
        short = float(f"{value:.6g}")
        return short if np.float32(short) == np.float32(value) else value
    return value


def _function(value: Mapping[str, Any]) -> str:
    name = value["config"]
    for kind in (keras.activations, keras.losses, keras.metrics):
        if hasattr(kind, str(name)) and str(value.get("registered_name")) != name:
            return str(name)
    _refuse(str(name))


def _made(serialized: Mapping[str, Any]) -> Made:
    """Return a part of Keras with those arguments alone that are not the defaults."""
    kind, module = serialized["class_name"], str(serialized.get("module") or "")
    name = public(kind, module)
    if name is None:
        _refuse(kind)
    named = _parameters(attribute := _class(name))
    args = {
        key: _part(value)
        for key, value in serialized["config"].items()
        if key in named and key not in UNSAID and not key.endswith("_initializer")
    }
    return without_defaults(Made(name, args), attribute)


def _class(name: str) -> Any:
    found: Any = keras
    for part in name.split("."):
        found = getattr(found, part)
    return found


def _parameters(kind: type) -> set[str]:
    names = {"dtype"}
    for base in kind.__mro__:
        if base.__module__.startswith("keras.") and "__init__" in vars(base):
            names |= set(inspect.signature(vars(base)["__init__"]).parameters)
    return names


def without_defaults(made: Made, kind: Any) -> Made:
    """Leave out arguments without which the same is made."""
    try:
        whole = _configuration(made)
    except Exception as error:  # whatever a constructor may raise
        raise UsageError(f"{made.name} cannot be made of its configuration: {error}") from error
    for name in list(made.args):
        fewer = replace(made, args={k: v for k, v in made.args.items() if k != name})
        try:
            if _configuration(fewer) == whole:
                made = fewer
        except Exception:  # noqa: S112  # it is needed
            continue
    return made


def _configuration(made: Made) -> str:
    config = make(made).get_config()
    return repr({k: _unnamed(v) for k, v in sorted(config.items()) if k != "name"})


def _unnamed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _unnamed(v) for k, v in value.items() if k not in ("name", "seed")}
    if isinstance(value, list | tuple):
        return [_unnamed(part) for part in value]
    return float(np.float32(value)) if isinstance(value, float) else value


def _optimizer(value: Any) -> Made:
    made = _part(value)
    if isinstance(made, str):
        return _made(keras.saving.serialize_keras_object(keras.optimizers.get(made)))
    if not isinstance(made, Made):
        raise UsageError(f"the optimizer is none that can be written down: {value}")
    return made


def _metrics(value: Any, names: list[str], count: int) -> tuple[tuple[str | Made, ...], ...]:
    if not value:
        return ()
    try:
        each = _each(value, names, count) if count > 1 else [value]
        return tuple(tuple(map(_part, keras.tree.flatten(one or []))) for one in each)
    except UsageError:  # one of the user's own: the losses decide
        return ()


def _each(value: Any, names: list[str], count: int) -> list[Any]:
    """Return what is given for each output, by name, in a list, or once for all."""
    if isinstance(value, Mapping) and "class_name" not in value:
        return [value.get(name) for name in names]
    if isinstance(value, list | tuple):
        return list(value) if len(value) == count else [value[0]] * count
    return [value] * count


def _in_order(data: Any, names: list[str], count: int) -> list[Any]:
    if isinstance(data, Mapping) and names and set(names) <= set(data):
        return [data[name] for name in names]
    flat = [None] * count if data is None else list(keras.tree.flatten(data))
    if len(flat) != count:
        raise UsageError(f"the model has {count} inputs or outputs, and the data {len(flat)}")
    return flat


def _numbers(array: np.ndarray) -> np.ndarray:
    """Return floats as float64, whatever they were: a lane casts them."""
    return array.astype(np.float64) if array.dtype.kind == "f" else array


def _target(array: np.ndarray | None, shape: tuple[Any, ...], rows: np.ndarray) -> Numbers:
    if array is None:
        return Numbers(np.zeros((len(rows), 1)), "zeros", "free")
    array = _numbers(array[rows])
    own, wanted = array.shape[1:], shape[1:]
    like = "free"
    if _fits(own, wanted):
        like = "output"
    elif _fits(own, wanted[:-1]):
        like = "labels"
    elif _fits(own, (*wanted[:-1], 1)):
        like = "label"
    return Numbers(array, like=like)


def _fits(own: tuple[Any, ...], wanted: tuple[Any, ...]) -> bool:
    return len(own) == len(wanted) and all(
        b is None or a == b for a, b in zip(own, wanted, strict=True)
    )
