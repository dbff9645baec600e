"""What a person sees of a parity run in a browser: one self-contained HTML page."""

from __future__ import annotations

from html import escape

from keras3_lab.pages import document, figure
from keras3_lab.parity.compare.checks import AGREE, DIFFER, Check
from keras3_lab.parity.compare.verdict import GateSummary, Result
from keras3_lab.parity.plan import GATES
from keras3_lab.parity.tell.figure import figures
from keras3_lab.parity.tell.report import QUESTIONS, causes, notes_of


def render_page(results: list[Result], notes: list[str]) -> str:
    """Return one self-contained HTML page about all subjects.

    Args:
        results: What came out for each.
        notes: What else to say, such as lanes that could not run, and why.
    """
    rows = "".join(
        f'<tr><td><a href="#p{number}">{escape(result.title)}</a></td>'
        + "".join(_gate_cell(result.gates.get(gate)) for gate in GATES)
        + f"<td class={_class(result.verdict)}>{result.verdict}</td></tr>"
        for number, result in enumerate(results)
    )
    heads = "".join(f"<th>{g}<br><small>{QUESTIONS[g]}</small></th>" for g in GATES)
    return document(
        "Parity",
        "<h1>Parity</h1>",
        *(f"<p>{escape(note)}.</p>" for note in notes),
        f'<div class="scroll"><table><tr><th></th>{heads}<th>verdict</th></tr>{rows}</table></div>',
        "<p><small>Figures are the largest relative differences.</small></p>",
        *(_section(number, result) for number, result in enumerate(results)),
    )


def _section(number: int, result: Result) -> str:
    lanes = "; ".join(
        f"{trace.lane} ({', '.join(f'{k} {v}' for k, v in trace.header.versions.items())})"
        for trace in result.traces
    )
    length, plan = result.header.length, result.header.plan
    made = f"{length.steps:,} of {length.of_steps:,} steps" if length else "no steps"
    seed = f", seed {plan.seed}" if plan else ""
    parts = [
        f'<h2 id="p{number}">{escape(result.title)}: '
        f"<span class={_class(result.verdict)}>{result.verdict}</span></h2>",
        f"<p>{made}{seed}, {result.seconds:.1f} s. {escape(lanes)}</p>",
        *(f"<p><b>{escape(line)}</b></p>" for line in causes(result)),
        '<div class="row">',
        *(figure(plot.svg, plot.caption) for plot in figures(result.traces)),
        '</div><div class="scroll"><table><tr><th>gate<th>compared<th>lanes<th>verdict'
        "<th>largest<th>allowed<th></tr>",
        *(_check_row(check) for check in result.checks),
        "</table></div>",
    ]
    notes = "".join(f"<li>{escape(line)}</li>" for line in notes_of(result))
    return "".join([*parts, f"<ul>{notes}</ul>" if notes else ""])


def _check_row(check: Check) -> str:
    arrow = " → " if check.gate == "G3" else ", "  # from which to which
    numbers = "".join(
        f'<td class="n">{"" if value is None else f"{value:.1e}"}</td>'
        for value in (check.largest, check.tolerance)
    )
    return (
        f"<tr><td>{check.gate}</td><td>{escape(check.what)}</td>"
        f"<td>{escape(arrow.join(check.lanes))}</td>"
        f"<td class={_class(check.verdict)}>{check.verdict}</td>{numbers}"
        f"<td>{escape(check.detail)}</td></tr>"
    )


def _gate_cell(gate: GateSummary | None) -> str:
    if gate is None:
        return "<td></td>"
    size = "" if gate.largest is None else f" {gate.largest:.1e}"
    return f"<td class={_class(gate.verdict)}>{gate.verdict}{size}</td>"


def _class(verdict: str) -> str:
    return {AGREE: "agree", DIFFER: "differ"}.get(verdict, "unjudged")
