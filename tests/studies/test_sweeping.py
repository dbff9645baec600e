"""A sweep is its single runs."""

from __future__ import annotations

import io
import itertools
import json
import math
import statistics
from dataclasses import replace

import keras
import numpy as np
import pytest
from rich.console import Console
from scipy import stats

import keras3_lab
from keras3_lab import recipes
from keras3_lab.errors import UsageError
from keras3_lab.runs.settings import with_settings
from keras3_lab.studies import sweeping, tell

LINE = replace(recipes.get("linear/regression"), epochs=20, batch_size=2, findings=None)
CHOSEN = {"dtype": "float64"}
WATCHED = "its callbacks watch a single training"


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Two seeds, two rates, at once."""
    out = tmp_path_factory.mktemp("sweep")
    return sweeping.sweep(
        LINE, seeds=2, settings={"learning_rate": [0.001, 0.01]}, out=out, **CHOSEN
    )


def unnamed(record: dict) -> dict:
    """Settings without the optimizer's name, in which Keras counts."""
    optimizer = {k: v for k, v in record["settings"]["optimizer"].items() if k != "name"}
    return record["settings"] | {"optimizer": optimizer}


@pytest.mark.long
def test_each_run_is_the_one_that_is_trained_alone(swept, tmp_path) -> None:
    assert [(own, record["seed"]) for own, record in swept.runs] == [
        ({"learning_rate": rate}, seed) for rate in (0.001, 0.01) for seed in (1, 2)
    ]
    for own, record in swept.runs:
        alone = keras3_lab.run(
            LINE, seed=record["seed"], settings=own, out=tmp_path, pictures=False, **CHOSEN
        ).record
        assert unnamed(record) == unnamed(alone)
        for part in ("digests", "parameters", "options", "operations", "notes", "data"):
            assert record[part] == alone[part]
        for name, values in alone["history"].items():
            np.testing.assert_allclose(record["history"][name], values, rtol=1e-9)
        assert record["metrics"] == pytest.approx(alone["metrics"], rel=1e-9)
        assert record["time"]["together"] == 4


def test_each_run_leaves_its_own_record_model_and_events(swept) -> None:
    records = sorted(swept.folder.rglob("record.json"))
    assert len(records) == 4
    written = [json.loads(path.read_text()) for path in records]
    recorded = [record for _, record in swept.runs]
    assert sorted(map(str, written)) == sorted(map(str, recorded))
    for path, record in zip(records, written, strict=True):
        files = {"record": "record.json", "model": "model.keras", "tensorboard": "tensorboard"}
        assert record["files"] == files
        rate = record["options"]["learning_rate"]
        assert path.relative_to(swept.folder).parts[0] == f"learning_rate={rate}"
        model = keras.models.load_model(path.parent / "model.keras")
        kernel, bias = (float(weight.ravel()[0]) for weight in model.get_weights())
        error = record["metrics"]["test_mae"]
        assert error == pytest.approx(abs(6 * kernel + bias - 20), rel=1e-6)


@pytest.mark.parametrize(
    ("name", "settings", "said"),
    [
        ("linear/regression", {}, "all 2 at once"),
        ("linear/regression", {"momentum": [0.0, 0.9]}, "2 programs of 2, 2 runs at once"),
        ("fmnist/dropout", {"learning_rate": [1e-3, 1e-2]}, "all 4 at once"),
        ("fmnist/best-dense", {"learning_rate": [1e-3, 1e-2]}, "2 programs of 2, 2 runs at once"),
        ("fmnist/early-stopping", {}, f"one after another, since {WATCHED}"),
        ("fmnist/optimizers", {}, "one after another, since it trains several times"),
    ],
)
def test_what_is_one_program_is_put_together(name: str, settings, said: str) -> None:
    recipe = recipes.get(name)
    combinations = [{name: value} for name, values in settings.items() for value in values] or [{}]
    reason = sweeping._why_alone(recipe)
    groups = sweeping._groups(combinations, recipe, (1, 2), alone=bool(reason))
    assert sweeping._remark(groups, reason) == said
    assert sorted(itertools.chain(*groups), key=str) == sorted(
        ((own, seed) for own in combinations for seed in (1, 2)), key=str
    )


