"""What CI runs, and what anyone can.

`nox` runs all that is tagged quick, for while one works; `nox -t ci` all that each change is held
against; `nox -t full` the whole matrix, where a Python or a GPU that is not there is skipped;
`nox -s NAME` one session, as `nox -s "tests(python='3.12', backend='jax', device='cpu')"`. With
`--no-venv` they run in the interpreter at hand, where nothing can be installed. `nox -l` lists
them.
"""

from __future__ import annotations

import itertools
import os
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nox
from packaging.requirements import Requirement  # nox brings it

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
BACKENDS = ("jax", "tensorflow")
DEVICES = ("cpu", "gpu")
WHEELS = {"jax": ("3.11", "3.12", "3.13", "3.14"), "tensorflow": ("3.11", "3.12", "3.13")}
"""Pythons that a backend has wheels for."""
MATRIX = [
    nox.param(python, backend, device, tags=["full", *(["ci"] if here else [])])
    for backend in BACKENDS
    for python in WHEELS[backend]
    for device in DEVICES
    for here in [python == HERE and device == "cpu"]
]
UV = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
PROJECT = nox.project.load_toml("pyproject.toml")

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv|virtualenv"  # uv keeps what it has installed once
nox.options.error_on_missing_interpreters = False  # a Python that is not there is skipped
nox.options.reuse_existing_virtualenvs = True
nox.options.tags = ["quick"]


def install(session: nox.Session, package: str, *groups: str) -> None:
    """Install the package and dependency groups; with --no-venv, take what is there."""
    if session.virtualenv.venv_backend == "none":
        return
    wanted = [r for group in groups for r in nox.project.dependency_groups(PROJECT, group)]
    session.install(package, *wanted)


def environment(session: nox.Session, backend: str, device: str = "cpu") -> dict[str, str]:
    """Run on one backend, with a Keras home of the session's own."""
    variables = {"KERAS_BACKEND": backend, "KERAS_HOME": session.create_tmp()}
    if device == "cpu":
        variables["CUDA_VISIBLE_DEVICES"] = "-1"
    return variables


def on(
    session: nox.Session, backends: str | tuple[str, ...], device: str, *groups: str
) -> dict[str, str]:
    """Install the package with backends for a device; skip where one of them sees no such device.

    Returns:
        The environment variables to run under, of the first of the backends.
    """
    backends = (backends,) if isinstance(backends, str) else backends
    if device == "gpu" and not shutil.which("nvidia-smi"):
        session.skip("no NVIDIA GPU: nvidia-smi is not on the PATH")
    extras = [f"{backend}-cuda" if device == "gpu" else backend for backend in backends]
    install(session, f".[{','.join(extras)}]", *groups)
    ask = "import keras; print(*keras.distribution.list_devices())"
    for backend in backends if device == "gpu" else ():
        variables = environment(session, backend, device)
        seen = str(session.run("python", "-c", ask, env=variables, silent=True)).splitlines()[-1]
        if "gpu" not in seen:
            session.skip(f"{backend} sees no GPU here, only {seen}")
    return environment(session, backends[0], device)


def suite(session: nox.Session, variables: dict[str, str], *arguments: str) -> None:
    """Run the tests on two cores."""
    both = ("--numprocesses=2", "--dist=worksteal")
    session.run("pytest", *both, *arguments, *session.posargs, env=variables)


def without(marks: str, backend: str) -> str:
    """Choose the tests without marks, and what is the same on every backend for the first alone."""
    return f"not ({marks})" if backend == BACKENDS[0] else f"not ({marks} or once)"


@nox.session
@nox.parametrize(["python", "backend", "device"], MATRIX)
def tests(session: nox.Session, backend: str, device: str) -> None:
    """The test suite under one backend, without the other."""
    variables = on(session, backend, device, "test")
    suite(session, variables, f"--device={device}", "-m", without("slow", backend))


