"""Where two lanes came to something else. NumPy alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from keras3_lab.atlas.outcome import Outcome, Raised, Result, Value

ULP = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
SAME = 16
"""Ulps of the dtype that two results may be apart: rounding in another order."""
ROUNDING = 2000
"""Ulps from which on it is another number, not another rounding; between, `rounding`."""


@dataclass(frozen=True)
class Part:
    """A place where two lanes part.

    Args:
        case: Name of the case.
        dtype: The dtype it was computed in.
        aspect: What of it: `"eager"`, `"gradient"`, `"state"` …
        kind: `"error"`, `"structure"`, `"shape"`, `"dtype"`, `"nan"` (finite on one side alone),
            `"value"` or `"rounding"`.
        texts: What each lane came to, in a few words, by lane.
        far: How far apart: relative to the larger number, or to a thousandth of the largest there
            is; 0 where it cannot be said.
        nearer: Lanes that are within rounding of the reference; see `reference`.
    """

    case: str
    dtype: str
    aspect: str
    kind: str
    texts: Mapping[str, str]
    far: float = 0.0
    nearer: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.case} {self.aspect} {self.dtype} {self.kind}"


def parts(outcomes: Mapping[str, Iterable[Outcome]]) -> list[Part]:
    """Return where lanes part.

    Args:
        outcomes: By lane; the first two are compared, others are asked who is right.

    Returns:
        A part for each aspect of a case in a dtype that differs, the gravest kind of it.
    """
    tables = {lane: {(o.case, o.dtype): o for o in made} for lane, made in outcomes.items()}
    first, second = list(tables)[:2]
    found = []
    for key, one in tables[first].items():
        other = tables[second].get(key)
        if other is None:
            continue
        for aspect in one.results.keys() | other.results.keys():
            a, b = one.results.get(aspect), other.results.get(aspect)
            if a is None or b is None:
                continue
            if parted := _parted(a, b, key[1], together=aspect == "gradient"):
                kind, far = parted
                texts = {first: tell(a, b), second: tell(b, a)}
                nearer = _nearer(tables, key, aspect)
                found.append(Part(*key, aspect, kind, texts, far, nearer))
    return sorted(found, key=lambda part: (part.case, part.dtype, part.aspect))


def _parted(a: Result, b: Result, dtype: str, together: bool = False) -> tuple[str, float] | None:
    """Return how two results part, and how far; nothing if they are alike.

    Args:
        a: A result.
        b: Another.
        dtype: The dtype they were computed in.
        together: Whether their arrays are of one scale, so that what is near 0 in one of them, but
            for rounding, is so beside the largest of all: as a gradient by a bias without effect.
    """
    if isinstance(a, Raised) or isinstance(b, Raised):
        # Both raise: what they say is their own.
        return None if isinstance(a, Raised) and isinstance(b, Raised) else ("error", 0.0)
    if [value.path for value in a] != [value.path for value in b]:
        return "structure", 0.0
    pairs = list(zip(a, b, strict=True))
    if any(one.shape != other.shape for one, other in pairs):
        return "shape", 0.0
    worst: tuple[str, float] | None = None
    scale = max((_largest(one, other) for one, other in pairs), default=0.0) if together else 0.0
    for one, other in pairs:
        if (found := _gap(one, other, dtype, scale)) and (worst is None or found[1] > worst[1]):
            worst = found
    if worst and worst[0] != "rounding":
        return worst
    if any(one.dtype != other.dtype for one, other in pairs):
        return "dtype", 0.0
    return worst


def _largest(one: Value, other: Value) -> float:
    """Return the largest finite number of two arrays."""
    arrays = [value.array for value in (one, other) if value.array.dtype.kind in "fiu"]
    finite = [array[np.isfinite(array)] for array in arrays]
    return max((float(np.abs(array).max()) for array in finite if array.size), default=0.0)


def _gap(one: Value, other: Value, dtype: str, scale: float = 0.0) -> tuple[str, float] | None:
    """Return how two arrays of one shape part, and how far, at least beside a scale."""
    a, b = one.array, other.array
    if not a.size:
        return None
    if a.dtype.kind in "OUS" or b.dtype.kind in "OUS":
        return None if (a.astype(str) == b.astype(str)).all() else ("value", np.inf)
    wide = "complex128" if "c" in (a.dtype.kind, b.dtype.kind) else "float64"
    a, b = a.astype(wide), b.astype(wide)
    with np.errstate(all="ignore"):
        finite = np.isfinite(a) & np.isfinite(b)
        alike = (a == b) | (np.isnan(a) & np.isnan(b))
        if not (finite | alike).all():
            return "nan", np.inf
        if alike.all():
            return None
        size = np.maximum(np.abs(a), np.abs(b))
        largest = max(size[finite].max(), scale)
        far = np.where(alike, 0.0, np.abs(a - b) / np.maximum(size, 1e-3 * largest)).max()
    narrowest = max(ULP.get(one.dtype, 0), ULP.get(other.dtype, 0)) or ULP.get(dtype, 0)
    if not {one.dtype, other.dtype} & {*ULP, "float"} and "complex" not in one.dtype:
        return "value", float(far)  # whole numbers have no rounding
    if far <= SAME * narrowest:
        return None
    return ("rounding" if far < ROUNDING * narrowest else "value"), float(far)


def _nearer(
    tables: Mapping[str, Mapping[tuple[str, str], Outcome]], key: tuple[str, str], aspect: str
) -> tuple[str, ...]:
    """Return the lanes that agree with a reference: NumPy's float64, else what both have in it."""
    case, dtype = key
    exact = {
        lane: outcome.results[aspect]
        for lane, table in tables.items()
        if (outcome := table.get((case, "float64"))) and aspect in outcome.results
    }
    first, second = list(tables)[:2]
    reference = next((result for lane, result in exact.items() if lane not in tables), None)
    others = [lane for lane in exact if lane not in (first, second)]
    if others:
        reference = exact[others[0]]
    elif first in exact and second in exact and not _parted(exact[first], exact[second], "float64"):
        reference = exact[first]
    if reference is None:
        return ()
    near = []
    for lane in (first, second):
        parted = _parted(tables[lane][key].results[aspect], reference, dtype)
        if parted is None or parted[0] in ("dtype", "rounding"):
            near.append(lane)
    return tuple(near)


