"""Models that are wrong by a little more than some part of a bound: none is certified."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_claims import as_part, made, nearest, only, refused
from test_claims import named as named_parts
from test_crafted import TOTAL, VALUES, wider

import hardwire as hw
from hardwire import full, indices, key, query, tokens
from hardwire.errors import CertificateError
from hardwire.model import Circuit, Head, Layer, Transformer
from hardwire.model.circuit import Claim

NUMBER = tokens.map({"a": 1, "b": 3})
BEFORE_ALL = key(indices) <= query(indices)


def matrix(rows: int, columns: int, entries: dict[tuple[int, int], float]) -> Any:
    found = np.zeros((rows, columns))
    for at, x in entries.items():
        found[at] = x
    return found


BOS, ONE, A, B, VALUE = range(5)
NO_NEURONS = {"w_in": np.zeros((5, 0)), "b_in": np.zeros(0), "w_out": np.zeros((0, 5))}


def choosing(score_of_b: tuple[float, float], kind: str = "leftmost") -> Transformer:
    """A head that chooses a or b, whose values are 0.1 and -1; the answer is A above -0.85."""
    head = Head(
        "choice",
        w_q=matrix(5, 2, {(ONE, 0): 1, (ONE, 1): 1, (BOS, 0): 1}),
        w_k=matrix(5, 2, {(A, 0): 0.1, (A, 1): 0.2, (B, 0): score_of_b[0], (B, 1): score_of_b[1], (BOS, 0): -9}),
        w_v=matrix(5, 1, {(A, 0): 0.1, (B, 0): -1}),
        w_o=matrix(1, 5, {(0, VALUE): 1}),
        kind=kind,
    )
    embed = matrix(3, 5, {(0, BOS): 1, (1, ONE): 1, (1, A): 1, (2, ONE): 1, (2, B): 1})
    unembed = matrix(5, 2, {(VALUE, 0): 1, (ONE, 0): 0.85})
    layers = (Layer((head,), **NO_NEURONS),)
    return Transformer(tuple("ab"), 3, False, embed, None, layers, unembed, ("A", "B"), "float32", Circuit())


def answers(x: str) -> list[str]:
    return ["A"] * len(x)


def starts_with_a(x: str) -> bool:
    return x.startswith("a")


def test_a_choice_that_rounding_may_turn() -> None:
    """0.1 + 0.2 and 0.3 are not one number, and how they differ depends on the machine."""
    found = hw.certify(choosing((0.2, 0.0)), answers, max_len=3, given=starts_with_a)
    assert found.status == "exact up to length 3"
    for kind in ("leftmost", "average"):
        with pytest.raises(CertificateError):
            hw.certify(choosing((0.3, 0.0), kind), answers, max_len=3, given=starts_with_a)


@pytest.mark.parametrize("factor", [1.5, 1.25])
def test_a_sum_that_a_machine_may_take_for_zero(factor: float) -> None:
    """What is left of an embedding and its position is below the smallest normal number; the unembedding raises it."""
    tiny = 2.0**-126
    embed = matrix(2, 5, {(0, BOS): 1, (1, VALUE): factor * tiny})
    positions = matrix(3, 5, {(1, VALUE): -tiny, (2, VALUE): -tiny})
    unembed = matrix(5, 2, {(VALUE, 0): 2.0**60})
    layers = (Layer((), **NO_NEURONS),)
    model = Transformer(("a",), 2, False, embed, positions, layers, unembed, ("A", "B"), "float32", Circuit())
    with pytest.raises(CertificateError):
        hw.certify(model, answers, max_len=2)
    positions[1:, VALUE] = 0
    larger = Transformer(("a",), 2, False, 4 * embed, positions, layers, unembed, ("A", "B"), "float32", Circuit())
    assert hw.certify(larger, answers, max_len=2).status == "exact up to length 2"


@pytest.mark.parametrize("written", [1.0, -1.0])
def test_neurons_that_change_bos(written: float) -> None:
    """What a neuron writes into BOS counts in the next layer: harmless in a coordinate of its own, not in others."""
    program = BEFORE_ALL.value(BEFORE_ALL.value(VALUES))
    model = wider(hw.compile(program, "ab", 4, certify=False), 1, 1)
    codes = {d.code: d.index for d in reversed(model.circuit.directions)}
    first = model.layers[0]
    w_in, b_in, w_out = (np.array(w, np.float64) for w in (first.w_in, first.b_in, first.w_out))
    w_in[codes["bos"], -1] = 1

    def writing(coordinate: int) -> hw.Transformer:
        out = w_out.copy()
        out[-1, coordinate] = written
        return replace(model, layers=(replace(first, w_in=w_in, b_in=b_in, w_out=out), *model.layers[1:]))

    harmless = writing(model.d_model - 1)
    assert hw.verify(harmless, program)
    assert hw.certify(harmless, program).status == "exact up to length 4"
    for coordinate in (codes["bos"], codes["constant"], TOTAL):
        changed = writing(coordinate)
        if not hw.verify(changed, program):
            with pytest.raises(CertificateError):
                hw.certify(changed, program)
    assert written > 0 or not hw.verify(writing(codes["bos"]), program)


def test_a_sum_of_two_numbers_at_most_that_is_held_as_another() -> None:
    """2, which two keys add up to, is held as 7."""
    for selector in (
        (key(indices) == query(indices)) | (key(indices) == query(indices - 1)),
        (key(indices) >= query(indices - 1)) & (key(indices) <= query(indices)),
    ):
        program = selector.value(tokens)
        model, claim = made(program, [0, 1], 4)
        numbers = (0, 1, 7)
        lying = replace(claim, labels=np.array(numbers, float), values=(0, 1, 2))
        refused(
            only(model, lying, unembed=nearest(claim.vector, np.eye(model.d_model)[1], numbers)), program, [1, 1, 0]
        )


def with_constant(model: hw.Transformer, claim: Claim, constant: float) -> hw.Transformer:
    """The number of the claim is claimed, and read, with a constant added to it."""
    [real] = [d.index for d in model.circuit.directions if d.code == "constant"]
    moved = claim.vector + constant * np.eye(model.d_model)[real]
    return only(model, replace(claim, vector=moved), outputs=None, tolerance=0.01, unembed=moved[:, None])


@pytest.mark.parametrize("constant", [1.0, -2.0])
def test_a_constant_beside_what_heads_write(constant: float) -> None:
    """What the rest of the stream adds to a mean or to a look-up is part of it."""
    for program in (full.mean(NUMBER), full.max(NUMBER), full.value(NUMBER)):
        model, claim = made(program, "ab", 4)
        assert hw.certify(with_constant(model, claim, 0.0), program).max_len == 4
        refused(with_constant(model, claim, constant), program, "ab")


def test_numbers_that_are_no_floats() -> None:
    program = full.max(tokens.map({"a": 1, "b": 10**400}))
    model, claim = made(full.max(NUMBER), "ab", 3)
    for values in ((1, 3), (1,)):
        named = as_part(claim, program, "ab", 3, list(named_parts(program, "ab", 3))[-1])
        lying = replace(named, labels=np.array(values, float), values=values)
        with pytest.raises(CertificateError):
            hw.certify(only(model, lying, outputs=(1, 10**400)), program)


def test_how_long_inputs_over_one_token_may_be() -> None:
    layers = (Layer((), **NO_NEURONS),)
    embed, unembed = matrix(2, 5, {(0, BOS): 1, (1, VALUE): 1}), matrix(5, 2, {(VALUE, 0): 1})
    model = Transformer(("a",), None, False, embed, None, layers, unembed, ("A", "B"), "float32", Circuit())
    assert hw.certify(model, answers, max_len=3).inputs == 3
    with pytest.raises(CertificateError, match=r"of 1,?000 "):
        hw.certify(model, answers, max_len=1001)
