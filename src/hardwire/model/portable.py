"""A model without the author's Python: the functions of its program as tables."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..errors import InterventionError
from .expressions import without_functions
from .variables import ModelVariable

if TYPE_CHECKING:
    from .transformer import Transformer


def known_variables(model: Transformer) -> tuple[ModelVariable, ...] | None:
    """Where the model stores its named values, if that can be known."""
    try:
        return tuple(model.variables.values())
    except InterventionError:
        return None


def portable(model: Transformer, subject: Any) -> tuple[dict[str, Any], Any]:
    """(the fields of a model that its functions are in, the subject of its certificate), with tables in their place.

    Functions that cannot be tables, because they have too many arguments, stay as they are.
    """
    from ..lang.ports import function_tables

    tables = function_tables(model)
    if tables is None:
        return {}, subject
    program = model.source.expr

    def moved(sop: Any) -> Any:
        expr = getattr(sop, "expr", None)
        return sop if expr is None else type(sop)(without_functions(expr, expr, tables))

    found = {
        "source": moved(model.source),
        "given": moved(model.given),
        "circuit": replace(model.circuit.without_functions(program, tables), variables=known_variables(model)),
    }
    return found, tuple(map(moved, subject)) if isinstance(subject, tuple) else subject
