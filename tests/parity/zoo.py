"""The fault zoo: sound problems, and copies in which one lane is subtly wrong.

Every problem is a function that needs no argument, so that parity takes it as `zoo:dense`. Run
as a script, this file trains each sound problem on JAX and its faulty copies on TensorFlow, and
writes the fault table:

    python tests/parity/zoo.py docs/results/parity-faults.md
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import layers, ops, optimizers

from keras3_lab.layers import Dropout
from keras3_lab.losses import SparseCategoricalCrossentropy
from keras3_lab.parity.problem import Problem

ROWS, CLASSES = 200, 3  # 6 full batches of 32 and a partial one of 8
SEEDS = 20  # for false alarms
X = np.random.default_rng(0).normal(size=(ROWS, 8))
Y = (X @ np.random.default_rng(1).normal(size=(8, CLASSES))).argmax(axis=1)
IMAGES = np.random.default_rng(2).normal(size=(ROWS, 8, 8, 2))


def logits_loss() -> keras.losses.Loss:
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def problem(model, optimizer, loss=None, x=X, y=Y, **more) -> Problem:
    metrics = more.pop("metrics", ["accuracy"])
    model.compile(optimizer, loss or logits_loss(), metrics=metrics)
    more.setdefault("validation_data", (x[:32], y[:32]))
    return Problem(model, x, y, batch_size=32, epochs=2, **more)


def _dropout(dropout) -> list[layers.Layer]:
    if isinstance(dropout, layers.Layer):
        return [dropout]
    return [Dropout(dropout, name="drop")] if dropout else []


def dense_model(
    hidden=None, norm=None, dropout=0.0, activation="relu", last=None, regularizer=None
) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8,)),
            hidden or layers.Dense(16, name="hidden", kernel_regularizer=regularizer),
            layers.Activation(activation, name="act")
            if isinstance(activation, str)
            else activation,
            norm or layers.BatchNormalization(name="norm"),
            *_dropout(dropout),
            last or layers.Dense(CLASSES, name="last"),
        ]
    )


def adam(**more) -> optimizers.Optimizer:
    return optimizers.Adam(0.01, **more)


def sgd(**more) -> optimizers.Optimizer:
    return optimizers.SGD(**{"learning_rate": 0.05, "momentum": 0.9, "nesterov": True, **more})


# The sound problems.


def dense() -> Problem:
    return problem(dense_model(), adam())


def dropped() -> Problem:
    return problem(dense_model(dropout=0.3), adam())


def plain() -> Problem:
    return problem(dense_model(), sgd())


def conv_model(convolution=None, pool=None) -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8, 8, 2)),
            convolution or layers.Conv2D(4, 4, padding="same", activation="relu", name="conv"),
            pool or layers.MaxPooling2D(name="pool"),
            layers.Flatten(),
            layers.LayerNormalization(name="norm"),
            layers.Dense(CLASSES, name="last"),
        ]
    )


def conv() -> Problem:
    return problem(conv_model(), adam(), x=IMAGES)


def regular() -> Problem:
    return problem(dense_model(regularizer=keras.regularizers.L2(1e-3)), adam())


def softmax_model() -> keras.Model:
    return keras.Sequential(
        [
            keras.Input((8,)),
            layers.Rescaling(20.0),  # confident and wrong: where clipping shows
            layers.Dense(CLASSES, activation="softmax", name="last"),
        ]
    )


def softmax() -> Problem:
    return problem(softmax_model(), sgd(), SparseCategoricalCrossentropy())


def rate(step, late=0):
    return 0.05 / (1.0 + 0.1 * ops.maximum(ops.cast(step, keras.config.floatx()) - late, 0.0))


@keras.saving.register_keras_serializable("zoo")
class Falling(optimizers.schedules.LearningRateSchedule):
    def __init__(self, late=0):
        self.late = late

    def __call__(self, step):
        return rate(step, self.late)

    def get_config(self):
        return {"late": self.late}


def scheduled() -> Problem:
    return problem(dense_model(), sgd(learning_rate=Falling()))


def decayed(exclude=("bias", "gamma", "beta")) -> Problem:
    optimizer = optimizers.AdamW(0.01, weight_decay=0.01)
    if exclude:
        optimizer.exclude_from_weight_decay(var_names=list(exclude))
    return problem(dense_model(), optimizer)


WEIGHTS = np.linspace(0.1, 2.0, ROWS)


def weighted() -> Problem:
    return problem(dense_model(), adam(), sample_weight=WEIGHTS)


def clipped() -> Problem:
    return problem(dense_model(), sgd(global_clipnorm=0.1))


# What the faults are made of.


@keras.saving.register_keras_serializable("zoo")
class Biasless(layers.Dense):
    """Has a bias and does not add it."""

    def call(self, inputs, training=None):
        return ops.matmul(inputs, self.kernel)


@keras.saving.register_keras_serializable("zoo")
class Single(layers.Dense):
    """Computes in float32 whatever its dtype."""

    def call(self, inputs, training=None):
        x = ops.matmul(ops.cast(inputs, "float32"), ops.cast(self.kernel, "float32"))
        return ops.cast(x, inputs.dtype) + self.bias


@keras.saving.register_keras_serializable("zoo")
class Tf32(layers.Dense):
    """Rounds to tf32's 10 bits in float32 alone, as a GPU may."""

    def call(self, inputs, training=None):
        if keras.config.floatx() == "float64":
            return super().call(inputs)
        big = inputs * 8193.0
        return super().call(big - (big - inputs))


