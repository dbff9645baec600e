"""Tables of results, from the committed result files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from keras3_lab import recipes
from site_pages import measured
from site_pages.recipe_pages import CHAPTERS

SHOWN = {"test_accuracy": "", "mean_accuracy": " (cross-validated)", "test_r2": " R²",
         "test_price_r2": " R²", "test_mae": " error", "val_mae": " error"}  # fmt: skip
"""What a table of all recipes shows of one, the first that it has, and how it is called."""
README = (
    "california/best", "fmnist/best-dense", "mnist/best-dense", "fmnist/batch-norm",
    "cifar10/dense", "cifar10/cnn-batch-norm", "cifar10/transfer", "cifar10/everything",
)  # fmt: skip


def write(docs: Path) -> None:
    """Write the tables that pages include."""
    folder = docs / "recipes"
    folder.mkdir(exist_ok=True)
    for chapter in CHAPTERS:
        lines = "\n".join(_chapter(chapter))
        (folder / f"results-{chapter}.md.inc").write_text(lines, encoding="utf-8")
    (folder / "results-machines.md.inc").write_text("\n".join(_machines()), encoding="utf-8")


def _chapter(chapter: str) -> Iterator[str]:
    yield "| recipe | | notes | JAX | TensorFlow | seeds |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for recipe in recipes.chapter(chapter):
        found = measured.results_of(recipe.name)
        first_arm = next((arm for _, arm in found), "")
        for (variant, arm), rows in found.items():
            any_row = next(iter(rows.values()))
            what = ", ".join(
                part for part in ("as noted" if variant == "as-noted" else "", arm) if part
            )
            seeds = "/".join(str(len(rows[b]["seeds"])) for b in measured.BACKENDS if b in rows)
            noted = _noted(recipe, any_row) if arm == first_arm else "–"
            yield (
                f"| [{recipe.name.partition('/')[2]}](/recipes/{recipe.name}.md) | {what} "
                f"| {noted} | {_cell(rows.get('jax'))} "
                f"| {_cell(rows.get('tensorflow'))} | {seeds} |"
            )


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "–"
    name = _shown(row)
    return f"{measured.spread(row['metrics'][name])}{SHOWN[name]}" if name else "–"


def _shown(row: Mapping[str, Any]) -> str | None:
    return next((name for name in SHOWN if name in row["metrics"]), None)


def _noted(recipe: recipes.Recipe, row: Mapping[str, Any]) -> str:
    figures = recipe.figures.metrics
    for name, where in (
        (_shown(row), ""),
        ("val_accuracy", " (validation)"), ("best_val_accuracy", " (validation)"),
        ("accuracy", " (training)"), ("val_loss", " (loss)"),
    ):  # fmt: skip
        if name in figures:
            return f"{figures[name]}{where}"
    return "–"


def _machines() -> Iterator[str]:
    """Say on which machines and versions all that was."""
    for backend, title in measured.BACKENDS.items():
        on: dict[str, set[str]] = {}
        for (recipe, _, _), row in measured.accuracy(backend).items():
            versions = row["versions"]
            what = (
                f"Keras {versions['keras']}, Python {versions['python']}, {row['device']['kind']}"
            )
            machine = f"{title} {versions[backend]}, {what}, {row['device']['cores']} cores"
            on.setdefault(machine, set()).add(recipe)
        most = max(on, key=lambda machine: len(on[machine]))
        yield f"- {most}"
        for machine in sorted(on.keys() - {most}):
            yield f"- {machine}: {', '.join(sorted(on[machine]))}"


def readme() -> str:
    """Return README's table of results."""
    lines = ["| test accuracy, or R² | the notes | JAX | TensorFlow |", "| --- | --- | --- | --- |"]
    for name in README:
        recipe = recipes.get(name)
        for (variant, _), rows in measured.results_of(name).items():
            noted = variant == "as-noted"
            if noted and name != "fmnist/batch-norm":
                continue
            any_row = next(iter(rows.values()))
            shown = _noted(recipe, any_row)
            shown = "–" if "loss" in shown else shown
            what = ", as the notes have it" if noted else ""
            cells = [_cell(rows.get(backend)) for backend in measured.BACKENDS]
            lines.append(f"| `{name}`{what} | {shown} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
