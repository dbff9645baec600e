"""Run Keras's own tests with stock Keras and with our functions in its place, and compare them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1]))

import click
from peer_comparison import (
    HERE,
    SUITES,
    Outcomes,
    mistakes,
    suite_of,
    table,
    wanted_differences,
)
from versions import versions

from keras3_lab.parity.compiling import quick_to_compile


def run_both(suites: tuple[str, ...], folder: Path) -> tuple[Outcomes, Outcomes]:
    """Run the tests twice at the same time, and return what became of each."""
    packages = Path(find_spec("keras").origin).parents[1]
    paths = [str(packages / "keras/src" / path) for suite in suites for path in SUITES[suite]]
    # Not with our configuration.
    (folder / "pytest.ini").write_text("[pytest]\n")
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "peer_plugin", "-p", "no:cacheprovider",
        "-p", "no:warnings", "--continue-on-collection-errors", f"--rootdir={packages}",
        "-c", str(folder / "pytest.ini"), "--tb=short", *paths,
    ]  # fmt: skip
    running, outcomes = [], []
    for name, ours in (("stock", {}), ("ours", {"PEER_OURS": "1"})):
        environment = {
            **os.environ,
            **ours,
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
            "PEER_OUTCOMES": str(folder / f"{name}.json"),
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "XLA_FLAGS": os.environ.get("XLA_FLAGS", quick_to_compile()),
        }
        log = (folder / f"{name}.log").open("w")
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        running.append((name, process))
    for name, process in running:
        process.wait()
        written = folder / f"{name}.json"
        if not written.exists():
            raise click.ClickException((folder / f"{name}.log").read_text()[-2000:])
        outcomes.append(json.loads(written.read_text()))
    return outcomes[0], outcomes[1]


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("suites", nargs=-1, type=click.Choice(list(SUITES)))
@click.option("--table", "page", type=click.Path(path_type=Path), help="Write the counts to it.")
def main(suites: tuple[str, ...], page: Path | None) -> None:
    """Compare what becomes of Keras's tests, SUITES of them: by default trainers and callbacks.

    Ends with 1 where a test passes with stock Keras alone and differences.toml does not name it,
    or names one without need.
    """
    suites = suites or ("trainers", "callbacks")
    backend = os.environ["KERAS_BACKEND"]
    wanted = [d for d in wanted_differences(backend) if suite_of(d.test) in suites]
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        stock, ours = run_both(suites, Path(folder))
    seconds = time.monotonic() - started
    counts = table(stock, ours, wanted)
    click.echo(f"{counts}\n{versions()}, {seconds:.0f} s")
    if page is not None:
        page.write_text(f"{counts}\n{versions()}.\n")
    found = mistakes(stock, ours, wanted)
    for line in found:
        click.echo(line, err=True)
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
