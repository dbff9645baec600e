"""The atlas: every public part of Keras on every backend, and where the backends part."""
