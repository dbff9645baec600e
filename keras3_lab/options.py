"""Options that several commands share, each declared once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from keras3_lab.recipes import VARIANTS, Option, Recipe

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def default(name: str) -> type[click.Group]:
    """Return a group whose first word may be an argument of its command of that name."""

    class Group(click.Group):
        def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
            wants_help = args[:1] in (["--help"], ["-h"])
            if not wants_help and (not args or args[0] not in self.commands):
                args = [name, *args]
            return super().parse_args(ctx, args)

    return Group


class WholeNumber(click.IntRange):
    """A whole number, from a least one on."""

    def __init__(self, least: int) -> None:
        super().__init__(min=least)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number; say of all else what is allowed, which click says of numbers alone."""
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter:
            self.fail(
                f"must be a whole number of {self.min} or more; received: {value}", param, ctx
            )


EPOCHS = click.option("--epochs", type=WholeNumber(1), help="Default: the recipe's.")
SEED = click.option(
    "--seed",
    type=WholeNumber(0),
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


DEVICES = click.option(
    "--devices",
    type=WholeNumber(1),
    default=1,
    show_default=True,
    metavar="N",
    help="Share each batch among N GPUs, or N virtual devices on the CPU.",
)
PROCESSES = click.option(
    "--processes",
    "processes_wanted",
    type=WholeNumber(1),
    metavar="N",
    help="Start N processes on this machine's CPU, which share each batch.",
)
RESUME = click.option(
    "--resume",
    metavar="RUN",
    help="Go on with the interrupted run in this folder, as it was begun.",
)
CHECKPOINT_EVERY = click.option(
    "--checkpoint-every",
    metavar="N[m]",
    help="Save what --resume needs every N epochs, or after N minutes, as in 10m.  "
    "[default: every epoch, once a second at most]",
)


AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output.")


def folder(holds: str) -> Decorator:
    """Make the option that names a folder in which the one for the results is made anew."""
    text = f"Folder for {holds}; made anew in it."
    return click.option("--out", metavar="DIR", callback=named, help=text)


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


def run(
    known: Iterable[Recipe], *more: Decorator, both: bool = False, resumed: bool = False
) -> Decorator:
    """Make the options of a run of one of the known recipes.

    Args:
        known: The recipes.
        more: What comes after variant, epochs and batch size.
        both: Whether `both` is a variant, too.
        resumed: Whether there is what a run that was interrupted goes on by, and more than one
            device or process.
    """
    return add(
        variant(
            *(["both"] if both else []),
            help="With the notes' defects repaired, or as the notes have it"
            + (", or both, and a page that compares them." if both else "."),
        ),
        EPOCHS,
        click.option("--batch-size", type=WholeNumber(1), help="Default: the recipe's."),
        *more,
        DATA,
        DATA_DIR,
        FRACTION,
        dtype("float32", "float64", help="Precision of the whole computation."),
        click.option(
            "--device",
            type=click.Choice(["auto", "cpu", "gpu"]),
            default="auto",
            show_default=True,
            help="Where to compute.",
        ),
        *((DEVICES, PROCESSES) if resumed else ()),
        own(known),
        click.option(
            "--out",
            default="runs",
            metavar="DIR",
            show_default=True,
            callback=named,
            help="Folder for the results; nothing in it is overwritten.",
        ),
        *((RESUME, CHECKPOINT_EVERY) if resumed else ()),
        click.option(
            "--json",
            "as_json",
            is_flag=True,
            help="Print the run record on standard output, all else on standard error.",
        ),
        click.option("--quiet", is_flag=True, help="Show neither progress nor result."),
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
