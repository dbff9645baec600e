"""Traces as files."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
import traces
from traces import DTYPES, ONE, OTHER, SWITCH

from keras3_lab.errors import UsageError
from keras3_lab.parity.compare.checks import AGREE
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.trace import Run, Trace, load, pairs, save

pytestmark = pytest.mark.once


def written(trace: Trace, folder: Path) -> Trace:
    path = folder / f"{trace.lane.replace(':', '-')}.npz"
    save(trace, path)
    return load(path)


def test_a_trace_comes_back_as_it_was(tmp_path: Path) -> None:
    trace, _ = traces.pair()
    traces.add_finding(trace, "drop", "draws its own", unjudged=True)
    traces.cannot_load(trace, OTHER, "ValueError")
    read = written(trace, tmp_path)
    assert read.header == trace.header
    assert read.artifacts == trace.artifacts
    assert list(read.runs) == list(trace.runs)
    for name, run in trace.runs.items():
        for part in (one.name for one in fields(Run)):
            ours, theirs = getattr(run, part), getattr(read.runs[name], part)
            if part == "start":
                assert ours == theirs
                continue
            assert list(ours) == list(theirs)
            for index in ours:
                np.testing.assert_array_equal(ours[index], theirs[index])
                assert ours[index].dtype == theirs[index].dtype
    for dtype in DTYPES:
        assert traces.resumed(read, dtype, ONE).start == SWITCH


def test_traces_from_files_are_compared_as_those_in_memory(tmp_path: Path) -> None:
    pair = traces.pair()
    read = [written(trace, tmp_path) for trace in pair]
    assert compare(*read) == compare(*pair)
    assert {check.verdict for check in compare(*read)} == {AGREE}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"something")
    with pytest.raises(UsageError, match=r"a\.npz exists already, and nothing is overwritten"):
        save(traces.trace(ONE), path)
    assert path.read_bytes() == b"something"
    with pytest.raises(UsageError, match="cannot be written"):
        save(traces.trace(ONE), tmp_path / "absent" / "a.npz")


def _nonsense(path: Path) -> None:
    path.write_bytes(b"nonsense")


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _absent(path: Path) -> None:
    path.unlink()


def _other_arrays(path: Path) -> None:
    np.savez(path, x=np.ones(3))


def _another_header(path: Path) -> None:
    header = np.frombuffer(json.dumps([1, 2]).encode(), np.uint8)
    np.savez(path, header=header)


def _another_schema(path: Path) -> None:
    with np.load(path) as file:
        arrays = dict(file)
    header = json.loads(arrays.pop("header").tobytes()) | {"schema": "keras3_lab.trace/0"}
    np.savez(path, header=np.frombuffer(json.dumps(header).encode(), np.uint8), **arrays)


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def _damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:140] = bytes(40)
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    "spoil",
    [_nonsense, _nothing, _absent, _other_arrays, _another_header, _another_schema, _cut, _damaged],
)
def test_a_file_that_is_no_trace_is_told_in_one_line(spoil, tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    save(traces.trace(ONE), path)
    spoil(path)
    with pytest.raises(UsageError, match=r"a\.npz is no trace of `parity record`") as error:
        load(path)
    assert "\n" not in str(error.value)


def test_variables_have_names_for_people() -> None:
    trace = traces.trace(ONE)
    assert trace.name_of("weights", "1") == "dense/bias"
    assert trace.name_of("optimizer", "0") == "iteration"
    assert trace.name_of("weights", "99") == "99"
    weights = traces.run(trace, "float64").weights
    assert trace.scaled_by("weights", weights) == ["0", "1"]  # those that are trained
    assert trace.scaled_by("optimizer", weights) == list(weights)


def test_the_first_trace_is_paired_with_each_other_one() -> None:
    one, other, third = (traces.trace(lane) for lane in (ONE, OTHER, "c:cpu"))
    assert [(a.lane, b.lane) for a, b in pairs([one, other, third])] == [
        (ONE, OTHER), (ONE, "c:cpu"),
    ]  # fmt: skip
