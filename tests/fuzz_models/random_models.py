"""Random models out of Keras's parts, each from a seed, as candidates that can be made smaller."""

from __future__ import annotations

from typing import Any

import numpy as np
from random_parts import (
    ACTIVE,
    BINARY,
    BY_RANK,
    LOSSES,
    MERGES,
    METRICS,
    RANK_AFTER,
    REDUCING,
    UNARY,
    Rng,
    any_rank,
    layer,
    optimizer,
    pick,
    small,
    some,
)

from keras3_lab.parity.shrink.candidate import Candidate, Layer, Made, Node, Numbers, Ref


class Builder:
    """Adds nodes to a model, and knows the rank of each: 1 for vectors, 3 for images."""

    def __init__(self, rng: Rng) -> None:
        self.rng = rng
        self.nodes: list[Node] = []
        self.layers: dict[int, Layer] = {}
        self.ranks: dict[int, int] = {}
        self.x: list[Numbers] = []
        self.embeds = False

    def node(self, of: str | int, args: tuple[Any, ...], rank: int, **kwargs: Any) -> Ref:
        self.nodes.append(Node(len(self.nodes), of, args, kwargs))
        self.ranks[len(self.nodes) - 1] = rank
        return Ref(len(self.nodes) - 1)

    def new(self, made: Made) -> int:
        self.layers[len(self.layers)] = Layer(made)
        return len(self.layers) - 1

    def call(self, made: Made, *args: Any, rank: int, **kwargs: Any) -> Ref:
        return self.node(self.new(made), args, rank, **kwargs)

    def input(self, rows: int) -> Ref:
        """An input, and what it is fed with."""
        rng = self.rng
        kind = pick(rng, ("vector", "vector", "sequence", "sequence", "image", "tokens", "volume"))
        if kind == "tokens":
            self.embeds = True
            shape = (int(rng.integers(2, 6)),)
            self.x.append(Numbers(rng.integers(0, 5, (rows, *shape))))
            tokens = self.node("Input", (shape, "int32"), 1)
            made = layer(rng, "Embedding", input_dim=5, output_dim=small, mask_zero=[True])
            return self.call(made, tokens, rank=2)
        rank = {"vector": 1, "sequence": 2, "image": 3, "volume": 4}[kind]
        shape = tuple(int(n) for n in rng.integers(2, 6, rank))
        x = rng.normal(size=(rows, *shape))
        how = rng.random()
        x = np.round(x) + 0.0 if how < 0.2 else np.abs(x) if how < 0.3 else x
        x = 30 * x if how > 0.95 else x
        self.x.append(Numbers(x))
        return self.node("Input", (shape, "float32"), rank)

    def more(self, ref: Ref) -> Ref:
        """Put one more part behind a node."""
        rng, rank = self.rng, self.ranks[ref.node]
        how = rng.random()
        if how < 0.15:
            return self.operation(ref)
        if how < 0.25 and rank == 2:
            return self.attention(ref)
        if how < 0.35:
            return self.branch(ref)
        made = (any_rank if some(rng, 0.4) or rank not in BY_RANK else BY_RANK[rank])(rng)
        return self.call(made, ref, rank=self.rank_after(made, rank))

    def rank_after(self, made: Made, rank: int) -> int:
        kind, args = made.name.partition(".")[2], made.args
        if kind in RANK_AFTER:
            return rank if args.get("keepdims") else RANK_AFTER[kind]
        if kind == "Reshape":
            return len(args["target_shape"])
        inner = args.get("layer")
        kind, args = (inner.name[7:], inner.args) if kind == "Bidirectional" else (kind, args)
        if kind in ("LSTM", "GRU", "SimpleRNN", "ConvLSTM1D", "ConvLSTM2D"):
            return rank if args.get("return_sequences") else rank - 1
        if kind == "TimeDistributed" and inner.name[7:] in ("LSTM", "GlobalAveragePooling1D"):
            return rank - 1
        return rank

    def operation(self, ref: Ref) -> Ref:
        rng, rank = self.rng, self.ranks[ref.node]
        if some(rng, 0.4):
            other: Any = ref if some(rng, 0.1) else pick(rng, (0.0, 0.5, 1.0, 2.0, -1.0))
            return self.node(f"ops.{pick(rng, BINARY)}", (ref, other), rank)
        name = pick(rng, UNARY)
        kwargs: dict[str, Any] = {}
        if name in REDUCING:
            kwargs["axis"] = pick(rng, (-1, 1))
            if name not in ("sort", "cumsum", "cumprod", "flip", "normalize", "argsort"):
                kwargs["keepdims"] = True
        return self.node(f"ops.{name}", (ref,), rank, **kwargs)

    def attention(self, ref: Ref) -> Ref:
        rng = self.rng
        if some(rng, 0.5):
            made = layer(rng, "MultiHeadAttention", num_heads=small, key_dim=small,
                         use_bias=[False], value_dim=[2])  # fmt: skip
            causal = {"use_causal_mask": True} if some(rng) else {}
            return self.call(made, ref, ref, rank=2, **causal)
        if some(rng, 0.3):
            made = layer(rng, "GroupQueryAttention", head_dim=small, num_query_heads=2,
                         num_key_value_heads=pick(rng, (1, 2)))  # fmt: skip
            return self.call(made, ref, ref, rank=2)
        kind = pick(rng, ("Attention", "AdditiveAttention"))
        made = layer(rng, kind, use_scale=[True, False])
        return self.call(made, [ref, ref], rank=2)

    def branch(self, ref: Ref) -> Ref:
        """Two ways, through a layer each or one layer twice, and together again."""
        rng, rank = self.rng, self.ranks[ref.node]
        made = layer(rng, "Dense", units=3, **ACTIVE)
        one = self.call(made, ref, rank=rank)
        if some(rng, 0.4):
            self.nodes.pop()
            shared = self.new(made)
            one = self.node(shared, (ref,), rank)
            other = self.node(shared, (self.call(Made("layers.Dense", {"units": 3}), ref, rank=rank)
                                       if some(rng, 0.0) else ref,), rank)  # fmt: skip
        else:
            other = self.call(layer(rng, "Dense", units=3, **ACTIVE), ref, rank=rank)
        return self.call(Made(f"layers.{pick(rng, MERGES)}"), [one, other], rank=rank)

    def head(self, ref: Ref, activation: str, units: int) -> Ref:
        if self.ranks[ref.node] != 1 or some(self.rng, 0.5):
            kind = "Flatten"
            if self.ranks[ref.node] == 2 and some(self.rng, 0.5):
                kind = "GlobalAveragePooling1D"
            ref = self.call(Made(f"layers.{kind}"), ref, rank=1)
        args: dict[str, Any] = {"units": units}
        if activation != "linear":
            args["activation"] = activation
        return self.call(Made("layers.Dense", args), ref, rank=1)


