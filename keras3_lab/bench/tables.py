"""The results as tables, on the terminal and in Markdown."""

from __future__ import annotations

from typing import Any

from keras3_lab.bench.people import geometric_mean

HEADINGS = ("case", "batch", "who", "s / epoch", "spread", "steps / s", "× ours", "first epoch, s")
MODELS = (
    "model", "batch", "loop", "stock, s / epoch", "ours, s / epoch", "stock ÷ ours", "spread",
    "first epoch: stock, s", "ours, s", "stock ÷ ours",
)  # fmt: skip
SCALE = ("rows", "storage", "data, MB", "s / epoch", "rows / s", "first epoch, s", "peak, MB")


def rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """One line for every contender of every case."""
    lines: list[tuple[str, ...]] = []
    for case in result["cases"]:
        for who, times in case["contenders"].items():
            lines.append(
                (
                    case["case"],
                    str(case["batch_size"]),
                    who,
                    f"{times['epoch_s']:.3f}",
                    f"{times['min_s']:.3f} – {times['max_s']:.3f}",
                    f"{times['steps_per_s']:,.0f}",
                    f"{times['times_ours']:.2f}",
                    f"{times['first_epoch_s']:.2f}",
                )
            )
    return lines


def scale_rows(result: dict[str, Any]) -> list[tuple[str, ...]]:
    """One line for every number of rows and way to hold them."""
    return [
        (
            f"{size['rows']:,}",
            size["storage"],
            f"{size['data_mb']:.1f}",
            f"{size['epoch_s']:.3f}",
            f"{size['rows_per_s']:,.0f}",
            f"{size['first_epoch_s']:.2f}",
            f"{size['peak_mb_before']:,.0f} → {size['peak_mb']:,.0f}",
        )
        for size in result["scale"]
    ]


def model_rows(results: list[dict[str, Any]]) -> list[tuple[str, ...]]:
    """One line for every model, and one for the geometric mean of all."""
    lines = []
    for result in results:
        epoch = result["epoch"]
        lines.append(
            (
                result["case"],
                str(result["batch_size"]),
                result["plan"]["loop"] + ("" if result["plan"]["xla"] else ", no XLA"),
                f"{epoch['stock_s']:.3f}",
                f"{epoch['ours_s']:.3f}",
                f"{epoch['times']:.2f}",
                f"{epoch['min_times']:.2f} – {epoch['max_times']:.2f}",
                *_first(result),
            )
        )
    if results:
        mean = ["geometric mean", "", "", "", "", f"{geometric_mean(results, 'epoch'):.2f}", ""]
        if "first_epoch" in results[0]:
            mean += ["", "", f"{geometric_mean(results, 'first_epoch'):.2f}"]
        lines.append(tuple(mean))
    return lines


def _first(result: dict[str, Any]) -> tuple[str, ...]:
    first = result.get("first_epoch")
    if not first:
        return ()
    return (f"{first['stock_s']:.2f}", f"{first['ours_s']:.2f}", f"{first['times']:.2f}")


def every(result: dict[str, Any]) -> list[tuple[tuple[str, ...], list[tuple[str, ...]]]]:
    """Return headings and lines of all tables; no lines for what was not measured."""
    people = result["people"]
    return [
        (HEADINGS, rows(result)),
        (MODELS, model_rows(people.get("models", []))),
        (MODELS[:-3], model_rows(people.get("batches", []))),
        (SCALE, scale_rows(result)),
    ]


def caption(result: dict[str, Any]) -> str:
    """Say on what, and how often, it was measured."""
    hardware = result["hardware"]
    versions = ", ".join(f"{name} {version}" for name, version in result["versions"].items())
    return (
        f"{result['backend']} on {hardware['kind']}, {hardware['cores']} cores; {versions}; median "
        f"of {result['runs']} runs, each the median of 2 epochs; contenders in turn"
    )


def page(result: dict[str, Any]) -> str:
    """Everything in Markdown."""
    parts = [f"{caption(result)}.\n"]
    for headings, lines in every(result):
        if lines:
            ruled = [headings, ("---",) * len(headings), *lines]
            parts.append("".join(f"| {' | '.join(line)} |\n" for line in ruled))
    return "\n".join(parts)
