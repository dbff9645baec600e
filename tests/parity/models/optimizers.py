"""Every optimizer of Keras, and what each of them takes."""

from __future__ import annotations

import keras
from keras import layers as L
from keras import optimizers as O

from models.declare import Models, differs, differs_when_resumed
from models.parts import classifier, table

MODELS = Models(__name__)


def _optimized(optimizer):
    return classifier(table(), [L.Dense(6, "tanh"), L.Dense(5, "gelu")], optimizer)


def _schedule():
    return O.schedules.CosineDecay(0.01, 8, warmup_target=0.05, warmup_steps=3)


FAMILY = {
    "adadelta": lambda: O.Adadelta(1.0),
    "adafactor": lambda: O.Adafactor(0.01),
    "adagrad": lambda: O.Adagrad(0.05),
    "adam": lambda: O.Adam(0.01),
    "adam_amsgrad": lambda: O.Adam(0.01, amsgrad=True),
    "adamax": lambda: O.Adamax(0.01),
    "adamw": lambda: O.AdamW(0.01, weight_decay=0.1),
    "ftrl": lambda: O.Ftrl(0.05, l2_regularization_strength=0.01),
    "lamb": lambda: O.Lamb(0.01),
    "lion": lambda: O.Lion(0.003),
    "loss_scale": lambda: O.LossScaleOptimizer(O.SGD(0.05, 0.9), dynamic_growth_steps=4),
    "muon": lambda: O.Muon(0.01),
    "nadam": lambda: O.Nadam(0.01),
    "rmsprop": lambda: O.RMSprop(0.01),
    "rmsprop_centered": lambda: O.RMSprop(0.01, momentum=0.9, centered=True),
    "sgd": lambda: O.SGD(0.1),
    "sgd_nesterov": lambda: O.SGD(0.05, momentum=0.9, nesterov=True),
    "sgd_decayed": lambda: O.SGD(0.05, weight_decay=0.1),
    "clip_value": lambda: O.SGD(0.1, momentum=0.9, clipvalue=0.01),
    "clip_norm": lambda: O.Adam(0.01, clipnorm=0.01),
    "clip_global_norm": lambda: O.SGD(0.1, momentum=0.9, global_clipnorm=0.1),
    "moving_average": lambda: O.SGD(0.1, use_ema=True, ema_momentum=0.8),
    "moving_average_written_back": lambda: O.Adam(
        0.01, use_ema=True, ema_momentum=0.8, ema_overwrite_frequency=3
    ),
    "accumulated": lambda: O.Adam(0.01, gradient_accumulation_steps=3),
    "cosine": lambda: O.SGD(_schedule(), momentum=0.9),
    "piecewise": lambda: O.SGD(O.schedules.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01])),
}
for name, optimizer in FAMILY.items():
    MODELS.add(name, lambda optimizer=optimizer: _optimized(optimizer()))


@MODELS.expect(differs("updated weight", "kernel",
    "on TensorFlow `momentum.value` is the variable, "
    "so that the old value is read after it is updated"))  # fmt: skip
def schedule_free():
    return _optimized(O.ScheduleFreeAdamW(0.01, warmup_steps=3))


def _several(pattern: str):
    """One optimizer for the first layer and another for the rest."""
    first = L.Dense(6, "tanh", name="first")
    choice = O.OptimizerMap(O.SGD(0.1, 0.9), {pattern: O.Adam(0.01)})
    return classifier(table(), [first, L.Dense(5, "gelu")], O.MultiOptimizer(choice))


MODELS.add("several", lambda: _several(".*first/.*"))
MODELS.add(
    "several_by_whole_path",
    lambda: _several("first/.*"),
    differs_when_resumed(
        "variables are `sequential/first/kernel`, and `first/kernel` in the loaded model, where "
        "another optimizer gets them"
    ),
)


@keras.saving.register_keras_serializable("models")
class SignedMomentum(O.Optimizer):
    """An optimizer of one's own."""

    def build(self, variables):
        if not self.built:
            super().build(variables)
            self.averages = [self.add_variable_from_reference(v, "average") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        average = self.averages[self._get_variable_index(variable)]
        self.assign(average, 0.9 * average + 0.1 * gradient)
        rate = keras.ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * keras.ops.tanh(10 * average))


@MODELS.agree
def own():
    return _optimized(SignedMomentum(learning_rate=0.01))


@MODELS.agree
def frozen_layer():
    return classifier(table(), [L.Dense(6, "tanh", trainable=False), L.Dense(5, "gelu")])