@nox.session(tags=["quick"])
@nox.parametrize("backend", BACKENDS)
def short(session: nox.Session, backend: str) -> None:
    """The tests without those that take long, most of which start other processes."""
    suite(session, on(session, backend, "cpu", "test"), "-m", without("slow or long", backend))


@nox.session(tags=["full"])
@nox.parametrize("backend", BACKENDS)
def slow(session: nox.Session, backend: str) -> None:
    """The tests that the suite leaves out because they compile for minutes."""
    suite(session, on(session, backend, "cpu", "test"), "-m", "slow")


@nox.session(tags=["full"])
@nox.parametrize("backend", BACKENDS)
def minimum(session: nox.Session, backend: str) -> None:
    """The test suite on the oldest version of each dependency that pyproject.toml allows."""
    project = PROJECT["project"]
    stated = [*project["dependencies"], *project["optional-dependencies"][backend]]
    pins = []
    for requirement in map(Requirement, stated):
        (oldest,) = (bound.version for bound in requirement.specifier)
        marker = f"; {requirement.marker}" if requirement.marker else ""
        pins.append(f"{requirement.name}=={oldest}{marker}")
    groups = nox.project.dependency_groups(PROJECT, "test")
    session.install(f".[{backend}]", *pins, *groups)
    suite(session, environment(session, backend))


@nox.session(venv_backend="virtualenv")  # uv has other words for pip's strategy of upgrades
@nox.parametrize("backend", BACKENDS)
def latest(session: nox.Session, backend: str) -> None:
    """The test suite on the newest of everything, pre-releases included."""
    if session.virtualenv.venv_backend == "none":
        session.error("would upgrade what is installed; run it in an environment of its own")
    newest = ("--pre", "--upgrade", "--upgrade-strategy=eager")
    session.install(*newest, f".[{backend}]", *nox.project.dependency_groups(PROJECT, "test"))
    # Keras's pre-releases have a name of their own and lie in the same folder.
    session.run_install("pip", "uninstall", "--quiet", "--yes", "keras", "keras-nightly")
    session.install("--pre", "--no-deps", "keras-nightly")
    session.run("pip", "list")
    suite(session, environment(session, backend))


@nox.session(tags=["quick", "ci", "full"])
def lint(session: nox.Session) -> None:
    """Style, layers, code without a reader, backends and private Keras in their own files alone."""
    install(session, ".", "lint")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")
    session.run("vulture")


@nox.session(tags=["quick", "ci", "full"])
def types(session: nox.Session) -> None:
    """Type hints, strictly."""
    install(session, ".", "types")
    session.run("mypy")


@nox.session(tags=["ci", "full"])
def docs(session: nox.Session) -> None:
    """The documentation, without warnings and without network."""
    install(session, ".[jax]", "docs")
    # On two cores: one of three processes only hands out the pages that the others write.
    session.run(
        "sphinx-build", "-W", "--keep-going", "-E", "-j3", "docs", "docs/_build", *session.posargs,
        env=environment(session, "jax"),
    )  # fmt: skip


@nox.session(venv_backend="virtualenv", reuse_venv=False, tags=["full"])  # %pip needs pip
@nox.parametrize("backend", BACKENDS)
def notebooks(session: nox.Session, backend: str) -> None:
    """Chapters and concepts where Jupyter alone is installed: their first cell installs the rest.

    `-- chapters/fmnist` runs one. The data are the samples.
    """
    groups = (nox.project.dependency_groups(PROJECT, group) for group in ("notebooks", "build"))
    session.install(*(requirement for group in groups for requirement in group))
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", "--wheel", f"--outdir={folder}")
        variables = environment(session, backend) | {"PIP_FIND_LINKS": folder}
        session.run("python", "docs/notebooks.py", *session.posargs, env=variables)


