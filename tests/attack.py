"""Programs to attack (`hardwire.campaign` has the attacks), and what comes of one."""

from __future__ import annotations

from typing import Any

from hardwire.campaign.attacking import Trial, attack, promised, shaken
from hardwire.campaign.programs import CampaignCase as Case
from hardwire.campaign.programs import tame as generated
from hardwire.errors import CertificateError, CompileError
from hardwire.programs import LIBRARY

__all__ = ["Case", "Trial", "attack", "generated", "library", "outcome", "promised", "shaken"]


def library(name: str, max_len: int | None = None) -> Case:
    """A library program at its defaults, or at another length."""
    p = LIBRARY[name]
    given = None if p.given is None else p.given()
    return Case(name, p(), p.vocab, p.max_len if max_len is None else max_len, given=given, sample=p.sample)


def outcome(case: Case, most: int = 10_000, few: int = 600, more: Any = None) -> str:
    """Compiles, certifies and attacks: "not compiled", "not certified", "right", or what went wrong.

    `more`: from a model to further ways to compute its answers.
    """
    try:
        model = case.proved()
    except CompileError:
        return "not compiled"
    except CertificateError:
        return "not certified"
    trial = Trial.of(model, case.program, most, case.given, case.sample)
    wrong = attack(model, trial, promised(model, model.certificate), few=few, more=more and more(model))
    return f"{case}, {wrong}" if wrong else "right"