def test_what_shares_no_program_is_trained_all_the_same(tmp_path) -> None:
    patient = replace(LINE, epochs=2, callbacks=lambda folder: [keras.callbacks.TerminateOnNaN()])
    text = io.StringIO()
    swept = sweeping.sweep(patient, seeds=2, out=tmp_path, console=Console(file=text, width=100))
    assert (
        "2 runs, one after another, since its callbacks watch a single training" in text.getvalue()
    )
    assert [record["seed"] for _, record in swept.runs] == [1, 2]
    assert all("together" not in record["time"] for _, record in swept.runs)


def test_settings_reach_every_optimizer_and_schedule() -> None:
    arms = with_settings(recipes.get("fmnist/optimizers"), {"learning_rate": 0.5}).trials()
    rates = {
        float(keras.ops.convert_to_numpy(arm.optimizer(10).learning_rate)) for arm in arms.values()
    }
    assert rates == {0.5}
    assert [type(arm.optimizer(10)).__name__ for arm in arms.values()][:3] == ["Adam", "SGD", "SGD"]
    sgd = with_settings(recipes.get("linear/regression"), {"momentum": 0, "nesterov": True})
    assert (sgd.optimizer(10).momentum, sgd.optimizer(10).nesterov) == (0.0, True)
    cosine = with_settings(recipes.get("fmnist/best-dense"), {"learning_rate": 0.5}).optimizer(10)
    schedule = cosine.get_config()["learning_rate"]["config"]
    assert (schedule["initial_learning_rate"], schedule["decay_steps"]) == (0.5, 10)


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("fmnist/dropout", {"momentum": 0.9}, "unknown setting of Adam 'momentum'"),
        ("fmnist/optimizers", {"beta_1": 0.9}, "unknown setting of SGD 'beta_1'"),
        ("fmnist/dropout", {"clipnorm": 1.0, "clipvalue": 1.0}, "Adam does not take clipnorm=1.0,"),
    ],
)
def test_what_an_optimizer_does_not_take_is_told(name, settings, message) -> None:
    with pytest.raises(UsageError, match=message) as raised:
        with_settings(recipes.get(name), settings)
    assert "\n" not in str(raised.value)


def test_a_recipe_without_a_model_is_refused(tmp_path) -> None:
    with pytest.raises(UsageError, match="'mnist/tensors' trains no Keras model"):
        sweeping.sweep(recipes.get("mnist/tensors"), seeds=2, out=tmp_path)


def test_the_table_has_mean_spread_and_students_interval(swept) -> None:
    found = tell.rows(swept)
    assert [(row.settings["learning_rate"], row.metric) for row in found] == [
        (rate, metric) for rate in (0.001, 0.01) for metric in ("val_loss", "test_loss")
    ]
    for row in found:
        values = [one["metrics"][row.metric] for own, one in swept.runs if own == row.settings]
        assert row.values == values
        assert row.mean == pytest.approx(statistics.fmean(values))
        low, high = stats.t.interval(0.95, 1, np.mean(values), stats.sem(values))
        assert row.mean - row.half_width == pytest.approx(low)
        assert row.mean + row.half_width == pytest.approx(high)
    text = io.StringIO()
    tell.show(Console(file=text, width=80), swept)
    assert max(map(len, text.getvalue().splitlines()[:-1])) <= 80
    assert "Over 2 seeds" in text.getvalue()
    assert "Choose by validation" in text.getvalue()


def test_the_page_has_a_plot_of_each_metric(swept) -> None:
    page = tell.page(swept)
    assert page.count("<svg") == 2
    assert "learning_rate" in page
    json.dumps(tell.to_json(swept), allow_nan=False)


def test_a_single_seed_has_no_spread() -> None:
    row = tell.Row({}, "", "test_loss", [0.5])
    assert (row.mean, row.deviation, row.half_width) == (0.5, None, None)
    assert not math.isnan(row.mean)
