"""Layers for rows of numbers, portable: nothing in them is random."""

from keras3_lab.tabular.crossed import Crossed
from keras3_lab.tabular.members import MeanOfMembers
from keras3_lab.tabular.neighbours import Neighbours

__all__ = ["Crossed", "MeanOfMembers", "Neighbours"]
