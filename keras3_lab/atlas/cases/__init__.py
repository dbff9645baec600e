"""The cases, by kind: each module has a function `cases`. They need Keras."""

from keras3_lab.atlas.cases import (
    activations,
    callbacks,
    fit,
    fit_models,
    fit_outputs,
    layers_dense,
    loss_classes,
    losses,
    metrics,
    optimizers,
    optimizers_more,
    penalties,
    schedules,
)

MODULES = (
    activations,
    layers_dense,
    losses,
    loss_classes,
    metrics,
    optimizers,
    optimizers_more,
    schedules,
    penalties,
    callbacks,
    fit,
    fit_models,
    fit_outputs,
)
