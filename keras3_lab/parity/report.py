"""What a person sees of a parity run: a table on the terminal, JSON, Markdown, plots."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any

from keras3_lab.parity.blame import Blame
from keras3_lab.parity.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    GATES,
    Check,
)
from keras3_lab.parity.figure import Line, differences
from keras3_lab.parity.measure import step_differences
from keras3_lab.parity.rounding import ENVELOPE, OVER_SEEDS
from keras3_lab.parity.trace import Trace

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = "keras3_lab.parity/1"

QUESTIONS = {
    "G0": "inputs, bit for bit",
    "G1": "float64, the whole run",
    "G2": "float32, within rounding",
    "G3": "saved on one lane, resumed on another",
}


def verdict_of(checks: Iterable[Check]) -> str:
    """Return `"differ"` if a check differs, `"agree"` if all agree, else `"not judged"`."""
    verdicts = {check.verdict for check in checks}
    if DIFFER in verdicts:
        return DIFFER
    return AGREE if verdicts == {AGREE} else "not judged"


def summary(checks: list[Check]) -> dict[str, dict[str, Any]]:
    """Return each gate's verdict and largest relative difference.

    Of G2 that is the difference of the first steps: how far two runs in float32 have parted at
    their end, and how wide an equivalence test's interval is, stand for themselves.
    """
    found = {}
    for gate in GATES:
        own = [check for check in checks if check.gate == gate]
        if own:
            sizes = [
                check.largest
                for check in own
                if check.largest is not None
                and check.what != ENVELOPE
                and not check.what.endswith(OVER_SEEDS)
            ]
            found[gate] = {
                "verdict": verdict_of(own),
                "largest": max(sizes, default=None),
                "checks": len(own),
            }
    return found


def to_json(
    title: str, traces: list[Trace], checks: list[Check], blames: list[Blame], seconds: float
) -> dict[str, Any]:
    """Return all that was found out about one problem, as JSON has it."""
    header = traces[0].header
    return {
        "subject": header["subject"],
        "variant": header["variant"],
        "title": title,
        "lanes": {t.lane: t.header["versions"] for t in traces},
        "plan": header["plan"],
        "schedule": header.get("schedule"),
        "verdict": verdict_of(checks),
        "gates": summary(checks),
        "checks": [check.to_json() for check in checks],
        "blame": [blame.to_json() for blame in blames],
        "findings": header.get("findings", []),
        "seconds": round(seconds, 1),
    }


def show(console: Console, result: dict[str, Any]) -> None:
    """Print the result of one problem."""
    from rich.markup import escape as plain
    from rich.table import Table
    from rich.text import Text

    # No string: Rich takes the `:sound:` of `module:sound: agree` for an emoji.
    title = Text(f"{result['title']}: {result['verdict']}", style="table.title")
    table = Table(title=title, title_justify="left")
    for heading in ("gate", "compared", "verdict"):
        table.add_column(heading, overflow="fold")
    table.add_column("largest difference", justify="right")
    table.add_column("allowed", justify="right")
    for gate, checks in groupby(result["checks"], key=lambda check: check["gate"]):
        by_what: dict[str, list[dict[str, Any]]] = {}
        for check in checks:
            what = QUESTIONS["G0"] if gate == "G0" else check["what"]
            by_what.setdefault(what, []).append(check)
        for what, own in by_what.items():
            bad = [c["verdict"] for c in own if c["verdict"] != AGREE]
            verdict = DIFFER if DIFFER in bad else bad[0] if bad else AGREE
            colour = {AGREE: "green", DIFFER: "red"}.get(verdict, "yellow")
            sizes = [c["largest"] for c in own if c["largest"] is not None]
            allowed = [c["tolerance"] for c in own if c["tolerance"] is not None]
            table.add_row(
                gate,
                what,
                f"[{colour}]{verdict}[/]",
                f"{max(sizes):.1e}" if sizes else "",
                f"{max(allowed):.1e}" if allowed else "",
            )
    console.print(table)
    for check in result["checks"]:
        if check["verdict"] != AGREE:
            where = (
                " → ".join(check["lanes"]) if check["gate"] == "G3" else " / ".join(check["lanes"])
            )
            text = (
                f"{check['gate']} {check['what']}, {where}: {check['verdict']}: {check['detail']}"
            )
            console.print(f"• {plain(text)}", highlight=False)
    for blame in result["blame"]:
        console.print(f"[bold]{plain(blame['text'])}[/]", highlight=False)
    for finding in result["findings"]:
        console.print(
            f"note: {plain(finding['where'])} ({finding['rule']}): {plain(finding['message'])}",
            style="yellow",
            highlight=False,
        )


def markdown(results: list[dict[str, Any]], skipped: list[str]) -> str:
    """Return the table of all problems and gates as Markdown."""
    headings = ["problem", "steps", "rows a step", *(f"{g}, {QUESTIONS[g]}" for g in GATES)]
    lines = [
        "| " + " | ".join(headings) + " |",
        "| --- | ---: | ---: |" + " --- |" * len(GATES),
    ]
    for result in results:
        schedule = result["schedule"] or {}
        steps = f"{schedule.get('steps', 0):,} of {schedule.get('of_steps', 0):,}"
        cells = " | ".join(_cell(result, gate) for gate in GATES)
        rows = f"{schedule.get('batch_size', 0):,}"
        lines.append(f"| {result['title']} | {steps} | {rows} | {cells} |")
    versions = {
        f"{lane}: {', '.join(f'{name} {v}' for name, v in own.items())}"
        for result in results
        for lane, own in result["lanes"].items()
    }
    return "\n".join([*lines, "", *(f"- {n}" for n in [*sorted(versions), *skipped])]) + "\n"


def _cell(result: dict[str, Any], gate: str) -> str:
    found = result["gates"].get(gate)
    if found is None:
        return "not run"
    cell = str(found["verdict"])
    if found["largest"] is not None:
        cell += f" {found['largest']:.1e}"
    for check in result["checks"]:
        if gate == "G2" and check["what"] == ENVELOPE:
            cell += f"; to the end {check['largest']:.1e} of {check['tolerance']:.1e} allowed"
    return cell


def figures(traces: list[Trace]) -> list[tuple[str, str]]:
    """Return the plots of one problem, each with its caption."""
    drawn = []
    first, others = traces[0], [t for t in traces[1:] if _has_steps(t, "float64")]
    if _has_steps(first, "float64") and others:
        lines = [_line(first, other, "float64", n) for n, other in enumerate(others)]
        caption = f"float64: relative difference of each step's loss; dashed: {FLOAT64_TOLERANCE:g}"
        drawn.append((caption, differences(lines, FLOAT64_TOLERANCE, caption)))
    others = [t for t in traces[1:] if _has_steps(t, "float32")]
    if _has_steps(first, "float32") and others:
        own = first.runs["float32"].steps["loss"]
        lines = [
            Line(
                f"weights moved by one ulp, {name}", step_differences(own, run.steps["loss"]), "ulp"
            )
            for name, run in first.children("float32/ulp").items()
        ]
        lines += [_line(first, other, "float32", n) for n, other in enumerate(others)]
        caption = (
            f"float32: the same; grey: {first.lane} against itself with weights moved by one ulp; "
            f"dashed: {FLOAT32_TOLERANCE:g}"
        )
        drawn.append((caption, differences(lines, FLOAT32_TOLERANCE, caption)))
    return drawn


def _has_steps(trace: Trace, dtype: str) -> bool:
    return dtype in trace.runs and "loss" in trace.runs[dtype].steps


def _line(first: Trace, other: Trace, dtype: str, number: int) -> Line:
    values = step_differences(first.runs[dtype].steps["loss"], other.runs[dtype].steps["loss"])
    return Line(f"{first.lane} and {other.lane}", values, "other" if number else "lane")
