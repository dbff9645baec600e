"""The statistics of gate G2: the envelope of rounding, and equivalence over seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np

WINDOWS = 20
"""Parts into which a run is cut; the mean loss of each is compared."""

ENVELOPE_FACTOR = 3.0
"""How often the widest distance among runs apart by rounding the lanes may be apart."""

CONFIDENCE = 0.95
MARGINS = {"accuracy": 0.01, "relative": 0.05}
"""Margins of equivalence: one point of accuracy; 5 % of any other metric."""


def window_means(losses: np.ndarray, windows: int = WINDOWS) -> np.ndarray:
    """Return the mean loss of equal parts of a run, of shape `(windows,)` or shorter."""
    parts = np.array_split(losses.astype(np.float64), min(windows, len(losses)))
    return np.array([part.mean() for part in parts])


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far two runs are apart: the largest relative difference of a part's mean loss.

    Means, because runs that part by rounding differ in single steps as much as batches do, but
    hardly in the mean: so a lane that trains a *different* function stands out.

    Args:
        one: Loss of each step, of shape `(steps,)`.
        other: Loss of each step of another run.
    """
    steps = min(len(one), len(other))
    first, second = window_means(one[:steps]), window_means(other[:steps])
    floor = 1e-3 * float(np.median(np.abs(first)))
    scale = np.maximum(np.maximum(np.abs(first), np.abs(second)), max(floor, 1e-300))
    with np.errstate(invalid="ignore"):
        worst = float(np.max(np.abs(first - second) / scale))
    return worst if math.isfinite(worst) else math.inf


def envelope(runs: list[np.ndarray]) -> float:
    """Return the widest distance among runs of one lane that differ by rounding alone.

    Args:
        runs: Losses of the steps of each run.
    """
    return max((distance(a, b) for a, b in combinations(runs, 2)), default=0.0)


@dataclass(frozen=True)
class Equivalence:
    """Outcome of an equivalence test.

    Args:
        mean: Mean of the paired differences.
        low: Lower end of the confidence interval.
        high: Upper end.
        margin: What counts as equivalent.
        seeds: Number of pairs.
    """

    mean: float
    low: float
    high: float
    margin: float
    seeds: int

    @property
    def shown(self) -> bool:
        """Whether the whole interval lies within the margin."""
        return -self.margin < self.low and self.high < self.margin

    @property
    def refuted(self) -> bool:
        """Whether the whole interval lies outside the margin."""
        return self.low > self.margin or self.high < -self.margin


def equivalence(one: np.ndarray, other: np.ndarray, margin: float) -> Equivalence:
    """Test whether a final metric is the same on two lanes, over seeds.

    Two one-sided t-tests (TOST) on the differences of runs with the same seed, each at 5 %: the
    metric is equivalent if the 90 % confidence interval of the mean difference lies within the
    margin. Not equal until shown: with few seeds and noisy runs the interval is too wide.

    Args:
        one: Metric of each seed on one lane, of shape `(seeds,)`.
        other: The same on the other lane.
        margin: Largest mean difference that counts as none.

    Example:
    ```python
    import numpy as np
    from keras3_lab.parity.compare.statistics import equivalence

    one, other = np.array([0.88, 0.87, 0.89]), np.array([0.881, 0.869, 0.89])
    assert equivalence(one, other, margin=0.01).shown
    ```

    Reference:

    - [Schuirmann, 1987](https://doi.org/10.1007/BF01068419)
    """
    from scipy.special import stdtrit  # here, because SciPy takes longer to import than all else

    differences = one.astype(np.float64) - other.astype(np.float64)
    count = len(differences)
    mean = float(differences.mean())
    spread = float(differences.std(ddof=1)) if count > 1 else math.inf
    quantile = float(stdtrit(count - 1, CONFIDENCE)) if count > 1 else math.inf
    half = quantile * spread / math.sqrt(count) if count > 1 else math.inf
    return Equivalence(mean, mean - half, mean + half, margin, count)


def margin_of(metric: str, values: np.ndarray) -> float:
    """Return the margin for a metric: absolute for accuracies, relative for all else."""
    if "accuracy" in metric or metric.removeprefix("val_") == "acc":
        return MARGINS["accuracy"]
    return MARGINS["relative"] * float(np.mean(np.abs(values)))