@keras.saving.register_keras_serializable("zoo")
class Shifted(layers.Conv2D):
    """Pads by one row and column less before, and one more behind."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **{**kwargs, "padding": "valid"})

    def call(self, inputs):
        return super().call(ops.pad(inputs, [(0, 0), (2, 1), (2, 1), (0, 0)]))

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.filters)


@keras.saving.register_keras_serializable("zoo")
class Blocked(layers.Dense):
    """Lets no gradient through to its kernel's first row."""

    def call(self, inputs, training=None):
        kernel = ops.concatenate([ops.stop_gradient(self.kernel[:1]), self.kernel[1:]])
        return ops.matmul(inputs, kernel) + self.bias


@keras.saving.register_keras_serializable("zoo")
class Stuck(Dropout):
    """Draws the same mask at every step."""

    def call(self, inputs, training=False):
        before = ops.copy(self.seed_generator.state)
        outputs = super().call(inputs, training=training)
        self.seed_generator.state.assign(before)
        return outputs


@keras.saving.register_keras_serializable("zoo")
class Unbiased(layers.BatchNormalization):
    """Divides the variance by n - 1."""

    def call(self, inputs, training=None, mask=None):
        if not training:
            return super().call(inputs, training=False)
        outputs = super().call(inputs, training=True)
        rows = ops.cast(ops.shape(inputs)[0], inputs.dtype)
        return (outputs - self.beta) * ops.sqrt((rows - 1) / rows) + self.beta


@keras.saving.register_keras_serializable("zoo")
class FixedBatch(keras.losses.Loss):
    """Divides the sum by the full batch, of a partial one, too."""

    def __init__(self, rows=None, name="fixed", **kwargs):
        super().__init__(name=name, reduction="sum")
        self.rows = rows

    def call(self, y_true, y_pred):
        losses = keras.losses.sparse_categorical_crossentropy(y_true, y_pred, from_logits=True)
        return losses / (self.rows or ops.cast(ops.shape(y_pred)[0], y_pred.dtype))

    def get_config(self):
        return {"rows": self.rows}


@keras.saving.register_keras_serializable("zoo")
class Clipping(keras.losses.Loss):
    """Cuts probabilities off at 1e-7, as Keras does on JAX."""

    def call(self, y_true, y_pred):
        chosen = ops.one_hot(ops.cast(y_true, "int32"), CLASSES, dtype=y_pred.dtype)
        return -ops.log(ops.clip(ops.sum(chosen * y_pred, axis=-1), 1e-7, 1.0))


@keras.saving.register_keras_serializable("zoo")
class Unweighted(keras.losses.SparseCategoricalCrossentropy):
    """Forgets the sample weights."""

    def __call__(self, y_true, y_pred, sample_weight=None):
        return super().__call__(y_true, y_pred)


def partial() -> Problem:
    return problem(dense_model(), adam(), FixedBatch())


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


def big_data(rows: int):
    rng = np.random.default_rng(5)
    return rng.normal(size=(rows, 8)), rng.integers(0, CLASSES, rows)


def thousand() -> Problem:
    x, y = big_data(1000)
    return problem(dense_model(), adam(), x=x, y=y)


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


def metric_sound() -> Problem:
    metric = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
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

