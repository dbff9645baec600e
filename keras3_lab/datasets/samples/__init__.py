"""Bundled samples: small stand-ins for the full data sets, the same on every machine.

What is made here comes from integer arithmetic on the raw bits of NumPy's Philox generator,
whose stream NumPy keeps fixed, or of scikit-learn's digits. The only floating-point steps are
one division of an integer and one rounding to float32, both exact by IEEE 754. The digests
are therefore the same everywhere, and a test pins them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.samples import cifar10, fashion_mnist, housing, mnist


@dataclass(frozen=True)
class Sample:
    """One bundled sample.

    Args:
        make: returns the four arrays.
        text: for people: what the sample consists of.
        synthetic: whether the examples are made up.
        path: the file that holds it, or `None` where it is computed.
    """

    make: Callable[[], Arrays]
    text: str
    synthetic: bool
    path: Path | None = None


SAMPLES = {
    "fashion_mnist": Sample(
        fashion_mnist.make,
        "6,000 + 1,000 real images, the first of each class",
        synthetic=False,
        path=fashion_mnist.PATH,
    ),
    "mnist": Sample(
        mnist.make,
        "1,545 + 252 real 8×8 digits of scikit-learn, enlarged to 28×28; not MNIST",
        synthetic=False,
    ),
    "cifar10": Sample(
        cifar10.make,
        "2,000 + 500 synthetic images, ten shapes in noise; not CIFAR-10",
        synthetic=True,
    ),
    "california_housing": Sample(
        housing.make,
        "16,512 + 4,128 synthetic rows in the value ranges of the real ones",
        synthetic=True,
    ),
}
