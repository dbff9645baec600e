"""Train random models in two lanes; make those smaller that part them for no known reason."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from random_models import random_model

from keras3_lab.errors import UsageError
from keras3_lab.parity.shrink.candidate import Candidate, Made
from keras3_lab.parity.shrink.judge import Difference, first_difference
from keras3_lab.parity.shrink.shrinking import Shrinker, Shrunk


@dataclass(frozen=True)
class Known:
    """A cause that is known, and how a model looks in which it may be at work.

    Args:
        name: An entry of the atlas, or a rule of `parity lint`.
        needs: A part by its name, `Maximum` or `maximum`, an argument such as `celu`, or the name
            of one such as `dilation_rate=`; or several of these.
        kinds: In what it shows first.
    """

    name: str
    needs: str | tuple[str, ...]
    kinds: tuple[str, ...] = ("prediction", "loss", "gradient", "optimizer slot", "weight", "error")


GRADIENT = ("gradient",)
KNOWN: tuple[Known, ...] = (
    Known("gradient-at-zero", "LeakyReLU", GRADIENT),
    Known("gradient-at-zero", "leaky_relu", GRADIENT),
    Known("gradient-at-zero", "selu", GRADIENT),
    Known("gradient-at-zero", "celu", GRADIENT),
    Known("abs at 0", "abs", GRADIENT),
    Known("abs at 0", "mae", GRADIENT),
    Known("l1-at-zero", "L1", GRADIENT),
    Known("l1-at-zero", "L1L2", GRADIENT),
    Known("ties", "maximum", GRADIENT),
    Known("ties", "minimum", GRADIENT),
    Known("ties", "Maximum", GRADIENT),
    Known("ties", "Minimum", GRADIENT),
    Known("normalized-zeros", "UnitNormalization"),
    Known("normalized-zeros", "normalize"),
    Known("normalized-zeros", "cosine_similarity"),
    Known("dilated transposed", ("Conv1DTranspose", "dilation_rate="), ("error",)),
    Known("dilated transposed", ("Conv2DTranspose", "dilation_rate="), ("error",)),
    Known("KD-302", ("BatchNormalization", "Masking"), ("error",)),
    Known("KD-302", ("BatchNormalization", "mask_zero="), ("error",)),
    *(
        Known("KD-301", ("weight_decay=", name), ("optimizer slot", "weight"))
        for name in ("floor", "ceil", "trunc", "round", "sign", "floor_divide", "heaviside")
    ),
    *(
        Known("KD-301", (optimizer, name), ("optimizer slot", "weight"))
        for optimizer in ("AdamW", "Lamb", "Muon")
        for name in ("floor", "ceil", "trunc", "round", "sign", "floor_divide", "heaviside")
    ),
    Known("equal numbers", "hypot", GRADIENT),
    Known("equal numbers", "logaddexp", GRADIENT),
    Known("a zero", "cumprod", GRADIENT),
    Known("a negative base", "power", GRADIENT),
    Known("whole multiples", "mod", GRADIENT),
    Known("float32 alone", "OrthogonalRegularizer", ("error",)),
    Known("value_dim", ("MultiHeadAttention", "value_dim="), ("error",)),
    Known("focal of logits", "BinaryFocalCrossentropy"),
    Known("to one number", "AdaptiveMaxPooling2D", ("error",)),
    Known("masked-metrics", "Masking", ("metric",)),
    Known("masked-metrics", "Embedding", ("metric",)),
)


def parts_of(candidate: Candidate) -> set[str]:
    """The names of all parts of a model, its functions and their string arguments among them."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, Made):
            found.add(value.name.rpartition(".")[2])
            found.update(f"{name}=" for name in value.args)
            look(list(value.args.values()))
        elif isinstance(value, list | tuple):
            for part in value:
                look(part)
        elif isinstance(value, str):
            found.add(value.rpartition(".")[2])

    look([layer.made for layer in candidate.layers.values()])
    look([node.of for node in candidate.nodes if isinstance(node.of, str)])
    look([candidate.optimizer, *candidate.losses, candidate.metrics])
    return found - {"Input"}


def known(candidate: Candidate, difference: Difference) -> str:
    """The name of a known cause that may be at work; empty if there is none."""
    parts = parts_of(candidate)
    for one in KNOWN:
        needs = {one.needs} if isinstance(one.needs, str) else {*one.needs}
        if needs <= parts and difference.kind in one.kinds:
            return one.name
    return ""


@dataclass
class Fuzzed:
    """What came of random models.

    Args:
        models: How many were trained in both lanes.
        refused: How many neither lane takes.
        agreed: In how many the lanes agree.
        known: How often each known cause was at work.
        found: Differences of no known cause, by seed.
    """

    models: int = 0
    refused: int = 0
    agreed: int = 0
    known: Counter[str] = field(default_factory=Counter)
    found: dict[int, Shrunk] = field(default_factory=dict)
    lost: dict[int, str] = field(default_factory=dict)


def fuzz(
    shrinker: Shrinker,
    seeds: Iterator[int],
    until: float,
    say: Callable[[str], None],
    *,
    again: bool = False,
) -> Fuzzed:
    """Train the random models of seeds until a moment.

    Args:
        shrinker: The two lanes.
        seeds: Of which models.
        until: When to stop, as `time.monotonic` has it.
        say: Told of each difference.
        again: Whether a cause that was found before in this run is made smaller once more.
    """
    fuzzed, signatures = Fuzzed(), set()
    for seed in seeds:
        if time.monotonic() > until:
            break
        candidate = random_model(seed)
        fuzzed.models += 1
        one, other = shrinker.attempt(candidate, brief=True)
        if one.error and other.error:
            fuzzed.refused += 1
            continue
        if first_difference(one, other) is None:
            fuzzed.agreed += 1
            continue
        difference = first_difference(*shrinker.attempt(candidate))
        if difference is None:
            fuzzed.agreed += 1
            continue
        if cause := known(candidate, difference):
            fuzzed.known[cause] += 1
            continue
        try:
            shrunk = shrinker.shrink(candidate)
        except UsageError as error:
            fuzzed.lost[seed] = str(error)
            say(f"seed {seed}: {difference}: {error}")
            continue
        if shrunk is None:
            continue
        if cause := known(shrunk.candidate, shrunk.difference):
            fuzzed.known[cause] += 1
            continue
        signature = (shrunk.difference.kind, *sorted(parts_of(shrunk.candidate)))
        if signature in signatures and not again:
            fuzzed.known["found before"] += 1
            continue
        signatures.add(signature)
        fuzzed.found[seed] = shrunk
        say(f"seed {seed}: {shrunk.difference}\n{shrunk.program}{shrunk.said}\n")
    return fuzzed
