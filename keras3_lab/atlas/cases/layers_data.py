"""Cases of layers that make numbers of words, numbers and sounds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from keras import layers

from keras3_lab.atlas.case import WIDE, Case, LayerCall, Procedure, numbers
from keras3_lab.atlas.cases.table import called, made, on, table

WORDS = ["the", "cat", "sat", "on", "a", "mat"]
TEXTS = ["The cat sat.", "", "A  DOG ran on the mat!", "caf\u00e9 the the"]
TOKENS = np.array([[0, 1, 2], [2, 2, 3]], "int32")
MODES = ("one_hot", "multi_hot", "count")
QUIET: dict[str, Any] = {"dtypes": WIDE, "gradient": False}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _categories()
    yield from _bins()
    yield from _hashes()
    yield from _lookups()
    yield from _sounds()


def _categories() -> Iterator[LayerCall]:
    for mode in MODES:
        options = {"num_tokens": 4, "output_mode": mode}
        inputs = {
            mode: TOKENS,
            f"{mode}-long": TOKENS.astype("int64"),
            f"{mode}-bytes": TOKENS.astype("uint8"),
            f"{mode}-floats": TOKENS + 0.0,
            f"{mode}-negative": TOKENS - 1,
            f"{mode}-above": TOKENS + 1,
            f"{mode}-vector": TOKENS[0],
            f"{mode}-no-rows": TOKENS[:0],
        }
        yield from on("CategoryEncoding", options, inputs, **QUIET)
    yield from called(
        "CategoryEncoding",
        lambda: layers.CategoryEncoding(4, output_mode="count"),
        {"count-weighted": {"count_weights": numbers(2, 3)}},
        TOKENS,
    )


def _bins() -> Iterator[LayerCall]:
    x = np.array([[-1.5, 0.0, 0.5], [1.0, 2.0, 7.0]])
    spoilt = np.array([[np.inf, -np.inf, np.nan], [-0.0, 1e-40, 1e38]])
    options = {"bin_boundaries": [0.0, 0.5, 2.0]}
    inputs = {"ordinary": x, "special": spoilt, "no-rows": x[:0], "vector": x[0]}
    yield from on("Discretization", options, inputs)
    whole = {"whole-numbers": x.astype("int32"), "bytes": np.abs(x).astype("uint8")}
    yield from on("Discretization", options, whole)
    rows = {mode: options | {"output_mode": mode} for mode in MODES}
    yield from table("Discretization", rows, x)

    def adapted(data: np.ndarray, bins: int) -> Callable[[], Any]:
        def make() -> Any:
            layer = layers.Discretization(num_bins=bins)
            layer.adapt(data)
            return layer

        return make

    yield from made(
        "Discretization",
        {
            "adapted": adapted(numbers(50, 1), 4),
            "adapted-to-ties": adapted(np.repeat([0.0, 1.0, 1.0], 20), 3),
            "adapted-to-few": adapted(np.array([1.0, 2.0]), 5),
        },
        numbers(2, 3),
    )


def _hashes() -> Iterator[Case]:
    rows: dict[str, dict[str, Any]] = {
        "salted": {"salt": 7},
        "two-salts": {"salt": [7, 9]},
        "masked": {"mask_value": 2},
        "one-hot": {"output_mode": "one_hot"},
        "count": {"output_mode": "count"},
    }
    hashed_rows = {k: {"num_bins": 5} | v for k, v in rows.items()}
    yield from table("Hashing", {"ordinary": {"num_bins": 5}}, TOKENS, **QUIET)
    yield from table("Hashing", hashed_rows, TOKENS, **QUIET, compiles=False)
    inputs = {
        "long": np.array([[2**40, -1, 0]]),
        "bytes": TOKENS.astype("uint8"),
        "no-rows": TOKENS[:0],
    }
    yield from on("Hashing", {"num_bins": 5}, inputs, **QUIET, compiles=False)

    def hashed() -> Any:
        return layers.Hashing(5)(np.array([WORDS]))

    yield Procedure("layers.Hashing", "words", WIDE, function=hashed)
    pair = (TOKENS[0], TOKENS[1])
    yield from on("HashedCrossing", {"num_bins": 7}, {"ordinary": (pair,)}, **QUIET)
    rows = {"one-hot": {"num_bins": 7, "output_mode": "one_hot"}}
    yield from table("HashedCrossing", rows, pair, **QUIET, compiles=False)

    def crossed() -> Any:
        return layers.HashedCrossing(7)((np.array(WORDS[:2]), np.array(WORDS[2:4])))

    yield Procedure("layers.HashedCrossing", "words", WIDE, function=crossed)


def _lookups() -> Iterator[Case]:
    numbers_of = [10, 20, 30]
    rows: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "two-unknown": {"num_oov_indices": 2},
        "none-unknown-found": {"num_oov_indices": 0},
        "masked": {"mask_token": 0},
        "inverted": {"invert": True},
        "one-hot": {"output_mode": "one_hot"},
        "multi-hot": {"output_mode": "multi_hot"},
        "count": {"output_mode": "count"},
        "tf-idf": {"output_mode": "tf_idf", "idf_weights": [0.5, 1.0, 2.0]},
    }
    known, unknown = np.array([[10, 30], [20, 10]]), np.array([[10, 7], [0, -3]])
    for what, arguments in rows.items():
        x = known if "found" in what else np.array([[1, 3], [2, 0]]) if "inv" in what else unknown
        given = {what: {"vocabulary": numbers_of} | arguments}
        compiles = what == "ordinary"
        yield from table("IntegerLookup", given, x, **QUIET, compiles=compiles)

    def adapted() -> Any:
        layer = layers.IntegerLookup()
        layer.adapt(np.array([3, 3, 5, 7, 7, 7]))
        return layer

    yield from made("IntegerLookup", {"adapted": adapted}, unknown, **QUIET, compiles=False)
    words: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "two-unknown": {"num_oov_indices": 2},
        "masked": {"mask_token": ""},
        "one-hot": {"output_mode": "one_hot"},
        "multi-hot": {"output_mode": "multi_hot"},
        "count": {"output_mode": "count"},
        "tf-idf": {"output_mode": "tf_idf", "idf_weights": [1.0] * 6},
    }
    table_of_words = np.array([["the", "dog"], ["", "mat"]])
    for what, arguments in words.items():
        yield Procedure(
            "layers.StringLookup",
            what,
            WIDE,
            function=partial(_looked_up, layers.StringLookup, arguments, table_of_words),
        )

    def names() -> Any:
        found = layers.StringLookup(vocabulary=WORDS, invert=True)(np.array([1, 0, 3]))
        return [bytes(word).decode() for word in np.array(found)]

    yield Procedure("layers.StringLookup", "inverted", WIDE, function=names)
    texts: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "cut": {"output_sequence_length": 3},
        "padded": {"output_sequence_length": 9},
        "pairs": {"ngrams": 2},
        "characters": {"split": "character"},
        "lower": {"standardize": "lower"},
        "as-they-are": {"standardize": None},
        "multi-hot": {"output_mode": "multi_hot"},
        "count": {"output_mode": "count"},
        "ragged": {"ragged": True},
    }
    for what, arguments in texts.items():
        yield Procedure(
            "layers.TextVectorization",
            what,
            WIDE,
            function=partial(_looked_up, layers.TextVectorization, arguments, np.array(TEXTS)),
        )

    def learnt() -> Any:
        layer = layers.TextVectorization(max_tokens=6)
        layer.adapt(np.array(TEXTS))
        return [str(word) for word in layer.get_vocabulary()], layer(np.array(TEXTS))

    yield Procedure("layers.TextVectorization", "adapted", WIDE, function=learnt)


def _looked_up(kind: Callable[..., Any], arguments: dict[str, Any], words: np.ndarray) -> Any:
    return kind(vocabulary=WORDS, **arguments)(words)


def _sounds() -> Iterator[LayerCall]:
    sound = numbers(2, 80)
    short = {"fft_length": 32, "sequence_stride": 16, "num_mel_bins": 6, "sampling_rate": 1000}
    mel: dict[str, dict[str, Any]] = {
        "ordinary": {},
        "power": {"power_to_db": False},
        "magnitude": {"power_to_db": False, "mag_exp": 1.0},
        "low": {"max_freq": 200.0},
        "window": {"window": "hamming"},
        "bare": {"window": None},
        "cut": {"sequence_length": 16},
    }
    yield from table("MelSpectrogram", {k: short | v for k, v in mel.items()}, sound, dtypes=WIDE)
    # Its gradient asks which number is the largest, computed twice: XLA's optimizer decides.
    cut = {"reference": short | {"ref_power": 2.0, "top_db": 10.0}}
    yield from table("MelSpectrogram", cut, sound, gradient=False, dtypes=WIDE)
    spoilt = sound.copy()
    spoilt[0, 5] = np.nan
    some = {
        "zeros": np.zeros_like(sound),
        "special": spoilt,
        "one-sound": sound[0],
        "large": 1e15 * sound,
    }
    yield from on("MelSpectrogram", short, some, dtypes=WIDE)
    frames = {"frame_length": 16, "frame_step": 8, "fft_length": 16}
    stft: dict[str, dict[str, Any]] = {
        mode: {"mode": mode}
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    } | {
        "same": {"padding": "same"},
        "spectrum": {"scaling": "spectrum"},
        "unscaled": {"scaling": None},
        "longer-transform": {"fft_length": 32},
        "bare": {"window": None},
        "periodic": {"periodic": True},
        "expanded": {"expand_dims": True},
    }
    wave = sound[..., None]
    rows = {what: frames | more for what, more in stft.items()}
    yield from table("STFTSpectrogram", rows, wave, weights=False, dtypes=WIDE)
    some = {"zeros": np.zeros_like(wave), "two-channels": numbers(2, 80, 2), "no-rows": wave[:0]}
    yield from on("STFTSpectrogram", frames, some, weights=False, dtypes=WIDE)
    angle = {"zeros-angle": np.zeros_like(wave)}
    yield from on("STFTSpectrogram", frames | {"mode": "angle"}, angle, weights=False, dtypes=WIDE)
