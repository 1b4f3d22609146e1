"""Stored models stay provable when the passes change: a claim carries its expression, whatever made it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire.errors import CertificateError
from hardwire.programs import LIBRARY
from hardwire.rewrite import Pass, program

GOLDEN = Path(__file__).parents[1] / "proof" / "golden"


def given_of(name: str) -> hw.SOp | None:
    given = LIBRARY[name].given
    return None if given is None else given()


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.safetensors")), ids=lambda f: f.stem)
@pytest.mark.parametrize("place", [0, 3, 6])
def test_a_pass_more(file: Path, place: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def identity(root: Any, facts: Any) -> dict[Any, Any]:
        return {e: e for e in root.walk()}

    passes = (*program.PASSES[:place], Pass("identity", identity), *program.PASSES[place:])
    monkeypatch.setattr(program, "PASSES", passes)
    name = file.stem.partition("-")[0]
    loaded = hw.load(file)
    proved = hw.certify(loaded, LIBRARY[name](), given=given_of(name))
    assert proved.max_len == loaded.max_len


def test_a_pass_less(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model computes another form of the program than this version's passes make, with the same normal form."""
    sop = hw.programs.add_binary()
    with monkeypatch.context() as m:
        m.setattr(program, "PASSES", tuple(p for p in program.PASSES if p.name != "differences"))
        model = hw.compile(sop, "01+", 7, given=given_of("add_binary"))
    computes = model.circuit.computes
    assert computes is not None
    assert computes is not hw.compile(sop, "01+", 7, given=given_of("add_binary")).circuit.computes
    assert hw.certify(model).max_len == 7


def test_another_program_is_refused() -> None:
    model = hw.compile(hw.programs.flip(), "abc", 5)
    with pytest.raises(CertificateError, match="was compiled from another program"):
        hw.certify(model, hw.programs.histogram())
