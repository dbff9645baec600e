"""Known differences between backends, found in a model before it runs."""

from __future__ import annotations

from keras3_lab.parity.header import Finding
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.lint_layers import find_in_layers
from keras3_lab.parity.record.lint_training import find_in_training


def find_known_differences(problem: Problem) -> list[Finding]:
    """Return what is known to make this problem differ between backends.

    Args:
        problem: A compiled model, built, with its data.

    Example:
        ```python
        import keras
        import numpy as np
        from keras3_lab.parity.record.lint import find_known_differences
        from keras3_lab.parity.problem import Problem

        model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5)])
        model.compile("sgd", "mse")
        print(find_known_differences(Problem(model, np.ones((8, 4)), np.ones((8, 4))))[0].message)
        ```
    """
    return [*find_in_layers(problem.model), *find_in_training(problem)]
