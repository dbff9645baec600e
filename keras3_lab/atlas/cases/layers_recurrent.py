"""Cases of recurrent layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers

from keras3_lab.atlas.case import WIDE, Case, LayerCall, Procedure, numbers
from keras3_lab.atlas.cases.table import called, made, on, table

X = numbers(3, 4, 2)
SEQUENCES = {"return_sequences": True}
BOTH = {"return_sequences": True, "return_state": True}

# Loops take seconds to compile: one case of a layer is.
QUICK: dict[str, Any] = {"dtypes": WIDE, "compiles": False}
ROWS: dict[str, dict[str, Any]] = {
    "sequences": SEQUENCES,
    "state": {"return_state": True},
    "sequences-and-state": BOTH,
    "backwards": {"go_backwards": True} | BOTH,
    "unrolled": {"unroll": True} | BOTH,
    "relu": {"activation": "relu"},
    "no-activation": {"activation": None},
    "no-bias": {"use_bias": False},
    "regularized": {"kernel_regularizer": "l2", "recurrent_regularizer": "l1"},
}
GATED: dict[str, dict[str, Any]] = {
    "hard-sigmoid": {"recurrent_activation": "hard_sigmoid"},
    "relu-gates": {"recurrent_activation": "relu"},
    "without-cudnn": {"use_cudnn": False},
}
OWN: dict[str, dict[str, dict[str, Any]]] = {
    "SimpleRNN": {},
    "GRU": GATED
    | {
        "reset-before": {"reset_after": False},
        "reset-before-no-bias": {"reset_after": False, "use_bias": False},
    },
    "LSTM": GATED | {"no-forget-bias": {"unit_forget_bias": False}},
}
MASKS = {
    "left": [[0, 0, 1, 1], [0, 1, 1, 1], [1, 1, 1, 1]],
    "right": [[1, 1, 0, 0], [1, 1, 1, 0], [1, 1, 1, 1]],
    "holes": [[1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 0, 1]],
    "row": [[0, 0, 0, 0], [1, 1, 1, 1], [1, 1, 0, 0]],
    "all": [[0, 0, 0, 0]] * 3,
    "none": [[1, 1, 1, 1]] * 3,
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, own in OWN.items():
        yield from table(name, {"ordinary": {"units": 3}}, X)
        yield from table(name, _with({"units": 3}, ROWS | own), X, **QUICK)
        yield from on(name, {"units": 3} | BOTH, _inputs(), **QUICK)
        yield Procedure(f"layers.{name}", "stateful", WIDE, function=partial(_stateful, name))
        yield from _masked(name)
        states = [numbers(3, 3, seed=n) for n in range(2 if name == "LSTM" else 1)]
        kind = partial(getattr(layers, name), 3, return_state=True)
        given = {"initial-state": {"initial_state": states if len(states) > 1 else states[0]}}
        yield from called(name, kind, given, X)
        drawn = {"dropout": {"dropout": 0.5}, "recurrent-dropout": {"recurrent_dropout": 0.5}}
        yield from table(name, _with({"units": 3}, drawn), X, random=True)
        cell = f"{name}Cell"
        rows: dict[str, dict[str, Any]] = {"ordinary": {}} | {
            k: v for k, v in own.items() if "cudnn" not in k
        }
        state = states if len(states) > 1 else states[0]
        yield from table(cell, _with({"units": 3}, rows), X[:, 0], state)
        large = 1e30 * X[:, 0]
        yield from table(cell, {"large": {"units": 3}}, large, state)
    yield from _of_cells()
    yield from _wrapped()
    yield from _convolutional()


def _with(arguments: dict[str, Any], rows: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {what: arguments | more for what, more in rows.items()}


def _stateful(name: str) -> Any:
    """Return what a stateful layer makes of the same rows twice, called and predicted with."""
    layer = getattr(layers, name)(3, stateful=True)
    model = keras.Sequential([keras.Input(batch_shape=X.shape), layer])
    for n, variable in enumerate(model.trainable_variables):
        variable.assign(0.5 * numbers(*variable.shape, seed=n))
    called = []
    for call in (model, model.predict_on_batch):
        layer.reset_state()
        called.append([call(X.astype(keras.config.floatx())) for _ in range(2)])
    return dict(zip(("called", "predicted"), called, strict=True))


def _inputs() -> dict[str, Any]:
    spoilt = X.copy()
    spoilt[0, 1, 0], spoilt[1, 2, 1], spoilt[2, 0, 0] = np.inf, -np.inf, np.nan
    return {
        "zeros": np.zeros_like(X),
        "special": spoilt,
        "large": 1e30 * X,
        "no-rows": X[:0],
        "one-row": X[:1],
        "one-step": X[:, :1],
        "whole-numbers": np.arange(24, dtype="int32").reshape(3, 4, 2) % 3,
    }


def _masked(name: str) -> Iterator[LayerCall]:
    kind = getattr(layers, name)
    for what, mask in MASKS.items():
        given = {"mask": np.array(mask, bool)}
        if what in ("right", "row"):
            yield from called(name, partial(kind, 3), {f"mask-{what}": given}, X)
        make = partial(kind, 3, **BOTH)
        yield from called(name, make, {f"mask-{what}-sequences": given}, X, **QUICK)
    right = {"mask": np.array(MASKS["right"], bool)}
    for what, more in {
        "backwards": {"go_backwards": True},
        "unrolled": {"unroll": True},
    }.items():
        make = partial(kind, 3, **BOTH, **more)
        yield from called(name, make, {f"mask-right-{what}": right}, X, **QUICK)
    steps = X.copy()
    steps[0, 2:] = 0
    stacks = {
        "behind-masking": lambda: keras.Sequential([layers.Masking(), kind(3)]),
        "two-behind-masking": lambda: keras.Sequential(
            [layers.Masking(), kind(3, return_sequences=True), kind(2)]
        ),
    }
    yield from made(name, stacks, steps, **QUICK)


def _of_cells() -> Iterator[LayerCall]:
    def cells() -> list[Any]:
        return [layers.LSTMCell(3), layers.GRUCell(2)]

    right = {"mask": np.array(MASKS["right"], bool)}
    rows: dict[str, Callable[[], Any]] = {
        "of-a-cell": lambda: layers.RNN(layers.SimpleRNNCell(3)),
        "of-cells": lambda: layers.RNN(cells(), **BOTH),
        "unrolled": lambda: layers.RNN(layers.GRUCell(3), unroll=True),
        "backwards": lambda: layers.RNN(layers.LSTMCell(3), go_backwards=True, **BOTH),
        "zero-output": lambda: layers.RNN(layers.GRUCell(3), zero_output_for_mask=True, **BOTH),
    }
    yield from made("RNN", rows, X)
    for what, make in rows.items():
        yield from called("RNN", make, {f"{what}-mask-right": right}, X)
    yield LayerCall(
        "layers.StackedRNNCells",
        "ordinary",
        make=lambda: layers.StackedRNNCells(cells()),
        inputs=(X[:, 0], [[numbers(3, 3), numbers(3, 3, seed=1)], [numbers(3, 2)]]),
    )
    yield LayerCall(
        "layers.StackedRNNCells",
        "in-rnn",
        make=lambda: layers.RNN(layers.StackedRNNCells(cells())),
        inputs=(X,),
    )


def _wrapped() -> Iterator[LayerCall]:
    for merge in ("concat", "sum", "mul", "ave", None):
        for what, make in {
            "last": lambda merge=merge: layers.Bidirectional(layers.GRU(3), merge_mode=merge),
            "sequences": lambda merge=merge: layers.Bidirectional(
                layers.LSTM(2, **BOTH), merge_mode=merge
            ),
        }.items():
            yield from made("Bidirectional", {f"{merge}-{what}": make}, X, **QUICK)
    for what, mask in MASKS.items():
        yield from called(
            "Bidirectional",
            lambda: layers.Bidirectional(layers.GRU(2, return_sequences=True)),
            {f"mask-{what}": {"mask": np.array(mask, bool)}},
            X,
            **QUICK,
        )
    own: dict[str, Callable[[], Any]] = {
        "own-backward-layer": lambda: layers.Bidirectional(
            layers.GRU(3), backward_layer=layers.SimpleRNN(3, go_backwards=True)
        ),
    }
    yield from made("Bidirectional", own, X)
    rows: dict[str, Callable[[], Any]] = {
        "dense": lambda: layers.TimeDistributed(layers.Dense(3)),
        "normalization": lambda: layers.TimeDistributed(layers.BatchNormalization()),
        "flatten": lambda: layers.TimeDistributed(layers.Flatten()),
    }
    yield from made("TimeDistributed", rows, X)
    yield from called(
        "TimeDistributed", rows["dense"], {"mask": {"mask": np.array(MASKS["holes"], bool)}}, X
    )
    made_of_images: dict[str, Callable[[], Any]] = {
        "conv": lambda: layers.TimeDistributed(layers.Conv2D(2, 3)),
        "max-pooling": lambda: layers.TimeDistributed(layers.MaxPooling2D()),
    }
    yield from made("TimeDistributed", made_of_images, numbers(2, 3, 4, 4, 2))


def _convolutional() -> Iterator[LayerCall]:
    rows: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "same-sequences": {"padding": "same"} | BOTH,
        "stride-2": {"strides": 2},
        "dilation": {"dilation_rate": 2},
        "backwards": {"go_backwards": True} | SEQUENCES,
        "unrolled": {"unroll": True},
        "channels-first": {"data_format": "channels_first"},
        "even-kernel-same": {"kernel_size": 2, "padding": "same"},
        "no-bias": {"use_bias": False},
    }
    shapes = {1: (2, 3, 5, 5), 2: (2, 3, 5, 5, 5), 3: (1, 2, 4, 4, 4, 4)}
    for rank, shape in shapes.items():
        name, x = f"ConvLSTM{rank}D", numbers(*shape)
        options = {"filters": 2, "kernel_size": 2 if rank == 3 else 3}
        given = rows if rank < 3 else {k: rows[k] for k in ("ordinary", "same-sequences")}
        yield from table(name, _with(options, given), x, **QUICK)
        mask = np.arange(shape[0] * shape[1]).reshape(shape[:2]) % 3 > 0
        yield from called(
            name, partial(getattr(layers, name), **options), {"mask": {"mask": mask}}, x, **QUICK
        )
        spoilt = x.copy()
        spoilt.flat[0] = np.nan
        yield from on(name, options, {"special": spoilt, "no-rows": x[:0]}, **QUICK)
    yield from table(
        "ConvLSTM2D",
        {"dropout": {"filters": 2, "kernel_size": 2, "dropout": 0.3, "recurrent_dropout": 0.3}},
        numbers(*shapes[2]),
        random=True,
    )
