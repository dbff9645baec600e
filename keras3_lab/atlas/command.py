"""`keras3-lab atlas`. Nothing here imports Keras: the lanes do, each in its process."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import click

from keras3_lab import options
from keras3_lab.errors import UsageError, unknown
from keras3_lab.files import write_text
from keras3_lab.folders import new_folder
from keras3_lab.parity.tell.progress import lane_progress

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=options.default("make"), context_settings=CONTEXT, invoke_without_command=True)
def atlas() -> None:
    """Try every public part of Keras on every backend, and explain where they part.

    `atlas NAME...` is `atlas make NAME...`.
    """


@atlas.command(context_settings=CONTEXT)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--lanes",
    metavar="LANE,LANE",
    help="Two to compare, and more to ask who is right.  [default: the backends installed here]",
)
@click.option(
    "--dtype",
    "dtypes",
    metavar="DTYPE,DTYPE",
    default="float32",
    show_default=True,
    help="Of float32, float64, float16, bfloat16. Float64 is tried too where a difference is new.",
)
@click.option("--kind", "kinds", metavar="KIND,KIND", help="Such as layers,ops; default: all.")
@options.folder("page and JSON")
@options.AS_JSON
@click.pass_context
def make(
    ctx: click.Context,
    names: tuple[str, ...],
    lanes: str | None,
    dtypes: str,
    kinds: str | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Try the NAMEs, or all of Keras, and say where the lanes part and why.

    A NAME is a symbol such as ops.maximum or Conv2D, or a case such as ops.maximum/ties.

    Exit status: 0 all that differs is explained, 1 something is not, 2 wrong usage.
    """
    from rich.console import Console

    from keras3_lab.atlas import page, tell
    from keras3_lab.atlas.summary import Atlas
    from keras3_lab.atlas.sweep import sweep
    from keras3_lab.parity.lanes import parse_lanes

    console = Console(stderr=as_json)
    wanted = parse_lanes(lanes.split(",") if lanes else _lanes_here())
    started = time.perf_counter()
    with lane_progress(console, unit="cases") as show:
        swept = sweep(wanted, names, kinds.split(",") if kinds else (), _dtypes(dtypes), show)
    if len(swept.outcomes) < 2:
        raise UsageError(
            "the atlas needs two lanes; here: "
            f"{', '.join(swept.outcomes)}; install keras3-lab[jax,tensorflow], or name one twice, "
            f"again={next(iter(swept.outcomes))}{''.join(f'. {why}' for why in swept.skipped)}"
        )
    made = Atlas.of(swept, time.perf_counter() - started)
    tell.show(console, made, details=bool(names))
    if out:
        folder = new_folder(Path(out), "atlas-")
        write_text(folder / "atlas.json", _json(made.to_json()))
        write_text(folder / "atlas.html", page.render_page(made))
        console.print(f"Saved in {folder}: atlas.html and atlas.json", highlight=False)
    if as_json:
        click.echo(_json(made.to_json()), nl=False)
    ctx.exit(1 if made.unexplained else 0)


@atlas.command(context_settings=CONTEXT)
@click.argument("ident", metavar="KD-NNN")
def show(ident: str) -> None:
    """Show a known difference: what, why, its program, and what that prints."""
    from rich.console import Console

    from keras3_lab.atlas import tell
    from keras3_lab.atlas.known import known

    entries = {entry.id: entry for entry in known()}
    if ident.upper() not in entries:
        raise unknown("difference", ident, entries)
    tell.show_difference(Console(), entries[ident.upper()])


@atlas.command(context_settings=CONTEXT)
@click.argument("before", metavar="A.json")
@click.argument("after", metavar="B.json")
@click.pass_context
def diff(ctx: click.Context, before: str, after: str) -> None:
    """Say what became other from one atlas to another: two versions of Keras, two devices.

    Exit status: 0 nothing, 1 something, 2 wrong usage.
    """
    from keras3_lab.atlas.summary import changes

    changed = changes(_read(before), _read(after))
    for what, which in changed.items():
        for one in which:
            click.echo(f"{what}: {one}")
    ctx.exit(1 if any(changed.values()) else 0)


def _lanes_here() -> list[str]:
    from keras3_lab.parity.lanes import default_lanes

    here = [str(lane) for lane in default_lanes()]
    return [*here, "numpy:cpu"] if "jax:cpu" in here and len(here) > 1 else here


def _dtypes(text: str) -> tuple[str, ...]:
    known = ("float32", "float64", "float16", "bfloat16")
    for dtype in text.split(","):
        if dtype not in known:
            raise unknown("dtype", dtype, known)
    return tuple(text.split(","))


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _read(path: str) -> dict[str, Any]:
    try:
        read = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is no atlas: {error}") from None
    if not isinstance(read, dict):
        raise UsageError(f"{path} is no atlas: received a {type(read).__name__}")
    return read
