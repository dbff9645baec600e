"""Signals end the command line in one line, within a second, wherever it is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = [
    pytest.mark.once,
    pytest.mark.skipif(os.name == "nt", reason="no such signals to send"),
]

BEGIN = """
import ctypes, os, signal, sys, threading, time
from pathlib import Path
from keras3_lab import files, signals
signal.signal(signal.SIGINT, signal.default_int_handler)  # as in a terminal, where none is ignored
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signals.end_at_signals()
def ready():
    print("ready", flush=True)
"""
IN_ORDER = """
try:
    ready()
    time.sleep(60)
except KeyboardInterrupt:
    signals.end()
"""
# Such as a compiler, which lets other threads run but takes no notice of signals.
DEAF = """
with signals.before_the_end(lambda: print("last words")):
    ready()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # another thread gets it
    ctypes.CDLL(None).sleep(60)
"""
SWALLOWED = """
class Swallowing:
    def __del__(self):
        ready()
        time.sleep(60)
Swallowing()
time.sleep(60)
"""
WRITING = """
def write():
    with files.whole(Path("a.txt")) as aside:
        aside.write_text("whole")
        ready()
        time.sleep(0.4)
threading.Thread(target=write).start()
try:
    time.sleep(60)
except KeyboardInterrupt:
    signals.end()
"""


def ended_by(number: int, code: str, folder) -> tuple[int, str, str, float]:
    """Run Python, send it a signal when it is ready; return its status, words and last seconds."""
    process = subprocess.Popen(
        [sys.executable, "-c", BEGIN + code],
        cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.05)
    began = time.perf_counter()
    process.send_signal(number)
    out, err = process.communicate(timeout=30)
    return process.returncode, out, err, time.perf_counter() - began


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_each_signal_has_its_status(name, status, tmp_path) -> None:
    found, out, err, seconds = ended_by(getattr(signal, name), IN_ORDER, tmp_path)
    assert (found, out, err) == (status, "", "interrupted\n")
    assert seconds < 2


def test_a_main_thread_that_does_not_hear_is_ended_with_its_last_words(tmp_path) -> None:
    status, out, err, seconds = ended_by(signal.SIGTERM, DEAF, tmp_path)
    assert (status, out, err) == (143, "last words\n", "interrupted\n")
    assert seconds < 2


def test_an_interrupt_that_is_swallowed_ends_the_process_all_the_same(tmp_path) -> None:
    status, _, err, seconds = ended_by(signal.SIGINT, SWALLOWED, tmp_path)
    assert (status, err) == (130, "interrupted\n")
    assert seconds < 2


def test_a_file_that_is_about_to_be_whole_is_waited_for(tmp_path) -> None:
    status, _, err, _ = ended_by(signal.SIGINT, WRITING, tmp_path)
    assert (status, err) == (130, "interrupted\n")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_a_signal_that_a_library_took_is_taken_back(tmp_path) -> None:
    """As TensorFlow does with SIGTERM where there are several processes: Python does not know."""
    code = "ctypes.CDLL(None).signal(signal.SIGTERM, ctypes.c_void_p(1))  # which ignores it\n"
    status, out, err, _ = ended_by(
        signal.SIGTERM, code + "signals.take_back()" + IN_ORDER, tmp_path
    )
    assert (status, out, err) == (143, "", "interrupted\n")


def test_what_nohup_ignores_stays_ignored() -> None:
    code = "signal.signal(signal.SIGHUP, signal.SIG_IGN); signals.end_at_signals()\n"
    code += "os.kill(os.getpid(), signal.SIGHUP); time.sleep(0.6); print('still here')"
    done = subprocess.run(
        [sys.executable, "-c", BEGIN.replace("signals.end_at_signals()\n", "") + code],
        text=True, capture_output=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "still here\n")


@pytest.mark.parametrize(
    ("handler", "status"), [("signal.SIG_DFL", -signal.SIGTERM), ("lambda *_: os._exit(7)", 7)]
)
def test_a_forked_process_is_ended_by_its_own_signals_alone(handler: str, status: int) -> None:
    code = f"""
child = os.fork()
if not child:
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        os._exit(1)
    signal.signal(signal.SIGTERM, {handler})
    time.sleep(60)
time.sleep(0.2)
os.kill(child, signal.SIGTERM)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == {status}
time.sleep(0.6)
print("still here")
"""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + code],
        text=True, capture_output=True, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "still here\n"), done.stderr
