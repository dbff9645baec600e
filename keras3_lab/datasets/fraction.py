"""A part of a data set's training rows, where all of them would take too long."""

import dataclasses

import numpy as np

from keras3_lab.datasets._dataset import Arrays, Dataset, content_sha256
from keras3_lab.errors import UsageError

FEWEST = 5  # rows, of each class where there are classes: a fifth of them validates


def take_fraction(dataset: Dataset, fraction: float) -> Dataset:
    """Keep a fraction of the training rows, the same share of each class.

    The rows are drawn at random, the same ones each time and everywhere. Test rows all stay.

    Args:
        dataset: A data set.
        fraction: How much of the training rows to keep, more than 0 and at most 1.

    Returns:
        A data set whose `origin` and `fraction` say so; the same one where `fraction` is 1.

    Raises:
        UsageError: If the fraction is out of range, or leaves too few rows to train on.

    Example:
    ```python
    from keras3_lab import datasets

    data = datasets.load("fashion_mnist", source="sample")
    print(datasets.take_fraction(data, 0.1).origin)
    ```
    """
    if not 0 < fraction <= 1:
        raise UsageError(f"fraction must be more than 0 and at most 1; received: {fraction}")
    if fraction == 1:
        return dataset
    rows = len(dataset.y_train)
    labels = dataset.y_train if dataset.class_names else np.zeros(rows, np.uint8)
    order = np.random.RandomState(42).permutation(rows)  # a stream that NumPy keeps as it is
    groups = [order[labels[order] == label] for label in np.unique(labels)]
    parts = [group[: round(fraction * len(group))] for group in groups]
    if min(len(part) for part in parts) < FEWEST:
        least = FEWEST / min(len(group) for group in groups)
        raise UsageError(
            f"fraction {fraction} of the {rows:,} training rows of {dataset.name} is too little "
            f"to train and validate on; take {min(least, 1):.2g} or more"
        )
    chosen = np.sort(np.concatenate(parts))
    arrays = Arrays(
        dataset.x_train[chosen], dataset.y_train[chosen], dataset.x_test, dataset.y_test
    )
    return dataclasses.replace(
        dataset,
        **arrays._asdict(),
        origin=f"{dataset.origin}; {len(chosen):,} of its {rows:,} training rows",
        fraction=fraction,
        sha256=content_sha256(arrays),
    )
