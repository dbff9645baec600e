"""What a person sees of a parity run: a table on the terminal, JSON, Markdown."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.compare.float32 import ENVELOPE
from keras3_lab.parity.compare.known import explain
from keras3_lab.parity.compare.verdict import Result, verdict_of
from keras3_lab.parity.plan import GATES

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = "keras3_lab.parity/1"

QUESTIONS = {
    "G0": "inputs, bit for bit",
    "G1": "float64, the whole run",
    "G2": "float32, within rounding",
    "G3": "saved on one lane, resumed on another",
}


def to_json(results: list[Result], notes: list[str]) -> dict[str, Any]:
    """Return all that was found out about all subjects, as JSON has it."""
    return {
        "schema": SCHEMA,
        "results": [result.to_json() for result in results],
        "skipped": notes,
    }


def show(console: Console, result: Result) -> None:
    """Print the result of one subject."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=Text(f"{result.title}: {result.verdict}"), title_justify="left")
    for heading in ("gate", "compared", "verdict"):
        table.add_column(heading, overflow="fold")
    table.add_column("largest difference", justify="right")
    table.add_column("allowed", justify="right")
    for gate, checks in groupby(result.checks, key=lambda check: check.gate):
        by_what: dict[str, list[Check]] = {}
        for check in checks:
            by_what.setdefault(QUESTIONS["G0"] if gate == "G0" else check.what, []).append(check)
        for what, own in by_what.items():
            verdict = verdict_of(own)
            colour = {AGREE: "green", DIFFER: "red"}.get(verdict, "yellow")
            sizes = [check.largest for check in own if check.largest is not None]
            allowed = [check.tolerance for check in own if check.tolerance is not None]
            table.add_row(
                gate,
                what,
                f"[{colour}]{verdict}[/]",
                f"{max(sizes):.1e}" if sizes else "",
                f"{max(allowed):.1e}" if allowed else "",
            )
    console.print(table)
    for line in unlike(result):
        console.print(Text(line), soft_wrap=True)
    for line in causes(result):
        console.print(Text(line, style="bold"), soft_wrap=True)
    for line in notes_of(result):
        console.print(Text(line, style="yellow"), soft_wrap=True)


def unlike(result: Result) -> list[str]:
    """Return a line for each check that differs, and for each reason why some are not judged."""
    by_reason: dict[Any, list[Check]] = {}
    for check in result.checks:
        if check.verdict != AGREE:
            reason = check.detail if check.verdict == UNJUDGED else check
            by_reason.setdefault(reason, []).append(check)
    lines = []
    for first, *more in by_reason.values():
        lanes = (" → " if first.gate == "G3" else " / ").join(first.lanes)
        others = f" and {len(more)} more" if more else ""
        lines.append(
            f"• {first.gate} {first.what}, {lanes}{others}: {first.verdict}: {first.detail}"
        )
    return lines


def causes(result: Result) -> list[str]:
    """Return a line for each first difference, and one for what is known of it."""
    lines = []
    for blame in result.blames:
        lines.append(str(blame))
        known = explain(blame, result.header.findings)
        if known is not None:
            lines.append(f"that is known: {known} ({known.link})")
    return lines


def notes_of(result: Result) -> list[str]:
    """Return a line for each known difference that lint found, with all the places it is at.

    Those that explain a first difference stand there already.
    """
    places: dict[tuple[str, str, str], list[str]] = {}
    explained = [explain(blame, result.header.findings) for blame in result.blames]
    for finding in result.header.findings:
        if finding in explained:
            continue
        key = (finding.rule, finding.message, finding.link)
        places.setdefault(key, []).append(finding.where)
    return [
        f"note: {_few(where)} ({rule}): {message} ({link})"
        for (rule, message, link), where in places.items()
    ]


def _few(names: list[str], most: int = 3) -> str:
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def markdown(results: list[Result], notes: list[str]) -> str:
    """Return the table of all subjects and gates as Markdown."""
    headings = ["problem", "steps", "rows a step", *(f"{g}, {QUESTIONS[g]}" for g in GATES)]
    lines = [
        "| " + " | ".join(headings) + " |",
        "| --- | ---: | ---: |" + " --- |" * len(GATES),
    ]
    for result in results:
        length = result.header.length
        steps = f"{length.steps:,} of {length.of_steps:,}" if length else "0 of 0"
        rows = f"{length.batch_size:,}" if length else "0"
        cells = " | ".join(_cell(result, gate) for gate in GATES)
        lines.append(f"| {result.title} | {steps} | {rows} | {cells} |")
    versions = {
        f"{trace.lane}: {', '.join(f'{name} {v}' for name, v in trace.header.versions.items())}"
        for result in results
        for trace in result.traces
    }
    return "\n".join([*lines, "", *(f"- {n}" for n in [*sorted(versions), *notes])]) + "\n"


def _cell(result: Result, gate: str) -> str:
    found = result.gates.get(gate)
    if found is None:
        return "not run"
    cell = found.verdict
    if found.largest is not None:
        cell += f" {found.largest:.1e}"
    for check in result.checks:
        if gate == "G2" and check.what == ENVELOPE:
            cell += f"; to the end {check.largest:.1e} of {check.tolerance:.1e} allowed"
    return cell
