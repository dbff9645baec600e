"""Cases of dense, embedding and other core layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from keras3_lab.atlas.case import Call, Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import called, made, on, table

X = numbers(4, 6)
STEPS = numbers(2, 3, 4)
TOKENS = np.array([[0, 1, 2], [2, 2, 4]], "int32")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _dense()
    yield from _embedding()
    yield from _other()
    yield from _quantized()


def _inputs() -> dict[str, Any]:
    spoilt = X.copy()
    spoilt[0, 0], spoilt[1, 1], spoilt[2, 2] = np.inf, -np.inf, np.nan
    return {
        "zeros": np.zeros_like(X),
        "special": spoilt,
        "large": 1e30 * X,
        "overflowing": 3e38 * X,
        "denormal": 1e-40 * X,
        "no-rows": X[:0],
        "one-row": X[:1],
        "no-columns": X[:, :0],
        "whole-numbers": np.arange(24, dtype="int32").reshape(4, 6),
        "bytes": np.arange(24, dtype="uint8").reshape(4, 6),
        "long": np.arange(24).reshape(4, 6),
        "booleans": np.arange(24).reshape(4, 6) % 3 == 0,
    }


def _dense() -> Iterator[LayerCall]:
    rows: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "no-bias": {"use_bias": False},
        "relu": {"activation": "relu"},
        "softmax": {"activation": "softmax"},
        "regularized": {"kernel_regularizer": "l2", "bias_regularizer": "l1"},
        "constrained": {"kernel_constraint": "unit_norm"},
        "lora": {"lora_rank": 2},
    }
    yield from table("Dense", {k: {"units": 3} | v for k, v in rows.items()}, X)
    yield from on("Dense", {"units": 3}, _inputs())
    yield from on("Dense", {"units": 3}, {"steps": STEPS, "five-axes": numbers(1, 2, 1, 2, 3)})
    equations: dict[str, tuple[str, Any, str | None]] = {
        "dense": ("abc,cd->abd", (None, 5), "d"),
        "heads": ("abc,cde->abde", (None, 2, 3), "de"),
        "reduced": ("abc,bcd->ad", 5, "d"),
        "no-bias": ("abc,cd->adb", (5, None), None),
        "ellipsis": ("...c,cd->...d", (3, 5), "d"),
        "bias-of-inner-axis": ("abc,cd->abd", (3, 5), "b"),
        "outer": ("abc,d->abcd", (3, 4, 2), "d"),
        "shared-axis": ("abc,bcd->abd", (3, 5), "bd"),
    }
    for what, (equation, shape, axes) in equations.items():
        arguments = {"equation": equation, "output_shape": shape, "bias_axes": axes}
        yield from table("EinsumDense", {what: arguments}, STEPS)
    dense = {"equation": "ab,bc->ac", "output_shape": 3}
    few = ("special", "large", "no-rows", "whole-numbers", "booleans")
    yield from on("EinsumDense", dense, {k: v for k, v in _inputs().items() if k in few})


def _embedding() -> Iterator[Case]:
    size = {"input_dim": 5, "output_dim": 3}
    indices: dict[str, Any] = {
        "ordinary": TOKENS,
        "bytes": TOKENS.astype("int8"),
        "unsigned-bytes": TOKENS.astype("uint8"),
        "short": TOKENS.astype("int16"),
        "unsigned": TOKENS.astype("uint32"),
        "long": TOKENS.astype("int64"),
        "floats": TOKENS + 0.0,
        "fractions": TOKENS + 0.7,
        "booleans": TOKENS > 1,
        "negative": TOKENS - 2,
        "above": TOKENS + 2,
        "far-above": TOKENS + 1000,
        "no-rows": TOKENS[:0],
        "one-number": np.int32(2) * np.ones((), "int32"),
    }
    yield from on("Embedding", size, indices)
    rows: dict[str, dict[str, Any]] = {
        "mask-zero": {"mask_zero": True},
        "lora": {"lora_rank": 2},
        "regularized": {"embeddings_regularizer": "l2"},
        "constrained": {"embeddings_constraint": "max_norm"},
    }
    yield from table("Embedding", {k: size | v for k, v in rows.items()}, TOKENS)
    few = ("ordinary", "negative", "above", "floats")
    yield from on("ReversibleEmbedding", size, {k: indices[k] for k in few})
    reversed_rows: dict[str, dict[str, Any]] = {
        "reversed": {},
        "reversed-untied": {"tie_weights": False},
        "reversed-capped": {"logit_soft_cap": 0.5},
        "reversed-in-float32": {"reverse_dtype": "float32"},
    }
    for what, more in reversed_rows.items():
        yield from called(
            "ReversibleEmbedding",
            partial(_built, size | more),
            {what: {"reverse": True}},
            numbers(2, 3, 3),
        )


def _built(arguments: dict[str, Any]) -> Any:
    layer = layers.ReversibleEmbedding(**arguments)
    layer.build()
    return layer


def _other() -> Iterator[Case]:
    yield from table("Identity", {"ordinary": {}}, X)
    yield from on(
        "Identity",
        {},
        {"booleans": X > 0, "several": ([X, X],), "long": TOKENS.astype("int64") * 2**40},
    )
    rows: dict[str, Callable[[], Any]] = {
        "ordinary": lambda: layers.Lambda(lambda x: x * x),
        "reduced": lambda: layers.Lambda(lambda x: ops.sum(x, axis=-1)),
        "with-arguments": lambda: layers.Lambda(lambda x, power: x**power, arguments={"power": 3}),
        "operators": lambda: layers.Lambda(lambda x: (x > 0) & (x < 0.5) | ~(x == x)),
    }
    yield from made("Lambda", rows, X)
    yield from table("Activation", {k: {"activation": k} for k in ("relu", "gelu", "softmax")}, X)
    yield from on("Activation", {"activation": "tanh"}, {"whole-numbers": TOKENS})
    yield from table(
        "ActivityRegularization",
        {"ordinary": {"l1": 0.1, "l2": 0.2}, "nothing": {}},
        X,
    )
    zeros, spoilt = np.zeros_like(STEPS), STEPS.copy()
    spoilt[0, 1], spoilt[1, 0] = 0, np.nan
    steps = {"ordinary": STEPS, "zeros": zeros, "minus-zeros": -zeros, "special": spoilt}
    yield from on("Masking", {}, steps | {"no-rows": STEPS[:0]})
    yield from on("Masking", {"mask_value": 0.1}, {"tenth": np.full_like(STEPS, 0.1)})
    for what, layer, x in (
        ("layers.Masking", layers.Masking(), spoilt),
        ("layers.Masking", layers.Masking(mask_value=np.nan), spoilt),
        ("layers.Embedding", layers.Embedding(5, 3, mask_zero=True), TOKENS),
    ):
        row = f"mask-of-{getattr(layer, 'mask_value', 'zero')}"
        yield Call(what, row, function=layer.compute_mask, inputs=(x,), gradient=False)

    masked = {
        "masked": lambda: keras.Sequential([layers.Masking(), layers.Identity(), layers.Dense(3)])
    }
    yield from made("Dense", masked, spoilt)
    yield Call(
        "layers.Dense",
        "losses-of-regularizers",
        function=lambda x: _losses(
            layers.Dense(2, "relu", kernel_initializer="ones", activity_regularizer="l2"), x
        ),
        inputs=(X,),
        gradient=False,
        compiles=False,
    )
    yield Call(
        "layers.ActivityRegularization",
        "loss",
        function=lambda x: _losses(layers.ActivityRegularization(0.1, 0.2), x),
        inputs=(X,),
        gradient=False,
        compiles=False,
    )


def _losses(layer: Any, x: Any) -> Any:
    layer(x)
    return layer.losses


def _quantized() -> Iterator[LayerCall]:
    def first(shape: Any, dtype: Any = None) -> Any:
        return ops.convert_to_tensor(numbers(*shape, seed=3), dtype)

    def quantized(layer: Callable[[], Any], shape: Any, mode: str) -> Callable[[], Any]:
        def make() -> Any:
            made = layer()
            made.build(shape)
            made.quantize(mode)
            return made

        return make

    kinds: dict[str, tuple[Callable[[], Any], Any]] = {
        "Dense": (lambda: layers.Dense(3, kernel_initializer=first), X),
        "EinsumDense": (
            lambda: layers.EinsumDense("ab,bc->ac", 3, kernel_initializer=first),
            X,
        ),
        "Embedding": (lambda: layers.Embedding(5, 4, embeddings_initializer=first), TOKENS),
    }
    for name, (layer, x) in kinds.items():
        for mode in ("int8", "int4", "float8"):
            if mode != "float8" or name != "Embedding":
                make = quantized(layer, x.shape, mode)
                yield from made(name, {mode: make}, x, weights=False, dtypes=("float32",))
    for policy in ("mixed_float16", "mixed_bfloat16"):
        dense = {policy: lambda policy=policy: layers.Dense(3, dtype=policy)}
        yield from made("Dense", dense, X, dtypes=("float32",), gradient=False)
    mixed = {"mixed-float16": lambda: keras.layers.LayerNormalization(dtype="mixed_float16")}
    yield from made("LayerNormalization", mixed, X, dtypes=("float32",), gradient=False)
