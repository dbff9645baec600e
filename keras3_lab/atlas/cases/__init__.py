"""The cases, by kind: each module has a function `cases`. They need Keras."""

from keras3_lab.atlas.cases import activations, layers_dense

MODULES = (activations, layers_dense)
