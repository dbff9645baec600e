"""The command line: the same options for every chapter and for `keras3-lab run`.

Nothing here imports Keras before a command needs it.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from keras3_lab import __version__, backends, listing, options, recipes, signals, started
from keras3_lab.atlas.command import atlas
from keras3_lab.bench.command import bench
from keras3_lab.errors import LostLossError, LostProcessError, UsageError
from keras3_lab.parity.command import parity
from keras3_lab.studies.command import compare, list_runs, show_comparison, sweep
from keras3_lab.terminal import say
from keras3_lab.untrusted import one_line

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
CHATTER = re.compile(
    r"I0000 |WARNING: All log messages before absl::InitializeLog|To enable the following instr"
)
EPILOG = "KERAS_BACKEND=jax or KERAS_BACKEND=tensorflow chooses the backend."

# Progress of TensorFlow's compiler; warnings and errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")


def main_with_errors(command: click.Command, name: str) -> None:
    """Run a command; whatever goes wrong becomes one line.

    A mistake of the user's ends with exit status 2, anything else with 1. `--debug` shows where it
    came from.
    """
    signals.end_at_signals()
    _print_anywhere()
    options.add_debug(command)
    debug = "--debug" in sys.argv
    try:
        # What `ctx.exit` was given comes back as the result; other commands return None.
        sys.exit(command.main(prog_name=name, standalone_mode=False))
    except (click.Abort, KeyboardInterrupt):
        signals.end()
    except BrokenPipeError:  # whoever reads has seen enough
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115  # so that Python's end is quiet
        sys.exit(1)
    except Exception as error:
        if debug:
            traceback.print_exc()
        if isinstance(error, click.ClickException):
            said, status = error.format_message(), 2
        elif isinstance(error, UsageError):
            said, status = str(error), 2
        elif isinstance(error, LostLossError | LostProcessError):
            said, status = str(error), 1
        elif isinstance(error, OSError) and error.strerror:
            said, status = f"{error.filename or 'writing'}: {error.strerror}", 1
        else:
            hint = "" if debug else "; --debug shows where"
            said, status = f"{type(error).__name__}: {one_line(error)}{hint}", 1
        said = " ".join(said.split())
        started.leave(said, status)
        click.echo(f"error: {said}", err=True)
        sys.exit(status)


def _print_anywhere() -> None:
    """Escape, as JSON does, what the terminal's encoding lacks: it may be older than Unicode."""

    def escape(error: UnicodeError) -> tuple[str, int]:
        if not isinstance(error, UnicodeEncodeError):
            raise error
        return json.dumps(error.object[error.start : error.end])[1:-1], error.end

    codecs.register_error("keras3_lab.json", escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="keras3_lab.json")


def run_chapter(chapter: str) -> None:
    """Run a chapter's command line, `python -m keras3_lab.<chapter>`."""
    known = recipes.chapter(chapter)
    headline = known[0].name

    @click.command(
        help=f"Train a recipe of the chapter {chapter}; {headline} if none is named.",
        context_settings=CONTEXT,
        epilog=EPILOG,
    )
    @click.argument("recipe", default=headline, metavar="[RECIPE]")
    @click.option("--list", "listing", is_flag=True, help="List the chapter's recipes and exit.")
    @options.run(known, options.SEED, both=True, resumed=True)
    def command(recipe: str, listing: bool, **chosen: Any) -> None:
        if listing:
            _list(known)
        else:
            _run(recipe, chapter, **chosen)

    main_with_errors(command, f"python -m keras3_lab.{chapter}")


@click.group(context_settings=CONTEXT, epilog=EPILOG)
@click.version_option(__version__, prog_name="keras3-lab")
def lab() -> None:
    """Deep-learning recipes in backend-agnostic Keras 3."""


@lab.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("recipe", required=False)
@options.run(recipes.everything(), options.SEED, both=True, resumed=True)
def run(recipe: str | None, **chosen: Any) -> None:
    """Train RECIPE and show the result beside the notes' figures."""
    _run(recipe, None, **chosen)


