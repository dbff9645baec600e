"""Test-time augmentation inside the model."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras3_lab")
class AveragedViews(keras.layers.Wrapper):
    """In inference, averages what a network says of an image, its mirror image and shifted ones.

    Six views: the image counts one half, moved by a pixel up and left a quarter, moved down
    and right a quarter; each half and half mirrored. In training the network sees the image alone.
    So `evaluate`, `predict` and a saved model carry the averaging with them.

    Args:
        layer: The network: a layer or model from images to logits.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        images: Tensor of shape `(rows, height, width, channels)`.
        training: Whether to call the network once, in training.

    Example:
    ```python
    import keras
    import numpy as np
    from keras3_lab.models import AveragedViews

    network = keras.Sequential([keras.Input((4, 4, 3)), keras.layers.Flatten()])
    print(AveragedViews(network)(np.ones((2, 4, 4, 3))).shape)
    ```

    Reference:

    - [Jordan, 2024](https://arxiv.org/abs/2404.00498), section 3.5
    """

    def call(self, images: Any, training: bool = False) -> Any:
        """Return the network's output, averaged over the views in inference."""
        if training:
            return self.layer(images, training=True)
        height, width = images.shape[1:3]
        padded = keras.ops.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], mode="reflect")
        views = keras.ops.concatenate(
            [images, padded[:, :height, :width], padded[:, 2:, 2:]], axis=0
        )
        # One call for all: six copies of a network would take six times as long to compile.
        views = keras.ops.concatenate([views, keras.ops.flip(views, axis=2)], axis=0)
        outputs = self.layer(views, training=False)
        outputs = keras.ops.reshape(outputs, (2, 3, -1, *outputs.shape[1:]))
        whole, first, second = (outputs[0, view] + outputs[1, view] for view in range(3))
        return 0.25 * whole + 0.125 * (first + second)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the network's output shape."""
        return self.layer.compute_output_shape(input_shape)
