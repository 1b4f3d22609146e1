"""Models made by hand whose claims, numbers or outputs lie: each answers wrongly somewhere, and none is certified."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from test_bounds import check, proved

import hardwire as hw
from hardwire import Failure, SOp, full, indices, key, query, tokens, where
from hardwire.errors import CertificateError
from hardwire.lang.expr import Expr
from hardwire.lang.text import formula
from hardwire.model import Circuit, Layer, Transformer
from hardwire.model.circuit import Claim
from hardwire.model.slots import ATTENTION, MLP, Slot
from hardwire.model.weights import Floats
from hardwire.rewrite import analysed, claimable
from strains import in_turn, more_coordinates, wide, with_head

EMBED = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]])
"""BOS, a and b: a coordinate that is 1 at every token, and one that is 1 at b."""
ONE = np.eye(4)[1]


def small(**parts: Any) -> Transformer:
    """A model over a and b without layers, with some parts of its own."""
    plain: dict[str, Any] = {
        "vocab": ("a", "b"), "max_len": 3, "causal": False, "embed": EMBED, "positions": None, "layers": (),
        "unembed": np.zeros((4, 1)), "outputs": None, "dtype": "float32", "circuit": Circuit(),
    }  # fmt: skip
    return Transformer(**(plain | parts))


def only(model: Transformer, *claims: Claim, **parts: Any) -> Transformer:
    """The model with these claims and no others, of which nothing else is known."""
    return replace(
        model, source=None, circuit=replace(model.circuit, claims=claims, readings=(), computes=None), **parts
    )


def named(program: SOp, vocab: Any, max_len: int) -> dict[str, Expr]:
    """The parts of a rewritten program that may be claimed, by their text."""
    rewritten = analysed(program.expr, tuple(vocab), max_len, causal=False).rewritten[program.expr]
    return {formula(e, 100): e for e in claimable(rewritten)}


def as_part(claim: Claim, program: SOp, vocab: Any, max_len: int, name: str) -> Claim:
    return replace(claim, expr=named(program, vocab, max_len)[name])


def nearest(read: Floats, one: Floats, numbers: Any) -> Floats:
    """(d_model, numbers) the unembedding that reads the nearest of the numbers."""
    return np.stack([2 * x * read - x * x * one for x in numbers], axis=1)


def made(program: SOp, vocab: Any, max_len: int) -> tuple[Transformer, Claim]:
    model = hw.compile(program, vocab, max_len, certify=False)
    return model, model.circuit.claims[0]


def refused(model: Transformer, program: SOp, x: Any) -> None:
    """That the model is wrong about an input, and not certified."""
    answers = zip(program(x, causal=model.causal, errors="keep"), model(x), strict=True)
    assert any(wanted != answer for wanted, answer in answers if not isinstance(wanted, Failure))
    with pytest.raises(CertificateError):
        hw.certify(model, program)


def test_strings_that_are_read_as_numbers() -> None:
    program = full.max(tokens)
    model, claim = made(program, "ab", 4)
    refused(only(model, claim, outputs=None, tolerance=0.1, unembed=claim.vector[:, None]), program, "ab")


def test_a_number_held_as_another() -> None:
    program = full.max(tokens)
    model, claim = made(program, [0, 1], 4)
    twice = replace(claim, vector=2 * claim.vector, labels=np.array([0.0, 2.0]), values=(0, 1))
    refused(only(model, twice, outputs=None, tolerance=0.1, unembed=2 * claim.vector[:, None]), program, [0, 1])


def test_a_count_held_as_another_number() -> None:
    program = (key(tokens) == query(1)).width()
    model, claim = made(program, [0, 1], 4)
    numbers = (0, 1, 7, 3, 4)
    lying = replace(claim, labels=np.array(numbers, float), values=(0, 1, 2, 3, 4))
    refused(only(model, lying, unembed=nearest(claim.vector, np.eye(model.d_model)[1], numbers)), program, [1, 1, 0])


def test_a_sum_of_numbers_that_are_held_as_others() -> None:
    a, b = full.max(tokens.map({"a": 0, "b": 1})), full.max(tokens.map({"a": 1, "b": 0}))
    program = a + b
    model = hw.compile(program, "ab", 4, certify=False)
    first, second = model.circuit.claims
    one = np.eye(model.d_model)[1]
    turned = one - first.vector
    lying = replace(first, vector=turned, labels=np.array([1.0, 0.0]), values=(0, 1))
    unembed = nearest(turned + second.vector, one, range(3))
    refused(only(model, lying, second, unembed=unembed), program, "ab")


@pytest.mark.parametrize(
    ("a", "b"), [({"a": 0.5, "b": 1.5}, {"a": 0.25, "b": 1.25}), ({"a": 1, "b": 0}, {"a": True, "b": False})]
)
def test_parts_in_one_direction(a: dict[str, Any], b: dict[str, Any]) -> None:
    """One number in one direction is one value only where both are integers of one type."""
    first, second = full.max(tokens.map(a)), full.max(tokens.map(b))
    program = where(first > 5, "never", second.str())
    model, claim = made(first, "ab", 3)
    names = [n for n in named(program, "ab", 3) if n.startswith("(key") and ".max(" in n]
    claims = [as_part(claim, program, "ab", 3, n) for n in names if not n.endswith(".map(str)")]
    values = [str(v) for v in a.values()]
    one = np.eye(model.d_model)[1]
    wrong = only(model, *claims, outputs=tuple(values), unembed=nearest(claim.vector, one, a.values()))
    refused(wrong, program, "ab")


def test_a_float_that_absorbs_is_no_constant_of_a_sum() -> None:
    program = full.mean(tokens) + 2.0**50 - 2.0**50
    model, claim = made(full.mean(tokens), [0, 1], 8)
    claim = as_part(claim, program, [0, 1], 8, claim.expression)
    wrong = only(model, claim, outputs=None, tolerance=1e-3, unembed=claim.vector[:, None])
    assert abs(wrong([1, 0, 0])[0] - program([1, 0, 0])[0]) > 0.05
    with pytest.raises(CertificateError, match="its error may reach"):
        hw.certify(wrong, program)


def test_a_value_that_is_picked_where_numbers_are_added() -> None:
    program = full.value(tokens)
    model, claim = made(full.one(tokens, None), [1, "x"], 3)
    name = list(named(program, [1, "x"], 3))[-1]
    one = np.eye(model.d_model)[1]
    unembed = nearest(claim.vector, one, (1, 0, 2, 3))
    wrong = only(model, as_part(claim, program, [1, "x"], 3, name), outputs=(1, "x", 2, 3), unembed=unembed)
    refused(wrong, program, [1, 1])


def test_booleans_that_are_added_are_numbers() -> None:
    program = (key(indices) == query(0)).value(tokens == "a").str()
    model = hw.compile(program, "ab", 3)
    assert model("ab") == ["1", "1"]
    refused(replace(model, source=None, outputs=("False", "True"), certificate=None), program, "ab")


def test_products_of_three_small_factors_underflow() -> None:
    tiny = 2.0**-59
    w_in, w_out, unembed, embed = np.zeros((4, 2)), np.zeros((2, 4)), np.zeros((4, 2)), EMBED.copy()
    w_in[2], w_out[:, 3], unembed[3, 1], embed[1, 2] = (tiny, -tiny), (tiny, -tiny), tiny, -1
    layer = Layer((), w_in, np.zeros(2), w_out)
    model = small(embed=embed, layers=(layer,), unembed=unembed, outputs=("a", "b"))
    refused(model, where(tokens == "b", "b", "a"), "bb")


class Close:
    """Equal to its neighbours."""

    def __init__(self, x: int) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Close) and abs(self.x - other.x) <= 1

    def __hash__(self) -> int:
        return 1


def test_outputs_whose_equality_is_not_transitive() -> None:
    model = small(unembed=np.stack([0 * ONE, ONE], axis=1), outputs=(Close(0), Close(1)))
    refused(model, tokens.map({"a": Close(-1), "b": Close(-1)}), "ab")


def test_what_a_model_is_given_it_does_not_compute() -> None:
    vocab = (3, 1, 2)
    embed, w_in, w_out = np.zeros((4, 4)), np.zeros((4, 1)), np.zeros((1, 4))
    embed[0, 0], embed[1:, 1], embed[1:, 2] = 1, 1, vocab
    w_in[2], w_out[0, 3] = 1, 1
    claim = Claim(tokens.expr, Slot(1, MLP), np.eye(4)[3], np.zeros(0), ())
    layer = Layer((), w_in, np.zeros(1), w_out)
    unembed = nearest(np.eye(4)[2], ONE, vocab)
    model = small(
        vocab=vocab, embed=embed, layers=(layer,), outputs=(1, 2, 3), unembed=unembed, circuit=Circuit(claims=(claim,))
    )
    refused(model, tokens, [3, 1, 2])


def test_a_weight_that_is_all_but_taken_away() -> None:
    number, large = tokens.map({"a": -1, "b": 1}), 2.0**49
    program = where(number < 0, "A", "B")
    embed, unembed = EMBED.copy(), np.zeros((4, 2))
    embed[1, 2:], embed[2, 2:] = (-large, 1), (1, 0)
    unembed[1, 0], unembed[2:, 1] = -0.25, (1, large)
    name = next(n for n in named(program, "ab", 3) if n.startswith("tokens.map"))
    claim = Claim(named(program, "ab", 3)[name], Slot(1, ATTENTION), np.array([0, 0, 1, large - 1]), np.zeros(0), ())
    layer = Layer((), np.zeros((4, 0)), np.zeros(0), np.zeros((0, 4)))
    model = small(
        embed=embed, layers=(layer,), unembed=unembed, outputs=("A", "B"), dtype="float64",
        circuit=Circuit(claims=(claim,)),
    )  # fmt: skip
    refused(model, program, "ba")


def test_ties_are_rounded_as_often_as_there_are_keys() -> None:
    """3,000 equal keys share their weight: added from first to last, their mean is off by more than a half."""
    total = np.float32(0)
    for _ in range(3_000):
        total = np.float32(total + np.float32(16001))
    assert abs(float(total / np.float32(3_000)) - 16001) > 0.5
    with pytest.raises(CertificateError):
        hw.compile(full.max(tokens) > 16000, [0, 16000, 16001], 3_000, remedies=False)


@pytest.mark.parametrize("max_len", [2.5, "2", True])
def test_max_len_is_an_int(max_len: Any) -> None:
    with pytest.raises(CertificateError, match="is an int"):
        hw.certify(small(outputs=("a",)), tokens, max_len=max_len)


def test_a_function_gives_a_list() -> None:
    with pytest.raises(CertificateError, match="must give a list"):
        hw.certify(small(outputs=("a",)), lambda x: None, max_len=2)  # type: ignore[arg-type, return-value]


def test_claims_of_what_is_no_value() -> None:
    model, claim = made(full.max(tokens), "ab", 3)
    with pytest.raises(CertificateError, match="cannot be hashed"):
        hw.certify(only(model, replace(claim, labels=np.array([1.0]), values=([],))), full.max(tokens))


def test_a_model_without_a_vocabulary() -> None:
    with pytest.raises(CertificateError):
        hw.certify(small(vocab=(), embed=np.zeros((1, 4)), outputs=(1,)), full.width())


@pytest.mark.parametrize("aggregate", ["one", "first", "value", "mean"])
@pytest.mark.parametrize("default", [{"a": 0, "b": 0}, {"a": 0}])
def test_a_default_that_is_computed(aggregate: str, default: dict[str, int]) -> None:
    """A claim of the program as it was written, with a default that no head computes: 0 where BOS wins, by chance."""
    numbers, previous = tokens.map({"a": 1, "b": 2}), key(indices) == query(indices - 1)
    model, claim = made(previous.one(numbers, 0), "ab", 4)
    program = getattr(previous, aggregate)(numbers, tokens.map(default))
    unembed = nearest(claim.vector, np.eye(model.d_model)[1], (1, 2))
    wrong = only(model, replace(claim, expr=program.expr), outputs=(1, 2), unembed=unembed)
    refused(replace(wrong, circuit=replace(wrong.circuit, computes=program.expr)), program, "ab")


def test_a_count_of_different_values_is_none_of_them() -> None:
    numbers, previous = tokens.map({"a": 5, "b": 2}), key(indices) == query(indices - 1)
    model, claim = made(previous.one(numbers, 0), "ab", 4)
    program = previous.count_distinct(numbers)
    wrong = only(model, replace(claim, expr=program.expr))
    refused(replace(wrong, circuit=replace(wrong.circuit, computes=program.expr)), program, "abb")


def test_a_mean_of_next_to_nothing() -> None:
    """What is stored is 0 and far from the mean, which is as large as its error says."""
    program = full.mean(tokens)
    model = hw.compile(program, [0, 1, 2], 40)
    [layer] = model.layers
    [head] = layer.heads
    faint = replace(layer, heads=(replace(head, w_o=head.w_o.astype(np.float64) * 2.0**-30),))
    wrong = replace(model, layers=(faint,), unembed=model.unembed.astype(np.float64) * 2.0**-20, certificate=None)
    assert abs(wrong([0, 2])[0] - program([0, 2])[0]) > 0.9
    with pytest.raises(CertificateError):
        hw.certify(wrong, program)
    generous = replace(wrong, tolerance=10.0)
    assert hw.certify(generous, program).bound >= 2


def test_numbers_that_overflow_in_the_proof() -> None:
    """An encoding that no number of the model is near to makes the scores that read it infinite, and their difference
    no number at all."""
    vocab, greatest, counted = (0.0, 0.5), full.max(tokens), (key(tokens) == query(tokens)).width()
    program = where(greatest == 0.5, counted, abs(counted))
    model = in_turn(*(hw.compile(p, vocab, 4, certify=False) for p in (greatest, counted)))
    first, last = model.circuit.claims
    first = as_part(first, program, vocab, 4, "(key(True) == query(True)).max(tokens)")
    last = as_part(last, program, vocab, 4, "(key(tokens) == query(tokens)).width()")
    [head] = model.layers[-1].heads
    w_q, w_k = wide(head.w_q, 1), wide(head.w_k, 1)
    bos, one = np.flatnonzero(model.embed[0])[-1], np.flatnonzero(model.embed[1])[-1]
    w_k[:, :-1] = np.where(w_k[bos, :-1] != 0, w_k[:, :-1], 0)  # all keys are alike
    w_q[:, -1], w_k[[bos, one], -1] = first.vector, 20
    wrong = with_head(model, (model.depth - 1, 0), w_q=w_q, w_k=w_k)
    for number in (1e308, 1e120):
        lying = replace(first, labels=np.array([0, number]), values=vocab)
        refused(replace(wrong, circuit=Circuit(claims=(lying, last))), program, [0.0, 0.5, 0.0])


def test_a_sum_that_has_no_value_where_something_is_added_to_it() -> None:
    """The number that an embedding adds to a sum at b, where the sum has no value, and the program has one."""
    program = where(tokens == "b", 7, full.value(tokens.map({"a": 1})))
    model = hw.compile(program, "ab", 4, certify=False)
    total = model.circuit.claims[0].vector
    model = more_coordinates(model, 2)
    [claim] = model.circuit.claims
    embed, never = wide(model.embed), np.zeros((model.d_model, 1))
    embed[1:, -2] = 1
    embed[2, -1], never[[np.argmax(total), -1], 0], never[-2, 0] = 1000.5, 8, -2000
    unembed = np.hstack([model.unembed, never])
    unembed[-1] = unembed[np.argmax(total)]
    lying = replace(claim, vector=np.append(total, [0.0, 1.0]))
    assert model.outputs is not None
    refused(only(model, lying, embed=embed, unembed=unembed, outputs=(*model.outputs, 99)), program, "b")


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
def test_a_value_that_is_copied_without_rounding(size: int) -> None:
    """By a look-up whose keys leak next to nothing: a power of two is. Other numbers are multiplied by exp(0), which a
    machine may round, and divided by it."""
    program = (key(indices) == query(0)).one(tokens.map({"a": -size, "b": size}))
    model = hw.compile(program, "ab", 4, certify=False)
    [layer] = model.layers
    [head] = layer.heads
    w_q = np.array(head.w_q, np.float64)
    w_q[1:] *= 2
    model = replace(model, layers=(replace(layer, heads=(replace(head, w_q=w_q),)),))
    setting, whole = proved(model, program)
    assert whole
    [found] = setting.evidence.proved
    assert (found.error < 1e-9) == (size in (1, 2))
    inputs = ["".join(x) for n in range(1, 5) for x in itertools.product("ab", repeat=n)]
    for seed in range(20):
        check(setting, model, inputs, seed)


def test_a_form_that_fails_where_the_program_has_a_value() -> None:
    """All passes make 1 of both, which gives the form in the circuit a value that it does not have."""
    program = tokens.map(lambda t: 1)
    model = hw.compile(where(tokens == "a", 1, 5), "ab", 3, certify=False)
    circuit = replace(model.circuit, computes=tokens.map({"a": 1}).expr)
    model = replace(model, source=None, program="", circuit=circuit)
    assert model("ab") == [1, 5] != list(program("ab"))
    with pytest.raises(CertificateError):
        hw.certify(model, program)


@pytest.mark.parametrize("default", ["x", None, 10**9])
def test_a_default_that_is_added_to_a_sum_as_it_is_encoded(default: Any) -> None:
    """Where nothing is selected, the model stores 2; the claim says that this is the default, which 6 encodes."""
    program = (key(indices) < query(indices)).value(tokens.map({"a": 0, "b": 1}), default=default)
    model = hw.compile(program, "ab", 4)
    [claim, *others] = model.circuit.claims
    assert claim.slot == Slot(1, MLP)
    encoded, outputs = float(claim.labels[0]), (0, 1, 2, 3, default)
    vector = np.where(claim.vector == encoded, 2, claim.vector)
    unembed = nearest(vector, np.eye(len(vector))[1], (0, 1, 2, 3, encoded))
    circuit = replace(model.circuit, claims=(replace(claim, vector=vector), *others), readings=())
    wrong = replace(model, unembed=unembed, outputs=outputs, circuit=circuit)
    assert wrong("abb") == [2, 0, 1] != list(program("abb"))
    with pytest.raises(CertificateError):
        hw.certify(wrong, program)
