"""What every recipe declares, in numbers: a table of all recipes, variants and arms.

Written from the notes, not from the code: a number that changes here changes what is trained.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# Steps of a training of 1,000 at which learning rates are told.
STEPS = (0, 50, 100, 500, 1000)


def adam(rate: float = 1e-3) -> tuple[str, dict[str, Any], Any]:
    return "Adam", {"beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}, rate


def rmsprop(rate: float = 1e-3) -> tuple[str, dict[str, Any], Any]:
    return "RMSprop", {"rho": 0.9, "epsilon": 1e-7}, rate


def sgd(rate: Any = 1e-2, **momentum: Any) -> tuple[str, dict[str, Any], Any]:
    return "SGD", momentum, rate


def cosine(rate: float) -> tuple[str, dict[str, Any], Any]:
    falling = [rate * share for share in (1, 0.9938442, 0.9755283, 0.5, 0)]
    return "Adam", adam()[1], falling


NESTEROV = {"momentum": 0.9, "nesterov": True}
ADAGRAD = "Adagrad", {"initial_accumulator_value": 0.1, "epsilon": 1e-7}, 1e-3
MUON = (
    "MuonSGD",
    {
        "momentum": 0.85, "nesterov": True, "filter_momentum": 0.6,
        "bias_factor": 433.0, "dense_factor": 0.083, "weight_decay": 0.11,
    },
    (0.24, 0.228, 0.216, 0.12, 0),
)  # fmt: skip

SPARSE = "SparseCategoricalCrossentropy"
LOGITS = f"{SPARSE} from_logits=True"
CHECKPOINT = "ModelCheckpoint best.keras of val_loss, the best only"


def stopping(patience: int) -> str:
    return f"EarlyStopping by val_loss, patience {patience}, restoring"


@dataclass(frozen=True)
class Declared:
    """A training: one recipe, in one variant, in one arm or stage."""

    parameters: int
    layers: str
    optimizer: tuple[str, dict[str, Any], Any]
    epochs: int
    batch_size: int = 32
    loss: Any = SPARSE
    loss_weights: dict[str, float] | None = None
    metrics: tuple[str, ...] = ("accuracy",)
    callbacks: tuple[str, ...] = ()
    trained: int | None = None  # all parameters where not given


# 784·100+100 + 100·10+10
RELU = (79_510, "Flatten | Dense 100 relu | Dense 10 softmax")
SIGMOID = (79_510, "Flatten | Dense 100 sigmoid | Dense 10 softmax")
DROPOUT = (79_510, "Flatten | Dense 100 relu | Dropout 0.3 | Dense 10 softmax")
# 784·30+30 + 30·30+30 + 30·10+10; a Normalization of 28 columns has 2·28+1.
THIRTY = "Flatten | Dense 30 relu | Dense 30 relu | Dense 10 softmax"
NORMALIZED_THIRTY = f"Normalization | {THIRTY}"
NORM = "BatchNormalization 0.99 0.001"
DENSE_30 = f"Dense 30 linear | {NORM} | Activation relu"
WIDE = f"Dense 512 linear he_normal no bias | {NORM} | Activation relu | Dropout 0.4"
# 784·512 + 4·512 + 512·512 + 4·512 + 512·10+10; two of a BatchNormalization's four are trained.
BEST_DENSE = (672_778, f"Flatten | {WIDE} | {WIDE} | Dense 10 softmax")
HALVED = [0.1, 0.1, 0.1, 0.05, 0.025]
POLYNOMIAL = [0.1, 0.09025, 0.081, 0.025, 0]
EXPONENTIAL = [0.1, 0.0891251, 0.0794328, 0.0316228, 0.01]
CUSTOM = [0, 0.05, 0.1, 0.0447214, 0.0316228]
FMNIST = {
    "early-stopping": Declared(*DROPOUT, adam(), 20, callbacks=(CHECKPOINT, stopping(2))),
    "softmax-regression": Declared(7_850, "Flatten | Dense 10 softmax", rmsprop(), 5),
    "sigmoid-mlp: named layers": Declared(*SIGMOID, rmsprop(), 5),
    "sigmoid-mlp: layer objects": Declared(*SIGMOID, rmsprop(), 5),
    "sigmoid-mlp: add()": Declared(*SIGMOID, rmsprop(), 5),
    "relu-mlp": Declared(*RELU, rmsprop(), 5),
    "optimizers: Adam": Declared(*RELU, adam(), 5),
    "optimizers: SGD": Declared(*RELU, sgd(0.01), 5),
    "optimizers: SGD(0.1)": Declared(*RELU, sgd(0.1), 5),
    "optimizers: SGD(Nesterov 0.9)": Declared(*RELU, sgd(0.01, **NESTEROV), 5),
    "optimizers: Adagrad": Declared(*RELU, ADAGRAD, 5),
    "optimizers: RMSprop": Declared(*RELU, rmsprop(), 5),
    "optimizers: SGD(0.001, Nesterov 0.9)": Declared(*RELU, sgd(0.001, **NESTEROV), 5),
    "loss-curves: RMSprop, 20 epochs": Declared(*RELU, rmsprop(), 20),
    "loss-curves: RMSprop, 5 epochs": Declared(*RELU, rmsprop(), 5),
    "loss-curves: Adam, 20 epochs": Declared(*RELU, adam(), 20),
    "dropout": Declared(*DROPOUT, adam(), 20),
    "save-restore": Declared(*DROPOUT, adam(), 10),
    "checkpoint": Declared(*DROPOUT, adam(), 20, callbacks=(CHECKPOINT,)),
    "functional-early-stopping": Declared(
        24_847, NORMALIZED_THIRTY, adam(), 50, callbacks=(CHECKPOINT, stopping(10)),
        trained=24_790,
    ),
    "functional-early-stopping as-noted": Declared(
        24_790, THIRTY, adam(), 50, callbacks=(CHECKPOINT, stopping(10))
    ),
    # A BatchNormalization of 30 has 120, of which 60 are trained.
    "batch-norm": Declared(
        24_847 + 2 * 120, f"Normalization | Flatten | {DENSE_30} | {DENSE_30} | Dense 10 softmax",
        adam(), 50, callbacks=(CHECKPOINT, stopping(10)), trained=24_790 + 2 * 60,
    ),
    # One BatchNormalization serves both layers: it counts, and is listed, once.
    "batch-norm as-noted": Declared(
        24_790 + 120,
        f"Flatten | {DENSE_30} | Dense 30 linear | Activation relu | Dense 10 softmax",
        adam(), 50, callbacks=(CHECKPOINT, stopping(10)), trained=24_790 + 60,
    ),
    "schedules: constant": Declared(*RELU, sgd(0.1), 20),
    "schedules: exponential": Declared(*RELU, sgd(EXPONENTIAL), 20),
    "schedules: step": Declared(*RELU, sgd(HALVED), 20),
    "schedules: polynomial": Declared(*RELU, sgd(POLYNOMIAL), 20),
    "schedules: cosine": Declared(*RELU, sgd(cosine(0.1)[2]), 20),
    "schedules: custom": Declared(*RELU, sgd(CUSTOM), 20),
    "best-dense": Declared(*BEST_DENSE, cosine(2e-3), 30, 128, trained=672_778 - 4 * 512),
}  # fmt: skip


def chain(*units: int, activation: str = "relu", more: str = "") -> str:
    """Hidden layers on 784 pixels, of one activation."""
    hidden = [f"Dense {size} {activation}{more}" for size in units]
    return " | ".join(["Flatten", *hidden, "Dense 10 softmax"])


# 784·256+256 + 256·64+64 + 64·32+32 + 32·10+10
CONE = (256, 64, 32)
SMALL_MLP = (219_818, chain(*CONE))


def deep(activation: str, initializer: str) -> tuple[int, str]:
    """784·100+100 + 4·(100·100+100) + 100·10+10."""
    more = f" {initializer}" if initializer else ""
    return 119_910, chain(*[100] * 5, activation=activation, more=more)


def one_hot(loss: str, layers: str = SMALL_MLP[1]) -> Declared:
    return Declared(219_818, layers, adam(), 3, loss=loss, metrics=("CategoricalAccuracy",))


NORMALIZED_CONE = " | ".join(f"Dense {n} linear no bias | {NORM} | Activation relu" for n in CONE)
MNIST = {
    "mlp": Declared(*SMALL_MLP, adam(), 10),
    "api-styles: Sequential": Declared(*SMALL_MLP, adam(), 2),
    "api-styles: Functional": Declared(*SMALL_MLP, adam(), 2),
    "api-styles: Subclassing": Declared(*SMALL_MLP, adam(), 2),
    "initializers: relu, He": Declared(*deep("relu", "he_normal"), adam(), 3),
    "initializers: relu, Glorot": Declared(*deep("relu", "glorot_normal"), adam(), 3),
    "initializers: relu, N(0, 0.01²)": Declared(*deep("relu", "N(0, 0.01²)"), adam(), 3),
    "initializers: relu, N(0, 1)": Declared(*deep("relu", "N(0, 1.0²)"), adam(), 3),
    "initializers: tanh, Glorot": Declared(*deep("tanh", "glorot_normal"), adam(), 3),
    "initializers: tanh, N(0, 1)": Declared(*deep("tanh", "N(0, 1.0²)"), adam(), 3),
    "initializers: sigmoid, Glorot": Declared(*deep("sigmoid", "glorot_normal"), adam(), 3),
    "regularization: none": Declared(*SMALL_MLP, adam(), 40),
    "regularization: too small: Dense(4)": Declared(3_190, chain(4), adam(), 40),
    "regularization: L1": Declared(219_818, chain(*CONE, more=" L1 0.0001"), adam(), 40),
    "regularization: L2": Declared(219_818, chain(*CONE, more=" L2 0.001"), adam(), 40),
    "regularization: L1 and L2": Declared(
        219_818, chain(*CONE, more=" L1 0.0001 L2 0.001"), adam(), 40
    ),
    "regularization: dropout": Declared(
        219_818,
        "Flatten | Dropout 0.2 | Dense 256 relu | Dense 64 relu | Dense 32 relu | Dropout 0.3 | "
        "Dense 10 softmax",
        adam(), 40,
    ),
    # Four a unit in the place of a bias.
    "regularization: batch normalization": Declared(
        219_818 + 3 * (256 + 64 + 32), f"Flatten | {NORMALIZED_CONE} | Dense 10 softmax",
        adam(), 40, trained=219_818 + 256 + 64 + 32,
    ),
    **{
        f"activations: {name}": Declared(219_818, chain(*CONE, activation=name), adam(), 5)
        for name in ("relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "gelu", "silu")
    },
    "losses: sparse": Declared(*SMALL_MLP, adam(), 3),
    "losses: one-hot": one_hot("CategoricalCrossentropy"),
    "losses: binary, sigmoid": one_hot(
        "BinaryCrossentropy from_logits=True axis=-1", chain(*CONE).replace("softmax", "linear")
    ),
    "losses: MSE": one_hot("MeanSquaredError"),
    "losses: MAE": one_hot("MeanAbsoluteError"),
    "losses: Huber": one_hot("Huber"),
    "callbacks": Declared(
        *SMALL_MLP, adam(), 15,
        callbacks=(
            CHECKPOINT, stopping(3), "LearningRateScheduler 0.001 0.0008 0.00064", "TensorBoard",
        ),
    ),
    "best-dense": Declared(*BEST_DENSE, cosine(2e-3), 30, 128, trained=672_778 - 4 * 512),
}  # fmt: skip

ERRORS = ("mae", "RootMeanSquaredError", "R2Score")
HOUSES: dict[str, Any] = {"loss": "MeanSquaredError", "metrics": ERRORS}
TWICE: dict[str, Any] = {
    "loss": {"price": "MeanSquaredError", "auxiliary": "MeanSquaredError"},
    "metrics": (*(f"price {name}" for name in ERRORS), "auxiliary mae"),
}
NEIGHBOURS = (
    "Neighbours 10567 (0, 1, 7) "
    "((0.0125, 0.01, None), (0.025, 0.02, 1.0), (0.0625, 0.05, 1.0))"
)  # fmt: skip
CALIFORNIA = {
    # 6·30+30 + 30·30+30 + (30+5)·1+1, 42·42 cells of the grid, and three Normalizations.
    "wide-deep": Declared(
        1_176 + 42 * 42 + 11 + 13 + 3,
        "Normalization | Dense 30 relu | Dense 30 relu | Normalization | "
        "Crossed (-124.5, 32.5) (-114.25, 42.75) 42 | Concatenate | Dense 1 linear | "
        "Normalization inverse",
        adam(), 50, **HOUSES, trained=1_176 + 42 * 42,
    ),
    "wide-deep as-noted": Declared(
        1_176, "Dense 30 relu | Dense 30 relu | Concatenate | Dense 1 linear", adam(), 50, **HOUSES
    ),
    # An output of 30·1+1 on the deep path besides.
    "aux-output": Declared(
        1_176 + 31 + 11 + 13 + 3,
        "Normalization | Dense 30 relu | Dense 30 relu | Normalization | Concatenate | "
        "Dense 1 linear | Dense 1 linear | Normalization inverse",
        adam(), 50, **TWICE, loss_weights={"price": 0.9, "auxiliary": 0.1}, trained=1_176 + 31,
    ),
    "aux-output as-noted": Declared(
        1_176, "Dense 30 relu | Dense 30 relu | Concatenate | Dense 1 linear", adam(), 50, **TWICE
    ),
    # Eight members on 11 columns, 4 · 2 · 2 waves and 3 kernels; what the layers store besides.
    "best": Declared(
        8 * ((30 + 1) * 128 + (128 + 1) * 128 + 128 + 1) + (2 * 11 + 1) + 10_567 * 4 + 3,
        f"Normalization | {NEIGHBOURS} | Concatenate | RepeatVector 8 | "
        "EinsumDense (8, 128) relu N(0, 0.2582²) | EinsumDense (8, 128) relu N(0, 0.125²) | "
        "EinsumDense (8, 1) linear N(0, 0.08839²) | Normalization inverse | MeanOfMembers",
        cosine(5e-3), 20, 256, **HOUSES,
        trained=8 * ((30 + 1) * 128 + (128 + 1) * 128 + 128 + 1),
    ),
}  # fmt: skip


def blocks(batch_norm: bool, output: str, twice: bool = False) -> str:
    """N2's three blocks, its dense layer and its output."""

    def activated(layer: str, padding: str = "", activation: str = "linear") -> str:
        if batch_norm:
            return f"{layer} {activation}{padding} | {NORM} | Activation relu"
        return f"{layer} relu{padding}"

    parts = []
    for number, filters in enumerate((64, 128, 128)):
        last = "relu" if twice and number == 2 else "linear"
        layer = f"Conv2D {filters} (4, 4)"
        parts += [activated(layer, " same"), "Dropout 0.3", activated(layer, " same", last)]
        parts += ["MaxPooling2D (2, 2)", "Dropout 0.3"]
    parts += ["Flatten", activated("Dense 256"), "Dropout 0.3", f"Dense 10 {output}"]
    return " | ".join(parts)


