"""What a parity run is about, in words that can be sent to a lane's process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Subject:
    """A recipe, or a function that makes anyone's model.

    Args:
        name: A recipe's name, or `MODULE:FUNCTION`.
        variant: Variant of the recipe.
        arm: Arm of a recipe that compares several trainings.
        data: `"auto"`, `"full"` or `"sample"`, for recipes.
        data_dir: A folder of data sets, for recipes.
        fraction: How much of the training rows, for recipes.
        rows: Most training rows, those to validate on among them, for recipes. Defaults to all.
        options: Values of the recipe's own options, or arguments of the function.
        portable: Whether stock random layers are replaced by their portable twins.
        file: The file of the function's module, which may not be found by its name.
    """

    name: str
    variant: str = "corrected"
    arm: str = ""
    data: str = "auto"
    data_dir: str | None = None
    fraction: float = 1.0
    rows: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    portable: bool = False
    file: str = ""

    @property
    def is_function(self) -> bool:
        """Whether it is `MODULE:FUNCTION`, and no recipe."""
        return ":" in self.name

    @property
    def title(self) -> str:
        """Name, arm, variant and options, for people."""
        if self.is_function:
            arguments = ", ".join(f"{name}={value!r}" for name, value in self.options.items())
            return f"{self.name}({arguments})" if arguments else self.name
        arm = f": {self.arm}" if self.arm else ""
        options = "".join(f", {name} {value}" for name, value in self.options.items())
        return f"{self.name}{arm} ({self.variant}{options})"

    def to_json(self) -> dict[str, Any]:
        """Return the subject as JSON has it."""
        return asdict(self)