def tell(result: Result, other: Result) -> str:
    """Say in a few words what a result is, where it parts from another."""
    if isinstance(result, Raised):
        return f"{result.error}: {result.message}"[:200]
    if isinstance(other, Raised):
        return ", ".join(f"{value.dtype}{list(value.shape)}" for value in result)[:200] or "nothing"
    if [v.path for v in result] != [v.path for v in other]:
        return f"parts {[v.path for v in result]}"[:200]
    said = [_tell_value(one, two) for one, two in zip(result, other, strict=True)]
    return "; ".join(filter(None, said))[:300]


def _tell_value(one: Value, other: Value) -> str:
    prefix = f"{one.path}: " if one.path else ""
    if one.shape != other.shape:
        return f"{prefix}shape {list(one.shape)}"
    if _gap(one, other, one.dtype) is None:
        return f"{prefix}{one.dtype}" if one.dtype != other.dtype else ""
    a, b = np.ravel(one.array), np.ravel(other.array)
    with np.errstate(all="ignore"):
        off = ~((a == b) | ((a != a) & (b != b)))
    where = np.flatnonzero(off)[:4]
    shown = ", ".join(
        f"[{n}] {a[n]:.9g}" if a.dtype.kind in "fc" else f"[{n}] {a[n]}" for n in where
    )
    kind = "" if one.dtype == other.dtype else f"{one.dtype} "
    return f"{prefix}{kind}{shown}{' …' if off.sum() > 4 else ''}"


def within(outcomes: Iterable[Outcome], lane: str) -> Iterator[Part]:
    """Yield where one lane's compiled result is not its eager one."""
    for outcome in outcomes:
        compiled = outcome.results.get("compiled")
        made = (outcome.results.get(aspect) for aspect in ("eager", "training", "inference"))
        eager = next((result for result in made if result is not None), None)
        if compiled is None or eager is None:
            continue
        if (parted := _parted(eager, compiled, outcome.dtype)) and parted[0] != "rounding":
            texts = {
                f"{lane} eager": tell(eager, compiled),
                f"{lane} compiled": tell(compiled, eager),
            }
            yield Part(
                outcome.case,
                outcome.dtype,
                f"compiled-by-{lane.partition(':')[0]}",
                parted[0],
                texts,
                parted[1],
            )
