"""The float64 of a proof itself: models that are wrong by what a proof would round, were it not counted."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from test_crafted import chained, padded, refused, sums, wrong

import hardwire as hw
from hardwire import indices, key, query, tokens, where
from hardwire.model import Circuit
from hardwire.model.circuit import Claim
from hardwire.model.slots import ATTENTION, MLP, Slot
from hardwire.rewrite import analysed


def test_logits_that_float64_tells_apart_no_more_than_the_proof() -> None:
    """Both logits are rounded to one number; the proof divided one weight by the other, and rounded that up."""
    program = tokens.map({"a": "right", "b": "wrong"})
    number, one, other = (
        float.fromhex(x) for x in ("0x1.d38b1c854f99ap+0", "0x1.ccea18ccf34ffp-1", "0x1.ccea18ccf3500p-1")
    )
    model = replace(
        hw.compile(program, "ab", 2, dtype="float64", certify=False),
        embed=np.array([[1, 0], [0, number], [0, -number]]),
        positions=None,
        layers=(),
        unembed=np.array([[0, 0], [one, other]]),
        outputs=("wrong", "right"),
        circuit=Circuit(),
    )
    assert number * one == number * other
    assert wrong(model, program, 1)
    assert refused(model, program)


def test_a_quotient_of_the_proof_that_is_rounded() -> None:
    """Of 7 x + 5 y = 15 the proof knows the sum, and finds x by 15 / 7 - y 5 / 7: for y = 3 not 0 but 2^-51, which
    neurons multiply by 2^51."""
    part = tokens.map({"a": 15, "b": 0})
    program = part + indices
    embed, positions, unembed = np.zeros((3, 9)), np.zeros((6, 9)), np.zeros((9, 1))
    embed[0, 0], embed[1:, 1], embed[1, 3], embed[1, 4], positions[1:, 5] = 1, 1, 3, 1, np.arange(5)
    unembed[[2, 3, 4, 5, 7], 0] = 7, 5, -1, 1, 1
    vector = np.array([0, 0, 7, 5, 0, 0, 0, 0, 0])
    model = replace(
        sums(),
        embed=embed,
        positions=positions,
        layers=chained(9, [(3, 1, 8, 0)], [(2, 1, 6, 2.0**25)], [(6, 1, 7, 2.0**26)]),
        unembed=unembed,
        outputs=None,
        whole=True,
        circuit=Circuit(claims=(Claim(part.expr, Slot(1, MLP), vector, np.zeros(0), ()),)),
    )
    assert wrong(model, program)
    assert refused(model, program)


def test_a_part_that_is_claimed_after_heads_which_do_not_compute_it() -> None:
    """The same x, times 2^51, is claimed where the stream has no bound yet, and so had that rounding."""
    part, one = tokens.map({"a": 15, "b": 0}), tokens.map({"a": 1, "b": 0})
    program = part + indices + one
    embed, positions, (none, last) = np.zeros((3, 9)), np.zeros((6, 9)), chained(9, [], [(3, 5, 8, 1), (7, 1, 8, 1)])
    embed[0, 0], embed[1:, 1], embed[1, 3], positions[1:, 5] = 1, 1, 3, np.arange(5)
    w_in, vector = np.array(last.w_in), np.array([0, 0, 2.0**51, 0, 0, 0, 0, 1, 0])
    w_in[[2, 5], 0], w_in[2, 1] = (7, 1), 2.0**51
    claims = [(part, Slot(1, MLP), np.array([0, 0, 7, 5, 0, 0, 0, 0, 0])), (one, Slot(2, ATTENTION), vector)]
    model = replace(
        sums(),
        embed=embed,
        positions=positions,
        layers=(none, none, replace(last, w_in=w_in)),
        unembed=np.eye(9)[:, [8]],
        outputs=None,
        whole=True,
        circuit=Circuit(claims=tuple(Claim(e.expr, slot, v, np.zeros(0), ()) for e, slot, v in claims)),
    )
    assert wrong(model, program)
    assert refused(model, program)


@pytest.mark.parametrize("more", [2**53 + 1, Fraction(2**54 + 1, 8)], ids=["an int", "a ratio"])
def test_numbers_between_floats_that_cases_add_up(more: int | Fraction) -> None:
    """By cases the program would be a sum of floats, to which the nearest one of a large number is added."""
    first, least = (key(indices) == query(0)).value(tokens), 2 ** (int(more).bit_length() - 1)
    program = tokens + indices + first + more - least
    model = hw.compile(first, range(100), 100, certify=False)
    [layer], [claim] = model.layers, model.circuit.claims
    [head] = layer.heads
    [neurons] = chained(7, [(2, 1, 6, 1)])
    w_in, w_o, positions = np.array(neurons.w_in), np.zeros((1, 7)), padded(model.positions, 0, 3)
    w_in[4:6], w_o[0, 4], positions[1:, 5] = 1, 1, np.arange(100)
    head = replace(head, w_q=padded(head.w_q, 3, 0), w_k=padded(head.w_k, 3, 0), w_v=padded(head.w_v, 3, 0), w_o=w_o)
    whole = Claim(program.expr, Slot(1, MLP), np.eye(7)[6], np.zeros(0), ())
    model = replace(
        model,
        embed=padded(model.embed, 0, 3),
        positions=positions,
        layers=(replace(neurons, heads=(head,), w_in=w_in),),
        unembed=np.eye(7)[:, [6]],
        outputs=None,
        whole=type(more) is int,
        tolerance=0.1,
        circuit=Circuit(claims=(replace(claim, vector=np.eye(7)[4]), whole)),
    )
    assert [v - a for v, a in zip(program([5, 3]), model([5, 3]), strict=True)] == [more - least] * 2
    assert refused(model, program)


@pytest.mark.parametrize("zeros", [(-0.0, 0.0), (0.0, -0.0)])
def test_two_zeros_that_are_the_same_at_every_position(zeros: tuple[float, float]) -> None:
    """A key with -0.0 stands for one with 0.0, and so does a query, which then seemed to be of another input."""
    vocab = list(range(24))
    number = {t: (*zeros, 1.0, 2.0)[t % 4] for t in vocab}
    first = (key(indices) == query(0)).value(tokens.map(number))

    def equal(condition: hw.SOp) -> hw.SOp:
        one = where(condition, 0, tokens)
        return (key(one) == query(one)).width()

    program, other = equal(first < 1.0), equal(first == 1.0)  # which differ where it is 0
    model = hw.compile(other, vocab, 6, certify=False)
    assert [c.slot for c in model.circuit.claims] == [Slot(1, ATTENTION), Slot(1, MLP), Slot(2, ATTENTION)]
    stored, _, count = model.circuit.claims
    first_layer, last = model.layers
    [head] = last.heads
    read = np.where((first_layer.w_out != 0).any(axis=0), 0, 1)[:, None]  # the tokens, and nothing that neurons write
    [none] = chained(model.d_model, [])
    final = analysed(program.expr, vocab, 6, causal=False).final
    model = replace(
        model,
        layers=(
            replace(none, heads=first_layer.heads),
            replace(last, heads=(replace(head, w_q=head.w_q * read, w_k=head.w_k * read),)),
        ),
        circuit=Circuit(claims=(stored, replace(count, expr=final))),
    )
    assert model([0, 1, 2, 3]) != program([0, 1, 2, 3])
    assert model([2, 2, 3, 0]) == program([2, 2, 3, 0])
    assert refused(model, program)