# So that a lane's process finds them as `zoo:adam_epsilon`.
globals().update({f"faulty_{name}": fault.faulty for name, fault in FAULTS.items()})

SOUND = (dropped, conv, scheduled, decayed)


def main(target: str) -> None:
    """Train the sound problems on JAX and the faulty ones on TensorFlow; write the fault table."""
    import sys
    import tempfile
    from pathlib import Path

    from keras3_lab.parity import blame, trace
    from keras3_lab.parity.gates import AGREE, FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, compare
    from keras3_lab.parity.lanes import Lane, LaneProcess
    from keras3_lab.parity.plan import Plan
    from keras3_lab.parity.session import blamed_step

    sys.path.insert(0, str(Path(__file__).parent))
    lanes = [LaneProcess(Lane("jax", "cpu")), LaneProcess(Lane("tensorflow", "cpu"))]
    names = (str(lanes[0].lane), str(lanes[1].lane))
    recorded: dict[tuple, trace.Trace] = {}

    def record(process: LaneProcess, name: str, plan: Plan) -> trace.Trace:
        key = (str(process.lane), name, plan)
        if key not in recorded:
            file = Path(folder) / f"{len(recorded)}.npz"
            process.do(
                "record", subject={"name": f"zoo:{name}"}, plan=plan.to_json(), out=str(file)
            )
            recorded[key] = trace.load(file)
        return recorded[key]

    def judge(sound: str, faulty: str, plan: Plan):
        traces = [record(p, n, plan) for p, n in zip(lanes, (sound, faulty), strict=True)]
        checks = compare(*traces)
        caught = sorted(c.gate for c in checks if c.verdict != AGREE)
        where = blamed_step(checks, names, traces[0].header["schedule"]["steps"])
        if where is None:
            return checks, caught, None
        replays = [
            p.replay({"name": f"zoo:{n}"}, plan, plan.dtypes[0])
            for p, n in zip(lanes, (sound, faulty), strict=True)
        ]
        double = plan.dtypes[0] == "float64"
        tolerance = FLOAT64_TOLERANCE if double else 10 * FLOAT32_TOLERANCE
        return checks, caught, blame.find(*replays, where[1], tolerance, names)

    rows, wrong = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for name, fault in FAULTS.items():
            dtype = "float32" if fault.gate == "G2" else "float64"
            plan = Plan((dtype,), ulps=0, seeds=1)
            sound = fault.sound.__name__
            _, caught, found = judge(sound, f"faulty_{name}", plan)
            right = (
                found is not None
                and found.kind == fault.kind
                and fault.name in found.name
                and fault.step in (-1, found.step)
            )
            wrong += not right or caught[:1] != [fault.gate]
            blamed = (
                "nothing"
                if found is None
                else (f"step {found.step}, {found.kind} `{found.name}`, {found.relative:.1e}")
            )
            rows.append(
                f"| {fault.title} | {caught[0] if caught else 'not'} | {blamed} | "
                f"{'right' if right else 'wrong'} |"
            )
            print(rows[-1], flush=True)  # noqa: T201
        alarms, worst = [], 0.0
        for sound in SOUND:
            for seed in range(SEEDS):
                checks, caught, _ = judge(sound.__name__, sound.__name__, Plan(("float64",), seed))
                worst = max(worst, *(c.largest or 0.0 for c in checks))
                alarms += [f"{sound.__name__}, seed {seed}: {caught}"] * bool(caught)
            print(sound.__name__, alarms, worst, flush=True)  # noqa: T201
    for process in lanes:
        process.stop()
    text = TABLE.format(
        rows="\n".join(rows), right=len(FAULTS) - wrong, count=len(FAULTS), sound=len(SOUND),
        runs=len(SOUND) * SEEDS, alarms="; ".join(alarms) or "none", worst=worst,
    )  # fmt: skip
    Path(target).write_text(text)


TABLE = """# Planted faults

The sound problem on jax:cpu, its faulty copy on tensorflow:cpu; written by
`python tests/parity/zoo.py docs/results/parity-faults.md`.

| fault | caught at | blamed | |
| --- | --- | --- | --- |
{rows}

{right} of {count} caught at the gate and blamed at the place where they were planted.

False alarms on the {sound} sound problems with 20 seeds each, {runs} pairs of runs in float64:
{alarms}. Largest relative difference of any of them: {worst:.1e}.
"""

if __name__ == "__main__":
    import sys

    main(sys.argv[1])
