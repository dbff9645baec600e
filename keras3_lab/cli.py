"""The command line: the same options for every chapter and for `keras3-lab run`.

Nothing here imports Keras before a command needs it.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from keras3_lab import __version__, backends, listing, options, recipes
from keras3_lab.bench.command import bench
from keras3_lab.errors import UsageError
from keras3_lab.parity.command import parity
from keras3_lab.studies.command import compare, list_runs, show_comparison, sweep
from keras3_lab.terminal import say

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
CHATTER = re.compile(
    r"I0000 |WARNING: All log messages before absl::InitializeLog|To enable the following instr"
)
EPILOG = "KERAS_BACKEND=jax or KERAS_BACKEND=tensorflow chooses the backend."

# Progress of TensorFlow's compiler; warnings and errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")


def main_with_errors(command: click.Command, name: str) -> None:
    """Run a command; a mistake of the user's becomes one line and exit status 2."""
    try:
        # What `ctx.exit` was given comes back as the result; other commands return None.
        sys.exit(command.main(prog_name=name, standalone_mode=False))
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        sys.exit(130)
    except click.ClickException as error:
        click.echo(f"error: {error.format_message()}", err=True)
        sys.exit(2)
    except UsageError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)


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
    @options.run(known, options.SEED, both=True)
    def command(recipe: str, listing: bool, **chosen: Any) -> None:
        if listing:
            _list(known)
        else:
            _run(recipes.get(recipe, within=chapter), **chosen)

    main_with_errors(command, f"python -m keras3_lab.{chapter}")


@click.group(context_settings=CONTEXT, epilog=EPILOG)
@click.version_option(__version__, prog_name="keras3-lab")
def lab() -> None:
    """Deep-learning recipes in backend-agnostic Keras 3."""


@lab.command(context_settings=CONTEXT, epilog=EPILOG)
@click.argument("recipe")
@options.run(recipes.everything(), options.SEED, both=True)
def run(recipe: str, **chosen: Any) -> None:
    """Train RECIPE and show the result beside the notes' figures."""
    _run(recipes.get(recipe), **chosen)


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


for command in (bench, compare, list_runs, parity, sweep):
    lab.add_command(command)


def _list(listed: tuple[recipes.Recipe, ...]) -> None:
    from rich.console import Console

    listing.list_recipes(Console(), listed)


def _run(recipe: recipes.Recipe, *, as_json: bool, quiet: bool, **chosen: Any) -> None:
    name = backends.require()
    from rich.console import Console

    console = Console(stderr=as_json, quiet=quiet)
    with console.status(f"loading Keras on {name}"), _without_import_chatter():
        import keras

        from keras3_lab.runs import run
        from keras3_lab.runs.record import to_json

        # Keras imports TensorFlow to serialize, on any backend, where it is installed.
        keras.dtype_policies.serialize(keras.config.dtype_policy())

    own = {name: chosen.pop(name) for name in recipes.own_options() if name in chosen}
    wanted = chosen.pop("variant")
    both = wanted == "both" and bool(recipe.with_options(own).as_noted)
    variants = recipes.VARIANTS[::-1] if both else [wanted.replace("both", recipes.VARIANTS[0])]
    results = [run(recipe, variant=v, console=console, options=own, **chosen) for v in variants]
    if wanted == "both" and not both:
        say(console, f"Both variants of {recipe.name} are the same.")
    if both:
        folders = [result.folder for result in results]
        show_comparison(folders, Path(chosen["out"]), quiet=quiet, stderr=as_json)
    if as_json:
        records = [result.record for result in results]
        click.echo(to_json(records if wanted == "both" else records[0]), nl=False)


@contextlib.contextmanager
def _without_import_chatter() -> Iterator[None]:
    """Drop the information lines that TensorFlow prints when it is imported.

    They come before it has read TF_CPP_MIN_LOG_LEVEL (tensorflow/tensorflow#100442). Whatever else
    is written to standard error meanwhile is passed on.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held.read().decode(errors="replace").splitlines():
                if not CHATTER.match(line):
                    click.echo(line, err=True)
