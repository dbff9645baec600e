"""A candidate as a program that needs Keras and NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras3_lab.parity.shrink.candidate import Candidate, Made, Node, Numbers, Ref, refs

WIDTH = 100
"""Characters of a line, where it can be."""


@dataclass(frozen=True)
class Shown:
    """What a program prints: where two lanes differ.

    Args:
        kind: `"prediction"`, `"loss"`, `"weight"`, `"slot"`, `"metric"`, `"nothing"`.
        index: Which output, weight or slot.
        at: Which entry of it, counted in one row; `None` for all of them.
    """

    kind: str
    index: int = 0
    at: int | None = None


def program(
    candidate: Candidate, shown: Shown, order: list[tuple[int, int]], train: bool = True
) -> str:
    """Write a candidate as a program.

    Args:
        candidate: What to write.
        shown: What it prints at its end.
        order: Of each of the model's weights, the number of its layer and its place there.
        train: Whether it is trained at all.

    Returns:
        The program's text.
    """
    lines = ["import keras", "import numpy as np", ""]
    if candidate.dtype == "float64":
        lines[:1] = ["import os; os.environ['JAX_ENABLE_X64'] = '1'", "import keras"]
        lines[-1:] = ['keras.config.set_floatx("float64")']
    lines += _model(candidate)
    lines += _weights(candidate, order)
    given = _listed([_array(x) for x in candidate.x])
    if not train:
        return "\n".join([*lines, *_prediction(candidate, shown, given)]) + "\n"
    lines += _wrapped(f"model.compile({_settings(candidate)})")
    targets = _listed([_array(y) for y in candidate.y])
    arguments = [given, targets]
    several = candidate.steps > 1
    if candidate.sample_weight is not None:
        weight = _array(candidate.sample_weight)
        arguments.append(f"sample_weight={weight}")
    if several:
        if candidate.batch != 32 and candidate.batch != candidate.rows:
            arguments.append(f"batch_size={candidate.batch}")
        if (epochs := candidate.steps * candidate.batch // candidate.rows) > 1:
            arguments.append(f"epochs={epochs}")
        arguments += ["shuffle=False", "verbose=0"]
    call = f"model.{'fit' if several else 'train_on_batch'}({', '.join(arguments)})"
    if shown.kind == "loss":
        lines += _wrapped(f"print({call}{'.history' if several else ''})")
    elif shown.kind == "metric":
        more = f"{call}.history" if several else f"{call[:-1]}, return_dict=True)"
        lines += _wrapped(f"print({more})")
    else:
        lines += _wrapped(call)
    if shown.kind == "weight":
        lines.append(f"print(model.get_weights()[{shown.index}]{_entry(shown)})")
    elif shown.kind == "slot":
        lines.append(f"print(model.optimizer.variables[{shown.index}].numpy(){_entry(shown)})")
    elif shown.kind == "prediction":
        lines += _prediction(candidate, shown, given)
    return "\n".join(lines) + "\n"


def _prediction(candidate: Candidate, shown: Shown, given: str) -> list[str]:
    which = f"[{shown.index}]" if len(candidate.outputs) > 1 else ""
    call = f"model.predict({given}, verbose=0){which}{_entry(shown)}"
    return _wrapped(call if shown.kind == "nothing" else f"print({call})")


def _entry(shown: Shown) -> str:
    return "" if shown.at is None else f".flat[{shown.at}]"


def _model(candidate: Candidate) -> list[str]:
    if chain := _chain(candidate):
        first, *rest = chain
        parts = [_input(first), *(expression(candidate.layers[int(n.of)].made) for n in rest)]
        return _wrapped(f"model = keras.Sequential([{', '.join(parts)}])")
    uses = [ref.node for ref in candidate.outputs]
    uses += [ref.node for node in candidate.nodes for ref in refs((node.args, dict(node.kwargs)))]
    layer_uses = [node.of for node in candidate.nodes]
    lines: list[str] = []
    said: dict[int, str] = {}
    shared: dict[int, str] = {}
    names = iter("abcdefghijklmnopqrstuvwxyz" * 4)
    for number, layer in candidate.layers.items():
        if layer_uses.count(number) > 1:
            shared[number] = f"shared{len(shared) or ''}"
            lines += _wrapped(f"{shared[number]} = {expression(layer.made)}")
    for node in candidate.nodes:
        text = _call(candidate, node, said, shared)
        inline = uses.count(node.number) == 1 and not node.is_input and len(text) < 70
        if inline:
            said[node.number] = text
        else:
            said[node.number] = name = next(names)
            lines += _wrapped(f"{name} = {text}")
    inputs = _listed([said[node.number] for node in candidate.nodes if node.is_input])
    outputs = _listed([_ref(ref, said) for ref in candidate.outputs])
    return [*lines, *_wrapped(f"model = keras.Model({inputs}, {outputs})")]


def _chain(candidate: Candidate) -> list[Node]:
    """Return the nodes of a model that is a chain of layers; nothing if it is none."""
    nodes = candidate.nodes
    if not nodes[0].is_input or len(candidate.outputs) != 1 or len(candidate.layers) < 1:
        return []
    before: Node | None = None
    for node in nodes:
        if before is not None:
            alone = node.args == (Ref(before.number),) and not node.kwargs
            if not alone or not isinstance(node.of, int):
                return []
        before = node
    called = [node.of for node in nodes[1:]]
    is_last = before is not None and candidate.outputs[0] == Ref(before.number)
    return list(nodes) if is_last and len(set(called)) == len(called) else []


def _input(node: Node) -> str:
    shape, dtype = node.args
    more = "" if dtype.startswith("float") else f", dtype={dtype!r}"
    return f"keras.Input({_literal(tuple(shape))}{more})".replace("'", '"')


def _call(
    candidate: Candidate, node: Node, said: Mapping[int, str], shared: Mapping[int, str]
) -> str:
    if node.is_input:
        return _input(node)
    arguments = [_argument(part, said) for part in node.args]
    if node.of == "getitem":
        inside = node.args[1]
        parts = inside if isinstance(inside, tuple | list) else [inside]
        return f"{arguments[0]}[{', '.join(map(_index, parts))}]"
    arguments += [f"{name}={_argument(part, said)}" for name, part in node.kwargs.items()]
    if isinstance(node.of, str):
        return f"keras.{node.of}({', '.join(arguments)})"
    made = shared.get(node.of) or expression(candidate.layers[node.of].made)
    return f"{made}({', '.join(arguments)})"


def _index(part: Any) -> str:
    if not isinstance(part, slice):
        return "..." if part is Ellipsis else repr(part)
    ends = [part.start, part.stop] + ([] if part.step is None else [part.step])
    return ":".join("" if end is None else str(end) for end in ends)


def _argument(structure: Any, said: Mapping[int, str]) -> str:
    if isinstance(structure, Ref):
        return _ref(structure, said)
    if isinstance(structure, list | tuple) and any(True for _ in refs(structure)):
        return f"[{', '.join(_argument(part, said) for part in structure)}]"
    return _literal(structure)


def _ref(ref: Ref, said: Mapping[int, str]) -> str:
    return said[ref.node] + ("" if ref.output is None else f"[{ref.output}]")


def expression(made: Made) -> str:
    """Write down a part of Keras: `keras.layers.Dense(1)`."""
    names = list(made.args)
    first = FIRST.get(made.name.partition(".")[0], ())
    arguments: list[str] = []
    for name in names:
        text = _literal(made.args[name])
        bare = not arguments and (name in first or (name == "layer" and len(names) >= 1))
        arguments.append(text if bare and names[0] == name else f"{name}={text}")
    return f"keras.{made.name}({', '.join(arguments)})"


FIRST = {
    "layers": ("units", "filters", "input_dim", "layer", "target_shape", "rate", "pool_size"),
    "optimizers": ("learning_rate",),
}
"""Arguments that are written without their name where they come first."""


def _literal(value: Any) -> str:
    if isinstance(value, Made):
        return expression(value)
    if isinstance(value, str):
        return '"' + value + '"'
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, tuple):
        inside = ", ".join(map(_literal, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_literal(k)}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, np.generic):
        return repr(value.item())
    return repr(value)


def _settings(candidate: Candidate) -> str:
    optimizer = candidate.optimizer
    short = optimizer.name.partition(".")[2].lower()
    said = [expression(optimizer) if optimizer.args else f'"{short}"']
    losses = [_literal(loss) for loss in candidate.losses]
    said.append(_listed(losses))
    if candidate.loss_weights:
        said.append(f"loss_weights={_literal(list(candidate.loss_weights))}")
    if any(candidate.metrics):
        parts = [f"[{', '.join(map(_literal, metrics))}]" for metrics in candidate.metrics]
        said.append(f"metrics={_listed(parts)}")
    return ", ".join(said)


def _weights(candidate: Candidate, order: list[tuple[int, int]]) -> list[str]:
    arrays = []
    for number, place in order:
        weights = candidate.layers[number].weights
        if weights is None:
            return []  # as they start: nothing is drawn there
        arrays.append(weights[place])
    if not arrays:
        return []
    if len({array.fill for array in arrays}) == 1 and arrays[0].fill and len(arrays) > 1:
        each = {
            "ones": "np.ones(w.shape)",
            "zeros": "np.zeros(w.shape)",
            "waves": "np.cos(np.arange(w.size)).reshape(w.shape)",
        }[arrays[0].fill]
        return _wrapped(f"model.set_weights([{each} for w in model.get_weights()])")
    return _wrapped(f"model.set_weights([{', '.join(map(_array, arrays))}])")


def _array(numbers: Numbers) -> str:
    shape, dtype = numbers.values.shape, numbers.values.dtype
    size = _literal(shape[0] if len(shape) == 1 else shape)
    whole = dtype.kind in "iu"
    if numbers.fill in ("ones", "zeros"):
        return f"np.{numbers.fill}({size}{', int' if whole else ''})"
    if numbers.fill == "waves":
        count = int(np.prod(shape))
        return (
            f"np.cos(np.arange({count})){'' if len(shape) == 1 else f'.reshape{_literal(shape)}'}"
        )
    return f"np.array({_numbers(numbers.values.tolist())})"


def _numbers(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_numbers, value))}]"
    if isinstance(value, float):
        text = repr(value)
        if text in ("nan", "inf", "-inf"):
            return text.replace("inf", "np.inf").replace("nan", "np.nan")
        return text.removesuffix("0") if text.endswith(".0") else text
    return repr(value)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"[{', '.join(parts)}]"


def _wrapped(line: str) -> list[str]:
    """Break a line between its parts, between the outer ones if it can be."""
    lines, indent = [], ""
    while len(indent + line) > WIDTH:
        depth, places = 0, []
        for at, character in enumerate(line[: WIDTH - len(indent)]):
            depth += (character in "([{") - (character in ")]}")
            if line.startswith(", ", at):
                places.append((depth, -at))
        late = [place for place in places if -place[1] > WIDTH // 2] or places
        if not late:
            break
        cut = -min(late)[1]
        lines.append(indent + line[: cut + 1])
        line, indent = line[cut + 2 :], "    "
    return [*lines, indent + line]


def cost(candidate: Candidate, order: list[tuple[int, int]]) -> float:
    """Return how much of a model it is: of its text, its nodes, its numbers."""
    text = len(program(candidate, Shown("nothing"), order))
    numbers = sum(x.values.size for x in (*candidate.x, *candidate.y))
    kept = [layer.weights for layer in candidate.layers.values() if layer.weights]
    numbers += sum(array.values.size for weights in kept for array in weights)
    whole = sum(_whole(layer.made) for layer in candidate.layers.values())
    steps = 5.0 * (candidate.steps - 1)
    return text + 40.0 * len(candidate.nodes) + np.log2(1.0 + numbers) + whole + steps


def _whole(value: Any) -> float:
    """Return how large the whole numbers in arguments are."""
    if isinstance(value, Made):
        return _whole(list(value.args.values()))
    if isinstance(value, list | tuple):
        return sum(map(_whole, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return float(np.log2(1.0 + abs(value)))
    return 0.0