def group(filters: int) -> str:
    activated = "BatchNormalization 0.6 1e-12 no scale | Activation gelu"
    layer = f"Conv2D {filters} (3, 3) linear same dirac no bias"
    return f"{layer} | MaxPooling2D (2, 2) | {activated} | {layer} | {activated}"


LOWERED = "ReduceLROnPlateau by val_loss, factor 0.3162, patience 3"
# Kernels of 4 · 4 and 3→64→64→128→128→128→128 channels, 4·4·128·256+256 and 256·10+10.
CNN = 1_513_866
CNN_NORMS = 64 + 64 + 4 * 128 + 256
AS_NOTED_CNN: dict[str, Any] = {
    "optimizer": adam(), "epochs": 100, "batch_size": 64,
    "loss": "ClippedCrossentropy from_logits=True", "callbacks": (stopping(4),),
}  # fmt: skip
HEAD = "… | GlobalAveragePooling2D | Dropout 0.2 | Dense 10 linear"
CIFAR10 = {
    "cnn": Declared(
        CNN, blocks(False, "linear"), adam(3e-4), 100, 64, loss=LOGITS,
        callbacks=(stopping(4), LOWERED),
    ),
    "cnn as-noted": Declared(CNN, blocks(False, "relu"), **AS_NOTED_CNN),
    # 3072·100+100 + 100·100+100 + 100·10+10, and 2·3+1.
    "dense": Declared(
        318_410 + 7,
        "Normalization | Flatten | Dense 100 relu | Dense 100 relu | Dense 10 linear",
        adam(), 10, 64, loss=LOGITS, trained=318_410,
    ),
    "dense as-noted": Declared(
        318_410 + 7,
        "Normalization | Flatten | Dense 100 relu | Dense 100 relu | Dense 10 linear",
        adam(), 10, 64, loss=LOGITS, trained=318_410,
    ),
    "cnn-batch-norm": Declared(
        CNN + 4 * CNN_NORMS, blocks(True, "linear"), adam(), 100, 64, loss=LOGITS,
        callbacks=(stopping(4), LOWERED), trained=CNN + 2 * CNN_NORMS,
    ),
    "cnn-batch-norm as-noted": Declared(
        CNN + 4 * CNN_NORMS, blocks(True, "relu", twice=True), **AS_NOTED_CNN,
        trained=CNN + 2 * CNN_NORMS,
    ),
    # MobileNetV2 0.35 without its top has 410,208, and 1,280 channels: 1280·10+10.
    "transfer: head": Declared(
        410_208 + 12_810, HEAD, adam(1e-3), 10, 64, loss=LOGITS, trained=12_810
    ),
    # The head and the kernels of the base's top third; no BatchNormalization.
    "transfer: top third": Declared(
        410_208 + 12_810, HEAD, adam(1e-4), 5, 64, loss=LOGITS, trained=335_738
    ),
    # 2·2·3·24 fixed filters; statistics of 3 channels, of the groups, and rows that flips count.
    "everything": Declared(
        1_973_953,
        "RandomFlip True | RandomShift 2 | Normalization | AveragedViews ("
        "Conv2D 24 (2, 2) linear valid zeros no bias | Bias | Activation gelu | "
        f"{group(64)} | {group(256)} | {group(256)} | MaxPooling2D (3, 3) | Flatten | "
        "Dense 10 linear N(0, 0.003906²) no bias)",
        MUON, 10, 1960, loss=f"{LOGITS} label_smoothing=0.2", trained=1_971_352,
    ),
}  # fmt: skip
LINEAR = {
    "regression": Declared(
        2, "Dense 1 linear", sgd(0.01), 1200, loss="MeanSquaredError", metrics=("mae",)
    ),
}
TABLE = {
    f"{chapter}/{name}": declared
    for chapter, rows in (
        ("fmnist", FMNIST), ("mnist", MNIST), ("california", CALIFORNIA), ("cifar10", CIFAR10),
        ("linear", LINEAR),
    )
    for name, declared in rows.items()
}  # fmt: skip
