"""The cases, by kind: each module has a function `cases`. They need Keras."""

from keras3_lab.atlas.cases import (
    activations,
    applications,
    layers_activations,
    layers_attention,
    layers_conv,
    layers_core,
    layers_data,
    layers_images,
    layers_merging,
    layers_normalization,
    layers_pooling,
    layers_recurrent,
    layers_reshaping,
    preprocessing,
)

MODULES = (
    activations,
    applications,
    layers_activations,
    layers_attention,
    layers_conv,
    layers_core,
    layers_data,
    layers_images,
    layers_merging,
    layers_normalization,
    layers_pooling,
    layers_recurrent,
    layers_reshaping,
    preprocessing,
)
