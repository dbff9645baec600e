"""MNIST: 70,000 handwritten digits; its sample is scikit-learn's real 8×8 digits, enlarged.

Reference:
    Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.idx import IDX_TEXT, idx_layouts
from keras3_lab.datasets.specs import KERAS_FILES, Layout, Remote, Sample, Spec
from keras3_lab.untrusted import read_npz

_TEST_EVERY = 7  # every seventh digit of a class: six parts training, one part test, as in MNIST


def read(spec: Spec, files: tuple[Path, ...]) -> Arrays:
    """Read the four arrays of Keras's own file."""
    counts = {"train": spec.n_train, "test": spec.n_test}
    shapes = {f"x_{part}": (count, *spec.shape) for part, count in counts.items()}
    shapes |= {f"y_{part}": (count,) for part, count in counts.items()}
    return Arrays(**read_npz(files[0], shapes))


def sample() -> Arrays:
    """Enlarge the 1,797 digits of scikit-learn to 20×20 and pad them to 28×28.

    Bilinear, in whole numbers. As in MNIST the digit fills the inner 20×20 pixels. Of each class
    in original order every seventh digit goes to the test part; both parts have the same writers.

    Returns:
        uint8 images `(1545, 28, 28)` and `(252, 28, 28)`, 0 to 255, with their uint8 labels.

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


SPEC = Spec(
    name="mnist",
    n_train=60_000,
    n_test=10_000,
    shape=(28, 28),
    sha256="b24b06c7f82492e214276c2737bd1c19b067ff2fe97fe31e21e38ce0cb76fc42",
    class_names=tuple("0123456789"),
    layouts=(Layout(names=("mnist.npz",), read=read), *idx_layouts("mnist")),
    layout_text=f"mnist.npz, and {IDX_TEXT} mnist",
    remotes=(
        Remote(
            "mnist.npz",
            KERAS_FILES + "mnist.npz",
            file_hash="731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1",
        ),
    ),
    sample=Sample(
        make=sample,
        text="1,545 + 252 real 8×8 digits of scikit-learn, enlarged to 28×28; not MNIST",
        synthetic=False,
    ),
)
