"""What a recipe shows beyond its curves: each takes a run's outcome and returns tables."""

from keras3_lab.findings.activations import activation_statistics
from keras3_lab.findings.backpropagation import backpropagation
from keras3_lab.findings.baselines import least_squares, sgd_classifier
from keras3_lab.findings.classes import classification
from keras3_lab.findings.equality import api_styles, same_losses, same_numbers
from keras3_lab.findings.housing import housing
from keras3_lab.findings.saving import checkpoint, save_restore
from keras3_lab.findings.schedules import schedules
from keras3_lab.findings.tensors import tensors
from keras3_lab.findings.units import relu_units

__all__ = [
    "activation_statistics",
    "api_styles",
    "backpropagation",
    "checkpoint",
    "classification",
    "housing",
    "least_squares",
    "relu_units",
    "same_losses",
    "same_numbers",
    "save_restore",
    "schedules",
    "sgd_classifier",
    "tensors",
]
