"""A model takes its program along: files and pickles need none of the author's Python."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hardwire as hw
from hardwire import SOp, full, indices, key, query, select, tokens, where
from hardwire.compiler import compile as compiled
from hardwire.errors import CertificateError, CompileError, ModelFileError
from hardwire.model import storage
from hardwire.model.expressions import Unloaded, has_functions, is_stored_of
from hardwire.programs import LIBRARY
from named_programs import VOCAB, named_program

ONE_EACH = ("add", "sort", "frac_prevs", "ngram_lookup", "caesar", "multiply_by_digit")


def wild() -> SOp:
    """Functions of every kind: of one argument and of two, with and without results, and a predicate."""
    shout = tokens.map(lambda t: t.upper()).name("shout")
    odd = SOp.zip(lambda t, i: f"{t}{i % 2}" if t != "c" else 1 / 0, shout, indices)
    near = select(indices, indices, lambda k, q: abs(k - q) == 1)
    return where(near.width() > 1, odd, "edge").name("out")


def saved(model: hw.Transformer, path: Path) -> hw.Transformer:
    model.save(path)
    return hw.load(path)


@pytest.mark.parametrize("name", ONE_EACH)
def test_library_programs_travel(name: str, tmp_path: Path) -> None:
    p = LIBRARY[name]
    given = p.given() if p.given is not None else None
    model = hw.compile(p(), p.vocab, 8, given=given)
    for other in (saved(model, tmp_path / "m"), pickle.loads(pickle.dumps(model))):
        assert other.source is not None
        assert other.source.trace(p.example).result == p().trace(p.example).result
        assert hw.certify(other) == model.certificate
        assert other.certificate == model.certificate
        assert hw.verify(other, samples=20, exhaustive=100)
        assert list(other.variables.values()) == list(model.variables.values())


def test_functions_travel_as_tables(tmp_path: Path) -> None:
    model = hw.compile(wild(), "abc", 5)
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(wild())  # the program itself is the author's
    for other in (saved(model, tmp_path / "m"), pickle.loads(pickle.dumps(model))):
        assert other.source is not None
        assert not has_functions(other.source.expr)
        for x in ("abab", "a", "bbbbb", "acb", ""):
            got = [v if isinstance(v, str) else None for v in other.source(x, errors="keep")]
            assert got == [v if isinstance(v, str) else None for v in wild()(x, errors="keep")]
        assert hw.certify(other) == model.certificate
        again = saved(other, tmp_path / "again")  # nothing is lost on the way
        assert again.source is not None
        assert again.source.expr is other.source.expr


def test_a_certificate_with_the_authors_program_fits_a_loaded_model(tmp_path: Path) -> None:
    program = wild()
    loaded = saved(hw.compile(program, "abc", 5), tmp_path / "m")
    assert loaded.certified(hw.certify(loaded, program)).certificate is not None
    other = where(select(indices, indices, lambda k, q: abs(k - q) == 2).width() > 1, tokens, "edge")
    with pytest.raises(CertificateError):
        loaded.certified(hw.certify(hw.compile(other, "abc", 5)))


def test_a_stored_certificate_is_not_for_a_function_with_more_results(tmp_path: Path) -> None:
    """The table of a file has no result where the function had none; another one of its name may have one there."""

    def program(f: Any) -> SOp:
        f.__name__ = "f"
        return tokens.map(f)

    some, more = program(lambda t: {"a": "x"}[t]), program(lambda t: {"a": "x"}.get(t, "y"))
    model = hw.compile(some, "ab", 4)
    loaded = saved(model, tmp_path / "m")
    assert loaded.certificate is not None
    assert replace(loaded, source=more).certificate is None
    with pytest.raises(CertificateError, match="is for another program or condition"):
        replace(model, source=more).certified(loaded.certificate)
    assert loaded.certified(hw.certify(loaded, some)).certificate is not None


def test_programs_with_other_results_are_not_the_same() -> None:
    def program(f: Any) -> Any:
        return tokens.map(f).expr

    rows = ((("a",), "A"), (("b",), "B"))
    from hardwire.lang.expr import Op, node

    stored = node(Op.MAP, tokens.expr, arg=Unloaded(0, "lambda", rows))
    assert is_stored_of(stored, program(lambda t: t.upper()))
    assert not is_stored_of(stored, program(lambda t: t.lower()))
    assert not is_stored_of(stored, program(lambda t: t.upper() if t == "a" else 1 / 0))
    assert not is_stored_of(stored, tokens.expr)
    assert not is_stored_of(node(Op.MAP, tokens.expr, arg=Unloaded(0, "lambda")), program(lambda t: t.upper()))


def test_tables_keep_types() -> None:
    f = Unloaded(0, "f", (((1,), "int"), ((True,), "bool"), ((Fraction(1, 3),), "ratio"), ((2, "a"), None)))
    assert [f(1), f(True), f(1.0), f(Fraction(1, 3)), f(2, "a")] == ["int", "bool", "int", "ratio", None]
    with pytest.raises(ValueError, match="the table of f has no result for 3"):
        f(3)
    assert Unloaded(0, "f", (((1,), 1),)).key != Unloaded(0, "f", (((1,), True),)).key


def test_a_program_with_too_many_arguments_stays_with_its_author(tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("hardwire.tabulation.MOST_ROWS", 5)
    model = hw.compile(SOp.zip(lambda t, i: t if i % 2 else "x", tokens, indices), "ab", 6)
    loaded = saved(model, tmp_path / "m")
    assert loaded.source is None
    assert loaded.certificate == model.certificate
    assert hw.certify(loaded, model.source) == model.certificate
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(model)


def test_a_condition_travels_too(tmp_path: Path) -> None:
    given = full.all(tokens.map(lambda t: t in "ab"))
    model = hw.compile((key(tokens) == query(tokens)).width(), "abc", 5, given=given)
    loaded = saved(model, tmp_path / "m")
    assert loaded.given is not None
    assert loaded.given("abc") == [False] * 3
    assert hw.certify(loaded) == model.certificate


def test_a_file_with_another_program_is_refused(tmp_path: Path) -> None:
    hw.compile(hw.programs.flip(), "ab", 6, certify=False).save(tmp_path / "m")
    other = hw.compile(hw.programs.sort(), "ab", 6, certify=False)
    model = hw.load(tmp_path / "m")
    content = storage._content(model)
    changed = replace(content, source=storage._content(other).source)
    from safetensors.numpy import save

    data = json.dumps(storage.pack(changed, storage.Content))
    arrays = storage.tensors(model)
    metadata = {"hardwire_version": storage.VERSION, "hardwire": data, "sha256": storage._checksum(data, arrays)}
    (tmp_path / "edited").write_bytes(save(arrays, metadata))
    with pytest.raises(ModelFileError, match="its program is not the one that the model was compiled from"):
        hw.load(tmp_path / "edited")


@settings(max_examples=25)
@given(seed=st.integers(0, 100_000), causal=st.booleans())
def test_random_programs_travel(seed: int, causal: bool) -> None:
    try:
        model = compiled(named_program(seed), VOCAB, 4, causal=causal)
    except CompileError:
        return
    other = pickle.loads(pickle.dumps(model))
    assert model.source is not None
    for x in (VOCAB[:4], VOCAB[:1] * 3, []):
        assert repr(other.source(x, causal=causal, errors="keep")) == repr(
            model.source(x, causal=causal, errors="keep")
        ) or has_functions(model.source.expr)
    assert list(other.variables) == list(model.variables)


def test_another_process_needs_no_author(tmp_path: Path) -> None:
    (tmp_path / "author.py").write_text("def double(t):\n    return t * 2\n")
    make = (
        "import sys, pickle; sys.path.insert(0, sys.argv[1])\n"
        "import author, hardwire as hw\n"
        "model = hw.compile(hw.tokens.map(author.double).name('twice'), 'ab', 4)\n"
        "model.save(sys.argv[1] + '/m'); open(sys.argv[1] + '/p', 'wb').write(pickle.dumps(model))\n"
    )
    subprocess.run([sys.executable, "-c", make, str(tmp_path)], check=True)
    (tmp_path / "author.py").unlink()
    for model in (hw.load(tmp_path / "m"), pickle.loads((tmp_path / "p").read_bytes())):
        assert model.source("ab") == model("ab") == ["aa", "bb"]
        assert hw.certify(model).max_len == 4
