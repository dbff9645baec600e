"""Train recipes over several seeds and write what came out, for docs/results.md.

    python docs/results/accuracy.py [--seeds N] [--add] [--fraction F] [--epochs N]
                                    [--policy …] [RECIPE …]    options of single recipes, too
                                                               measure under the running backend
    python docs/results/accuracy.py --tables                   write the tables, and what of them
                                                               `ls` shows, keras3_lab/results.json

Measures into docs/results/accuracy-BACKEND.json, keeping the recipes that are not named.
"""

from __future__ import annotations

import json
import statistics
import tempfile
from pathlib import Path
from typing import Any

import click

import keras3_lab
from keras3_lab import options, recipes
from keras3_lab.records import MAIN

HERE = Path(__file__).parent
BACKENDS = ("jax", "tensorflow")
IN_PACKAGE = Path(keras3_lab.__file__).with_name("results.json")


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--seeds", default=5, show_default=True, help="Train with seeds 1 to N.")
@click.option("--add", is_flag=True, help="Keep the seeds that are there, and train the others.")
@click.option("--fraction", default=1.0, help="Of the training rows.")
@click.option("--epochs", type=int, help="Default: the recipe's.")
@options.own(recipes.everything())
@click.option("--tables", is_flag=True)
def main(names: tuple[str, ...], seeds: int, add: bool, tables: bool, **chosen: Any) -> None:
    """Measure, or write the tables."""
    if tables:
        (HERE / "accuracy.md").write_text(table())
        IN_PACKAGE.write_text(in_package())
    else:
        measure(names, seeds, add, chosen)


def measure(names: tuple[str, ...], seeds: int, add: bool, chosen: dict[str, Any]) -> None:
    """Train every recipe and variant, or the named ones, and write each run as it is done."""
    own = {name: value for name in recipes.own_options() if (value := chosen.pop(name)) is not None}
    chosen = ", ".join(f"{name} {value}" for name, value in own.items())
    path = HERE / f"accuracy-{keras3_lab.backends.require()}.json"
    measured = json.loads(path.read_text()) if path.exists() else {}
    for name in names or recipes.names():
        recipe = recipes.get(name)
        for variant in recipes.VARIANTS if recipe.as_noted else ["corrected"]:
            keys = {
                arm: f"{recipe.name}|{variant}|{arm or chosen}" for arm in recipe.arms or {"": None}
            }
            for key in keys.values():
                if not add:
                    measured.pop(key, None)
            for seed in range(1, seeds + 1):
                if all(seed in measured.get(key, {"seeds": []})["seeds"] for key in keys.values()):
                    continue
                with tempfile.TemporaryDirectory() as out:
                    run = keras3_lab.run(
                        recipe, variant=variant, seed=seed, out=out, options=own, **chosen
                    )
                click.echo(f"{recipe.name} {variant} seed {seed}: {run.record['metrics']}")
                for arm, key in keys.items():
                    measured[key] = one_more(measured.get(key), run.record, arm)
                path.write_text(json.dumps(measured, indent=1) + "\n")


def one_more(row: dict[str, Any] | None, record: dict[str, Any], arm: str) -> dict[str, Any]:
    """Return the figures over the seeds with one more run, of an arm or of the whole recipe."""
    entry = record["arms"][arm] if arm else record
    row = row or {
        **{part: record[part] for part in ("device", "versions", "notes")},
        "data": part(record["data"]),
        "seeds": [], "metrics": {}, "training": [], "epochs": [],
        "operations": entry.get("operations"), "train_s": [],
    }  # fmt: skip
    row["seeds"].append(record["seed"])
    for name, value in entry["metrics"].items():
        row["metrics"].setdefault(name, []).append(value)
    row["training"] += entry["history"].get("accuracy", [])[-1:]
    row["epochs"].append(len(entry["history"].get("loss", ())))
    row["train_s"].append(round(entry["time"].get("train_s", 0.0), 2))
    return row


def part(data: dict[str, Any]) -> str:
    """Which data: full or sample, and how much of the training rows."""
    return data["kind"] if data["fraction"] == 1 else f"{data['fraction']:.3g} of {data['kind']}"


