"""Two columns crossed: a feature for each cell of a grid over both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


@keras.saving.register_keras_serializable("keras3_lab")
class Crossed(keras.layers.Layer):
    """Crosses two columns, so that what is linear behind it can be any function of both.

    The cross-product features of a wide & deep model's wide part, with soft edges: a grid of
    knots lies over both columns, and a row is the share that each knot has in it by bilinear
    interpolation. At most four shares are not 0, and they add up to 1 within the grid. A `Dense(1)`
    behind it learns a value per knot.

    Args:
        low: Lowest knot of each of the two columns.
        high: Highest knot of each.
        knots: Number of knots of each.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, 2)`.

    Returns:
        Tensor of shape `(batch, knots ** 2)`.

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import Crossed

    layer = Crossed(low=(0.0, 0.0), high=(1.0, 1.0), knots=2)
    print(layer(np.array([[0.0, 1.0], [0.5, 0.5]])))  # [[0, 1, 0, 0], [¼, ¼, ¼, ¼]]
    ```

    Reference:

    - [Cheng et al., 2016, Wide & Deep Learning](https://arxiv.org/abs/1606.07792), section 3.1
    """

    def __init__(
        self, low: Sequence[float], high: Sequence[float], knots: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.low = tuple(low)
        self.high = tuple(high)
        self.knots = knots

    def call(self, inputs: Any) -> Any:
        """Return the share of each knot; see the class."""
        shares = []
        for column, (low, high) in enumerate(zip(self.low, self.high, strict=True)):
            step = (high - low) / (self.knots - 1)
            knots = keras.ops.convert_to_tensor(
                np.linspace(low, high, self.knots), dtype=inputs.dtype
            )
            distance = keras.ops.abs(inputs[:, column : column + 1] - knots)
            shares.append(keras.ops.relu(1 - distance / step))
        crossed = shares[0][:, :, None] * shares[1][:, None, :]
        return keras.ops.reshape(crossed, (-1, self.knots**2))

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return `(batch, knots ** 2)`."""
        return input_shape[0], self.knots**2

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        own = {"low": self.low, "high": self.high, "knots": self.knots}
        return {**super().get_config(), **own}
