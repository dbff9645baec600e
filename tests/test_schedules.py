"""Learning rates, step by step."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab.schedules import WarmUpDecay

# step: rate
RATES = {
    0: 0.0,
    1: 0.001,
    25: 0.025,
    50: 0.05,
    99: 0.099,
    100: 0.1,
    101: 0.1 * np.sqrt(100 / 101),
    400: 0.05,
    2_500: 0.02,
    10_000: 0.01,
    1_000_000: 0.001,
}


@pytest.mark.parametrize("step", RATES)
def test_a_warm_up_rises_linearly_and_then_falls_by_the_root(step: int) -> None:
    schedule = WarmUpDecay(0.1, warm_up_steps=100)
    assert float(schedule(step)) == pytest.approx(RATES[step], rel=1e-6)


def test_it_rises_at_every_step_of_the_warm_up_and_falls_ever_after() -> None:
    schedule = WarmUpDecay(0.3, warm_up_steps=7)
    rates = [float(schedule(step)) for step in range(60)]
    assert (np.diff(rates[:8]) > 0).all()
    assert (np.diff(rates[7:]) < 0).all()
    assert max(rates) == pytest.approx(0.3)


def test_an_optimizer_takes_the_rate_of_its_step() -> None:
    """A gradient of 1 moves a weight by the rate: 0, a quarter, a half, ... of the highest."""
    weight = keras.Variable([0.0])
    optimizer = keras.optimizers.SGD(WarmUpDecay(0.4, warm_up_steps=4))
    moved = []
    for _ in range(6):
        before = float(weight[0])
        optimizer.apply([keras.ops.ones((1,))], [weight])
        moved.append(before - float(weight[0]))
    expected = [0, 0.1, 0.2, 0.3, 0.4, 0.4 * (4 / 5) ** 0.5]
    assert moved == pytest.approx(expected, rel=1e-5, abs=1e-7)


def test_it_computes_in_float64_where_asked(really_float64) -> None:
    rate = keras.ops.convert_to_numpy(WarmUpDecay(0.1, 3)(1))
    assert rate.dtype == np.float64
    assert float(rate) == pytest.approx(0.1 / 3, rel=1e-15)


def test_it_survives_saving(tmp_path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(WarmUpDecay(0.1, 10)), "mse")
    model.save(tmp_path / "model.keras")
    optimizer = keras.models.load_model(tmp_path / "model.keras").optimizer
    optimizer.iterations.assign(40)
    assert float(optimizer.learning_rate) == pytest.approx(0.05, rel=1e-6)
    config = keras.optimizers.schedules.serialize(WarmUpDecay(0.1, 10))["config"]
    assert config == {"learning_rate": 0.1, "warm_up_steps": 10}
