"""A page for each recipe, and the gallery of all of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras3_lab import recipes
from keras3_lab.datasets.registry import get_spec
from keras3_lab.recipes import VARIANTS, Recipe
from site_pages import measured, plots
from site_pages.declarations import declaration, origin

CHAPTERS = {
    "fmnist": "Fashion-MNIST",
    "mnist": "MNIST",
    "california": "California housing",
    "cifar10": "CIFAR-10",
    "linear": "Linear regression",
}
NAMES = {"r2": "R²", "price_r2": "R² of the price", "mae": "mean absolute error"}
PARTS = {"val_": "validation", "test_": "test", "mean_": "cross-validated"}


def write(docs: Path) -> None:
    """Write the pages and plots of all recipes, and the gallery."""
    cards = []
    for recipe in recipes.everything():
        page = docs / "recipes" / f"{recipe.name}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("\n".join(_page(recipe, docs)), encoding="utf-8")
        cards.append((recipe, _card(recipe, docs)))
    lines: list[str] = []
    for chapter, title in CHAPTERS.items():
        of_chapter = [card for recipe, card in cards if recipe.chapter == chapter]
        lines += [f"### {title}", "", "::::{grid} 2 2 3 4", ":gutter: 2", ""]
        lines += ["\n".join(card) for card in of_chapter]
        lines += ["::::", ""]
    (docs / "recipes" / "gallery.md.inc").write_text("\n".join(lines), encoding="utf-8")
    names = "\n".join(f"/recipes/{recipe.name}" for recipe, _ in cards)
    toctree = f"```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    (docs / "recipes" / "toctree.md.inc").write_text(toctree, encoding="utf-8")


def _page(recipe: Recipe, docs: Path) -> Iterator[str]:
    yield f"# {recipe.name}\n"
    yield f"{recipe.title}.\n"
    source = recipe.source if recipe.source.startswith("ours") else f"notes {recipe.source}"
    dataset = recipe.dataset if isinstance(recipe.dataset, str) else "y = 3x + 2"
    yield f"*From: {source}. Data: {dataset}. Chapter: {{doc}}`/chapters/{recipe.chapter}`.*\n"
    yield from _run_it(recipe)
    yield from _results(recipe, docs)
    yield from _curves(recipe, docs)
    yield from _confusion(recipe, docs)
    yield from _findings(recipe)
    if recipe.defects:
        yield "## What the notes got wrong\n"
        yield from (f"- {sentence}" for sentence in recipe.defects)
        yield ""
        if recipe.as_noted:
            yield "The variant *as noted* repeats it, the variant *corrected* does not. "
        yield "Defects that others make, too: {doc}`/lies`.\n"
    if recipe.remarks:
        yield "## Good to know\n"
        yield from (f"- {sentence}" for sentence in recipe.remarks)
        yield ""
    yield "## Declaration\n"
    if (base := origin(recipe)) and base != recipe.name:
        link = os.path.relpath(f"{base}.md", Path(recipe.name).parent)
        yield f"All that is not named here is that of [{base}]({link}).\n"
    yield f"```python\n{declaration(recipe)}\n```\n"


def _run_it(recipe: Recipe) -> Iterator[str]:
    yield "## Run it\n"
    command = f"python -m keras3_lab run {recipe.name}"
    yield "::::{tab-set}\n"
    for backend, title in measured.BACKENDS.items():
        yield f":::{{tab-item}} {title}\n:sync: {backend}\n"
        yield f"```sh\nKERAS_BACKEND={backend} {command}"
        if recipe.as_noted:
            yield f"KERAS_BACKEND={backend} {command} --variant as-noted"
        yield "```\n:::\n"
    yield ":::{tab-item} Python\n"
    yield (
        f'```python\nimport keras3_lab\n\nrun = keras3_lab.run("{recipe.name}")\n'
        'print(run.record["metrics"], run.folder)\n```\n:::\n::::\n'
    )


def label_of(variant: str, arm: str, backend: str, many: bool) -> str:
    """Return a row's name: what differs, and on which backend."""
    parts = ["as noted"] if variant == "as-noted" else ["corrected"] if many else []
    return ", ".join([*parts, *([arm] if arm else []), measured.BACKENDS[backend]])


def _results(recipe: Recipe, docs: Path) -> Iterator[str]:
    found = measured.results_of(recipe.name)
    yield "## Results\n"
    if not found:
        yield "It trains nothing that could be measured over seeds.\n"
        return
    first = next(iter(next(iter(found.values())).values()))
    metric = measured.metric_of(first["metrics"])
    known = (f"test_{metric}", f"val_{metric}", "mean_accuracy")
    names = [name for name in first["metrics"] if name in known]
    figures = recipe.figures.metrics
    noted = next((name for name in known if name in figures), None)
    shown = noted if noted in names else names[-1]
    many = bool(recipe.as_noted)
    # An option's value in the place of an arm's name says how it was measured, not what differs.
    rows = {
        label_of(variant, arm, backend, many): row["metrics"].get(shown, [])
        for (variant, arm), by_backend in found.items()
        for backend, row in by_backend.items()
    }
    plot = f"plots/{recipe.name}-results.svg"
    title = f"{_part(shown)} {NAMES.get(metric, metric)}"
    plots.save(plots.strip(rows, figures.get(noted) if noted else None, title), docs / plot)
    yield _image(plot, f"{recipe.name}: {title}, a dot for each seed")
    yield f"A dot is a seed. In the table: mean ± standard deviation, {first['data']} data.\n"
    columns = [_part(name) for name in names]
    named = len(found) > 1
    first_column = "| " if named else ""
    yield f"{first_column}| backend | seeds | {' | '.join(columns)} | epochs | training, s |"
    yield "| --- " * (named + len(columns) + 4) + "|"
    for (variant, arm), by_backend in found.items():
        for backend, row in by_backend.items():
            cells = [measured.spread(row["metrics"].get(name)) for name in names]
            what = label_of(variant, arm, backend, many).rpartition(",")[0]
            cells += [measured.spread(row[part], 1) for part in ("epochs", "train_s")]
            start = [what] if named else []
            cells = [*start, measured.BACKENDS[backend], str(len(row["seeds"])), *cells]
            yield f"| {' | '.join(cells)} |"
    yield ""
    if figures:
        printed = (f"{name.replace('_', ' ')} {value:,}" for name, value in figures.items())
        yield f"**The notes print:** {', '.join(printed)}.\n"
    elif not recipe.source.startswith("ours"):
        yield "The notes print no figure.\n"
    yield "How it was measured, and on what: {doc}`/results`.\n"


