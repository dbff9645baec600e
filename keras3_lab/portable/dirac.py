"""Convolution kernels that start as the identity."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


@keras.saving.register_keras_serializable("keras3_lab")
class Dirac(keras.initializers.VarianceScaling):
    """Starts a convolution by passing its channels on; further filters start at random.

    Filter i is 1 at its centre in channel i and 0 elsewhere, for as many filters as there are
    input channels. The rest is uniform in ±1/√fan-in.

    Example:
    ```python
    import keras
    from keras3_lab.initializers import Dirac

    layer = keras.layers.Conv2D(8, 3, padding="same", kernel_initializer=Dirac())
    layer.build((None, 32, 32, 4))
    ```

    Reference:

    - [Zagoruyko and Komodakis, 2017](https://arxiv.org/abs/1706.00388)
    """

    def __init__(self) -> None:
        super().__init__(scale=1 / 3, mode="fan_in", distribution="uniform")

    def __call__(self, shape: Sequence[int], dtype: str | None = None, **kwargs: Any) -> Any:
        """Return a kernel of shape `(height, width, channels, filters)`."""
        values = super().__call__(shape, dtype=dtype)
        return self.with_identity(keras.ops.convert_to_numpy(values))

    def with_identity(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return a random kernel with its first filters replaced by the identity."""
        height, width, channels, filters = values.shape
        values = values.copy()
        first = min(channels, filters)
        values[..., :first] = 0.0
        values[height // 2, width // 2, np.arange(first), np.arange(first)] = 1.0
        return values

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this initializer again: none."""
        return {}
