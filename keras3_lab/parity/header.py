"""What a trace says of itself: what ran where, and what is known of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject

Digests = dict[str, dict[str, str]]
"""SHA-256 by kind (`data`, `weights`, `order`, `masks`) and name."""


@dataclass(frozen=True)
class Finding:
    """One thing in a model that makes backends differ, or may.

    Args:
        rule: Name of the rule that found it.
        where: Layer, loss or metric.
        message: What differs and what to do, in a sentence or two.
        unjudged: Whether lanes cannot agree because of it, so that a difference proves nothing.
        dtype: The one precision in which it makes lanes differ; empty if it does in each.
    """

    rule: str
    where: str
    message: str
    unjudged: bool = False
    dtype: str = ""

    @property
    def link(self) -> str:
        """Where the documentation tells of it."""
        return f"parity.html#{self.rule}"

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def to_json(self) -> dict[str, Any]:
        """Return the finding as JSON has it."""
        return {**asdict(self), "link": self.link}


@dataclass(frozen=True)
class Failure:
    """Why a lane could not do what it was asked.

    Args:
        message: What failed, in whose code and what to do, in one line.
        traceback: Where, for those who mend it.
    """

    message: str
    traceback: str = ""


@dataclass(frozen=True)
class Length:
    """How long a recorded run was.

    Args:
        steps: Steps that were run.
        switch: The step before which the model was saved, for G3.
        per_epoch: Steps of a whole epoch.
        epochs: Epochs that were run, one that was cut short included.
        of_steps: Steps of the whole training.
        rows: Training rows.
        batch_size: Rows per step.
    """

    steps: int
    switch: int
    per_epoch: int
    epochs: int
    of_steps: int
    rows: int
    batch_size: int


@dataclass
class Header:
    """What ran and where.

    Args:
        lane: Name of the lane, `"jax:cpu"`.
        subject: What ran.
        device: Device of the lane.
        versions: Versions of the packages, by name.
        plan: How much was asked for; `None` in a trace that only adds runs to a recording.
        length: How long the main run was; `None` where the lane cannot train.
        digests: Fingerprints of the inputs, by dtype.
        names: Names of the variables by position, by part of the state.
        trainable: Positions of the weights that are trained.
        findings: What lint knows of the model.
        unsaved: Why the model could not be saved, if it could not.
        failed: Why another lane's model could not be loaded, by lane.
        failures: Why nothing could be trained, by dtype.
    """

    lane: str
    subject: Subject
    device: str = ""
    versions: dict[str, str] = field(default_factory=dict)
    plan: Plan | None = None
    length: Length | None = None
    digests: dict[str, Digests] = field(default_factory=dict)
    names: dict[str, dict[str, str]] = field(default_factory=dict)
    trainable: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    unsaved: str = ""
    failed: dict[str, str] = field(default_factory=dict)
    failures: dict[str, Failure] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the header as JSON has it."""
        return asdict(self)
