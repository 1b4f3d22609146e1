"""The last step of every proof: its certificate is bound to the model and the program that were proved."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..lang.sop import SOp
from ..lang.text import formula
from ..model.certificate import Certificate
from ..model.transformer import Transformer

WIDEST = 400
"""How much of a program a certificate shows, in characters; models show as much."""


def sealed(found: Certificate, model: Transformer, program: Any, given: Any) -> Certificate:
    """Return the certificate, bound to this model and to this program under this condition."""
    return replace(found, program=_text(program, model)).sealed(model.digest, (program, given))


def _text(program: Any, model: Transformer) -> str:
    """The program for people; a function has its name, that of a model made by hand the model's own."""
    if isinstance(program, SOp):
        return formula(program.expr, WIDEST)
    if model.reference is not None and program is model.reference.answers:
        return model.program
    return str(getattr(program, "__name__", type(program).__name__))
