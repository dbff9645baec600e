"""Training and evaluation of Keras models as compiled programs of the backend."""

from keras3_lab.engine.inference import evaluate, plan_of, predict
from keras3_lab.engine.many import fit_many
from keras3_lab.engine.patch import patch_keras, unpatch_keras
from keras3_lab.engine.plan import Plan
from keras3_lab.engine.training import fit

__all__ = [
    "Plan",
    "evaluate",
    "fit",
    "fit_many",
    "patch_keras",
    "plan_of",
    "predict",
    "unpatch_keras",
]
