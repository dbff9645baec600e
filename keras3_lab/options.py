"""Options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from keras3_lab.recipes import VARIANTS, Option, Recipe

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

EPOCHS = click.option("--epochs", type=click.IntRange(min=1), help="Default: the recipe's.")
SEED = click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=42,
    show_default=True,
    help="Seed of weights, batch order and dropout.",
)
DATA = click.option(
    "--data",
    type=click.Choice(["auto", "full", "sample"]),
    default="auto",
    show_default=True,
    help="The full data set, the bundled sample, or the sample where need be.",
)
DATA_DIR = click.option(
    "--data-dir",
    metavar="DIR",
    help="A folder laid out like ~/.keras/datasets. Default: $KERAS3_LAB_DATA.",
)
FRACTION = click.option(
    "--fraction",
    type=float,
    default=1.0,
    metavar="F",
    help="Take this much of the training rows, the same share of each class.  [0 < F ≤ 1]",
)


def variant(*more: str, help: str) -> Decorator:
    """Make the option that chooses a variant, or one of a few words more."""
    return click.option(
        "--variant",
        type=click.Choice([*VARIANTS, *more]),
        default=VARIANTS[0],
        show_default=True,
        help=help,
    )


def dtype(*allowed: str, help: str) -> Decorator:
    """Make the option that chooses a precision; the first or, where there is one, `both`."""
    default = "both" if "both" in allowed else allowed[0]
    return click.option(
        "--dtype", type=click.Choice(allowed), default=default, show_default=True, help=help
    )


def own(recipes: Iterable[Recipe]) -> Decorator:
    """Make the options that only one or the other of some recipes has."""
    known: dict[str, Option] = {}
    users: dict[str, list[str]] = {}
    for recipe in recipes:
        for name, option in recipe.options.items():
            known[name] = option
            users.setdefault(name, []).append(recipe.name)
    return add(
        *(
            click.option(
                f"--{name}",
                metavar=name.upper(),
                help=f"Only of {', '.join(users[name])}: {option.help}  [default: {option.value}]",
            )
            for name, option in known.items()
        )
    )


def add(*options: Decorator) -> Decorator:
    """Add options to a command, in this order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def add_debug(command: click.Command) -> None:
    """Let a command, and all that are below it, take `--debug`; `main_with_errors` looks for it."""
    if not any(parameter.name == "debug" for parameter in command.params):
        show = click.Option(
            ["--debug"], is_flag=True, expose_value=False, help="Show where an error came from."
        )
        command.params.append(show)
    if isinstance(command, click.Group):
        for below in command.commands.values():
            add_debug(below)


def named(ctx: click.Context, option: click.Parameter, value: str | None) -> str | None:
    """Refuse an empty name, which would stand for the current folder."""
    if value is not None and not value.strip():
        raise click.BadParameter("names no folder")
    return value
