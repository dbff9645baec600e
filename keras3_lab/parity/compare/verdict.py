"""What came out for one subject: the verdict on all checks and on each gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from keras3_lab.parity.compare.blame import Blame
from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.compare.float32 import ENVELOPE, OVER_SEEDS
from keras3_lab.parity.compare.known import explain
from keras3_lab.parity.header import Header
from keras3_lab.parity.plan import GATES
from keras3_lab.parity.trace import Trace


@dataclass(frozen=True)
class GateSummary:
    """All checks of a gate in one.

    Args:
        verdict: `"agree"`, `"differ"` or `"not judged"`.
        largest: The largest relative difference, where there is one.
        checks: Number of checks.
    """

    verdict: str
    largest: float | None
    checks: int


@dataclass
class Result:
    """What came out for one subject.

    Args:
        traces: One per lane.
        checks: All comparisons.
        blames: Where the first difference arises, one per pair of lanes that differ.
        seconds: How long it took.
    """

    traces: list[Trace]
    checks: list[Check]
    blames: list[Blame] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def header(self) -> Header:
        """The header of the first lane's trace."""
        return self.traces[0].header

    @property
    def title(self) -> str:
        """What was checked, for people."""
        return self.header.subject.title

    @property
    def verdict(self) -> str:
        """`"differ"` if a check differs, `"agree"` if all agree, else `"not judged"`."""
        return verdict_of(self.checks)

    @property
    def gates(self) -> dict[str, GateSummary]:
        """The summary of each gate that was run."""
        return summarize(self.checks)

    def to_json(self) -> dict[str, Any]:
        """Return all that was found out, as JSON has it."""
        header = self.header
        return {
            "subject": header.subject.name,
            "variant": header.subject.variant,
            "title": self.title,
            "lanes": {trace.lane: trace.header.versions for trace in self.traces},
            "plan": header.plan.to_json() if header.plan else None,
            "schedule": asdict(header.length) if header.length else None,
            "verdict": self.verdict,
            "gates": {gate: asdict(summary) for gate, summary in self.gates.items()},
            "checks": [check.to_json() for check in self.checks],
            "blame": [
                {**blame.to_json(), "known": found.to_json() if found else None}
                for blame in self.blames
                for found in [explain(blame, header.findings)]
            ],
            "failures": {
                trace.lane: {dtype: asdict(why) for dtype, why in trace.header.failures.items()}
                for trace in self.traces
                if trace.header.failures
            },
            "findings": [finding.to_json() for finding in header.findings],
            "seconds": round(self.seconds, 1),
        }


def verdict_of(checks: Iterable[Check]) -> str:
    """Return `"differ"` if a check differs, `"agree"` if all agree, else `"not judged"`."""
    verdicts = {check.verdict for check in checks}
    if DIFFER in verdicts:
        return DIFFER
    return AGREE if verdicts == {AGREE} else UNJUDGED


def summarize(checks: list[Check]) -> dict[str, GateSummary]:
    """Return each gate's verdict and largest relative difference.

    Of G2 that is the difference of the first steps: how far two runs in float32 have parted at
    their end, and how wide an equivalence test's interval is, stand for themselves.
    """
    found = {}
    for gate in GATES:
        own = [check for check in checks if check.gate == gate]
        sizes = [
            check.largest
            for check in own
            if check.largest is not None
            and check.what != ENVELOPE
            and not check.what.endswith(OVER_SEEDS)
        ]
        if own:
            found[gate] = GateSummary(verdict_of(own), max(sizes, default=None), len(own))
    return found
