"""The command line of parity. Nothing here imports Keras: the lanes do, each in its process."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras3_lab import options, recipes
from keras3_lab.errors import UsageError
from keras3_lab.files import write_text
from keras3_lab.folders import new_folder
from keras3_lab.parity.lanes import ShowProgress, show_nothing
from keras3_lab.parity.plan import QUICK_GATES, QUICK_STEPS
from keras3_lab.parity.selection import SURVEY_ROWS, select_subjects, without_weights
from keras3_lab.parity.shrink.command import shrink
from keras3_lab.parity.tell.progress import lane_progress

if TYPE_CHECKING:
    from keras3_lab.parity.compare.verdict import Result
    from keras3_lab.parity.plan import Plan
    from keras3_lab.parity.process import LaneProcess

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


# What runs, and how much of it.
_options = options.add(
    options.variant("all", help="Of a recipe; `all`: each that computes something else."),
    options.dtype("float64", "float32", "both", help="float64 for G1, float32 for G2."),
    click.option("--steps", type=options.WholeNumber(1), help="Steps of each run."),
    options.EPOCHS,
    options.SEED,
    click.option(
        "--seeds",
        type=options.WholeNumber(1),
        default=5,
        show_default=True,
        help="Seeds over which G2 compares the final metrics.",
    ),
    options.DATA,
    options.DATA_DIR,
    options.FRACTION,
    options.own(recipes.everything()),
    click.option(
        "--portable",
        is_flag=True,
        help="Put portable twins in the place of stock random layers.",
    ),
)


@click.group(cls=options.default("check"), context_settings=CONTEXT, invoke_without_command=True)
def parity() -> None:
    """Prove that a model trains to the same numbers on every backend.

    `parity SUBJECT...` is `parity check SUBJECT...`; a SUBJECT is a recipe or MODULE:FUNCTION.
    If none is named, all recipes are checked, a part of each.

    Exit status: 0 all agree, 1 something differs or could not be judged, 2 wrong usage.
    """


@parity.command(context_settings=CONTEXT)
@click.argument("subjects", nargs=-1, metavar="[RECIPE | MODULE:FUNCTION]...")
@click.option("--lanes", metavar="LANE,LANE", help="E.g. jax:cpu,tensorflow:cpu,numpy:cpu.")
@click.option("--gates", metavar="GATE,GATE", help="Judge these alone: of G0,G1,G2,G3.")
@click.option(
    "--quick",
    is_flag=True,
    help=f"--gates {','.join(QUICK_GATES)} --steps {QUICK_STEPS}, where nothing else is given.",
)
@_options
@options.folder("report, JSON and traces")
@options.AS_JSON
@click.pass_context
def check(
    ctx: click.Context,
    /,
    subjects: tuple[str, ...],
    lanes: str | None,
    out: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Run SUBJECTS in every lane and compare them at every gate."""
    from rich.console import Console

    from keras3_lab.parity.lanes import default_lanes, parse_lanes
    from keras3_lab.parity.session import Session
    from keras3_lab.parity.tell import report

    console = Console(stderr=as_json)
    wanted = parse_lanes(lanes.split(",")) if lanes else default_lanes()
    plan = _plan(**chosen, survey=not subjects)
    selected = select_subjects(subjects, **chosen)
    folder = new_folder(Path(out), "parity-") if out else None
    results: list[Result] = []
    with lane_progress(console) as show:
        session = Session(wanted, show)
        notes = session.skipped
        if not subjects:
            part = f"of {SURVEY_ROWS:,} training rows at most"
            notes.append(f"a part of each recipe, {part}; name one for more of it")
        try:
            for reason in notes:
                console.print(reason, style="yellow", highlight=False)
            for number, subject in enumerate(selected):
                place = None
                if folder is not None:
                    name = re.sub("[^a-z0-9]+", "-", subject.name.lower())
                    place = folder / f"{number:02}-{name}"
                    place.mkdir()
                try:
                    result = session.run(subject, plan, place)
                except UsageError as error:
                    dry = None if subjects else without_weights(subject)
                    if dry is None:
                        raise
                    notes.append(f"{subject.name} was checked without ImageNet weights: {error}")
                    console.print(notes[-1], style="yellow", highlight=False)
                    result = session.run(dry, plan, place)
                results.append(result)
                report.show(console, result)
                if folder is None and any(made.header.failures for made in result.traces):
                    console.print("Where it failed is kept with --out DIR", style="yellow")
                if folder is not None:  # at once: this process may be ended
                    _write_json(folder, results, notes)
        finally:
            session.close()
            if folder is not None and results:  # drawn once, whatever a later one raised
                _write(folder, results, notes)
    if folder is not None:
        console.print(
            f"Saved in {folder}: report.html, parity.json and the traces", highlight=False
        )
    if as_json:
        click.echo(json.dumps(report.to_json(results, notes), indent=2))
    ctx.exit(0 if all(result.verdict == "agree" for result in results) else 1)