@nox.session(tags=["full"])
def build(session: nox.Session) -> None:
    """Wheel and sdist, and the main job by the wheel alone, in a fresh environment and folder."""
    session.install(*nox.project.dependency_groups(PROJECT, "build"))
    with tempfile.TemporaryDirectory() as folder:
        session.run("python", "-m", "build", f"--outdir={folder}")
        (wheel,) = Path(folder).glob("*.whl")
        fresh = Path(folder, "fresh")
        session.run(sys.executable, "-m", "venv", fresh, external=True)
        programs = fresh / ("Scripts" if os.name == "nt" else "bin")
        session.run(programs / "pip", "install", "-q", f"{wheel}[jax]", external=True)
        with session.chdir(folder):
            run = [programs / "python", "-I", "-m", "keras3_lab.fmnist", "--data=sample"]
            session.run(*run, env=environment(session, "jax"), external=True)
        dist = Path("dist")
        dist.mkdir(exist_ok=True)
        for made in (wheel, *Path(folder).glob("*.tar.gz")):
            shutil.copy(made, dist)


@nox.session
@nox.parametrize("devices", [nox.param(names, tags=["full"]) for names in ("cpu", "cpu,gpu")])
def parity(session: nox.Session, devices: str) -> None:
    """The same results on every backend and device: all recipes, and a part of the zoo of models.

    `-- fmnist/mlp --steps=200` compares one recipe.
    """
    variables = on(session, BACKENDS, devices.rpartition(",")[2])
    lanes = ",".join(f"{backend}:{device}" for device in devices.split(",") for backend in BACKENDS)
    session.run(
        "keras3-lab", "parity", "check", f"--lanes={lanes}", *session.posargs, env=variables
    )
    if not session.posargs:
        session.run("python", "tests/parity/models", "sample", f"--lanes={lanes}", env=variables)


@nox.session(venv_backend="none", tags=["ci", "full"])
def separate(session: nox.Session) -> None:
    """Compare JAX without TensorFlow and TensorFlow without JAX, and a lane with a planted fault.

    Each of the sound lanes is resumed by the other.
    """
    subject = session.posargs or ["fmnist/early-stopping", "--steps=600", "--data=sample"]
    home = Path(".nox").resolve()
    bins = {}
    for backend in BACKENDS:
        made = home / f"separate-{backend}"
        bins[backend] = made / ("Scripts" if os.name == "nt" else "bin")
        if UV:
            if not made.exists():
                session.run(UV, "venv", "-q", f"--python={sys.executable}", made)
            session.run(UV, "pip", "install", "-q", f"--python={made}", f".[{backend}]")
        else:
            if not made.exists():
                session.run(sys.executable, "-m", "venv", made)
            session.run(bins[backend] / "pip", "install", "-q", f".[{backend}]")
    number = itertools.count()
    with tempfile.TemporaryDirectory(dir=home) as folder, ThreadPoolExecutor() as pool:

        def record(backend: str, *arguments: str) -> Path:
            out = Path(folder) / f"{backend}-{next(number)}.npz"
            session.run(
                bins[backend] / "keras3-lab", "parity", "record", *arguments, f"--out={out}",
                env={"KERAS_BACKEND": backend, "KERAS_HOME": folder, "PYTHONPATH": "tests/parity"},
            )  # fmt: skip
            return out

        def compare(*traces: Path, status: int) -> None:
            session.run(
                bins["jax"] / "keras3-lab", "parity", "compare", *traces, success_codes=[status]
            )

        one, other = pool.map(lambda backend: record(backend, *subject), BACKENDS)
        sources = [f"--resume={other}", f"--resume={one}"]
        resumed = pool.map(lambda *pair: record(pair[0], *subject, pair[1]), BACKENDS, sources)
        compare(one, other, *resumed, status=0)
        planted = ["planted:layer", "--dtype=float64"]
        one, sound = pool.map(lambda backend: record(backend, *planted), BACKENDS)
        faulty = record(BACKENDS[1], *planted, f"--lane=faulty={BACKENDS[1]}:cpu")
        compare(one, sound, status=0)
        compare(one, faulty, status=1)


