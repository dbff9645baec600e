"""From a recipe to a trained model, a record of the run, plots and a report."""

from keras3_lab.runs.execute import Run, resume, run

__all__ = ["Run", "resume", "run"]
