"""Learning-rate schedules that Keras does not bring."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras3_lab")
class WarmUpDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Rises linearly to a learning rate, then falls with the inverse square root of the step.

    N0's "custom" schedule: a subclass of `LearningRateSchedule` written in `keras.ops`.

    Args:
        learning_rate: Highest learning rate, reached at `warm_up_steps`.
        warm_up_steps: Number of steps of the rise.

    Example:
    ```python
    import keras
    from keras3_lab.schedules import WarmUpDecay

    schedule = WarmUpDecay(0.1, warm_up_steps=100)
    optimizer = keras.optimizers.SGD(schedule)
    assert abs(float(schedule(400)) - 0.05) < 1e-7
    ```

    Reference:

    - [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 5.3
    """

    def __init__(self, learning_rate: float, warm_up_steps: int) -> None:
        super().__init__()
        self.learning_rate = learning_rate
        self.warm_up_steps = warm_up_steps

    def __call__(self, step: Any) -> Any:
        """Return the learning rate at a step, counted from 0."""
        step = keras.ops.cast(step, keras.config.floatx())
        warm_up = keras.ops.cast(self.warm_up_steps, keras.config.floatx())
        rising = step / warm_up
        falling = keras.ops.sqrt(warm_up / keras.ops.maximum(step, 1))
        return self.learning_rate * keras.ops.minimum(rising, falling)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this schedule again."""
        return {"learning_rate": self.learning_rate, "warm_up_steps": self.warm_up_steps}
