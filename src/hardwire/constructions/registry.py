"""The register of recipes: what each says of itself, for the command line, the docs page and the measurements."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from ..errors import BuildError, UnknownNameError

F = TypeVar("F", bound=Callable[..., Any])

THEMES = ("feedforward", "attention", "position", "norm", "representation", "assembly", "errors", "ours")
LABELS = ("Formula", "Shapes", "Ranges", "Bound", "Source", "Cost", "Note")
"""What a docstring states, each in a paragraph that begins so; a note is optional."""


@dataclass(frozen=True)
class Recipe:
    """A recipe: its function, and the bound of its error as a function where it is a number."""

    name: str
    theme: str
    function: Callable[..., Any]
    bound: Callable[..., float] | None = None

    @cached_property
    def text(self) -> str:
        return inspect.getdoc(self.function) or ""

    @property
    def summary(self) -> str:
        return self.text.partition("\n\n")[0].replace("\n", " ")

    @cached_property
    def facts(self) -> dict[str, str]:
        """Each label of the docstring with what follows it."""
        found: dict[str, str] = {}
        label = ""
        for line in self.text.splitlines():
            head, colon, rest = line.partition(": ")
            if colon and head in LABELS:
                label = head
                found[label] = rest.strip()
            elif not line.strip() or line.startswith(">>>"):
                label = ""
            elif label:
                found[label] += " " + line.strip()
        return found

    @property
    def origin(self) -> str:
        """The source in a word: "§4.4", "ours"."""
        return (
            re.split(r"[;,:(]", self.facts["Source"])[0]
            .replace("Cookbook Lemma", "Lemma")
            .replace("Cookbook ", "§")
            .strip(" .")
        )

    @property
    def example(self) -> str:
        """The numeric example: the lines of the docstring from the first >>>."""
        lines = self.text.splitlines()
        start = next((i for i, line in enumerate(lines) if line.startswith(">>>")), len(lines))
        return "\n".join(lines[start:]).rstrip()

    @property
    def signature(self) -> str:
        names = [
            str(p.replace(annotation=inspect.Parameter.empty))
            for p in inspect.signature(self.function).parameters.values()
        ]
        return f"{self.name}({', '.join(names)})"


RECIPES: dict[str, Recipe] = {}
"""Every recipe by name, in the order of definition."""


def recipe(theme: str, bound: Callable[..., float] | None = None, name: str = "") -> Callable[[F], F]:
    """Return a decorator that enters a function into the register, and leaves it unchanged."""

    def enter(function: F) -> F:
        known = name or function.__name__
        RECIPES[known] = Recipe(known, theme, function, bound)
        return function

    return enter


def get(name: str) -> Recipe:
    """The recipe of that name. Raises UnknownNameError, which suggests the nearest."""
    if name not in RECIPES:
        raise UnknownNameError("recipe", name, RECIPES, "`hardwire recipes` lists all.")
    return RECIPES[name]


def bound_of(name: str) -> Callable[..., float]:
    """The bound that a recipe claims for its error. Measurements are compared with it, and limits follow from it."""
    found = get(name).bound
    if found is None:
        raise BuildError(f"the recipe {name} has no bound that is a number")
    return found


def by_theme() -> dict[str, list[Recipe]]:
    """All recipes, in the order of the themes."""
    return {theme: [r for r in RECIPES.values() if r.theme == theme] for theme in THEMES}
