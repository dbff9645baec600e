"""A recipe's declaration as it stands in the package's source."""

from __future__ import annotations

import ast
import importlib
import inspect
from types import ModuleType

from keras3_lab.recipes import Recipe


def declaration(recipe: Recipe) -> str:
    """Return the source of a recipe's declaration, after that of the helpers that it names."""
    module = importlib.import_module(f"keras3_lab.{recipe.chapter}")
    source = inspect.getsource(module)
    parts = {name: node for node in ast.parse(source).body for name in _names(node)}
    wanted = [_home(recipe, module)]
    helpers: set[str] = set()
    while wanted:
        named = _used(parts[wanted.pop()]) & parts.keys() - helpers
        new = {name for name in named if _helps(name, module)}
        helpers |= new
        wanted += new
    chosen = {*helpers, _home(recipe, module)}
    return "\n\n".join(
        ast.get_source_segment(source, node) or ""
        for node in dict.fromkeys(node for name, node in parts.items() if name in chosen)
    )


def origin(recipe: Recipe) -> str | None:
    """Return the name of the recipe that a declaration is `replace(…)` of."""
    module = importlib.import_module(f"keras3_lab.{recipe.chapter}")
    home = _home(recipe, module)
    for node in ast.parse(inspect.getsource(module)).body:
        if home in _names(node):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "replace":
                    found = eval(ast.unparse(call.args[0]), vars(module) | {"plain": None})  # noqa: S307 - ours
                    return found.name if found else "cifar10/cnn"
    return None


def _home(recipe: Recipe, module: ModuleType) -> str:
    """Return the name that stands for a recipe in its chapter: a constant, or a function."""
    for name, value in vars(module).items():
        if isinstance(value, Recipe) and value.name == recipe.name:
            return name
    return recipe.declare.__name__  # type: ignore[union-attr]


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.FunctionDef):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


def _used(node: ast.stmt) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _helps(name: str, module: ModuleType) -> bool:
    """Whether a name is worth a reader's while: no other recipe, and no sentence."""
    value = getattr(module, name)
    if isinstance(value, str | Recipe) or name in ("RECIPES", "points"):
        return False
    return not (callable(value) and getattr(value, "__annotations__", {}).get("return") == "Recipe")
