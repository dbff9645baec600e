"""Recipes: what to train, on what, how, and what the notes say came out.

A chapter module (`keras3_lab.fmnist`, …) declares its recipes in `RECIPES`, the headline first.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras3_lab.errors import UsageError, unknown

if TYPE_CHECKING:
    import keras

    from keras3_lab.datasets import Dataset
    from keras3_lab.splits import Splits

CHAPTERS = ("fmnist", "mnist", "california", "cifar10", "linear")
VARIANTS = ("corrected", "as-noted")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Figures printed in the notes.

    Args:
        metrics: Final figures, named as in a run record (`val_accuracy`, `epochs_trained`, …).
        history: Figures per epoch, named as in a Keras `History`.
    """

    metrics: Mapping[str, float] = field(default_factory=dict)
    history: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """A table of what a recipe shows beyond its curves.

    Args:
        title: What it shows, in one line.
        columns: Heading of each column.
        rows: Texts and numbers, a tuple per row.
        metrics: What of it belongs among the run's metrics.
    """

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a recipe's `findings` look at.

    Args:
        recipe: The recipe, as it ran.
        models: The trained model of each arm; of `""` where there are no arms.
        histories: Its Keras history, likewise.
        splits: What it was trained, validated and tested on.
        folder: The run's folder, for files.
        seed: Seed of the run.
    """

    recipe: Recipe
    models: Mapping[str, keras.Model]
    histories: Mapping[str, Mapping[str, Sequence[float]]]
    splits: Splits
    folder: Path
    seed: int


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option that not every recipe has, `--base ResNet50`.

    Args:
        value: Its value.
        help: What it is, in one sentence.
        light: A value with which there is less to compute, for a look at all recipes at once.
    """

    value: str
    help: str
    light: str | None = None


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """The declaration of one training recipe.

    Whatever needs Keras stands behind a function, called when a run needs it.

    Args:
        name: Chapter and name, `"fmnist/dropout"`.
        title: What it is, in one line.
        source: Where it stands in the notes, `"N1 7-3"`.
        dataset: Name of its data set in `keras3_lab.datasets`, or what makes one of its own.
        split: Makes the arrays to train, validate and test on out of the data set.
        model: Builds the uncompiled model. `None` for a recipe that trains no Keras model and
            only has `findings`.
        pretrained: Loads the weights of a part that was trained elsewhere, over the initial ones.
        adapt: Sets what the model must learn of the training part before training, such as
            the statistics of a `Normalization`.
        trainable: Freezes the layers that are not trained.
        optimizer: Makes the optimizer; is given the number of training steps, for schedules.
        loss: Makes the loss; a dict of them by output where there are several.
        loss_weights: Weight of each output in the loss, where there are several.
        metrics: Makes the metrics; a dict of lists by output where there are several.
        epochs: Number of epochs, the most of them where a callback may stop earlier.
        batch_size: Rows per step.
        callbacks: Makes the Keras callbacks of the training; is given the run's folder.
        arms: What differs, by name, where a recipe compares several trainings. Each is trained
            on the same data from the same seed.
        stages: What differs, by name, where a recipe trains one model several times in succession.
            What is frozen in a stage is computed once, and not every epoch.
        findings: Looks at what came out and tells what it shows.
        figures: What the notes print.
        defects: What is wrong in the notes, a sentence each.
        remarks: What else a reader should know, a sentence each.
        as_noted: Fields that differ in the as-noted variant. Empty where the notes have no
            defect that changes the computation: there the two variants are one.
        options: The options that not every recipe has, by name.
        declare: Declares this recipe with other values of them, its keyword arguments.
    """

    name: str
    title: str
    source: str
    dataset: str | Callable[[], Dataset]
    split: Callable[[Dataset], Splits]
    model: Callable[[], keras.Model] | None = None
    pretrained: Callable[[keras.Model], None] | None = None
    adapt: Callable[[keras.Model, Splits], None] | None = None
    trainable: Callable[[keras.Model], None] | None = None
    optimizer: Callable[[int], keras.optimizers.Optimizer] = lambda steps: "rmsprop"
    loss: Callable[[], keras.losses.Loss | dict[str, keras.losses.Loss]] = lambda: None
    loss_weights: Mapping[str, float] | None = None
    metrics: Callable[[], list[Any] | dict[str, list[Any]]] = lambda: ["accuracy"]
    epochs: int = 1
    batch_size: int = 32
    callbacks: Callable[[Path], list[keras.callbacks.Callback]] = lambda folder: []
    arms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    stages: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    findings: Callable[[Outcome], list[Findings]] | None = None
    figures: Figures = field(default_factory=Figures)
    defects: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    as_noted: Mapping[str, Any] = field(default_factory=dict)
    options: Mapping[str, Option] = field(default_factory=dict)
    declare: Callable[..., Recipe] | None = None

    @property
    def chapter(self) -> str:
        """The chapter's name, `"fmnist"`."""
        return self.name.partition("/")[0]

    def variant(self, name: str) -> Recipe:
        """Return this recipe as `"corrected"` (itself) or `"as-noted"`.

        Raises:
            UsageError: If there is no such variant.
        """
        if name not in VARIANTS:
            raise unknown("variant", name, VARIANTS)
        return replace(self, **self.as_noted) if name == "as-noted" else self

    def with_options(self, values: Mapping[str, str | None]) -> Recipe:
        """Return this recipe with values of the options that not every recipe has.

        Args:
            values: Value of each option; one that is `None` counts as not given.

        Raises:
            UsageError: If the recipe has no such option, or it does not take the value.
        """
        given = {name: value for name, value in values.items() if value is not None}
        for name in given:
            if name not in self.options:
                known = f"it has {', '.join(self.options)}" if self.options else "it has none"
                raise UsageError(f"recipe {self.name!r} has no option {name!r} of its own; {known}")
        return self.declare(**given) if given and self.declare else self

    def data(
        self, source: str = "auto", data_dir: str | None = None, fraction: float = 1.0
    ) -> tuple[Dataset, Splits]:
        """Load the data set and split it.

        Args:
            source: `"auto"`, `"full"` or `"sample"`, as in `datasets.load`.
            data_dir: A folder laid out like `~/.keras/datasets`.
            fraction: How much of the training rows to take, as in `datasets.take_fraction`.

        Returns:
            The data set, with its provenance, and the arrays to train, validate and test on.
        """
        dataset = load(self.dataset, source, data_dir, fraction)
        return dataset, self.split(dataset)

    def trials(self) -> dict[str, Recipe]:
        """Return the recipe of each arm or stage by name, or `{"": self}` where there are none."""
        parts = self.arms or self.stages
        if not parts:
            return {"": self} if self.model else {}
        return {
            name: replace(self, arms={}, stages={}, findings=None, **differences)
            for name, differences in parts.items()
        }

    def build(self, splits: Splits, seed: int = 42) -> keras.Model:
        """Build and compile the model, with weights that depend on `seed` alone.

        Args:
            splits: What to train on: a `Normalization` adapts to it, and a schedule's length
                depends on its rows.
            seed: Seed of the initial weights and of the random layers.

        Returns:
            A compiled `keras.Model`, the same on every backend.

        Raises:
            UsageError: If the recipe trains no model, or several in arms.

        Example:
        ```python
        from keras3_lab import recipes

        recipe = recipes.get("fmnist/dropout")
        dataset, splits = recipe.data(source="sample")
        model = recipe.build(splits, seed=1)
        ```
        """
        from keras3_lab.portable import initialize

        if self.model is None or self.arms or self.stages:
            parts = ", ".join(self.arms or self.stages)
            what = f"has the trials {parts}" if parts else "trains no Keras model"
            raise UsageError(f"recipe {self.name!r} {what}; build one of its trials()")
        model = self.model()
        initialize(model, seed)
        if self.pretrained:
            self.pretrained(model)
        if self.adapt:
            self.adapt(model, splits)
        if self.trainable:
            self.trainable(model)
        return self.compile(model, splits)

    def compile(self, model: keras.Model, splits: Splits) -> keras.Model:
        """Compile a model with the recipe's optimizer, loss and metrics, and return it.

        Args:
            model: A model, or the part of one that is trained.
            splits: What to train on: a schedule's length depends on its rows.
        """
        model.compile(
            optimizer=self.optimizer(self.epochs * splits.steps(self.batch_size)),
            loss=self.loss(),
            loss_weights=dict(self.loss_weights) if self.loss_weights else None,
            metrics=self.metrics(),
        )
        return model


