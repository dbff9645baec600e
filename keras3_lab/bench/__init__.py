"""Benchmarks of the engine: stock `fit` and hand-written JAX measured beside it, in turn."""
