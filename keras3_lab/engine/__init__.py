"""Training and evaluation of Keras models as compiled programs of the backend."""

from keras3_lab.engine.fit import evaluate, fit, predict

__all__ = ["evaluate", "fit", "predict"]
