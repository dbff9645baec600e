"""Random changes of images in training, the same on every backend, device and dtype.

Draws are integers, hashed from the layer's seed and the number of batches seen, as the masks of
`keras3_lab.layers.Dropout`; pixels are moved or blanked and never computed with. So two backends
put out the same bits.
"""

from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.portable.parts import drawn, rows_of_batch
from keras3_lab.portable.seed_state import SavedSeedState
from keras3_lab.portable.threefry import random_bits, threefry_2x32


class Augmentation(SavedSeedState, keras.layers.Layer):
    """Base of layers that change images at random in training, and not in inference.

    A subclass defines `augment(images, seed_state)`.

    Args:
        seed: Integer seed. Defaults to a random one; `keras3_lab.portable.initialize` sets it
            from the seed of the run.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        images: Tensor of shape `(rows, height, width, channels)`.
        training: Whether to change the images (`True`) or to return them as they are (`False`).
    """

    def __init__(self, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, images: Any, training: bool = False) -> Any:
        """Change images in training; see the class."""
        if not training:
            return images
        seed_state = keras.ops.cast(self.seed_generator.next(), "uint32")
        return self.augment(images, seed_state)

    def augment(self, images: Any, seed_state: Any) -> Any:
        """Return the changed images.

        Args:
            images: Tensor of shape `(rows, height, width, channels)`.
            seed_state: The two words to draw from, a uint32 tensor of shape `(2,)`.
        """
        raise NotImplementedError  # abstract: every kind of augmentation below has its own

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable("keras3_lab")
class RandomFlip(Augmentation):
    """Mirrors images left to right, each with a probability of one half.

    Args:
        alternate: Whether to draw only the first time an image comes, and to mirror it in every
            other epoch from then on: with few epochs, both sides of each image are seen equally
            often. An image is known again by the sum of its pixels, which must be whole numbers
            and the sum less than 2**24; call `adapt` with the number of rows in an epoch.
            Defaults to drawing every time.
        seed: Integer seed; see `Augmentation`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        images: Tensor of shape `(rows, height, width, channels)`.
        training: Whether to mirror images (`True`) or to return them as they are (`False`).

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import RandomFlip

    images = np.arange(8.0).reshape(2, 2, 2, 1)
    print(RandomFlip(seed=7)(images, training=True))
    ```

    Reference:

    - [Jordan, 2024, 94% on CIFAR-10 in 3.29 seconds on a single GPU](
      https://arxiv.org/abs/2404.00498), section 3.6, for the alternating one
    """

    def __init__(self, alternate: bool = False, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        self.alternate = alternate
        if alternate:
            # Of two epochs, how many rows there are and how many were seen.
            self.rows, self.seen = (
                self.add_weight((), "zeros", "int32", trainable=False, name=name)
                for name in ("rows", "seen")
            )

    def adapt(self, rows: int) -> None:
        """Set the number of rows in an epoch, for `alternate`.

        Args:
            rows: Number of training rows.
        """
        self.rows.assign(2 * rows)

    def augment(self, images: Any, seed_state: Any) -> Any:
        """Return the images, some of them mirrored."""
        rows = keras.ops.shape(images)[0]
        mirrored = (
            self._again(images, seed_state) if self.alternate else _bit(_words(seed_state, (rows,)))
        )
        mirrored = keras.ops.reshape(mirrored, (-1, 1, 1, 1))
        return keras.ops.where(mirrored, keras.ops.flip(images, axis=2), images)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "alternate": self.alternate}

    def _again(self, images: Any, seed_state: Any) -> Any:
        # Whole numbers below 2**24: exact in any order of summation.
        sums = keras.ops.sum(keras.ops.cast(images, "float32"), axis=(1, 2, 3))
        sums = keras.ops.cast(keras.ops.cast(sums, "int32"), "uint32")
        seed = seed_state[0:1]  # not the step: an image draws the same in each
        first = _bit(threefry_2x32((seed, keras.ops.zeros_like(seed)), (sums, sums))[0])
        of_two = keras.ops.maximum(self.rows, 1)  # 0 until adapted
        odd = self.seen * 2 >= of_two
        rows = rows_of_batch(keras.ops.shape(images)[0])
        self.seen.assign((self.seen + rows) % of_two)
        return keras.ops.logical_xor(first, odd)