def _curves(recipe: Recipe, docs: Path) -> Iterator[str]:
    trials = trials_of(recipe)
    if not any(trial["history"] for trial in trials.values()):
        return
    others = trials_of(recipe, "tensorflow")
    history = next(iter(trials.values()))["history"]
    metric = measured.metric_of(history)
    yield "## Curves\n\n:::{div} plots\n"
    for name in dict.fromkeys(("loss", metric)):
        plot = f"plots/{recipe.name}-{name}.svg"
        notes = recipe.figures.history.get(name, ())
        figure = plots.curves(trials, name, others=others, notes=notes)
        plots.save(figure, docs / plot)
        yield _image(plot, f"{recipe.name}: {name.replace('_', ' ')} by epoch")
    run = measured.curves("jax")[recipe.name, "corrected"]
    where = f"JAX {run['versions']['jax']}, {run['device']['kind']}"
    also = "; circles: TensorFlow" if others else ""
    dotted = "validation, dotted: training" if f"val_{metric}" in history else "training"
    yield f":::\n\nLines: {dotted}; seed {run['seed']}, {where}{also}.\n"


def trials_of(recipe: Recipe, backend: str = "jax") -> dict[str, dict[str, Any]]:
    """Return the trainings whose curves are shown, by label."""
    found = measured.curves(backend)
    return {
        arm or variant.replace("-", " "): trial
        for variant in VARIANTS
        for arm, trial in found.get((recipe.name, variant), {"trials": {}})["trials"].items()
    }


def _confusion(recipe: Recipe, docs: Path) -> Iterator[str]:
    classes = get_spec(recipe.dataset).class_names if isinstance(recipe.dataset, str) else ()
    runs = [(variant, measured.curves("jax").get((recipe.name, variant))) for variant in VARIANTS]
    matrices = {variant: run["confusion"] for variant, run in runs if run and run["confusion"]}
    if not classes or not trials_of(recipe):
        return
    yield "## Confusion matrix\n"
    if not matrices:
        yield "None was kept of this run. One of your own draws it, in `report.html`.\n"
        return
    yield ":::{div} plots\n"
    for variant, counts in matrices.items():
        plot = f"plots/{recipe.name}-confusion-{variant}.svg"
        figure = plots.confusion(counts, classes)
        if len(matrices) > 1:
            figure.axes[0].set_title(variant.replace("-", " "))
        plots.save(figure, docs / plot)
        yield _image(plot, f"{recipe.name} ({variant}): true classes against predicted ones")
    first = f", of {next(iter(recipe.arms))}" if recipe.arms else ""
    yield f":::\n\nTest images by true and predicted class{first}: the same run.\n"


def _findings(recipe: Recipe) -> Iterator[str]:
    run = measured.curves("jax").get((recipe.name, "corrected"), {})
    for found in run.get("findings", []):
        yield f"## {found['title']}\n"
        yield f"| {' | '.join(found['columns'])} |"
        yield f"| --- |{' ---: |' * (len(found['columns']) - 1)}"
        for row in found["rows"]:
            yield f"| {' | '.join(_cell(cell) for cell in row)} |"
        yield ""


def _card(recipe: Recipe, docs: Path) -> list[str]:
    plot = f"plots/{recipe.name}-card.svg"
    plots.save(_thumbnail(recipe), docs / plot)
    return [
        f":::{{grid-item-card}} {recipe.name.partition('/')[2]}",
        f":link: /recipes/{recipe.name}",
        ":link-type: doc",
        f":img-bottom: {plot}",
        f":img-alt: {recipe.name}",
        ":class-img-bottom: plot",
        "",
        recipe.title,
        ":::",
        "",
    ]


def _thumbnail(recipe: Recipe) -> Any:
    trials = {k: t for k, t in trials_of(recipe).items() if t["history"]}
    if trials:
        return plots.thumbnail(trials, measured.metric_of(next(iter(trials.values()))["history"]))
    found = measured.results_of(recipe.name)
    for by_backend in found.values():
        figures = next(iter(by_backend.values()))["metrics"]
        return plots.words([f"{k.replace('_', ' ')}\n{v[0]:.4f}" for k, v in figures.items()][:1])
    return plots.words(WORDS[recipe.name])


WORDS = {
    "mnist/backprop": ["∂L/∂W = xᵀ δ", "δ ← δ Wᵀ · 1[x > 0]"],
    "mnist/tensors": ["ops.add(2, 2.2)", "→ 4.2, float32"],
}
"""What stands on the card of a recipe that trains nothing."""


def _image(plot: str, alt: str) -> str:
    return f"```{{image}} /{plot}\n:class: plot\n:alt: {alt}\n```\n"


def _part(name: str) -> str:
    return next(part for start, part in PARTS.items() if name.startswith(start))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:.4g}"
    text = str(value)
    return f"`{text}`" if any(sign in text for sign in "(_[") else text
