"""The command line of parity. Nothing here imports Keras: the lanes do, each in its process."""

from __future__ import annotations

import json
import re
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras3_lab import options, recipes
from keras3_lab.errors import UsageError
from keras3_lab.parity.progress import progress
from keras3_lab.parity.subjects import subjects as subjects_of
from keras3_lab.parity.subjects import without_weights

if TYPE_CHECKING:
    from keras3_lab.parity.plan import Plan

Drawn = tuple[dict[str, Any], list[tuple[str, str]]]
"""The result of one problem, and its plots with their captions."""

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Group(click.Group):
    """A group whose first word may also be a recipe or MODULE:FUNCTION: then it is `check`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        wants_help = args[:1] in (["--help"], ["-h"])
        if not wants_help and (not args or args[0] not in self.commands):
            args = ["check", *args]
        return super().parse_args(ctx, args)


# What runs, and how much of it.
_options = options.add(
    options.variant("all", help="Of a recipe; `all`: each that computes something else."),
    options.dtype("float64", "float32", "both", help="float64 for G1, float32 for G2."),
    click.option("--steps", type=click.IntRange(min=1), help="Steps of each run."),
    options.EPOCHS,
    options.SEED,
    click.option(
        "--seeds",
        type=click.IntRange(min=1),
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


@click.group(cls=_Group, context_settings=CONTEXT, invoke_without_command=True)
def parity() -> None:
    """Prove that a model trains to the same numbers on every backend.

    `parity SUBJECT...` is `parity check SUBJECT...`; a SUBJECT is a recipe or MODULE:FUNCTION.
    If none is named, all recipes are checked.

    Exit status: 0 all agree, 1 something differs or could not be judged, 2 wrong usage.
    """


@parity.command(context_settings=CONTEXT)
@click.argument("subjects", nargs=-1, metavar="[RECIPE | MODULE:FUNCTION]...")
@click.option("--lanes", metavar="LANE,LANE", help="E.g. jax:cpu,tensorflow:cpu,numpy:cpu.")
@_options
@click.option("--out", metavar="DIR", help="Folder for report, JSON and traces; made anew in it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
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

    from keras3_lab.parity import report
    from keras3_lab.parity.lanes import Lane, default_lanes
    from keras3_lab.parity.session import Session

    console = Console(stderr=as_json)
    wanted = [Lane.parse(text) for text in lanes.split(",")] if lanes else default_lanes()
    if len({str(lane) for lane in wanted}) < len(wanted):
        raise UsageError(
            f"--lanes {lanes}: each name may stand there once; again={wanted[0]} names one anew"
        )
    plan = _plan(**chosen, survey=not subjects)
    problems = subjects_of(subjects, **chosen)
    folder = _new_folder(Path(out)) if out else None
    results: list[Drawn] = []
    notes: list[str] = []
    with progress(console) as show:
        session = Session(wanted, show)
        try:
            for reason in session.skipped:
                console.print(reason, style="yellow", highlight=False)
            session.require(1 if any(not p.lane.trains for p in session.processes) else 2)
            for number, subject in enumerate(problems):
                place = None
                if folder is not None:
                    place = (
                        folder / f"{number:02}-{re.sub('[^a-z0-9]+', '-', subject['name'].lower())}"
                    )
                    place.mkdir()
                try:
                    done = session.run(subject, plan, place)
                except UsageError as error:
                    dry = None if subjects else without_weights(subject)
                    if dry is None:
                        raise
                    notes.append(f"{subject['name']} was checked without ImageNet weights: {error}")
                    console.print(notes[-1], style="yellow", highlight=False)
                    done = session.run(dry, plan, place)
                result = report.to_json(
                    done.title, done.traces, done.checks, done.blames, done.seconds
                )
                results.append((result, report.figures(done.traces)))
                report.show(console, result)
                if folder is not None:  # at once: a later one may fail
                    _write(folder, results, [*session.skipped, *notes])
        finally:
            session.close()
    if folder is not None:
        console.print(
            f"Saved in {folder}: report.html, parity.json and the traces", highlight=False
        )
    if as_json:
        click.echo(json.dumps(_everything(results, [*session.skipped, *notes]), indent=2))
    agree = all(result["verdict"] == "agree" for result, _ in results)
    ctx.exit(0 if agree else 1)


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
    from keras3_lab.parity.lanes import Lane, LaneProcess, Skipped, default_lanes

    here = default_lanes()
    if lane is None and not here:
        raise UsageError("no backend is installed here; install keras3-lab[jax] or [tensorflow]")
    plan = _plan(**chosen)
    problems = subjects_of((subject,), **chosen)
    if len(problems) > 1:
        raise UsageError(
            f"{subject} is {len(problems)} trainings, one for each variant and arm; "
            "record those of one variant without arms, or use `parity check`"
        )
    target = Path(out)
    if target.exists():
        raise UsageError(f"--out {out} exists already, and nothing is overwritten")
    if source is not None:
        saved = trace.load(Path(source)).artifacts
        dtype = next((d for d in plan.dtypes if d in saved), None)
        if dtype is None:
            raise UsageError(
                f"--resume {source}: holds no model saved in {' or '.join(plan.dtypes)}; "
                f"received: {', '.join(saved) or 'none'}"
            )
    with progress(Console(stderr=True)) as show:
        try:
            process = LaneProcess(Lane.parse(lane) if lane else here[0], show)
        except Skipped as reason:
            raise UsageError(str(reason)) from reason
        try:
            arguments = {"subject": problems[0], "plan": plan.to_json()}
            if source is None:
                process.do("record", **arguments, out=str(target), moved=True)
            else:
                process.do("resume", **arguments, source=source, dtype=dtype, out=str(target))
        finally:
            process.stop()
    click.echo(f"recorded {subject} in lane {process.lane}: {out}", err=True)


@parity.command(context_settings=CONTEXT)
@click.argument("files", nargs=-1, required=True, metavar="A.npz B.npz...")
@click.option("--out", metavar="DIR", help="Folder for report and JSON; made anew in it.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
@click.pass_context
def compare(ctx: click.Context, files: tuple[str, ...], out: str | None, as_json: bool) -> None:
    """Compare recorded lanes; needs neither Keras nor a backend."""
    from rich.console import Console

    from keras3_lab.parity import report, trace
    from keras3_lab.parity.session import compare_all, merge

    traces = merge([trace.load(Path(name)) for name in files])
    checks = compare_all(traces)
    header = traces[0].header
    result = report.to_json(f"{header['subject']} ({header['variant']})", traces, checks, [], 0.0)
    console = Console(stderr=as_json)
    report.show(console, result)
    if out:
        folder = _new_folder(Path(out))
        _write(folder, [(result, report.figures(traces))], [])
        console.print(f"Saved in {folder}: report.html and parity.json", highlight=False)
    if as_json:
        click.echo(json.dumps(result, indent=2))
    ctx.exit(0 if result["verdict"] == "agree" else 1)


@parity.command(context_settings=CONTEXT)
@click.argument("subjects", nargs=-1, metavar="[RECIPE | MODULE:FUNCTION]...")
@click.option("--lane", metavar="LANE", help="Default: the backend installed here, on the CPU.")
@_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")
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
    from keras3_lab.parity.lanes import Lane, LaneProcess, Skipped, default_lanes

    here = default_lanes()
    if lane is None and not here:
        raise UsageError("no backend is installed here; install keras3-lab[jax] or [tensorflow]")
    try:
        process = LaneProcess(Lane.parse(lane) if lane else here[0])
    except Skipped as reason:
        raise UsageError(str(reason)) from reason
    found = []
    try:
        for subject in subjects_of(subjects, **chosen):
            findings = process.do("lint", subject=subject)["findings"]
            found.append({**subject, "findings": findings})
    finally:
        process.stop()
    if as_json:
        click.echo(json.dumps(found, indent=2))
    else:
        for one in found:
            for finding in one["findings"]:
                click.echo(
                    f"{one['name']}: {finding['where']} ({finding['rule']}): {finding['message']}"
                )
    ctx.exit(1 if any(one["findings"] for one in found) else 0)


def _plan(
    *,
    dtype: str,
    steps: int | None,
    epochs: int | None,
    seed: int,
    seeds: int,
    survey: bool = False,
    **_: Any,
) -> Plan:
    from keras3_lab.parity.plan import DTYPES, Plan

    if steps is not None and epochs is not None:
        raise UsageError("--steps and --epochs exclude each other; give one of them")
    dtypes = DTYPES if dtype == "both" else (dtype,)
    return Plan(dtypes, seed=seed, epochs=epochs, steps=steps, survey=survey, seeds=seeds)


def _new_folder(parent: Path) -> Path:
    stamp = datetime.now().strftime("%Y%m%d-%H%M%S")
    for attempt in count(1):
        folder = parent / (f"parity-{stamp}" if attempt == 1 else f"parity-{stamp}-{attempt}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError as error:
            if not folder.is_dir():
                raise UsageError(f"--out {parent}: a file stands in the way") from error
        except OSError as error:
            raise UsageError(f"--out {parent}: cannot be written ({error.strerror})") from error
        else:
            return folder
    raise AssertionError


def _everything(results: list[Drawn], skipped: list[str]) -> dict[str, Any]:
    from keras3_lab.parity import report

    return {
        "schema": report.SCHEMA,
        "results": [result for result, _ in results],
        "skipped": skipped,
    }


def _write(folder: Path, results: list[Drawn], skipped: list[str]) -> None:
    from keras3_lab.parity import page, report

    everything = _everything(results, skipped)
    (folder / "parity.json").write_text(json.dumps(everything, indent=2) + "\n")
    (folder / "report.html").write_text(page.page(results, skipped))
    (folder / "parity.md").write_text(report.markdown(everything["results"], skipped))
