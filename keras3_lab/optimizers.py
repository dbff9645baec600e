"""Optimizers that Keras does not bring."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.errors import UsageError
from keras3_lab.private.optimizers import variable_index


@keras.saving.register_keras_serializable("keras3_lab")
class MuonSGD(keras.optimizers.SGD):
    """Muon for the filters of convolutions, Nesterov momentum for all other weights.

    A filter bank's gradient, with momentum, is a matrix with a row per filter. It is replaced by
    the orthogonal matrix nearest to it, so that all directions are learned at one rate, and the
    bank is scaled before each step to rows of norm 1 in the mean: the learning rate is then the
    part of it that a step changes. It is for filters with a normalization behind them, to which
    their scale does not matter.

    Keras's own `Muon` leaves convolutions to AdamW.

    Args:
        learning_rate: Learning rate of the filters, or a schedule of it.
        momentum: Momentum of all other weights, above 0.
        filter_momentum: Momentum of the filters.
        bias_factor: How many times the learning rate is that of biases.
        dense_factor: How many times it is that of dense kernels.
        weight_decay: Fraction of each weight that is taken off at every step, times the learning
            rate. Filters are scaled after it, and do not change by it.
        name: Name of the optimizer.
        **kwargs: Other arguments of `keras.optimizers.Optimizer`.

    Raises:
        UsageError: If there is no momentum: Keras's SGD then has no slots, for filters neither.

    Example:
    ```python
    import keras
    from keras3_lab.optimizers import MuonSGD

    schedule = keras.optimizers.schedules.PolynomialDecay(0.24, 100, end_learning_rate=0.0)
    optimizer = MuonSGD(schedule, bias_factor=10.0, weight_decay=0.1)
    ```

    Reference:

    - [Jordan et al., 2024, Muon](https://kellerjordan.github.io/posts/muon/)
    - [Jordan, 2024, airbench94_muon](https://github.com/KellerJordan/cifar10-airbench)
    """

    def __init__(
        self,
        learning_rate: Any = 0.24,
        momentum: float = 0.85,
        filter_momentum: float = 0.6,
        bias_factor: float = 1.0,
        dense_factor: float = 1.0,
        weight_decay: float | None = None,
        name: str = "muon_sgd",
        **kwargs: Any,
    ) -> None:
        if not momentum > 0:
            raise UsageError(f"momentum must be above 0; received: {momentum}")
        super().__init__(
            learning_rate,
            momentum,
            weight_decay=weight_decay,
            name=name,
            **{"nesterov": True, **kwargs},
        )
        self.filter_momentum = filter_momentum
        self.bias_factor = bias_factor
        self.dense_factor = dense_factor

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable by its gradient."""
        if len(variable.shape) != 4:
            factor = self.bias_factor if len(variable.shape) == 1 else self.dense_factor
            super().update_step(gradient, variable, learning_rate * factor)
            return
        momentum = self.momentums[variable_index(self, variable)]
        self.assign(momentum, self.filter_momentum * momentum + gradient)
        ahead = gradient + self.filter_momentum * momentum
        filters = variable.shape[-1]
        change = orthogonalized(keras.ops.reshape(ahead, (-1, filters)))
        norm = keras.ops.norm(keras.ops.reshape(variable, (-1,)))
        rate = keras.ops.cast(learning_rate, variable.dtype)
        self.assign(
            variable,
            variable * (filters**0.5 / norm) - rate * keras.ops.reshape(change, variable.shape),
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        names = ("filter_momentum", "bias_factor", "dense_factor")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def orthogonalized(matrix: Any, iterations: int = 3) -> Any:
    """Push the singular values of a matrix towards 1 by Newton and Schulz's iteration.

    Args:
        matrix: Tensor of shape `(rows, columns)`.
        iterations: How many times. Three bring most values into 0.5 to 1.5, for which no
            step of training is the worse; more do not come closer, at these coefficients.

    Returns:
        Tensor of the same shape, with the same singular vectors.

    Example:
    ```python
    import numpy as np
    from keras3_lab.optimizers import orthogonalized

    print(orthogonalized(np.diag([3.0, 2.0])))
    ```

    Reference:

    - [Jordan et al., 2024, Muon](https://kellerjordan.github.io/posts/muon/)
    """
    tall = matrix.shape[0] > matrix.shape[1]
    values = keras.ops.transpose(matrix) if tall else matrix
    values = values / (keras.ops.norm(values) + 1e-7)
    for _ in range(iterations):
        gram = keras.ops.matmul(values, keras.ops.transpose(values))
        cubic = -4.7750 * gram + 2.0315 * keras.ops.matmul(gram, gram)
        values = 3.4445 * values + keras.ops.matmul(cubic, values)
    return keras.ops.transpose(values) if tall else values
