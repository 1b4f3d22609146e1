"""Stored sops: the same values, by models that store them, with smaller proofs."""

from __future__ import annotations

from pathlib import Path

import pytest

import hardwire as hw
from hardwire import SOp, attempts, before, errors, full, indices, key, query, tokens, where
from hardwire.errors import CertificateError
from hardwire.lang.expr import Op
from hardwire.rasp import dumps

DIGIT = tokens.map({str(d): d for d in range(10)})
COUNT = (key(tokens) == query("1")).width()


def test_stored_sops_have_the_same_values() -> None:
    x = (DIGIT + COUNT) * 3
    y = x.stored().name("y")
    assert y("1213") == x("1213")
    assert (y % 7)("1213", causal=True) == (x % 7)("1213", causal=True)
    assert y.layers == x.layers
    assert y.trace("11").names == {"y": [9, 9]}
    assert repr(x.stored().expr) == repr(x.expr)
    assert x.stored().expr is x.stored().expr
    last = [hw.generate(z.map(lambda n: str(n % 10)), "1", max_new=3).finish() for z in (x, x.stored())]
    assert last[0] == last[1]
    dumps(y)


def test_models_store_them_in_directions_of_their_own(tmp_path: Path) -> None:
    carry = where(DIGIT + COUNT > 5, 1, 0)
    program = where(carry.stored().name("carry") == 1, DIGIT, 0)
    model = hw.compile(program, "0123456789", 6)
    assert model.certificate is not None
    assert model.variables["carry"].status == "stored"
    assert hw.verify(model, samples=200)
    model.save(tmp_path / "model.safetensors")
    assert hw.certify(hw.load(tmp_path / "model.safetensors")).status == "exact up to length 6"
    assert hw.compile(program, "0123456789", 6, keep=["carry"]).certificate is not None
    hw.draw(program, "123")
    hw.draw(model, "123")
    hw.explore(model, "123")


def test_a_proof_takes_them_for_one_value() -> None:
    """Without storing the sum of six digits, its two digits are followed over a million combinations."""

    def program(of: SOp) -> SOp:
        return of // 10 * (of % 10)

    found = [(key(indices) == query(k)).one(DIGIT) for k in range(3)]
    total = sum(found[1:], start=found[0])
    model = hw.compile(program(total.stored()), "0123456789", 3)
    assert model.certificate is not None
    assert hw.verify(model, samples=300)


def test_selectors_have_no_such_method() -> None:
    with pytest.raises((AttributeError, errors.BuildError)):
        (key(tokens) == query("a")).stored()  # type: ignore[attr-defined]


@pytest.mark.parametrize(("max_len", "causal"), [(12, True), (16, False), (24, True)])
def test_what_selectors_compare_is_stored_where_there_is_no_other_proof(max_len: int, causal: bool) -> None:
    """Each closing bracket finds the bracket that it closes, by a level that is computed from a sum."""
    depth = (key(indices) <= query(indices)).value(where(tokens == "(", 1, -1))
    level = where(tokens == "(", depth, depth + 1).name("level")
    program = (before & (key(level) == query(level))).last(indices, -1)
    model = hw.compile(program, "()", max_len, causal=causal)
    assert model.certificate is not None
    assert any(e.op is Op.KEPT for e in model.source.expr.walk())
    assert hw.certify(model, program)  # as it was written, too
    assert hw.verify(model, program, samples=300)
    assert model.variables["level"].status == "stored"
    with pytest.raises(CertificateError, match="compiled from another program"):
        hw.certify(model, (before & (key(level) == query(level))).last(indices, -2))


def test_nothing_is_stored_where_there_is_a_proof_without() -> None:
    total = full.value(tokens)
    model = hw.compile((key(tokens) == query(total % 3)).width(), range(3), 5)
    assert all(e.op is not Op.KEPT for e in model.source.expr.walk())


def test_a_program_with_stored_sides_is_the_library_program_that_it_was() -> None:
    program = hw.programs.median()
    source = hw.compile(program, max_len=99).source
    assert source.expr is not program.expr
    assert source.origin is program.origin


def test_nothing_is_stored_or_proved_where_no_proof_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With dtype="auto" the first dtype in which the program compiles is kept, with the program as it was written."""

    def proved(*_: object) -> None:
        raise AssertionError("nobody asked for a proof")

    monkeypatch.setattr(attempts, "proved", proved)
    upto = key(indices) <= query(indices)
    level = upto.value(where(tokens == "(", 1, -1)) + where(tokens == "(", 0, 1)
    program = (before & (key(level) == query(level))).last(indices, -1)
    model = hw.compile(program, "()", 16, certify=False, dtype="auto")
    assert (model.dtype, model.certificate, model.source.expr) == ("float32", None, program.expr)
    wide = upto.value(where(tokens == "(", 0, 2**20)) + program
    with pytest.raises(errors.CompileError, match="too large for the precision"):
        hw.compile(wide, "()", 40, certify=False, remedies=False)
    model = hw.compile(wide, "()", 40, certify=False, dtype="auto")
    assert (model.dtype, model.certificate, model.source.expr) == ("float64", None, wide.expr)
    assert model("()") == [-1, 2**20]