@parity.command(context_settings=CONTEXT)
@click.argument("subject", metavar="RECIPE | MODULE:FUNCTION")
@click.option("--lane", metavar="LANE", help="Default: the backend installed here, on the CPU.")
@_options
@click.option("--out", required=True, metavar="FILE.npz", help="A new file.")
@click.option(
    "--resume",
    "source",
    metavar="FILE.npz",
    help="Go on from the model saved half-way in this trace, for G3.",
)
def record(subject: str, lane: str | None, out: str, source: str | None, **chosen: Any) -> None:
    """Record a recipe or model in one lane, to be compared elsewhere."""
    from rich.console import Console

    from keras3_lab.parity import trace
    from keras3_lab.parity.jobs import Record, Resume

    plan = _plan(**chosen)
    selected = select_subjects((subject,), **chosen)
    if len(selected) > 1:
        raise UsageError(
            f"{subject} is {len(selected)} trainings, one for each variant and arm; "
            "record those of one variant without arms, or use `parity check`"
        )
    target = Path(out)
    if target.exists():
        raise UsageError(f"--out {out} exists already, and nothing is overwritten")
    theirs = trace.load(Path(source)) if source else None
    dtypes = [d for d in plan.dtypes if theirs and d in theirs.artifacts]
    if theirs and not dtypes:
        raise UsageError(
            f"--resume {source}: holds no model saved in {' or '.join(plan.dtypes)}; "
            f"received: {', '.join(theirs.artifacts) or 'none'}"
        )
    with lane_progress(Console(stderr=True)) as show, _process(lane, show) as process:
        if theirs is None:
            made = process.do(Record(selected[0], plan, moved=True))
        else:
            made = process.do(Resume(selected[0], plan, theirs, dtypes[0]))
    trace.save(made, target)
    click.echo(f"recorded {subject} in lane {process.lane}: {out}", err=True)


@parity.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, required=True, metavar="A.npz B.npz...")
@options.folder("report and JSON")
@options.AS_JSON
@click.pass_context
def compare(ctx: click.Context, files: tuple[str, ...], out: str | None, as_json: bool) -> None:
    """Compare recorded lanes; needs neither Keras nor a backend."""
    from rich.console import Console

    from keras3_lab.parity import trace
    from keras3_lab.parity.compare.gates import compare_all
    from keras3_lab.parity.compare.verdict import Result
    from keras3_lab.parity.tell import report

    traces = trace.join([trace.load(Path(name)) for name in files])
    result = Result(traces, compare_all(traces))
    console = Console(stderr=as_json)
    report.show(console, result)
    if out:
        folder = new_folder(Path(out), "parity-")
        _write(folder, [result], [])
        console.print(f"Saved in {folder}: report.html and parity.json", highlight=False)
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=2))
    ctx.exit(0 if result.verdict == "agree" else 1)


@parity.command(context_settings=CONTEXT)
@click.argument("subjects", nargs=-1, metavar="[RECIPE | MODULE:FUNCTION]...")
@click.option("--lane", metavar="LANE", help="Default: the backend installed here, on the CPU.")
@_options
@options.AS_JSON
@click.pass_context
def lint(
    ctx: click.Context,
    /,
    subjects: tuple[str, ...],
    lane: str | None,
    as_json: bool,
    **chosen: Any,
) -> None:
    """Warn of known differences between backends, without a run."""
    from keras3_lab.parity.jobs import FindKnownDifferences

    with _process(lane) as process:
        found = [
            (subject, process.do(FindKnownDifferences(subject)))
            for subject in select_subjects(subjects, **chosen)
        ]
    if as_json:
        everything = [
            {**subject.to_json(), "findings": [finding.to_json() for finding in findings]}
            for subject, findings in found
        ]
        click.echo(json.dumps(everything, indent=2))
    else:
        for subject, findings in found:
            for finding in findings:
                line = f"{subject.name}: {finding.where} ({finding.rule}): {finding.message}"
                click.echo(f"{line} ({finding.link})")
    ctx.exit(1 if any(findings for _, findings in found) else 0)


parity.add_command(shrink)


@contextmanager
def _process(lane: str | None, show: ShowProgress = show_nothing) -> Iterator[LaneProcess]:
    """Start a lane, by default that of the installed backend, and end it."""
    from keras3_lab.parity.lanes import one_lane
    from keras3_lab.parity.process import LaneProcess, SkippedLane

    try:
        process = LaneProcess(one_lane(lane), show)
        process.wait()
    except SkippedLane as reason:
        raise UsageError(str(reason)) from reason
    try:
        yield process
    finally:
        process.stop()


def _plan(
    *,
    dtype: str,
    steps: int | None,
    epochs: int | None,
    seed: int,
    seeds: int,
    survey: bool = False,
    gates: str | None = None,
    quick: bool = False,
    **_: Any,
) -> Plan:
    from keras3_lab.parity.plan import GATES, Plan, dtypes_for, gates_of

    if quick and steps is None and epochs is None:
        steps = QUICK_STEPS
    if steps is not None and epochs is not None:
        raise UsageError("--steps and --epochs exclude each other; give one of them")
    asked = gates_of(gates.split(",")) if gates else QUICK_GATES if quick else GATES
    if gates and ((dtype == "float32" and "G1" in asked) or (dtype == "float64" and "G2" in asked)):
        raise UsageError(f"--gates {gates}: G1 needs float64 and G2 float32; received: {dtype}")
    dtypes = dtypes_for(asked) if dtype == "both" else (dtype,)
    return Plan(
        dtypes, seed=seed, epochs=epochs, steps=steps, survey=survey, seeds=seeds, gates=asked
    )


def _write(folder: Path, results: list[Result], notes: list[str]) -> None:
    from keras3_lab.parity.tell import page, report

    _write_json(folder, results, notes)
    write_text(folder / "report.html", page.render_page(results, notes))
    write_text(folder / "parity.md", report.markdown(results, notes))


def _write_json(folder: Path, results: list[Result], notes: list[str]) -> None:
    from keras3_lab.parity.tell import report

    text = json.dumps(report.to_json(results, notes), indent=2) + "\n"
    write_text(folder / "parity.json", text)