@lab.command(name="ls", context_settings=CONTEXT)
@click.argument("chapter", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON: all figures, both backends.")
def list_all(chapter: str | None, as_json: bool) -> None:
    """List all recipes, or those of a CHAPTER."""
    listed = recipes.chapter(chapter) if chapter else recipes.everything()
    if as_json:
        click.echo(json.dumps(listing.recipes_as_json(listed), indent=2, ensure_ascii=False))
    else:
        _list(listed)


@lab.command(context_settings=CONTEXT)
@click.argument("recipe")
@options.variant(help="With the notes' defects repaired, or as the notes have it.")
@options.own(recipes.everything())
def show(recipe: str, variant: str, **own: str | None) -> None:
    """Show RECIPE without training: architecture, settings, figures, defects."""
    declared = recipes.get(recipe).with_options(own).variant(variant)
    backends.require()
    from keras3_lab.runs.describe import describe

    describe(declared, variant)


@lab.command(context_settings=CONTEXT)
@options.DATA_DIR
def data(data_dir: str | None) -> None:
    """Show which data sets are where, full or sample."""
    from rich.console import Console

    listing.list_data(Console(), data_dir)


for command in (atlas, bench, compare, list_runs, parity, sweep):
    lab.add_command(command)


def _list(listed: tuple[recipes.Recipe, ...]) -> None:
    from rich.console import Console

    listing.list_recipes(Console(), listed)


def _run(
    recipe: str | None,
    chapter: str | None,
    *,
    as_json: bool,
    quiet: bool,
    resume: str | None,
    checkpoint_every: str | None,
    processes_wanted: int | None,
    **chosen: Any,
) -> None:
    declared = None
    if resume is not None:
        _refuse_other_options()
    elif recipe is None:
        raise UsageError("RECIPE must be the name of one; none received, and no --resume")
    else:
        declared = recipes.get(recipe, within=chapter)
    name = backends.require()
    place = started.begin(name, processes_wanted, chosen["device"])
    quiet, as_json = quiet or place.number > 0, as_json and place.number == 0
    from rich.console import Console

    console = Console(stderr=as_json, quiet=quiet)
    with console.status(f"loading Keras on {name}"), _without_import_chatter():
        import keras

        from keras3_lab import runs
        from keras3_lab.runs.record import to_json

        # Keras imports TensorFlow to serialize, on any backend, where it is installed.
        keras.dtype_policies.serialize(keras.config.dtype_policy())

    own = {name: chosen.pop(name) for name in recipes.own_options() if name in chosen}
    chosen |= {"checkpoint_every": checkpoint_every, "console": console}
    wanted = chosen.pop("variant")
    both = wanted == "both" and declared is not None and bool(declared.with_options(own).as_noted)
    variants = recipes.VARIANTS[::-1] if both else [wanted.replace("both", recipes.VARIANTS[0])]
    if declared is None:
        results = [runs.resume(str(resume), checkpoint_every=checkpoint_every, console=console)]
    else:
        results = [runs.run(declared, variant=v, options=own, **chosen) for v in variants]
    if wanted == "both" and not both:
        say(console, f"Both variants of {results[0].record['recipe']} are the same.")
    if both:
        folders = [result.folder for result in results]
        show_comparison(folders, Path(chosen["out"]), quiet=quiet, stderr=as_json)
    if as_json:
        records = [result.record for result in results]
        click.echo(to_json(records if wanted == "both" else records[0]), nl=False)


def _refuse_other_options() -> None:
    """Refuse what would have to be as it was when the run was begun."""
    context = click.get_current_context()
    may_differ = {"resume", "checkpoint_every", "processes_wanted", "as_json", "quiet"}
    for parameter in context.command.params:
        given = context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        if given and parameter.name not in may_differ:
            raise UsageError(
                "--resume goes on as the run was begun; received, beside it: "
                f"{parameter.get_error_hint(context)}"
            )


@contextlib.contextmanager
def _without_import_chatter() -> Iterator[None]:
    """Drop the information lines that TensorFlow prints when it is imported.

    They come before it has read TF_CPP_MIN_LOG_LEVEL (tensorflow/tensorflow#100442). Whatever else
    is written to standard error meanwhile is passed on.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            written.seek(0)
            for line in written.read().decode(errors="replace").splitlines():
                if not CHATTER.match(line):
                    click.echo(line, err=True)