@keras.saving.register_keras_serializable("keras3_lab")
class RandomShift(Augmentation):
    """Moves each image by up to some pixels up or down and left or right.

    Args:
        pixels: Most pixels to move by, either way; each distance is equally likely.
        mode: What moves in: `"reflect"` (the image, mirrored at its edge), `"symmetric"` (the
            same with the edge repeated) or `"constant"` (zeros), as in `keras.ops.pad`.
        seed: Integer seed; see `Augmentation`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        images: Tensor of shape `(rows, height, width, channels)`.
        training: Whether to move images (`True`) or to return them as they are (`False`).

    Raises:
        UsageError: If an argument is out of range.

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import RandomShift

    images = np.arange(32.0).reshape(2, 4, 4, 1)
    print(RandomShift(1, seed=7)(images, training=True))
    ```
    """

    def __init__(
        self, pixels: int, mode: str = "reflect", seed: int | None = None, **kwargs: Any
    ) -> None:
        super().__init__(seed, **kwargs)
        if pixels < 0:
            raise UsageError(f"pixels must be 0 or more; received: {pixels}")
        if mode not in ("reflect", "symmetric", "constant"):
            raise UsageError(f"mode must be reflect, symmetric or constant; received: {mode!r}")
        self.pixels = pixels
        self.mode = mode

    def augment(self, images: Any, seed_state: Any) -> Any:
        """Return the images, moved."""
        distances = 2 * self.pixels + 1
        drawn = _integers(seed_state, (keras.ops.shape(images)[0], 2), distances)
        for axis in (1, 2):
            width = [(0, 0)] * 4
            width[axis] = (self.pixels, self.pixels)
            padded = keras.ops.pad(images, width, mode=self.mode)
            chosen = keras.ops.reshape(drawn[:, axis - 1], (-1, 1, 1, 1))
            size = images.shape[axis]
            # A choice among few slices, not a gather: compilers make one pass of it.
            for distance in range(distances):
                part = [slice(None)] * 4
                part[axis] = slice(distance, distance + size)
                moved = padded[tuple(part)]
                images = (
                    moved if not distance else keras.ops.where(chosen == distance, moved, images)
                )
        return images

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "pixels": self.pixels, "mode": self.mode}


@keras.saving.register_keras_serializable("keras3_lab")
class Cutout(Augmentation):
    """Sets a square of each image to zero, somewhere within it.

    Args:
        size: Side of the square, in pixels; at most the image's height and width.
        seed: Integer seed; see `Augmentation`.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        images: Tensor of shape `(rows, height, width, channels)`.
        training: Whether to blank squares (`True`) or to return the images as they are (`False`).

    Raises:
        UsageError: If `size` is negative.

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import Cutout

    print(Cutout(2, seed=7)(np.ones((1, 4, 4, 1)), training=True))
    ```

    Reference:

    - [DeVries and Taylor, 2017](https://arxiv.org/abs/1708.04552)
    """

    def __init__(self, size: int, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(seed, **kwargs)
        if size < 0:
            raise UsageError(f"size must be 0 or more; received: {size}")
        self.size = size

    def augment(self, images: Any, seed_state: Any) -> Any:
        """Return the images with a square of zeros."""
        rows = keras.ops.shape(images)[0]
        words = _words(seed_state, (rows, 2))
        inside = True
        for axis in (1, 2):
            places = images.shape[axis] - self.size + 1
            corner = keras.ops.reshape(_scaled(words[:, axis - 1], places), (-1, 1, 1, 1))
            shape = [1] * 4
            shape[axis] = images.shape[axis]
            place = np.arange(images.shape[axis], dtype="int32").reshape(shape)
            inside = keras.ops.logical_and(
                inside, keras.ops.logical_and(place >= corner, place < corner + self.size)
            )
        return keras.ops.where(inside, keras.ops.zeros_like(images), images)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "size": self.size}


def _words(seed_state: Any, shape: tuple[Any, ...]) -> Any:
    """Draws words for the rows that are here."""
    return drawn(lambda shape: random_bits(seed_state, shape), shape)


def _bit(words: Any) -> Any:
    return keras.ops.right_shift(words, np.uint32(31)) == np.uint32(1)


def _integers(seed_state: Any, shape: Any, count: int) -> Any:
    """Draws int32 numbers from 0 up to `count`, which is at most 2**15."""
    return _scaled(_words(seed_state, shape), count)


def _scaled(words: Any, count: int) -> Any:
    high = keras.ops.cast(keras.ops.right_shift(words, np.uint32(16)), "int32")
    return keras.ops.right_shift(high * count, 16)
