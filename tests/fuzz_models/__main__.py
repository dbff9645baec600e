"""Train random models on both backends, and say where they part for no known reason.

python tests/fuzz_models                        a few minutes
python tests/fuzz_models --minutes 480          a night
python tests/fuzz_models --seed 17 --models 1   one of them
"""

from __future__ import annotations

import itertools
import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent)]

import click
from model_fuzzing import fuzz

from keras3_lab.parity.lanes import parse_lanes
from keras3_lab.parity.shrink.shrinking import Shrinker


@click.command(help=__doc__)
@click.option("--minutes", default=5.0, show_default=True, help="When to stop.")
@click.option("--seed", default=0, show_default=True, help="The first; then those that follow.")
@click.option("--models", type=click.IntRange(min=1), help="How many at most.")
@click.option("--lanes", default="jax:cpu,tensorflow:cpu", show_default=True)
def main(minutes: float, seed: int, models: int | None, lanes: str) -> None:
    """Fuzz; end with 1 if something was found."""
    seeds = itertools.count(seed) if models is None else iter(range(seed, seed + models))
    with Shrinker(parse_lanes(lanes.split(","))) as shrinker:
        fuzzed = fuzz(shrinker, seeds, time.monotonic() + 60 * minutes, click.echo)
    causes = ", ".join(f"{name} {count}" for name, count in fuzzed.known.most_common())
    click.echo(
        f"{fuzzed.models} models from seed {seed}: {fuzzed.agreed} agree, {fuzzed.refused} refused "
        f"by both, known: {causes or 'none'}; found: {len(fuzzed.found)}, seeds "
        f"{', '.join(map(str, [*fuzzed.found, *fuzzed.lost])) or 'none'}"
    )
    sys.exit(bool(fuzzed.found or fuzzed.lost))


if __name__ == "__main__":
    main()
