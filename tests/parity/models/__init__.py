"""Models as engineers bring them, each with the verdict that is right for it.

No rule or tolerance of parity was made for them: they are what its verdicts are confirmed on. Every
model is a function without arguments that returns `(compiled model, x, y)` or
`(compiled model, x, y, sample_weight)`; parity takes it as `models.recurrent:gru` where the folder
above is on the path.
"""

from __future__ import annotations

import importlib

from models.declare import Model

MODULES = (
    "recurrent", "attention", "convolution", "normalization", "pooling", "embedding",
    "preprocessing", "shapes", "activations", "losses", "metrics", "optimizers", "policies",
    "architectures_text", "architectures_vision", "architectures_tabular",
    "architectures_training", "custom_steps", "inputs", "applications",
)  # fmt: skip

SAMPLE = (
    "models.recurrent:simple_rnn_masked",
    "models.attention:multi_head",
    "models.embedding:sgd_masked",
    "models.metrics:r2_each_output",
    "models.optimizers:several",
    "models.architectures_tabular:collaborative_filter",
    "models.architectures_training:autoencoder_without_targets",
    "models.architectures_training:unregistered",
    "models.custom_steps:regression",
    "models.inputs:lists",
)
"""A few that differ as much as may be."""


def everything() -> list[Model]:
    """Return the models of all modules, in the order of their declaration."""
    modules = (importlib.import_module(f"models.{name}") for name in MODULES)
    return [model for module in modules for model in module.MODELS.values()]
