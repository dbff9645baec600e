"""Backend-agnostic Keras 3 recipes: the same numbers on JAX and on TensorFlow, at compiled speed."""

__version__ = "0.1.0"
