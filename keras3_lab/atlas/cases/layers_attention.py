"""Cases of attention layers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import Case, LayerCall, numbers
from keras3_lab.atlas.cases.table import called, table

Q, V, K = numbers(2, 3, 4), numbers(2, 5, 4, seed=1), numbers(2, 5, 4, seed=2)
OF_QUERY = np.array([[True, True, False], [False, True, True]])
OF_VALUE = np.array([[True, True, True, False, False], [True, False, True, True, False]])
NOTHING = np.array([[False] * 5, [True] * 5])
SCORES = {"return_attention_scores": True}
FULL = np.arange(2 * 3 * 5).reshape(2, 3, 5) % 3 > 0

MASKS: dict[str, dict[str, Any]] = {
    "value-mask": {"value_mask": OF_VALUE},
    "key-mask": {"key_mask": OF_VALUE},
    "query-mask": {"query_mask": OF_QUERY},
    "all-masked-row": {"value_mask": NOTHING},
    "attention-mask": {"attention_mask": FULL},
    "attention-mask-all": {"attention_mask": np.zeros_like(FULL)},
    "masks-together": {"query_mask": OF_QUERY, "value_mask": OF_VALUE, "attention_mask": FULL},
    "causal": {"use_causal_mask": True},
    "causal-and-value-mask": {"use_causal_mask": True, "value_mask": OF_VALUE},
    "scores": SCORES,
    "scores-all-masked": SCORES | {"value_mask": NOTHING},
}
OWN: dict[str, dict[str, Any]] = {
    "MultiHeadAttention": {"num_heads": 2, "key_dim": 3},
    "GroupQueryAttention": {"num_query_heads": 4, "num_key_value_heads": 2, "head_dim": 3},
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _plain()
    rows: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "no-bias": {"use_bias": False},
        "gated": {"use_gate": True},
        "sliding-window": {"sliding_window": 2},
        "without-flash": {"flash_attention": False},
    }
    for name, own in OWN.items():
        make = partial(getattr(layers, name), **own)
        yield from table(name, {what: own | more for what, more in rows.items()}, Q, V)
        yield from table(name, {"with-key": own}, Q, V, K)
        yield from table(name, {"dropout": own | {"dropout": 0.4}}, Q, V, random=True)
        yield from called(name, make, MASKS, Q, V)
        spoilt = V.copy()
        spoilt[0, 0, 0], spoilt[1, 1, 1] = np.inf, np.nan
        for what, (q, v) in {
            "zeros": (np.zeros_like(Q), np.zeros_like(V)),
            "special": (Q, spoilt),
            "very-large": (1e25 * Q, 1e25 * V),
            "no-rows": (Q[:0], V[:0]),
            "no-values": (Q, V[:, :0]),
            "one-step": (Q[:, :1], V[:, :1]),
            "self": (Q, Q),
        }.items():
            yield from table(name, {what: own}, q, v)
    more: dict[str, dict[str, Any]] = {
        "value-size": {"value_dim": 5},
        "output-shape": {"output_shape": 3},
        "output-shape-of-two": {"output_shape": (3, 2)},
        "one-head": {"num_heads": 1},
    }
    mha = OWN["MultiHeadAttention"]
    yield from table("MultiHeadAttention", {k: mha | v for k, v in more.items()}, Q, V)
    plane, other = numbers(1, 2, 3, 4), numbers(1, 2, 5, 4)
    axes: dict[str, dict[str, Any]] = {
        "two-axes": {"attention_axes": (1, 2)},
        "last-axis": {"attention_axes": (2,)},
    }
    for what, arguments in axes.items():
        yield from table("MultiHeadAttention", {what: mha | arguments}, plane, other)
    one = {"num_query_heads": 4, "num_key_value_heads": 4, "head_dim": 3}
    yield from table("GroupQueryAttention", {"as-many-heads": one}, Q, V)
    one = {"num_query_heads": 4, "num_key_value_heads": 1, "head_dim": 3}
    yield from table("GroupQueryAttention", {"one-head-of-keys": one}, Q, V)


def _plain() -> Iterator[LayerCall]:
    """Attention without weights."""
    rows: dict[str, dict[str, dict[str, Any]]] = {
        "Attention": {
            "ordinary": {},
            "scaled": {"use_scale": True},
            "concat": {"score_mode": "concat"},
            "concat-scaled": {"score_mode": "concat", "use_scale": True},
        },
        "AdditiveAttention": {"ordinary": {}, "no-scale": {"use_scale": False}},
    }
    masks: dict[str, dict[str, Any]] = {
        "value-mask": {"mask": [None, OF_VALUE]},
        "query-mask": {"mask": [OF_QUERY, None]},
        "both-masks": {"mask": [OF_QUERY, OF_VALUE]},
        "all-masked-row": {"mask": [None, NOTHING]},
        "causal": {"use_causal_mask": True},
        "scores": SCORES,
        "scores-causal-all-masked": SCORES | {"mask": [None, NOTHING], "use_causal_mask": True},
    }
    for name, own in rows.items():
        make = getattr(layers, name)
        yield from table(name, own, [Q, V])
        yield from table(name, {"with-key": {}}, [Q, V, K])
        yield from table(name, {"dropout": {"dropout": 0.5}}, [Q, V], random=True)
        yield from called(name, make, masks, [Q, V])
        for what, pair in {
            "zeros": [np.zeros_like(Q), np.zeros_like(V)],
            "large": [1e4 * Q, 1e4 * V],
            "infinite": [Q, np.full_like(V, np.inf)],
            "no-rows": [Q[:0], V[:0]],
            "no-values": [Q, V[:, :0]],
            "one-step": [Q[:, :1], V[:, :1]],
        }.items():
            yield from table(name, {what: {}}, pair)