@nox.session(venv_backend="none", tags=["full"])
def readme(session: nox.Session) -> None:
    """Every shell line of README but nox itself, in order, in a fresh copy and a fresh home."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "keras3_lab"
        made = [".git", ".nox", ".venv", "runs"]
        shutil.copytree(".", copy, ignore=lambda at, names: made if at == "." else [])
        with session.chdir(copy):
            session.run(sys.executable, "tests/readme.py", "Run it", "Use it")


@nox.session(tags=["ci", "full"])
@nox.parametrize("backend", BACKENDS)
def peer(session: nox.Session, backend: str) -> None:
    """Keras's own tests, with the engine in Keras's place: `-- trainers callbacks rest layers`.

    They import JAX and TensorFlow, whichever Keras runs on.
    """
    install(session, f".[{','.join(BACKENDS)}]", "peer")
    arguments = session.posargs or ["trainers", "callbacks"]
    session.run("python", "tests/peer", *arguments, env=environment(session, backend))


@nox.session
@nox.parametrize("backend", BACKENDS)
def mutants(session: nox.Session, backend: str) -> None:
    """One-line faults, planted one at a time: one that no test notices ends it with 1."""
    install(session, f".[{backend}]", "test")
    page = "mutants.md" if backend == "jax" else f"mutants-{backend}.md"
    arguments = session.posargs or [f"--table=docs/results/{page}"]
    session.run("python", "tests/mutants", *arguments, env=environment(session, backend))


@nox.session
def fuzz(session: nox.Session) -> None:
    """Every reader takes 100,000 changed files; an answer that is no named error ends it with 1."""
    install(session, ".[jax]", "test")
    arguments = session.posargs or ["--table=docs/results/fuzz.md"]
    session.run("python", "tests/fuzz", *arguments, env=environment(session, "jax"))


@nox.session
def atlas_fuzz(session: nox.Session) -> None:
    """Random models on both backends; what parts them for no known reason ends it with 1."""
    install(session, f".[{','.join(BACKENDS)}]", "test")
    arguments = session.posargs or ["--minutes=30"]
    session.run("python", "tests/fuzz_models", *arguments, env=environment(session, "jax"))


@nox.session
@nox.parametrize("backend", BACKENDS)
def kill(session: nox.Session, backend: str) -> None:
    """Runs killed at random moments, and on full disks, go on as if nothing had happened."""
    install(session, f".[{backend}]", "test")
    arguments = session.posargs or ["--table=docs/results/kills.md"]
    session.run("python", "tests/kill", *arguments, env=environment(session, backend))
    disks = ["tests/kill/full_disk.py", "--table=docs/results/disk.md"]
    session.run("python", *disks, env=environment(session, backend))
    signals = ["tests/kill/interrupts.py", "--table=docs/results/signals.md"]
    session.run("python", *signals, env=environment(session, backend))


@nox.session
def elsewhere(session: nox.Session) -> None:
    """Runs begun on one backend and gone on with on the other end as runs of its own do."""
    install(session, f".[{','.join(BACKENDS)}]", "test")
    arguments = session.posargs or ["--table=docs/results/elsewhere.md"]
    session.run("python", "tests/kill/elsewhere.py", *arguments)


@nox.session
@nox.parametrize("device", DEVICES)
@nox.parametrize("backend", BACKENDS)
def bench(session: nox.Session, backend: str, device: str) -> None:
    """The engine beside stock fit."""
    variables = on(session, backend, device)
    session.run("keras3-lab", "bench", *session.posargs, env=variables)


@nox.session(tags=["full"])
@nox.parametrize("device", DEVICES)
@nox.parametrize("backend", BACKENDS)
def demo(session: nox.Session, backend: str, device: str) -> None:
    """The main job."""
    variables = on(session, backend, device)
    session.run("python", "-m", "keras3_lab.fmnist", *session.posargs, env=variables)
