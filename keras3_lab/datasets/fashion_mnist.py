"""Fashion-MNIST: 70,000 pictures of clothes; a part of it is bundled as the sample.

Reference:
    H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine
    Learning Algorithms", 2017, arXiv:1708.07747.
"""

from __future__ import annotations

from pathlib import Path

from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.idx import IDX_NAMES, IDX_TEXT, idx_layouts
from keras3_lab.datasets.specs import KERAS_FILES, Remote, Sample, Spec
from keras3_lab.untrusted import read_npz

SAMPLE = Path(__file__).with_name("samples") / "fashion_mnist.npz"


def sample() -> Arrays:
    """Read the bundled sample.

    Returns:
        uint8 images `(6000, 28, 28)` and `(1000, 28, 28)` with their uint8 labels, class-balanced.
    """
    return Arrays(**read_npz(SAMPLE))


SPEC = Spec(
    name="fashion_mnist",
    n_train=60_000,
    n_test=10_000,
    shape=(28, 28),
    sha256="8035d6b6ebfa3a85bd76bc2f83dc22ffdf47ef3dfd72c2198af2457c730a6a99",
    class_names=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    layouts=idx_layouts("fashion-mnist"),
    layout_text=f"{IDX_TEXT} fashion-mnist",
    remotes=tuple(
        Remote(f"{name}.gz", f"{KERAS_FILES}{name}.gz", subfolder="fashion-mnist")
        for name in IDX_NAMES
    ),
    sample=Sample(
        make=sample,
        text="6,000 + 1,000 real images, the first of each class",
        synthetic=False,
        path=SAMPLE,
    ),
    system_folder=Path("/usr/share/datasets/fashion-mnist"),  # Debian's dataset-fashion-mnist
)
