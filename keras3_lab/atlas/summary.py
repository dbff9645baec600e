"""What a sweep came to: counts, differences by cause, and what no cause is known of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from keras3_lab.atlas.compare import Part, parts, within
from keras3_lab.atlas.jobs import Listed, Symbol
from keras3_lab.atlas.known import GRAVITIES, Difference, explained, known
from keras3_lab.atlas.sweep import Swept
from keras3_lab.errors import UsageError

SCHEMA = "keras3_lab.atlas/1"


@dataclass(frozen=True)
class Coverage:
    """What was tried of a kind of symbols.

    Args:
        symbols: Symbols that compute.
        covered: Those of them with a case.
        cases: Their cases.
        aside: Symbols that compute nothing.
    """

    symbols: int
    covered: int
    cases: int
    aside: int


@dataclass
class Atlas:
    """Where backends part.

    Args:
        lanes: Versions by lane.
        dtypes: The float dtypes asked for.
        whole: Whether all cases were tried.
        coverage: By kind.
        missing: Symbols that compute and have no case.
        cases: Number of cases tried.
        met: Parts by the id of the difference that explains them.
        unexplained: Parts that none explains; rounding aside.
        rounding: Parts that are nothing but rounding, and no difference explains.
        skipped: Lanes that could not run.
        seconds: How long it took.
    """

    lanes: dict[str, dict[str, str]]
    dtypes: list[str]
    whole: bool
    coverage: dict[str, Coverage]
    missing: list[str]
    cases: int
    met: dict[str, list[Part]]
    unexplained: list[Part]
    rounding: list[Part]
    skipped: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def differences(self) -> list[Difference]:
        """The known differences that were met, the gravest first."""
        own = [entry for entry in known() if entry.id in self.met]
        return sorted(own, key=lambda entry: (GRAVITIES.index(entry.gravity), not entry.training))

    @property
    def gravities(self) -> dict[str, int]:
        """How many differences were met of each gravity."""
        counted = Counter(entry.gravity for entry in self.differences)
        return {gravity: counted[gravity] for gravity in GRAVITIES}

    @classmethod
    def of(cls, swept: Swept, seconds: float) -> Self:
        """Sum up a sweep."""
        first, second = list(swept.outcomes)[:2]
        found = parts(swept.outcomes)
        for lane in (first, second):
            found += within(swept.outcomes[lane], lane)
        met, rest = explained(found)
        tried = {outcome.case for outcome in swept.outcomes[first]}
        listed = [case for case in swept.listed if case.name in tried]
        return cls(
            lanes=swept.versions,
            dtypes=swept.dtypes,
            whole=len(tried) == len(swept.listed),
            coverage=coverage(swept.symbols, swept.listed),
            missing=missing(swept.symbols, swept.listed),
            cases=len(listed),
            met=met,
            unexplained=[part for part in rest if part.kind != "rounding"],
            rounding=[part for part in rest if part.kind == "rounding"],
            skipped=swept.skipped,
            seconds=seconds,
        )

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON has it."""
        return {
            "schema": SCHEMA,
            "differences": [
                entry.to_json() | {"parts": [_as_json(part) for part in self.met[entry.id]]}
                for entry in self.differences
            ],
            "counts": {
                "symbols": sum(one.symbols for one in self.coverage.values()),
                "covered": sum(one.covered for one in self.coverage.values()),
                "cases": self.cases,
                "gravities": self.gravities,
                "training": sum(entry.training for entry in self.differences),
                "unexplained": len(self.unexplained),
                "rounding": len(self.rounding),
            },
            "coverage": {kind: asdict(one) for kind, one in self.coverage.items()},
            "missing": self.missing,
            "unexplained": [_as_json(part) for part in self.unexplained],
            "rounding": [_as_json(part) for part in self.rounding],
            "lanes": self.lanes,
            "dtypes": self.dtypes,
            "whole": self.whole,
            "skipped": self.skipped,
            "seconds": round(self.seconds, 1),
        }


def _as_json(part: Part) -> dict[str, Any]:
    """Return a part as JSON has it, which knows no infinity."""
    far = part.far if part.far < float("inf") else None
    return asdict(part) | {"texts": dict(part.texts), "far": far}


def missing(symbols: Iterable[Symbol], listed: Iterable[Listed]) -> list[str]:
    """Return the symbols that compute and have no case."""
    cased = {case.symbol for case in listed}
    return [symbol.name for symbol in symbols if not symbol.aside and symbol.name not in cased]


def coverage(symbols: Sequence[Symbol], listed: Sequence[Listed]) -> dict[str, Coverage]:
    """Count symbols and cases, by kind."""
    lacking = set(missing(symbols, listed))
    cases = Counter(case.kind for case in listed)
    kinds = dict.fromkeys([symbol.name.partition(".")[0] for symbol in symbols] + list(cases))
    found = {}
    for kind in kinds:
        own = [symbol for symbol in symbols if symbol.name.partition(".")[0] == kind]
        computing = [symbol.name for symbol in own if not symbol.aside]
        found[kind] = Coverage(
            symbols=len(computing),
            covered=len([name for name in computing if name not in lacking]),
            cases=cases[kind],
            aside=len(own) - len(computing),
        )
    return found


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[str]]:
    """Say what became other from one atlas to the next; both as JSON has them.

    Returns:
        Ids of differences that are new and gone; parts, as `case aspect dtype kind`, that are new
        and gone without an entry of their own.

    Raises:
        UsageError: If one is no atlas.
    """
    for atlas in (before, after):
        if atlas.get("schema") != SCHEMA:
            raise UsageError(
                f"no atlas: its schema must be {SCHEMA!r}; received: {atlas.get('schema')!r}"
            )
    ids = [{entry["id"] for entry in atlas["differences"]} for atlas in (before, after)]
    names = [{_name(p) for p in atlas["unexplained"]} for atlas in (before, after)]
    return {
        "new": sorted(ids[1] - ids[0]),
        "gone": sorted(ids[0] - ids[1]),
        "new parts": sorted(names[1] - names[0]),
        "gone parts": sorted(names[0] - names[1]),
    }


def _name(part: Mapping[str, Any]) -> str:
    return " ".join(str(part[key]) for key in ("case", "aspect", "dtype", "kind"))