def table() -> str:
    """One table a backend, a row a recipe and variant."""
    lines = ["<!-- written by docs/results/accuracy.py --tables -->"]
    for backend in BACKENDS:
        path = HERE / f"accuracy-{backend}.json"
        if not path.exists():
            continue
        measured = in_order(json.loads(path.read_text()))
        any_row = next(iter(measured.values()))
        versions = any_row["versions"]
        lines += [
            f"\n## {backend}\n",
            f"{backend} {versions[backend]}, Keras {versions['keras']}, "
            f"Python {versions['python']}, {any_row['device']['kind']}, "
            f"{any_row['device']['cores']} cores, unless a row names another machine.\n",
            "| recipe | variant | data | seeds | validation accuracy | test accuracy "
            "| notes | epochs | operations | training s |",
            "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        named: set[str] = set()
        for name, row in measured.items():
            metrics = row["metrics"]
            if name.startswith("california/") or not (found := validation(row)):
                continue
            recipe, variant, arm = name.split("|")
            operations = row.get("operations")
            # Of several trainings, the notes' figure is that of the first.
            figure = "–" if recipe in named and arm else noted(row["notes"]["metrics"])
            named.add(recipe)
            lines.append(
                f"| {recipe}{': ' if arm else ''}{arm} | {variant} | {row['data']} "
                f"| {len(row['seeds'])} | {found} | {spread(metrics.get('test_accuracy'))} "
                f"| {figure} | {spread(row['epochs'], 1)} "
                f"| {f'{operations:.2g}' if operations else '–'} | {seconds(row, any_row)} |"
            )
        lines += regressions(measured, any_row)
    return "\n".join(lines) + "\n"


def in_package() -> str:
    """Return mean and standard deviation of each recipe, of the first of its trainings."""
    found: dict[str, Any] = {}
    for backend in BACKENDS:
        path = HERE / f"accuracy-{backend}.json"
        for name, row in in_order(json.loads(path.read_text())).items():
            recipe, variant, _ = name.split("|")
            variants = found.setdefault(recipe, {}).setdefault(variant, {})
            if backend in variants:
                continue
            variants[backend] = {
                "seeds": len(row["seeds"]),
                "data": row["data"],
                "metrics": {
                    metric: [
                        round(statistics.mean(values), 6),
                        round(statistics.stdev(values), 6) if len(values) > 1 else None,
                    ]
                    for metric in MAIN
                    if (values := row["metrics"].get(metric))
                },
            }
    lines = (f"{json.dumps(name)}: {json.dumps(found[name])}" for name in found)
    return "{\n" + ",\n".join(lines) + "\n}\n"


def in_order(measured: dict[str, Any]) -> dict[str, Any]:
    """Return the rows as `ls` lists the recipes."""
    names = recipes.names()

    def place(name: str) -> tuple[int, int]:
        recipe, variant, _ = name.split("|")
        return names.index(recipe), recipes.VARIANTS.index(variant)

    return {name: measured[name] for name in sorted(measured, key=place)}


def validation(row: dict[str, Any]) -> str:
    """Accuracy on the rows to validate on, and what else compares with the notes' figure."""
    metrics = row["metrics"]
    if "mean_accuracy" in metrics:
        return f"{spread(metrics['mean_accuracy'])} (cross-validated)"
    if "val_accuracy" not in metrics:
        return f"error {spread(metrics['val_mae'])}" if "val_mae" in metrics else ""
    text = spread(metrics["val_accuracy"])
    if "best_val_accuracy" in metrics:
        text += f"; best epoch {spread(metrics['best_val_accuracy'])}"
    if "(training)" in noted(row["notes"]["metrics"]) and row.get("training"):
        text += f"; training {spread(row['training'])}"
    return text


def noted(figures: dict[str, float]) -> str:
    """Return the notes' accuracy, and of which rows it is where not of those to validate on."""
    for name, rows in {
        "val_accuracy": "", "test_accuracy": " (test)", "best_val_accuracy": " (best epoch)",
        "mean_accuracy": " (cross-validated)", "accuracy": " (training)",
    }.items():  # fmt: skip
        if name in figures:
            return f"{figures[name]:.4f}{rows}"
    return "–"


def regressions(measured: dict[str, Any], any_row: dict[str, Any]) -> list[str]:
    """Return the rows of recipes that predict a number, beside scikit-learn on the same rows."""
    lines = [
        "\n| recipe | variant | data | seeds | validation R² | test R² | test MAE | notes: R², MAE "
        "| linear regression, R² | gradient boosting, R² | training s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in measured.items():
        found = errors(row)
        if name.startswith("california/"):
            recipe, variant, _ = name.split("|")
            metrics, notes = row["metrics"], errors({"metrics": row["notes"]["metrics"]})
            lines.append(
                f"| {recipe} | {variant} | {row['data']} | {len(row['seeds'])} "
                f"| {spread(found['val_r2'])} | {spread(found['test_r2'])} "
                f"| {spread(found['test_mae'], 0)} "
                f"| {notes.get('test_r2', '–')}, {notes.get('test_mae', '–')} "
                f"| {spread(metrics['LinearRegression_test_r2'])} "
                f"| {spread(metrics['HistGradientBoostingRegressor_test_r2'])} "
                f"| {seconds(row, any_row)} |"
            )
    return lines if len(lines) > 2 else []


def errors(row: dict[str, Any]) -> dict[str, Any]:
    """R² and MAE of a row of California; where there are several outputs, of the price."""
    names = {part + metric: part for part in ("val_", "test_") for metric in ("r2", "mae")}
    return {
        name: value
        for name, part in names.items()
        for spelling in (name, f"{part}price_{name.removeprefix(part)}")
        if (value := row["metrics"].get(spelling)) is not None
    }


def seconds(row: dict[str, Any], any_row: dict[str, Any]) -> str:
    """Training time, and on which machine where it is not that of most rows."""
    text, machine = spread(row["train_s"], 1), row["device"]["kind"]
    return text if machine == any_row["device"]["kind"] else f"{text} ({machine})"


def spread(values: list[float] | None, digits: int = 4) -> str:
    """Mean ± standard deviation over the seeds."""
    if not values:
        return "–"
    if len(values) == 1:
        return f"{values[0]:.{digits}f}"
    return f"{statistics.mean(values):.{digits}f} ± {statistics.stdev(values):.{digits}f}"


if __name__ == "__main__":
    main()
