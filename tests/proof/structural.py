"""The proof by structure step by step, for tests of what it has found."""

from __future__ import annotations

import numpy as np

import hardwire as hw
from hardwire.certification import task_of
from hardwire.errors import CertificateError
from hardwire.model.certificate import Margin
from hardwire.proof.evidence import Setting
from hardwire.proof.strategy import DEFAULT_LIMITS, Limits
from hardwire.proof.structure import Task, proof_steps, prove_structure
from hardwire.rewrite import analysed


def task(model: hw.Transformer, program: hw.SOp | None = None, limits: Limits = DEFAULT_LIMITS) -> Task:
    """What is to be proved of a model; by default, that it computes the program from which it was compiled."""
    root = model.source.expr if program is None else program.expr
    assert model.max_len is not None
    given = None if model.given is None else model.given.expr
    known = analysed(root, model.vocab, model.max_len, causal=model.causal, given=given)
    return task_of(model, known, limits)


def proof(
    model: hw.Transformer, program: hw.SOp | None = None, limits: Limits = DEFAULT_LIMITS
) -> tuple[float, tuple[Margin, ...]]:
    """(the bound, the margins) of a proof. Raises CertificateError."""
    with np.errstate(all="ignore"):
        return prove_structure(task(model, program, limits))


def settings(
    model: hw.Transformer, program: hw.SOp | None = None, limits: Limits = DEFAULT_LIMITS
) -> tuple[list[Setting], bool]:
    """(the settings of a proof in turn, as far as it gets; whether all claims are proved)"""
    found: list[Setting] = []
    with np.errstate(all="ignore"):
        try:
            found.extend(proof_steps(task(model, program, limits)))
        except CertificateError:
            return found, False
    return found, True
