"""The fault zoo: copies of sound problems in which something is subtly wrong.

Every problem is a function that needs no argument, so that parity takes it as `zoo:dense` or
`zoo:faulty_adam_epsilon`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
from faulty_parts import (
    Biasless,
    Blocked,
    Clipping,
    FixedBatch,
    Shifted,
    Single,
    Stuck,
    Tf32,
    Unbiased,
    Unweighted,
)
from keras import layers, ops
from sound import (
    CLASSES,
    IMAGES,
    WEIGHTS,
    Falling,
    adam,
    big_data,
    clipped,
    conv,
    conv_model,
    decayed,
    dense,
    dense_model,
    dropped,
    metric_sound,
    partial,
    plain,
    problem,
    regular,
    scheduled,
    sgd,
    softmax,
    softmax_model,
    thousand,
    weighted,
)

from keras3_lab.parity.problem import Problem


def _fault_model(**changed) -> Callable[[], Problem]:
    """`dense` with something else in it, made anew at each call."""
    return lambda: problem(dense_model(**{k: make() for k, make in changed.items()}), adam())


def _plain_model(**changed) -> Callable[[], Problem]:
    return lambda: problem(dense_model(**{k: make() for k, make in changed.items()}), sgd())


def _changed_label() -> Problem:
    rows = 1000
    x, y = big_data(rows)
    y[637] = (y[637] + 1) % CLASSES
    return problem(dense_model(), adam(), x=x, y=y)


def _reordered() -> Problem:
    order = np.random.default_rng(7).permutation(1000)
    made = thousand()
    return replace(made, x=made.x[order], y=made.y[order])


def _changed_pixel() -> Problem:
    images = IMAGES.copy()
    images[123, 4, 5, 1] += 1 / 255
    return replace(conv(), x=images)


def _nudged() -> Problem:
    """One initial weight is off by 1e-6: its constant initializer is what `initialize` keeps."""
    made = plain()
    values = np.zeros(CLASSES)
    values[1] = 1e-6
    made.model.get_layer("last").bias.assign(values)
    return made


def _other_validation() -> Problem:
    made = plain()
    x, y = made.validation_data
    return replace(made, validation_data=(x, np.roll(y, 1)))


def _wrong_metric() -> Problem:
    metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    update = metric.update_state

    def late(y_true, y_pred, sample_weight=None):
        return update(y_true, ops.roll(y_pred, 1, axis=-1), sample_weight)

    metric.update_state = late
    return problem(dense_model(), sgd(), metrics=[metric])


@dataclass(frozen=True)
class Fault:
    """A planted fault.

    Args:
        title: What is wrong.
        sound: The sound problem.
        faulty: Its copy with the fault.
        gate: First gate that must catch it.
        kind: What blame must name.
        name: A part of the name of the layer, variable or array.
        step: Step at which it shows first.
    """

    title: str
    sound: Callable[[], Problem]
    faulty: Callable[[], Problem]
    gate: str
    kind: str
    name: str
    step: int = 0


FAULTS = {
    "adam_epsilon": Fault(
        "epsilon 1e-7 → 1e-6 in Adam", dense,
        lambda: problem(dense_model(), adam(epsilon=1e-6)), "G1", "updated weight", "hidden/kernel",
    ),
    "norm_epsilon": Fault(
        "epsilon 1e-3 → 1.001e-3 in BatchNormalization", dense,
        _fault_model(norm=lambda: layers.BatchNormalization(epsilon=1.001e-3, name="norm")),
        "G1", "layer output", "norm",
    ),
    "norm_momentum": Fault(
        "momentum 0.99 → 0.9 in BatchNormalization", dense,
        _fault_model(norm=lambda: layers.BatchNormalization(momentum=0.9, name="norm")),
        "G1", "updated weight", "norm/moving_mean",
    ),
    "norm_variance": Fault(
        "variance over n − 1 in BatchNormalization", dense,
        _fault_model(norm=lambda: Unbiased(name="norm")), "G1", "layer output", "norm",
    ),
    "sgd_momentum": Fault(
        "momentum 0.9 → 0.99 in SGD", plain,
        lambda: problem(dense_model(), sgd(momentum=0.99)),
        "G1", "updated weight", "hidden/kernel",
    ),
    "padding": Fault(
        "same padding shifted by one", conv,
        lambda: problem(
            conv_model(Shifted(4, 4, activation="relu", name="conv")), adam(), x=IMAGES
        ),
        "G1", "layer output", "conv",
    ),
    "bias_dropped": Fault(
        "bias not added", plain,
        _plain_model(hidden=lambda: Biasless(16, name="hidden")), "G1", "gradient", "hidden/bias",
    ),
    "no_bias": Fault(
        "layer made without a bias", plain,
        _plain_model(hidden=lambda: layers.Dense(16, use_bias=False, name="hidden")),
        "G0", "weight", "hidden/bias",
    ),
    "leaky": Fault(
        "relu → leaky relu with slope 1e-4", dense,
        _fault_model(activation=lambda: layers.LeakyReLU(1e-4, name="act")),
        "G1", "layer output", "act",
    ),
    "partial_batch": Fault(
        "mean over the full batch size in a partial batch", partial,
        lambda: problem(dense_model(), adam(), FixedBatch(32)),
        "G1", "loss", "loss", step=6,
    ),
    "clipping": Fault(
        "loss on softmax probabilities, clipped at 1e-7", softmax,
        lambda: problem(softmax_model(), sgd(), Clipping()), "G1", "loss", "loss",
    ),
    "label": Fault("label off by one in one row of 1,000", thousand, _changed_label,
                   "G0", "data batch", "y", step=-1),
    "order": Fault("rows in another order, so other batches", thousand, _reordered,
                   "G0", "data batch", "x"),
    "pixel": Fault("one pixel of one row changed by 1/255", conv, _changed_pixel,
                   "G0", "data batch", "x", step=-1),
    "dropout_rate": Fault(
        "dropout rate 0.3 → 0.31", dropped, _fault_model(dropout=lambda: 0.31),
        "G0", "layer output", "drop",
    ),
    "dropout_stuck": Fault(
        "the same dropout mask at every step", dropped,
        _fault_model(dropout=lambda: Stuck(0.3, name="drop")), "G0", "updated weight", "seed",
    ),
    "single": Fault(
        "float32 inside a float64 layer", dense,
        _fault_model(hidden=lambda: Single(16, name="hidden")), "G1", "layer output", "hidden",
    ),
    "schedule_late": Fault(
        "learning-rate schedule late by one step", scheduled,
        lambda: problem(dense_model(), sgd(learning_rate=Falling(1))),
        "G1", "learning rate", "sgd", step=1,
    ),
    "decay_bias": Fault(
        "weight decay applied to the bias", decayed, lambda: decayed(("gamma", "beta")),
        "G1", "updated weight", "bias", step=1,
    ),
    "nesterov": Fault(
        "nesterov off", plain, lambda: problem(dense_model(), sgd(nesterov=False)),
        "G1", "updated weight", "hidden/kernel",
    ),
    "initial_weight": Fault(
        "one initial weight off by 1e-6", plain, _nudged, "G0", "weight", "last/bias",
    ),
    "initializer": Fault(
        "He in the place of Glorot initial weights", plain,
        _plain_model(
            hidden=lambda: layers.Dense(16, kernel_initializer="he_uniform", name="hidden")
        ),
        "G0", "weight", "hidden/kernel",
    ),
    "regularizer": Fault(
        "l2 1e-3 → 1.01e-3", regular,
        lambda: problem(
            dense_model(regularizer=keras.regularizers.L2(1.01e-3)), adam()
        ),
        "G1", "loss", "loss",
    ),
    "sample_weight": Fault(
        "sample weights forgotten by the loss", weighted,
        lambda: problem(dense_model(), adam(), Unweighted(from_logits=True),
                        sample_weight=WEIGHTS),
        "G1", "loss", "loss",
    ),
    "clip_per_variable": Fault(
        "gradients clipped by variable, not all together", clipped,
        lambda: problem(dense_model(), sgd(clipnorm=0.1)),
        "G1", "optimizer slot", "momentum",
    ),
    "beta": Fault(
        "Adam's beta_2 0.999 → 0.99", dense,
        lambda: problem(dense_model(), adam(beta_2=0.99)), "G1", "optimizer slot", "velocity",
    ),
    "blocked": Fault(
        "gradient stopped at one row of a kernel", plain,
        _plain_model(hidden=lambda: Blocked(16, name="hidden")),
        "G1", "gradient", "hidden/kernel",
    ),
    "pooling": Fault(
        "average in the place of max pooling", conv,
        lambda: problem(
            conv_model(pool=layers.AveragePooling2D(2, name="pool")), adam(), x=IMAGES
        ),
        "G1", "layer output", "pool",
    ),
    "metric": Fault("accuracy of classes shifted by one", metric_sound, _wrong_metric,
                    "G1", "metric", "accuracy"),
    "validation": Fault("labels of the validation data shifted", plain, _other_validation,
                        "G0", "validation metric", "val_", step=-1),
    "tf32": Fault(
        "matrix product in tf32, in float32 alone", dense,
        _fault_model(hidden=lambda: Tf32(16, name="hidden")), "G2", "layer output", "hidden",
    ),
}  # fmt: skip

SOUND = (dropped, conv, scheduled, decayed)
"""Those that are compared with themselves over many seeds, for false alarms."""

# So that a lane's process finds them by name.
globals().update({f"faulty_{name}": fault.faulty for name, fault in FAULTS.items()})
