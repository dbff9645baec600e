"""What each full data set must look like."""

import difflib
from dataclasses import dataclass

from keras3_lab.errors import UsageError


@dataclass(frozen=True)
class Spec:
    """Shape, counts and names of one full data set.

    Args:
        name: name by which it is loaded.
        n_train: number of training examples.
        n_test: number of test examples.
        shape: shape of one example.
        sha256: content digest of the original, as `Dataset.sha256` counts it. It recognises a
            data set under the wrong name and checks downloads; other content in the right
            shape is welcome.
        class_names: names of the labels 0, 1, …; empty where the target is a number.
        feature_names: names of the columns; empty for images.
        feature_ranges: smallest and largest value per column, in the original.
        target_range: smallest and largest target in the original, where it is a number.
    """

    name: str
    n_train: int
    n_test: int
    shape: tuple[int, ...]
    sha256: str
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    feature_ranges: tuple[tuple[float, float], ...] = ()
    target_range: tuple[float, float] = (0.0, 0.0)


SPECS = {
    spec.name: spec
    for spec in (
        Spec(
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
        ),
        Spec(
            name="mnist",
            n_train=60_000,
            n_test=10_000,
            shape=(28, 28),
            sha256="b24b06c7f82492e214276c2737bd1c19b067ff2fe97fe31e21e38ce0cb76fc42",
            class_names=tuple("0123456789"),
        ),
        Spec(
            name="cifar10",
            n_train=50_000,
            n_test=10_000,
            shape=(32, 32, 3),
            sha256="f4392188d293d60e86942ea12b0b1395897cb055fcdb64bd10da776636155590",
            class_names=(
                "airplane",
                "automobile",
                "bird",
                "cat",
                "deer",
                "dog",
                "frog",
                "horse",
                "ship",
                "truck",
            ),
        ),
        Spec(
            name="california_housing",
            n_train=16_512,
            n_test=4_128,
            shape=(8,),
            sha256="d2977c3e4338df82627489fe719bd5e9f15280e12eb1783a0e75ca5b38cf587d",
            # The columns as StatLib has them: totals per block group. The docstring of
            # `keras.datasets.california_housing` lists other ones, those of scikit-learn.
            feature_names=(
                "longitude",
                "latitude",
                "housing_median_age",
                "total_rooms",
                "total_bedrooms",
                "population",
                "households",
                "median_income",
            ),
            feature_ranges=(
                (-124.35, -114.31),
                (32.54, 41.95),
                (1, 52),
                (2, 39_320),
                (1, 6_445),
                (3, 35_682),
                (1, 6_082),
                (0.4999, 15.0001),
            ),
            target_range=(14_999, 500_001),
        ),
    )
}

NAMES = ("fashion_mnist", "mnist", "cifar10", "california_housing")


def get_spec(name: str) -> Spec:
    """Look up a data set by name.

    Args:
        name: one of `NAMES`.

    Returns:
        Its `Spec`.

    Raises:
        UsageError: no data set has this name.

    Example:
        ```python
        from keras3_lab.datasets.specs import get_spec

        print(get_spec("mnist").shape)  # (28, 28)
        ```
    """
    if name in SPECS:
        return SPECS[name]
    close = difflib.get_close_matches(str(name), NAMES, n=1)
    hint = f" (did you mean {close[0]!r}?)" if close else ""
    raise UsageError(f"unknown data set {name!r}{hint}; known: {', '.join(NAMES)}")
