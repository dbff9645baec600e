"""The cases, by kind: each module has a function `cases`. They need Keras."""

from keras3_lab.atlas.cases import (
    activations,
    initializers,
    layers_dense,
    ops_binary,
    ops_core,
    ops_elementwise,
    ops_image,
    ops_indexing,
    ops_linalg,
    ops_nn,
    ops_reductions,
    ops_shaping,
)

MODULES = (
    activations,
    initializers,
    layers_dense,
    ops_binary,
    ops_core,
    ops_elementwise,
    ops_image,
    ops_indexing,
    ops_linalg,
    ops_nn,
    ops_reductions,
    ops_shaping,
)
