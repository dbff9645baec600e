"""The pytest plugin: `def test_model(parity): parity(make)`.

A module of its own beside the package, because pytest imports its plugins in each suite there is,
and importing the package would choose a Keras backend for suites that never ask for parity.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from keras3_lab.parity.agreements import Agreements
    from keras3_lab.parity.lanes import Lane
    from keras3_lab.parity.plan import Plan
    from keras3_lab.parity.session import Session
    from keras3_lab.parity.subject import Subject


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that chooses the lanes."""
    parser.getgroup("keras3-lab").addoption(
        "--parity-lanes",
        metavar="LANE,LANE",
        help="Lanes that the fixture `parity` compares. Default: jax:cpu,tensorflow:cpu.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Refuse lanes that there are none of, before anything runs."""
    if config.getoption("--parity-lanes"):
        _chosen_lanes(config)


def _chosen_lanes(config: pytest.Config) -> list[Lane]:
    from keras3_lab.errors import UsageError
    from keras3_lab.parity.checking import LANES
    from keras3_lab.parity.lanes import parse_lanes

    chosen = config.getoption("--parity-lanes")
    try:
        return parse_lanes(chosen.split(",") if chosen else list(LANES))
    except UsageError as error:
        raise pytest.UsageError(f"--parity-lanes: {error}") from error


@pytest.fixture
def parity(_parity: Parity) -> Parity:
    """Check that a model trains to the same numbers on every backend: `parity(make)`."""
    return _parity


@pytest.fixture(scope="session")
def _parity(pytestconfig: pytest.Config) -> Iterator[Parity]:
    made = Parity(pytestconfig)
    yield made
    made.close()


class Parity:
    """Checks one model after the other, in lanes that are started once and kept to the end.

    Args:
        config: pytest's.
    """

    def __init__(self, config: pytest.Config) -> None:
        from keras3_lab.parity.agreements import Agreements

        self._lanes = _chosen_lanes(config)
        self._session: Session | None = None
        self._too_few = ""
        self._agreed: Agreements | None = None
        if (store := getattr(config, "cache", None)) is not None:  # -p no:cacheprovider
            self._agreed = Agreements(store, config.rootpath, self._lanes)

    def __call__(
        self,
        make: Callable[[], Any] | str,
        *,
        gates: Sequence[str] = ("G0", "G1", "G2", "G3"),
        steps: int | None = None,
        seed: int = 42,
        portable: bool = False,
        allow_unjudged: bool = False,
    ) -> None:
        """Fail the test unless the lanes agree.

        What agreed before is not run again as long as nothing has changed that a lane imports.

        Args:
            make: As in `keras3_lab.parity.check`.
            gates: As there.
            steps: As there.
            seed: As there.
            portable: As there.
            allow_unjudged: Whether a result may also be "not judged".
        """
        __tracebackhide__ = True
        from keras3_lab.errors import UsageError
        from keras3_lab.parity.checking import order
        from keras3_lab.parity.session import TooFewLanes

        failure = ""
        try:
            subject, plan = order(make, gates=gates, steps=steps, seed=seed, portable=portable)
            failure = self._failure(subject, plan, allow_unjudged)
        except TooFewLanes as reason:
            self._too_few = str(reason)
        except UsageError as error:
            failure = str(error)
        if self._too_few:
            pytest.skip(self._too_few)
        if failure:
            pytest.fail(failure, pytrace=False)

    def _failure(self, subject: Subject, plan: Plan, allow_unjudged: bool) -> str:
        """Return why the lanes do not agree; nothing where they do."""
        from keras3_lab.parity.session import Session
        from keras3_lab.parity.tell.report import causes, notes_of, unlike

        if self._too_few or (self._agreed is not None and self._agreed.holds(subject, plan)):
            return ""
        if self._session is None:
            self._session = Session(self._lanes)
        result = self._session.run(subject, plan)
        if result.verdict == "agree":
            if self._agreed is not None:
                self._agreed.add(subject, plan, self._session.sources())
            return ""
        if allow_unjudged and result.verdict == "not judged":
            return ""
        at = [gate for gate, found in result.gates.items() if found.verdict != "agree"]
        heading = f"{result.title}: {result.verdict} at {', '.join(at)}"
        return "\n".join([heading, *unlike(result), *causes(result), *notes_of(result)])

    def close(self) -> None:
        """End the lanes."""
        if self._session is not None:
            self._session.close()
