"""What a program prints, so that a difference is seen. NumPy alone."""

from __future__ import annotations

import numpy as np

from keras3_lab.parity.shrink.candidate import Candidate
from keras3_lab.parity.shrink.jobs import Tried
from keras3_lab.parity.shrink.judge import Difference
from keras3_lab.parity.shrink.program import Shown, program


def fitted_candidate(results: tuple[Tried, Tried]) -> Candidate:
    """Return the candidate as the lane has it that came further."""
    return max(results, key=lambda result: not result.error).candidate


def weight_order(results: tuple[Tried, Tried]) -> list[tuple[int, int]]:
    """Return of each weight of the model its layer's number and its place there."""
    return max(results, key=lambda result: len(result.order)).order


def written(candidate: Candidate, results: tuple[Tried, Tried], difference: Difference) -> str:
    """Return the program that shows a difference."""
    order = weight_order(results)
    kind = difference.kind
    if kind == "error":
        train = difference.name == "train"
        return program(candidate, Shown("nothing"), order, train=train)
    if kind == "prediction":
        return program(candidate, _shown("prediction", results, kind), order, train=False)
    if kind in ("loss", "metric"):
        return program(candidate, Shown(kind), order)
    shown = _shown("weight", results, "weight at the end")
    if kind == "optimizer slot" and not _differ(results, "weight at the end"):
        shown = _shown("slot", results, kind)
    return program(candidate, shown, order)


def _pairs(results: tuple[Tried, Tried], kind: str) -> list[tuple[int, np.ndarray, np.ndarray]]:
    ours, theirs = ([i for i in result.items if i.kind == kind] for result in results)
    if kind == "optimizer slot":
        count = len({item.name.partition("/")[2] for item in ours})
        ours, theirs = ours[-count:], theirs[-count:]
    return [(n, a.value, b.value) for n, (a, b) in enumerate(zip(ours, theirs, strict=False))]


def _differ(results: tuple[Tried, Tried], kind: str) -> bool:
    return any(not np.allclose(a, b, 3e-5, 0) for _, a, b in _pairs(results, kind))


def _shown(what: str, results: tuple[Tried, Tried], kind: str) -> Shown:
    """Return which array differs most, and where, if it is large."""

    def far(pair: tuple[int, np.ndarray, np.ndarray]) -> float:
        _, a, b = pair
        if a.shape != b.shape:
            return np.inf
        with np.errstate(all="ignore"):
            relative = np.abs(a.astype(float) - b.astype(float)) / np.maximum(np.abs(a), np.abs(b))
        relative = np.where(
            np.isnan(relative), np.where(np.isnan(a) != np.isnan(b), np.inf, 0), relative
        )
        return float(relative.max(initial=0.0))

    pairs = _pairs(results, kind)
    index, a, b = max(pairs, key=far)
    if a.size <= 6 or a.shape != b.shape:
        return Shown(what, index)
    with np.errstate(all="ignore"):
        off = np.nan_to_num(np.abs(a.astype(float) - b), nan=np.inf)
    off[np.isnan(a) & np.isnan(b)] = 0
    return Shown(what, index, int(np.argmax(off)))
