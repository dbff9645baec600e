"""Train a candidate on the backend at hand."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import keras
import numpy as np

from keras3_lab.engine.interface import backend
from keras3_lab.parity.items import Item
from keras3_lab.parity.record.arrays import host
from keras3_lab.parity.record.culprit import first_line
from keras3_lab.parity.record.layer_outputs import unchanged
from keras3_lab.parity.record.precision import precision
from keras3_lab.parity.shrink.candidate import Candidate, Layer, Numbers
from keras3_lab.parity.shrink.jobs import Tried, Try
from keras3_lab.parity.shrink.parts import build, make
from keras3_lab.private.initializers import initial_values_on_host
from keras3_lab.private.models import symbolic_build


def attempt(job: Try) -> Tried:
    """Train a candidate, and return what it computed.

    Args:
        job: What, and what of it is wanted; the values of nodes are items of kind `node`.
    """
    candidate = job.candidate
    tried = Tried(candidate)
    keras.utils.clear_session(free_memory=False)
    with precision(candidate.dtype), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        tried.stage = "build"
        try:
            _attempt(tried, job)
            tried.stage = ""
        except Exception as error:  # any error is an outcome
            tried.error = first_line(error)
    return tried


def _attempt(tried: Tried, job: Try) -> None:
    candidate = tried.candidate
    with initial_values_on_host():  # other ones are set at once
        model, layers, made = build(candidate)
    x = [_fitted_input(n, tuple(i.shape)) for n, i in zip(candidate.x, model.inputs, strict=True)]
    candidate = replace(candidate, x=tuple(x))
    candidate = tried.candidate = _with_weights(candidate, layers)
    places = {
        id(v): (number, n) for number, layer in layers.items() for n, v in enumerate(layer.weights)
    }
    tried.order = [places[id(variable)] for variable in model.weights]
    dtypes = [keras.backend.standardize_dtype(i.dtype) for i in model.inputs]
    arrays = [n.values.astype(dtype) for n, dtype in zip(x, dtypes, strict=True)]
    tried.stage = "call"
    _compile(candidate, model)
    if job.brief:
        tried.stage = "train"
        _train(tried, model, arrays, job)
        return
    with unchanged(model):
        found = keras.tree.flatten(model.predict_on_batch(_alone(arrays)))
        outputs = [np.asarray(host(output)) for output in found]
        tried.items += [Item("prediction", str(n), o) for n, o in enumerate(outputs)]
    if job.values:
        tensors = [keras.ops.convert_to_tensor(array) for array in arrays]
        tried.items += _node_values(model, made, tensors)
    y = [_fitted_target(n, o.shape, loss) for n, o, loss in _targets(candidate, outputs)]
    candidate = tried.candidate = replace(candidate, y=tuple(y))
    if job.until == "prediction":
        return
    tried.stage = "train"
    _train(tried, model, arrays, job)


def _targets(
    candidate: Candidate, outputs: list[np.ndarray]
) -> list[tuple[Numbers, np.ndarray, Any]]:
    return list(zip(candidate.y, outputs, candidate.losses, strict=True))


def _alone(parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else parts


def _fitted_input(numbers: Numbers, shape: tuple[Any, ...]) -> Numbers:
    own = numbers.values.shape
    rows, inside = own[0], own[1:]
    if len(inside) != len(shape) - 1:
        inside = (1,) * (len(shape) - 1)
    wanted = [a if b is None else b for a, b in zip(inside, shape[1:], strict=True)]
    return numbers.fit((rows, *wanted))


def _fitted_target(numbers: Numbers, shape: tuple[int, ...], loss: Any) -> Numbers:
    if numbers.like == "free":
        return numbers.fit((shape[0], *numbers.values.shape[1:]))
    inside = {"output": shape[1:], "labels": shape[1:-1], "label": (*shape[1:-1], 1)}
    fitted = numbers.fit((shape[0], *inside[numbers.like]))
    classes = shape[-1] if len(shape) > 1 else 1
    sparse = "sparse" in str(loss).lower()
    if sparse and fitted.values.size and fitted.values.max() >= classes:
        fitted = fitted.written(np.minimum(fitted.values, classes - 1))
    return fitted


def _with_weights(candidate: Candidate, layers: dict[int, Any]) -> Candidate:
    """Set the weights; return them as they are now.

    Weights that nothing is known of are waves, where they are trained; others stay as they start.
    """
    after = {}
    for number, layer in candidate.layers.items():
        live, own = layers[number], layer.weights
        if own is None:
            own = tuple(
                Numbers(host(v)).filled("waves") if v.trainable else Numbers(host(v).copy())
                for v in live.weights
            )
        elif len(own) != len(live.weights):
            own = tuple(Numbers(np.ones(tuple(v.shape)), "ones") for v in live.weights)
        own = tuple(n.fit(tuple(v.shape)) for n, v in zip(own, live.weights, strict=True))
        live.set_weights([n.values for n in own])
        after[number] = Layer(layer.made, own)
    return replace(candidate, layers=after)


def _node_values(model: keras.Model, made: dict[int, Any], tensors: list[Any]) -> list[Item]:
    single = {n: t for n, t in made.items() if keras.ops.is_tensor(t) or hasattr(t, "shape")}
    inner = keras.Model(model.inputs, list(single.values()))
    found = keras.tree.flatten(inner(tensors, training=True))
    return [Item("node", str(n), host(value)) for n, value in zip(single, found, strict=True)]


def _compile(candidate: Candidate, model: keras.Model) -> None:
    # JAX compiles each operation by itself otherwise, which takes longer than the whole.
    eager = candidate.eager and keras.config.backend() != "jax"
    model.compile(
        make(candidate.optimizer),
        _alone([make(loss) for loss in candidate.losses]),
        loss_weights=list(candidate.loss_weights) or None,
        metrics=_alone([list(make(m)) for m in candidate.metrics]) if candidate.metrics else None,
        run_eagerly=eager,
    )
    model.optimizer.build(model.trainable_variables)


def _train(tried: Tried, model: keras.Model, arrays: list[np.ndarray], job: Try) -> None:
    candidate = tried.candidate
    batch, rows = candidate.batch, candidate.rows
    for step in range(candidate.steps):
        at = np.arange(step * batch, (step + 1) * batch) % rows
        x = _alone([a[at] for a in arrays])
        y = _alone([n.values[at] for n in candidate.y])
        weight = candidate.sample_weight
        sample_weight = None if weight is None else weight.values[at]
        _step(tried, model, (x, y, sample_weight), step, job)
    tried.items += [Item("weight at the end", str(n), host(v)) for n, v in enumerate(model.weights)]


def _step(tried: Tried, model: keras.Model, batch: Any, step: int, job: Try) -> None:
    x, y, weight = batch
    gradients: list[np.ndarray] = []
    if not job.brief and job.until != "loss":
        if not step:
            symbolic_build(model, batch)  # metrics and losses
        with unchanged(model):
            gradients = backend().gradients(model, batch, quick=True)
    model.reset_metrics()
    logs = model.train_on_batch(x, y, sample_weight=weight, return_dict=True)
    tried.items.append(Item("loss", f"{step}", np.asarray(logs.pop("loss"))))
    tried.items += [Item("gradient", f"{step}/{n}", g) for n, g in enumerate(gradients)]
    tried.items += [
        Item("optimizer slot", f"{step}/{n}", host(v))
        for n, v in enumerate(model.optimizer.variables)
    ]
    tried.items += [
        Item("weight" if v.trainable else "state", f"{step}/{n}", host(v))
        for n, v in enumerate(model.weights)
    ]
    tried.items += [Item("metric", f"{step}/{k}", np.asarray(v)) for k, v in logs.items()]