def load(
    dataset: str | Callable[[], Dataset],
    source: str = "auto",
    data_dir: str | None = None,
    fraction: float = 1.0,
) -> Dataset:
    """Load or make what a recipe has as its data set.

    Args:
        dataset: Its name, or what makes it.
        source: `"auto"`, `"full"` or `"sample"`, as in `datasets.load`.
        data_dir: A folder laid out like `~/.keras/datasets`.
        fraction: How much of the training rows to take, as in `datasets.take_fraction`.

    Returns:
        The data set.

    Example:
    ```python
    from keras3_lab import recipes

    data = recipes.load(recipes.get("fmnist/dropout").dataset, source="sample")
    print(data.origin)
    ```
    """
    from keras3_lab import datasets

    if callable(dataset):
        found = dataset()
    else:
        found = datasets.load(dataset, source=source, data_dir=data_dir)
    return datasets.take_fraction(found, fraction)


def chapter(name: str) -> tuple[Recipe, ...]:
    """Return a chapter's recipes, the headline first.

    Raises:
        UsageError: If there is no such chapter.
    """
    if name not in CHAPTERS:
        raise unknown("chapter", name, CHAPTERS)
    recipes: tuple[Recipe, ...] = importlib.import_module(f"keras3_lab.{name}").RECIPES
    return recipes


def everything() -> tuple[Recipe, ...]:
    """Return all recipes, chapter by chapter."""
    return tuple(recipe for name in CHAPTERS for recipe in chapter(name))


def own_options() -> set[str]:
    """Return the names of the options that only one or the other recipe has."""
    return {name for recipe in everything() for name in recipe.options}


def names() -> list[str]:
    """Return the names of all recipes, chapter by chapter.

    Example:
    ```python
    from keras3_lab import recipes

    assert "fmnist/dropout" in recipes.names()
    ```
    """
    return [recipe.name for recipe in everything()]


def get(name: str, within: str | None = None) -> Recipe:
    """Return a recipe by its name.

    Args:
        name: `"fmnist/dropout"`, or `"dropout"` alone where no other chapter has one.
        within: Chapter to look in. Defaults to all.

    Returns:
        The recipe.

    Raises:
        UsageError: If there is no such recipe, or several chapters have one of that name.

    Example:
    ```python
    from keras3_lab import recipes

    print(recipes.get("fmnist/dropout").title)
    ```
    """
    known = [recipe for one in ([within] if within else CHAPTERS) for recipe in chapter(one)]
    found = [r for r in known if name in (r.name, r.name.partition("/")[2])]
    if len(found) == 1:
        return found[0]
    if found:
        options = " or ".join(recipe.name for recipe in found)
        raise UsageError(f"recipe {name!r} is ambiguous; say {options}")
    spellings = {s: r.name for r in known for s in (r.name, r.name.partition("/")[2])}
    raise unknown("recipe", name, spellings)
