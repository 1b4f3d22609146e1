"""What the examples in docstrings of recipes take for granted: the names of `hardwire.recipes`, and NumPy."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _names_of_recipes(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    if "recipes" in request.node.nodeid and isinstance(request.node, pytest.DoctestItem):
        import numpy as np

        from hardwire import recipes

        doctest_namespace.update({name: getattr(recipes, name) for name in recipes.__all__}, np=np)
