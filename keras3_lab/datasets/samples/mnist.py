"""The MNIST stand-in: scikit-learn's real 8×8 digits, enlarged."""

import numpy as np

from keras3_lab.datasets._dataset import Arrays

_TEST_EVERY = 7  # every seventh digit of a class: six parts training, one part test, as in MNIST


def make() -> Arrays:
    """Enlarge the 1,797 digits of scikit-learn to 20×20 and pad them to 28×28.

    Bilinear, in whole numbers. As in MNIST the digit fills the inner 20×20 pixels. Of each class
    in original order every seventh digit goes to the test part; both parts have the same writers.

    Returns:
        uint8 images `(1545, 28, 28)` and `(252, 28, 28)`, 0 to 255, with their uint8 labels.

    Example:
        ```python
        from keras3_lab.datasets.samples import mnist

        print(mnist.make().x_train.max())
        ```

    Reference:
        E. Alpaydin, C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine
        Learning Repository, 1998.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = digits.images.astype(np.int64)  # whole numbers, 0 to 16
    labels = digits.target.astype(np.uint8)

    # The centre of pixel i of 20 lies at (4 i - 3) / 10 on the scale of the 8.
    position = np.clip(4 * np.arange(20) - 3, 0, 70)
    left = np.minimum(position // 10, 6)
    weights = np.zeros((20, 8), np.int64)  # in tenths
    weights[np.arange(20), left] = 10 - (position - 10 * left)
    weights[np.arange(20), left + 1] = position - 10 * left
    large = weights @ small @ weights.T  # 0 to 16 * 100
    images = np.zeros((len(small), 28, 28), np.uint8)
    images[:, 4:24, 4:24] = (large * 255 + 800) // 1600

    rank = np.zeros(len(labels), np.int64)  # position among the digits of its class
    for k in range(10):
        rank[labels == k] = np.arange(np.count_nonzero(labels == k))
    test = rank % _TEST_EVERY == _TEST_EVERY - 1
    return Arrays(images[~test], labels[~test], images[test], labels[test])
