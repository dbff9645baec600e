"""The cases, by kind: each module has a function `cases`. They need Keras."""

from keras3_lab.atlas.cases import (
    activations,
    layers_dense,
    ops_binary,
    ops_elementwise,
    ops_indexing,
    ops_linalg,
    ops_reductions,
    ops_shaping,
)

MODULES = (
    activations,
    layers_dense,
    ops_binary,
    ops_elementwise,
    ops_indexing,
    ops_linalg,
    ops_reductions,
    ops_shaping,
)
