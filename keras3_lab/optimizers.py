"""Optimizers that Keras does not bring."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras3_lab")
class LookaheadSGD(keras.optimizers.SGD):
    """Nesterov momentum whose weights go back to a running average, the further the later.

    Every `ema_overwrite_frequency` steps the average takes up the weights,
    `average = d·average + (1 − d)·weights`, and they are set to it: Lookahead. Its d grows with
    the cube of the step, so that the average counts when weights hardly move any more.

    Unlike Keras's own average, it is not written into the model once more at the end.

    The biases of normalizations (`beta`) learn `beta_factor` times as fast, and decay like all
    other weights: their gradients are small, and a fast network needs them early.

    Args:
        learning_rate: Learning rate, or a schedule of it.
        steps: Number of steps of the whole training.
        momentum: Momentum of the gradients.
        weight_decay: Fraction of each weight that is taken off at every step, times the learning
            rate.
        beta_factor: How many times as fast biases of normalizations learn.
        ema_momentum: The d of the last step.
        ema_overwrite_frequency: Number of steps between two updates of the average.
        name: Name of the optimizer.
        **kwargs: Other arguments of `keras.optimizers.Optimizer`.

    Example:
    ```python
    from keras3_lab.optimizers import LookaheadSGD

    optimizer = LookaheadSGD(0.1, steps=100, weight_decay=0.01)
    ```

    Reference:

    - [Zhang et al., 2019, Lookahead optimizer](https://arxiv.org/abs/1907.08610)
    - [Jordan, 2024, 94% on CIFAR-10 in 3.29 seconds on a single GPU](
      https://arxiv.org/abs/2404.00498), section 3.4
    """

    def __init__(
        self,
        learning_rate: Any,
        steps: int,
        momentum: float = 0.85,
        weight_decay: float | None = None,
        beta_factor: float = 64.0,
        ema_momentum: float = 0.95**5,
        ema_overwrite_frequency: int = 5,
        name: str = "lookahead_sgd",
        **kwargs: Any,
    ) -> None:
        settings = {"nesterov": True, "use_ema": True, **kwargs}
        super().__init__(
            learning_rate,
            momentum,
            weight_decay=weight_decay,
            ema_momentum=ema_momentum,
            ema_overwrite_frequency=ema_overwrite_frequency,
            name=name,
            **settings,
        )
        self.steps = steps
        self.beta_factor = beta_factor

    def build(self, variables: list[Any]) -> None:
        """Make momenta and averages, and note which variables are biases of normalizations."""
        super().build(variables)
        self._factors = [self.beta_factor if v.name == "beta" else 1.0 for v in variables]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Update a variable by its gradient."""
        factor = self._factors[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)

    def _update_model_variables_moving_average(self, trainable_variables: Any) -> None:
        made = self.iterations + 1
        due = made % self.ema_overwrite_frequency == 0
        for variable, average in zip(
            trainable_variables, self._model_variables_moving_average, strict=True
        ):
            share = keras.ops.cast(made, variable.dtype) / self.steps
            kept = keras.ops.where(due, self.ema_momentum * share**3, 1.0)
            kept = keras.ops.cast(keras.ops.where(made == 1, 0.0, kept), variable.dtype)
            average.assign(kept * average + (1 - kept) * variable)

    def finalize_variable_values(self, var_list: Any) -> None:
        """Leave the weights as they are: where the average is due, they have it already."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this optimizer again."""
        return {**super().get_config(), "steps": self.steps, "beta_factor": self.beta_factor}
