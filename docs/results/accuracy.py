"""Train recipes over several seeds and write what came out, for the tables of the site.

    python docs/results/accuracy.py [--seeds N] [--add] [--fraction F] [--epochs N]
                                    [--policy …] [RECIPE …]    options of single recipes, too
                                                               measure under the running backend

    python docs/results/accuracy.py --summary                  write keras3_lab/results.json alone

Measures into docs/results/accuracy-BACKEND.json, keeping the recipes that are not named. What `ls`
shows of it is written to keras3_lab/results.json.
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
@click.option("--summary", "summary_alone", is_flag=True, help="Measure nothing.")
def main(names: tuple[str, ...], seeds: int, add: bool, summary_alone: bool, **chosen: Any) -> None:
    """Measure, and write the summary."""
    if not summary_alone:
        measure(names, seeds, add, chosen)
    IN_PACKAGE.write_text(summary())


def measure(names: tuple[str, ...], seeds: int, add: bool, chosen: dict[str, Any]) -> None:
    """Train every recipe and variant, or the named ones, and write each run as it is done."""
    own = {name: value for name in recipes.own_options() if (value := chosen.pop(name)) is not None}
    suffix = ", ".join(f"{name} {value}" for name, value in own.items())
    path = HERE / f"accuracy-{keras3_lab.backends.require()}.json"
    measured = json.loads(path.read_text()) if path.exists() else {}
    for name in names or recipes.names():
        recipe = recipes.get(name)
        for variant in recipes.VARIANTS if recipe.as_noted else ["corrected"]:
            keys = {
                arm: f"{recipe.name}|{variant}|{arm or suffix}" for arm in recipe.arms or {"": None}
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


def summary() -> str:
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


if __name__ == "__main__":
    main()