def targets(rng: Rng, kind: str, rows: int, units: int) -> Numbers:
    if kind == "normal":
        return Numbers(rng.normal(size=(rows, units)))
    if kind == "bits":
        return Numbers(rng.integers(0, 2, (rows, units)).astype(float))
    labels = rng.integers(0, units, rows)
    if kind == "labels":
        return Numbers(labels, like="labels")
    return Numbers(np.eye(units)[labels])


def random_model(seed: int) -> Candidate:
    """Return the random model of a seed."""
    rng = np.random.default_rng(seed)
    batch, steps = int(rng.integers(1, 4)), int(rng.integers(1, 3))
    rows = batch * steps
    builder = Builder(rng)
    ends = []
    for _ in range(2 if some(rng, 0.2) else 1):
        ref = builder.input(rows)
        for _ in range(int(rng.integers(1, 4))):
            ref = builder.more(ref)
        ends.append(ref)
    if len(ends) == 2:
        flat = [builder.call(Made("layers.Flatten"), ref, rank=1) for ref in ends]
        ends = [builder.call(Made("layers.Concatenate"), flat, rank=1)]
    outputs, y, losses, metrics = [], [], [], []
    for _ in range(2 if some(rng, 0.2) else 1):
        activation, kind, choices = pick(rng, LOSSES)
        units = int(rng.integers(1 if kind in ("normal", "bits") else 2, 4))
        outputs.append(builder.head(ends[0], activation, units))
        y.append(targets(rng, kind, rows, units))
        loss = pick(rng, choices)
        if kind == "bits" and isinstance(loss, Made) and activation == "sigmoid":
            last = builder.nodes[-1].of
            builder.layers[int(last)] = Layer(Made("layers.Dense", {"units": units}))
        losses.append(loss)
        metrics.append((pick(rng, METRICS),) if kind == "normal" and some(rng, 0.2) else ())
    return Candidate(
        builder.layers,
        tuple(builder.nodes),
        tuple(outputs),
        tuple(builder.x),
        tuple(y),
        tuple(losses),
        optimizer(rng, embeds=builder.embeds),
        metrics=tuple(metrics) if any(metrics) else (),
        sample_weight=Numbers(np.arange(1.0, rows + 1) / rows) if some(rng, 0.15) else None,
        batch=batch,
        steps=steps,
    ).pruned()
