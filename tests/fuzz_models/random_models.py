"""Random models out of Keras's parts, each from a seed, as candidates that can be made smaller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from keras3_lab.parity.shrink.candidate import Candidate, Layer, Made, Node, Numbers, Ref

Rng = np.random.Generator

ACTIVATIONS = (
    "relu", "gelu", "silu", "tanh", "sigmoid", "softplus", "softsign", "elu", "selu", "exponential",
    "hard_sigmoid", "hard_silu", "mish", "relu6", "log_sigmoid", "softmax", "celu", "glu",
    "squareplus", "tanh_shrink", "soft_shrink", "hard_shrink", "hard_tanh", "sparse_plus",
    "log_softmax", "sparsemax", "leaky_relu", "threshold",
)  # fmt: skip
UNARY = (
    "abs", "exp", "expm1", "log1p", "square", "sin", "cos", "tan", "arctan", "sinh", "cosh",
    "arcsinh", "sign", "floor", "ceil", "round", "trunc", "erf", "rsqrt", "sqrt", "reciprocal",
    "negative", "cumsum", "cumprod", "sort", "flip", "nan_to_num", "normalize", "sigmoid",
    "exp2", "deg2rad", "sinc", "angle", "real", "logsumexp", "std", "var", "median",
    "amax", "amin", "mean", "prod", "nanmax", "nansum",
)  # fmt: skip
REDUCING = (
    "logsumexp", "std", "var", "median", "amax", "amin", "mean", "prod",
    "sort", "cumsum", "cumprod", "flip", "normalize",
    "nanmax", "nansum",
)  # fmt: skip
BINARY = (
    "add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "power", "mod",
    "floor_divide", "arctan2", "hypot", "logaddexp", "divide_no_nan", "heaviside",
    "copysign",
)  # fmt: skip
MERGES = ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate")


def pick(rng: Rng, options: Sequence[Any]) -> Any:
    return options[int(rng.integers(len(options)))]


def some(rng: Rng, chance: float = 0.3) -> bool:
    return bool(rng.random() < chance)


def layer(rng: Rng, name: str, **options: Any) -> Made:
    """A layer, some of whose arguments are given: a list is a choice, and often left out."""
    args = {}
    for key, value in options.items():
        if isinstance(value, list):
            if some(rng, 0.4):
                args[key] = pick(rng, value)
        else:
            args[key] = value(rng) if callable(value) else value
    return Made(f"layers.{name}", args)


def small(rng: Rng) -> int:
    return int(rng.integers(1, 5))


KERNELS = {
    "kernel_regularizer": [
        Made("regularizers.L2", {"l2": 0.1}),
        Made("regularizers.L1", {"l1": 0.1}),
        Made("regularizers.L1L2", {"l1": 0.01, "l2": 0.01}),
        Made("regularizers.OrthogonalRegularizer"),
    ],
    "kernel_constraint": [
        Made("constraints.MaxNorm", {"max_value": 1.0}),
        Made("constraints.NonNeg"),
        Made("constraints.UnitNorm"),
        Made("constraints.MinMaxNorm", {"min_value": 0.5, "max_value": 1.0}),
    ],
}
ACTIVE = {"activation": [*ACTIVATIONS], "use_bias": [False]}
PADDED = {"padding": ["same", "valid"]}
RNN = {
    "return_sequences": [True], "go_backwards": [True], "activation": ["relu", "softsign"],
    "unroll": [True], "use_bias": [False],
}  # fmt: skip

Make = Callable[[Rng], Made]


def any_rank(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "Dense", units=small, **ACTIVE, **KERNELS),
        lambda r: layer(r, "Activation", activation=pick(r, ACTIVATIONS)),
        lambda r: layer(r, "BatchNormalization", momentum=[0.5], center=[False], scale=[False]),
        lambda r: layer(r, "LayerNormalization", center=[False], scale=[False], epsilon=[1e-2]),
        lambda r: layer(r, "RMSNormalization"),
        lambda r: layer(r, "UnitNormalization"),
        lambda r: layer(r, "GroupNormalization", groups=pick(r, [1, -1])),
        lambda r: layer(r, "ReLU", max_value=[1.0], negative_slope=[0.1], threshold=[0.5, -0.5]),
        lambda r: layer(r, "ELU", alpha=[0.5]),
        lambda r: layer(r, "LeakyReLU", negative_slope=[0.1]),
        lambda r: layer(r, "PReLU"),
        lambda r: layer(r, "Softmax", axis=[1]),
        lambda r: layer(r, "Rescaling", scale=2.0, offset=[1.0]),
        lambda r: layer(r, "ActivityRegularization", l1=[0.1], l2=[0.1]),
        lambda r: layer(r, "Normalization", mean=0.5, variance=2.0),
        lambda r: layer(r, "Flatten"),
    ]
    return pick(rng, made)(rng)


def vectors(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "RepeatVector", n=small),
        lambda r: layer(r, "Reshape", target_shape=pick(r, [(-1, 1), (2, -1), (1, -1)])),
        lambda r: layer(r, "EinsumDense", equation="ab,bc->ac", output_shape=3),
        lambda r: layer(r, "Dense", units=small, **ACTIVE, **KERNELS),
    ]
    return pick(rng, made)(rng)


def sequences(rng: Rng) -> Made:
    conv = {
        "filters": small, "kernel_size": small, **PADDED, **ACTIVE, **KERNELS,
        "strides": [2, 3], "dilation_rate": [2],
    }  # fmt: skip
    cells = ("LSTM", "GRU", "SimpleRNN")
    made: list[Make] = [
        lambda r: layer(r, "Conv1D", **(conv | {"padding": ["same", "causal"]})),
        lambda r: layer(r, "Conv1DTranspose", **conv),
        lambda r: layer(r, "SeparableConv1D", filters=small, kernel_size=small, **PADDED, **ACTIVE),
        lambda r: layer(r, "DepthwiseConv1D", kernel_size=small, **PADDED, **ACTIVE, strides=[2]),
        lambda r: layer(r, pick(r, cells), units=small, **RNN),
        lambda r: layer(r, "GRU", units=small, reset_after=[False], **RNN),
        lambda r: layer(
            r, "Bidirectional", layer=layer(r, pick(r, cells), units=small, **RNN),
            merge_mode=["sum", "mul", "ave"],
        ),
        lambda r: layer(r, "TimeDistributed", layer=layer(r, "Dense", units=small, **ACTIVE)),
        lambda r: layer(r, "MaxPooling1D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "AveragePooling1D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "GlobalMaxPooling1D", keepdims=[True]),
        lambda r: layer(r, "GlobalAveragePooling1D", keepdims=[True]),
        lambda r: layer(r, "UpSampling1D", size=small),
        lambda r: layer(r, "ZeroPadding1D", padding=small),
        lambda r: layer(r, "Cropping1D", cropping=1),
        lambda r: layer(r, "Masking", mask_value=pick(r, [0.0, 1.0])),
        lambda r: layer(r, "Permute", dims=(2, 1)),
        lambda r: layer(r, "EinsumDense", equation="abc,cd->abd", output_shape=(None, 3)),
        lambda r: layer(r, "Reshape", target_shape=(-1, 1, 1)),
        lambda r: layer(r, "AdaptiveAveragePooling1D", output_size=small),
        lambda r: layer(r, "AdaptiveMaxPooling1D", output_size=small),
    ]  # fmt: skip
    return pick(rng, made)(rng)


def images(rng: Rng) -> Made:
    conv = {
        "filters": small, "kernel_size": small, **PADDED, **ACTIVE, **KERNELS,
        "strides": [2, 3], "dilation_rate": [2],
    }  # fmt: skip
    made: list[Make] = [
        lambda r: layer(r, "Conv2D", **conv),
        lambda r: layer(r, "Conv2DTranspose", **conv),
        lambda r: layer(r, "SeparableConv2D", filters=small, kernel_size=small, **PADDED, **ACTIVE),
        lambda r: layer(
            r, "DepthwiseConv2D", kernel_size=small, depth_multiplier=[2], **PADDED, **ACTIVE,
            strides=[2],
        ),
        lambda r: layer(r, "MaxPooling2D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "AveragePooling2D", pool_size=small, strides=[1, 2], **PADDED),
        lambda r: layer(r, "GlobalMaxPooling2D", keepdims=[True]),
        lambda r: layer(r, "GlobalAveragePooling2D", keepdims=[True]),
        lambda r: layer(r, "UpSampling2D", size=small, interpolation=["bilinear"]),
        lambda r: layer(r, "ZeroPadding2D", padding=small),
        lambda r: layer(r, "Cropping2D", cropping=1),
        lambda r: layer(r, "Resizing", height=small, width=small, interpolation=["nearest"]),
        lambda r: layer(r, "CenterCrop", height=small, width=small),
        lambda r: layer(r, "Permute", dims=(2, 3, 1)),
        lambda r: layer(r, "TimeDistributed", layer=layer(r, "GlobalAveragePooling1D")),
        lambda r: layer(r, "TimeDistributed", layer=layer(r, "LSTM", units=small)),
        lambda r: layer(r, "ConvLSTM1D", filters=small, kernel_size=small, **PADDED,
                        return_sequences=[True]),
        lambda r: layer(r, "AdaptiveAveragePooling2D", output_size=small),
        lambda r: layer(r, "AdaptiveMaxPooling2D", output_size=small),
    ]  # fmt: skip
    return pick(rng, made)(rng)


def volumes(rng: Rng) -> Made:
    made: list[Make] = [
        lambda r: layer(r, "Conv3D", filters=small, kernel_size=small, **PADDED, **ACTIVE),
        lambda r: layer(r, "ConvLSTM2D", filters=small, kernel_size=small, **PADDED),
        lambda r: layer(r, "GlobalAveragePooling3D"),
        lambda r: layer(r, "GlobalMaxPooling3D"),
        lambda r: layer(r, "UpSampling3D", size=2),
        lambda r: layer(
            r, "TimeDistributed", layer=layer(r, "Conv2D", filters=small, kernel_size=1)
        ),
        lambda r: layer(r, "Flatten"),
    ]
    return pick(rng, made)(rng)


BY_RANK: dict[int, Make] = {1: vectors, 2: sequences, 3: images, 4: volumes}
RANK_AFTER = {
    "Flatten": 1, "RepeatVector": 2, "GlobalMaxPooling1D": 1, "GlobalAveragePooling1D": 1,
    "GlobalMaxPooling2D": 1, "GlobalAveragePooling2D": 1, "GlobalMaxPooling3D": 1,
    "GlobalAveragePooling3D": 1,
}  # fmt: skip

LOSSES: tuple[tuple[str, str, tuple[str | Made, ...]], ...] = (
    # activation of the head, kind of targets, losses
    ("linear", "normal", (
        "mse", "mae", "mape", "msle", "log_cosh", "cosine_similarity", "hinge", "squared_hinge",
        "categorical_hinge", Made("losses.Huber"),
    )),
    ("sigmoid", "bits", (
        "poisson", "mse", "dice", "tversky", "kl_divergence",
        Made("losses.BinaryCrossentropy", {"from_logits": True}),
        Made("losses.BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}),
        Made("losses.BinaryFocalCrossentropy", {"from_logits": True}),
    )),
    ("softplus", "bits", ("poisson", "msle", "mse")),
    ("linear", "classes", (
        Made("losses.CategoricalCrossentropy", {"from_logits": True}),
        Made("losses.CategoricalFocalCrossentropy", {"from_logits": True}),
    )),
    ("linear", "labels", (Made("losses.SparseCategoricalCrossentropy", {"from_logits": True}),)),
)  # fmt: skip
SPARSE_SAFE = ("SGD", "Lion")
OPTIMIZERS: dict[str, dict[str, Any]] = {
    "SGD": {"momentum": [0.9], "nesterov": [True]},
    "Adam": {"amsgrad": [True], "beta_1": [0.5], "epsilon": [1e-3]},
    "AdamW": {},
    "Nadam": {},
    "Adamax": {},
    "Adagrad": {},
    "Adadelta": {},
    "RMSprop": {"momentum": [0.9], "centered": [True], "rho": [0.5]},
    "Ftrl": {"l1_regularization_strength": [0.1], "l2_shrinkage_regularization_strength": [0.1]},
    "Lion": {},
    "Adafactor": {"relative_step": [False]},
    "Lamb": {},
    "Muon": {},
}
SETTINGS: dict[str, Any] = {
    "learning_rate": [
        0.1, 0.01,
        Made("optimizers.schedules.ExponentialDecay",
             {"initial_learning_rate": 0.1, "decay_steps": 2, "decay_rate": 0.5}),
        Made("optimizers.schedules.CosineDecay",
             {"initial_learning_rate": 0.1, "decay_steps": 3, "warmup_target": 0.2,
              "warmup_steps": 2}),
        Made("optimizers.schedules.PiecewiseConstantDecay",
             {"boundaries": (1, 2), "values": (0.1, 0.05, 0.01)}),
        Made("optimizers.schedules.PolynomialDecay",
             {"initial_learning_rate": 0.1, "decay_steps": 2, "cycle": True}),
    ],
    "weight_decay": [0.1],
    "use_ema": [True],
    "ema_overwrite_frequency": [2],
    "gradient_accumulation_steps": [2],
}  # fmt: skip
CLIPS = ({}, {}, {}, {"clipnorm": 0.5}, {"clipvalue": 0.1}, {"global_clipnorm": 0.5})
METRICS = ("mae", "mse", "cosine_similarity", "mape", "log_cosh")


def optimizer(rng: Rng, *, embeds: bool) -> Made:
    """An optimizer; where tokens are embedded, one that sums up their gradients."""
    name = pick(rng, SPARSE_SAFE if embeds else [*OPTIMIZERS])
    args = layer(rng, name, **OPTIMIZERS[name], **SETTINGS).args
    if "ema_overwrite_frequency" in args:
        args = {**args, "use_ema": True}
    clip = {} if embeds else pick(rng, CLIPS)
    return Made(f"optimizers.{name}", {**args, **clip})


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
