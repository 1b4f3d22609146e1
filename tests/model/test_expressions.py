"""Expressions in files: they come back as the same nodes, and a file can say nothing else."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

import hardwire as hw
from hardwire import SOp, full, indices, key, query, select, tokens, where
from hardwire.errors import CertificateError
from hardwire.lang.expr import Expr
from hardwire.lang.function import Tabled
from hardwire.model.codec import Malformed, NotStorable, pack, unpack
from hardwire.model.expressions import (
    StoredNode,
    Unloaded,
    functions_of,
    pack_expressions,
    unpack_expressions,
    with_functions,
)
from hardwire.programs import LIBRARY


def stored(root: Expr, program: Expr | None = None) -> Expr:
    """The expression after it was JSON."""
    nodes, [place] = pack_expressions([root], root if program is None else program)
    data = pack(nodes, tuple[StoredNode, ...])
    return unpack_expressions(unpack(data, tuple[StoredNode, ...]))[place]


@pytest.mark.parametrize("name", LIBRARY)
def test_library_programs_come_back(name: str) -> None:
    program = LIBRARY[name]().expr
    assert with_functions(stored(program), program) is program


VALUES = (0, True, 1, 1.0, -0.0, Fraction(1, 3), "a", None, ("a", (1, True)), 2**70, float("inf"))


@pytest.mark.parametrize("v", VALUES, ids=repr)
def test_constants_keep_their_type(v: Any) -> None:
    sop = where(tokens == "a", v, indices)
    assert stored(sop.expr) is sop.expr


def test_every_kind_of_argument() -> None:
    table = tokens.map({"a": 1, "b": None})
    sop = (select(table, indices, lambda k, q: k == q) | (key(table) >= query(1))).max(table.round(1), of=table)
    sop = sop.name("best") + hw.raw([1, 2, 3]) + where(tokens.has("ab"), full.mean(1), 2)
    assert with_functions(stored(sop.expr), sop.expr) is sop.expr


def test_functions_are_known_by_their_number() -> None:
    sop = SOp.zip(lambda a, b: a + b, tokens.map(abs), indices)
    loaded = stored(sop.expr)
    assert loaded is not sop.expr
    assert isinstance(loaded.arg, Unloaded)
    assert loaded.arg.number == 1
    assert [f.label for f in functions_of(sop.expr)] == ["abs", "lambda"]
    with pytest.raises(ValueError, match="lambda is not stored"):
        loaded.arg(1, 2)
    assert with_functions(loaded, sop.expr) is sop.expr
    assert with_functions(loaded, tokens.map(abs).expr).arg is loaded.arg
    with pytest.raises(NotStorable):
        stored(sop.expr, tokens.expr)


def test_tables_of_the_compiler() -> None:
    table = Tabled({("a", 1): 0.5, ("b", 2): 3.0})
    nodes = (StoredNode("TOKENS", ()), StoredNode("MAP", (0, 0), "codes", ((("a", 1), 0.5), (("b", 2), 3.0)), "codes"))
    assert unpack_expressions(nodes)[1].arg.key == table.key


@pytest.mark.parametrize(
    "bad",
    [
        StoredNode("EVAL", ()),
        StoredNode("ADD", (0, 1)),
        StoredNode("ADD", (-1, 0)),
        StoredNode("MAP", (0,), "value", 1),
        StoredNode("MAP", (0,)),
        StoredNode("MAP", (0,), "table", 3),
        StoredNode("MAP", (0,), "codes", (("a", "b"),)),
        StoredNode("MAP", (0,), "python", "print"),
        StoredNode("COMPARE", (0, 0), "op", "EVAL"),
        StoredNode("CONST", (), "function", 0),
        StoredNode("WIDTH", ()),
        StoredNode("MEAN", ()),
    ],
    ids=repr,
)
def test_nodes_that_are_none(bad: StoredNode) -> None:
    with pytest.raises(Malformed):
        unpack_expressions((StoredNode("TOKENS", ()), bad))


def test_a_model_of_functions_is_proved_again_with_its_program(tmp_path: Path) -> None:
    program = (key(tokens.map(lambda t: t.upper())) == query(tokens.map(str.lower))).width() > 1
    model = hw.compile(program, "aAbB", 6)
    model.save(tmp_path / "m")
    loaded = hw.load(tmp_path / "m")
    assert hw.certify(loaded, program) == model.certificate
    loaded.save(tmp_path / "again")  # without the program, and nothing is lost
    assert hw.certify(hw.load(tmp_path / "again"), program) == model.certificate
    other = (key(tokens.map(lambda t: t.lower())) == query(tokens.map(str.lower))).width() > 1
    with pytest.raises(CertificateError):
        hw.certify(loaded, other)
