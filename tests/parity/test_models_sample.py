"""A sample of the collection goes through one lane: recorded, resumed, replayed, judged.

`python tests/parity/models` runs all of it on two backends.
"""

from __future__ import annotations

import pytest
from models import SAMPLE, everything
from models.outcome import judge

from keras3_lab.parity import jobs
from keras3_lab.parity.compare.gates import compare_all
from keras3_lab.parity.compare.verdict import Result
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.worker import Worker

PLAN = Plan(steps=4, seeds=1, ulps=1)
MODELS = {model.name: model for model in everything()}


@pytest.mark.long
@pytest.mark.parametrize("name", SAMPLE)
def test_a_model_is_recorded_resumed_replayed_and_judged(name: str) -> None:
    worker, subject = Worker("here:cpu", "cpu", lambda answer: None), Subject(name)
    trace = worker.do(jobs.Record(subject, PLAN))
    if trace.artifacts:
        trace.adopt(worker.do(jobs.Resume(subject, PLAN, trace, "float64")))
    outcome = judge(MODELS[name], Result([trace, trace], compare_all([trace, trace])))
    assert not outcome.mistake, outcome
    worker.do(jobs.OpenReplay(subject, PLAN, "float64"))
    try:
        kinds = {item.kind for item in worker.do(jobs.ReplayStep(1))}
    finally:
        worker.do(jobs.CloseReplay())
    assert {"data batch", "weight", "updated weight"} <= kinds
