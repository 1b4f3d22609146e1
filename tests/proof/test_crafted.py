"""Models crafted to be right in real numbers, or nearly, and wrong on a machine: each answers wrongly somewhere, and
none is certified."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from structural import settings
from test_attacks import hidden

import hardwire as hw
from hardwire import full, indices, key, query, tokens
from hardwire.errors import CertificateError
from hardwire.lang.expr import Op
from hardwire.model import Circuit, Head, Layer
from hardwire.model.circuit import Claim
from hardwire.model.slots import ATTENTION, MLP, Slot
from hardwire.numeric.machine import Choices, Simulated
from hardwire.proof.heads import HeadClaim
from hardwire.rewrite import analysed, claimable
from strains import with_own_bos

VALUES = tokens.map({"a": 1, "b": 3})
SUM = full.value(VALUES)
BEFORE = key(indices) <= query(indices)
BOS, CONSTANT, TOKEN, TOTAL, MORE = 0, 1, 2, 3, 4
"""Coordinates of the sum: 0 is that of BOS, and from MORE on are those that are put beside."""


def sums(max_len: int = 5, *, causal: bool = True) -> hw.Transformer:
    return with_own_bos(hw.compile(SUM, "ab", max_len, causal=causal, certify=False))


def padded(x: Any, *sizes: int) -> Any:
    return np.pad(np.array(x, np.float64), [(0, n) for n in sizes])


def wider(model: hw.Transformer, more: int, neurons: int = 0) -> hw.Transformer:
    """With so many more coordinates, and so many more neurons in every layer, all of them 0."""

    def head(h: Head) -> Head:
        q, k, v = (padded(w, more, 0) for w in (h.w_q, h.w_k, h.w_v))
        return replace(h, w_q=q, w_k=k, w_v=v, w_o=padded(h.w_o, 0, more))

    layers = [
        replace(
            layer,
            heads=tuple(map(head, layer.heads)),
            w_in=padded(layer.w_in, more, neurons),
            b_in=padded(layer.b_in, neurons),
            w_out=padded(layer.w_out, neurons, more),
        )
        for layer in model.layers
    ]
    claims = tuple(replace(c, vector=padded(c.vector, more)) for c in model.circuit.claims)
    return replace(
        model,
        embed=padded(model.embed, 0, more),
        positions=None if model.positions is None else padded(model.positions, 0, more),
        layers=tuple(layers),
        unembed=padded(model.unembed, more, 0),
        circuit=replace(model.circuit, claims=claims, readings=()),
    )


def chained(d_model: int, *layers: Sequence[tuple[int, float, int, float]]) -> tuple[Layer, ...]:
    """Layers of neurons, each of which reads one coordinate and writes another: (from, weight, to, weight)."""
    found = []
    for neurons in layers:
        w_in, w_out = np.zeros((d_model, len(neurons))), np.zeros((len(neurons), d_model))
        for i, (c, read, to, written) in enumerate(neurons):
            w_in[c, i], w_out[i, to] = read, written
        found.append(Layer((), w_in, np.zeros(len(neurons)), w_out))
    return tuple(found)


def weights(model: hw.Transformer) -> tuple[Layer, Any, Any, Any, Any]:
    """(the first layer, and copies of its w_in and w_out, of the embedding and the unembedding)"""
    layer = model.layers[0]
    return layer, *(np.array(w, np.float64) for w in (layer.w_in, layer.w_out, model.embed, model.unembed))


def wrong(model: hw.Transformer, program: hw.SOp, most: int = 5, machines: int = 4) -> int:
    """The number of wrong answers of simulated machines, whose outcome is the same whatever this one's BLAS is."""
    inputs = ["".join(x) for n in range(1, most + 1) for x in itertools.product("ab", repeat=n)]
    wanted = [list(w) for w in program.batch(inputs, causal=model.causal)]
    simulated = (Simulated.of(model, Choices(seed))(inputs) for seed in range(machines))
    return sum(a != want for answers in simulated for a, want in zip(answers, wanted, strict=True))


def refused(model: hw.Transformer, program: hw.SOp) -> bool:
    with pytest.raises(CertificateError):
        hw.certify(model, program)
    return True


@pytest.mark.parametrize("causal", [True, False])
def test_a_neuron_that_writes_what_cancels(causal: bool) -> None:
    model = wider(sums(causal=causal), 2, 1)
    layer, w_in, w_out, _, unembed = weights(model)
    w_in[CONSTANT, 0], w_out[0, MORE:] = 1, 2.0**27
    unembed[MORE], unembed[MORE + 1] = 1, -1
    model = replace(model, layers=(replace(layer, w_in=w_in, w_out=w_out),), unembed=unembed)
    assert wrong(model, SUM)
    assert refused(model, SUM)


def test_what_is_left_of_directions_that_are_erased() -> None:
    model = wider(sums(), 2, 6)
    layer, w_in, w_out, embed, unembed = weights(model)
    embed[2, MORE:] = 1
    for i, c in enumerate((MORE, MORE + 1)):  # relu(c + 1) - relu(c) is 1 for every token
        w_in[c, 3 * i : 3 * i + 3], w_in[CONSTANT, 3 * i + 1] = 1, 1
        w_out[3 * i : 3 * i + 3, c] = -1, 2.0**27, -(2.0**27)
    unembed[MORE], unembed[MORE + 1] = 1, -1
    model = replace(model, embed=embed, layers=(replace(layer, w_in=w_in, w_out=w_out),), unembed=unembed)
    assert wrong(model, SUM)
    assert refused(model, SUM)


def test_fractions_that_an_earlier_layer_writes() -> None:
    """What neurons of two layers add up is no multiple of what is embedded."""
    program = tokens.map({"a": 0, "b": 1})
    embed = np.array([[1, 0, 0, 0, 0, 0], [0, 1, 0, 0, 0, 0], [0, 1, 1, 0, 0, 0]], np.float64)
    first, second, out, far = np.zeros((6, 1)), np.zeros((6, 2)), np.zeros((1, 6)), np.zeros((2, 6))
    first[2], out[0, 3] = 1, 1
    second[1], far[0, 4], far[1, 5] = 1, 2.0**26, 2.0**26
    model = replace(
        sums(),
        embed=embed,
        positions=None,
        layers=(Layer((), first, np.zeros(1), out), Layer((), second, np.zeros(2), far)),
        unembed=np.array([[0], [0], [0], [1], [1], [-1]], np.float64),
        outputs=None,
        whole=True,
        circuit=Circuit(),
        source=program,
    )
    assert wrong(model, program)
    assert refused(model, program)


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_large_numbers_in_a_sum_of_sums(parts: int) -> None:
    """The first two parts share two coordinates with large constants, which cancel wherever a part is read."""
    number = tokens.map({"a": 0, "b": 1})
    program = sum((number.at(i) for i in range(1, parts)), number.at(0))
    model = wider(hw.compile(program, "ab", parts, certify=False), 2)
    _, _, _, embed, unembed = weights(model)
    embed[1:, -2], embed[1:, -1] = 2.0**27, -(2.0**27)
    claims, large = model.circuit.claims, np.arange(model.d_model) >= model.d_model - 2
    unembed[-2:] = 2 * unembed[claims[0].vector != 0]
    claims = (*(replace(c, vector=c.vector + large) for c in claims[:2]), *claims[2:])
    model = replace(model, embed=embed, unembed=unembed, circuit=replace(model.circuit, claims=claims))
    assert wrong(model, program, parts)
    assert refused(model, program)


@pytest.mark.parametrize("causal", [True, False])
def test_a_key_of_bos_that_is_rounded(causal: bool) -> None:
    model = wider(sums(causal=causal), 2)
    layer, _, _, embed, _ = weights(model)
    [head] = layer.heads
    embed[0, MORE:] = 2.0**25
    w_k = np.array(head.w_k, np.float64)
    w_k[MORE], w_k[MORE + 1] = 1, -1
    model = replace(model, embed=embed, layers=(replace(layer, heads=(replace(head, w_k=w_k),)),))
    assert wrong(model, SUM)
    assert refused(model, SUM)


def test_weights_that_are_small_beside_large_numbers() -> None:
    model = wider(hidden(sums(), TOTAL, 1.0), 1)
    _, _, _, embed, unembed = weights(model)
    embed[2, MORE] = 2.0**41
    unembed[MORE] = unembed[TOTAL] * 2.0**-41
    model = replace(model, embed=embed, unembed=unembed)
    assert wrong(model, SUM)
    assert refused(model, SUM)


def test_products_that_underflow() -> None:
    model = sums()
    layer, _, _, _, unembed = weights(model)
    [head] = layer.heads
    unembed[TOTAL] *= 2.0**60
    small = replace(head, w_v=head.w_v.astype(np.float64) * 2.0**-115, w_o=head.w_o.astype(np.float64) * 2.0**55)
    claims = tuple(replace(c, vector=c.vector * 2.0**60) for c in model.circuit.claims)
    circuit = replace(model.circuit, claims=claims, readings=())
    model = replace(model, layers=(replace(layer, heads=(small,)),), unembed=unembed, circuit=circuit)
    assert wrong(model, SUM)
    assert refused(model, SUM)


@pytest.mark.parametrize("scale", [1.0, 2.0**-33])
def test_read_outs_that_are_small(scale: float) -> None:
    """What neurons make of an error is not the same where values are, however small all of it is."""
    program = full.value(tokens.map({"a": 0, "b": 1})) == 1
    compiled = with_own_bos(hw.compile(program, "ab", 70, certify=False, causal=True))
    model = wider(compiled, 1, 5 - compiled.layers[0].d_ff)
    layer, w_in, w_out, _, _ = weights(model)
    [head] = layer.heads
    w_in[:], w_out[:] = 0, 0
    w_in[TOTAL, :4] = 1
    w_out[:4, MORE] = 2, -4, 4, -2
    unembed = np.zeros((5, 2))
    unembed[MORE, 0], unembed[CONSTANT, 1] = scale, 0.004 * scale
    head = replace(head, w_o=head.w_o.astype(np.float64) * (1 - 2e-3))
    neurons = {"w_in": w_in, "b_in": -np.array([0.5, 1.25, 2.25, 2.5, 0]), "w_out": w_out}
    model = replace(model, layers=(replace(layer, heads=(head,), **neurons),), unembed=unembed, outputs=(True, False))
    [wanted] = program.batch(["aabab"], causal=True)
    assert all(Simulated.of(model, Choices(seed))(["aabab"]) != [list(wanted)] for seed in range(4))
    assert refused(model, program)


def test_outputs_of_a_head_that_cancel() -> None:
    """Each is added up on its own: one from first to last, the other in pairs."""
    n, k = 120, 3555421
    model = sums(n)
    [layer] = model.layers
    [head] = layer.heads
    w_v, w_o = padded(head.w_v, 0, 2), padded(head.w_o, 2, 0)
    w_v[CONSTANT, 1:] = 3 * k * 2.0**-10, 2 * k * 2.0**-10
    w_o[1:, TOTAL] = 2.0**39, -1.5 * 2.0**39
    model = replace(model, layers=(replace(layer, heads=(replace(head, w_v=w_v, w_o=w_o),)),))
    each = np.float32(33 * 2.0**-44) * w_v[CONSTANT, 1:].astype(np.float32)
    one_by_one = np.float32(0)
    for _ in range(n):
        one_by_one = one_by_one + each[0]
    assert abs(float(one_by_one) * 2.0**39 - n * float(each[1]) * 1.5 * 2.0**39) > 0.5
    assert refused(model, SUM)


def test_a_neuron_that_only_rounding_fires() -> None:
    """Its argument is 0 at most; in one order of adding it up it is 2, and that leads BOS astray in the next layer."""
    program = BEFORE.value(BEFORE.value(BEFORE.value(VALUES)))
    model = hw.compile(program, "ab", 3, certify=False)
    codes = {d.code: d.index for d in reversed(model.circuit.directions)}
    new = model.d_model
    model = wider(model, 1, 1)
    layer, w_in, w_out, _, _ = weights(model)
    w_in[codes["constant"], -1], w_in[codes["embedding"], -1] = 21077714, 31006778
    b_in = np.array(layer.b_in, np.float64)
    b_in[-1], w_out[-1, new] = np.float32(-1.1409805e8), 2.0**10
    [head] = model.layers[1].heads
    w_q, w_k = padded(head.w_q, 0, 1), padded(head.w_k, 0, 1)
    w_q[codes["bos"], -1] = w_k[new, -1] = 1
    second = replace(model.layers[1], heads=(replace(head, w_q=w_q, w_k=w_k),))
    first = replace(layer, w_in=w_in, b_in=b_in, w_out=w_out)
    model = replace(model, layers=(first, second, *model.layers[2:]))
    assert wrong(model, program, 3, machines=12)
    assert refused(model, program)


def test_bos_attends_to_itself_alone_in_float64() -> None:
    """There exp(-120) is small, and not 0: five sums make it large."""
    program = tokens.map({"a": 0, "b": 1})
    for _ in range(5):
        program = BEFORE.value(program)
    model = hw.compile(program, "ab", 2, dtype="float64")
    assert not wrong(model, program, 2)
    [bos] = [d.index for d in model.circuit.directions if d.code == "bos"]

    def weaker(h: Head) -> Head:
        w_q = h.w_q.copy()
        w_q[bos] = np.where(w_q[bos] > 700, 120.0, w_q[bos])
        return replace(h, w_q=w_q)

    layers = [replace(layer, heads=tuple(map(weaker, layer.heads))) for layer in model.layers]
    model = replace(model, layers=tuple(layers))
    assert wrong(model, program, 2)
    assert refused(model, program)


def test_products_with_a_small_part_that_underflow() -> None:
    """A sum is stored as a small number, which neurons read with a small weight: each by itself is normal."""
    model = wider(sums(3), 1, 1)
    layer, w_in, w_out, _, unembed = weights(model)
    [head] = layer.heads
    small = replace(head, w_v=head.w_v.astype(np.float64) * 2.0**-40, w_o=head.w_o.astype(np.float64) * 2.0**-60)
    w_in[TOTAL, -1], w_out[-1, MORE] = 2.0**-58, 2.0**83
    unembed[MORE], unembed[TOTAL] = unembed[TOTAL] * 2.0**75, 0
    claims = tuple(replace(c, vector=c.vector * 2.0**100) for c in model.circuit.claims)
    layer = replace(layer, heads=(small,), w_in=w_in, w_out=w_out)
    circuit = replace(model.circuit, claims=claims, readings=())
    model = replace(model, layers=(layer,), unembed=unembed, circuit=circuit)
    assert wrong(model, SUM, 3)
    assert refused(model, SUM)


class _Card:
    """A value of which nothing is known but what its `==` says, and new whenever it is computed."""

    def __init__(self, n: int) -> None:
        self.n = n

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Card) and other.n == self.n

    def __hash__(self) -> int:
        return hash(self.n)


@pytest.mark.parametrize("vocab", [[0, 1, 2], [0, 3, 1, 8]], ids=["stored as one number", "stored apart"])
def test_two_look_ups_of_one_key_of_which_one_finds_objects(vocab: list[int]) -> None:
    """None of the objects that the proof computes is one that the analysis has listed: there was no state to check."""
    left = key(indices) == query(indices - 1)
    program = hw.SOp.zip(lambda c, n: (c.n + n) % 3 if c != 0 else 0, left.one(tokens.map(_Card)), left.one(tokens))
    model, inputs = hw.compile(program, vocab, 4), [list(x) for x in itertools.product(vocab, repeat=3)]
    assert all(model(x) == program(x) for x in inputs)
    for seed in range(8):
        order = np.random.default_rng(seed).permutation(model.unembed.shape[1])
        changed = replace(model, unembed=model.unembed[:, order])
        assert any(changed(x) != program(x) for x in inputs)
        with pytest.raises(CertificateError):
            hw.certify(changed, program)


def test_large_numbers_that_cancel_for_some_tokens_alone() -> None:
    """Neurons for the position read two numbers that cancel: of the first and of the last token both are 0."""
    vocab, most = [chr(97 + i) for i in range(26)] + [chr(65 + i) for i in range(14)], 60
    bit = {c: i % 2 for i, c in enumerate(vocab)}
    program = tokens.map(bit) + (indices >= most // 2)
    large = np.array([2.0**26 * (0 < i < len(vocab) - 1) for i in range(len(vocab))])
    embed, positions, unembed = np.zeros((1 + len(vocab), 7)), np.zeros((most + 1, 7)), np.zeros((7, 1))
    embed[0, 0], embed[1:, 1], embed[1:, 2], positions[1:, 3] = 1, 1, list(bit.values()), np.arange(most)
    embed[1:, 4], embed[1:, 5], unembed[6] = large, -large, 1
    w_in, w_out = np.zeros((7, 3)), np.zeros((3, 7))
    w_in[3:6, :2], w_in[2, 2], w_out[:, 6] = 1, 1, (1, -1, 1)
    model = replace(
        hw.compile(tokens.map(bit), vocab, most, causal=True, certify=False),
        embed=embed,
        positions=positions,
        layers=(Layer((), w_in, np.array([1 - most / 2, -most / 2, 0]), w_out),),
        unembed=unembed,
        outputs=None,
        whole=True,
        circuit=Circuit(),
        source=program,
    )
    text = "".join(vocab[i % len(vocab)] for i in range(most))
    assert any(Simulated.of(model, Choices(seed))([text])[0] != program(text) for seed in range(4))
    assert refused(model, program)


def test_products_that_underflow_in_the_row_of_bos() -> None:
    """A neuron is off for BOS by less than what a machine loses that replaces subnormal numbers by 0."""
    model = wider(sums(), 5)
    c, d = model.d_model - 5, model.d_model
    _, _, _, embed, _ = weights(model)
    embed[0, c] = 2.0**-59
    small = [(c, 2.0**-59, c + i, 1) for i in (1, 2, 3)]
    [first] = chained(d, small)
    [second] = chained(d, [(c + 1, 2.0**-8, c + 4, 2.0**99)])
    w_in = np.array(second.w_in, np.float64)
    w_in[c + 2 : c + 4, 0] = -0.9 * 2.0**-8
    [layer] = model.layers
    [head] = layer.heads
    w_k = np.array(head.w_k, np.float64)
    w_k[c + 4, 0] = -(2.0**40)
    layers = (first, replace(second, w_in=w_in), replace(layer, heads=(replace(head, w_k=w_k),)))
    claims = tuple(replace(x, slot=Slot(3, x.slot.sublayer)) for x in model.circuit.claims)
    model = replace(model, embed=embed, layers=layers, circuit=replace(model.circuit, claims=claims))
    assert Simulated.of(model, Choices(fused=False, flush=True))(["ab"]) != [SUM("ab", causal=True)]
    assert refused(model, SUM)


@pytest.mark.parametrize("lost", [2.0**-10, 2.0**-42], ids=["flushed", "too small for any number"])
def test_what_is_left_of_an_erased_direction_that_underflows(lost: float) -> None:
    """A direction is erased but for 2^-118; what neurons read of that, 1 in real numbers, underflows."""
    program, small = tokens.map({"a": 1, "b": 2}), 2.0**-59
    embed, unembed = np.zeros((3, 8)), np.zeros((8, 1))
    embed[0, 0], embed[1:, 1], embed[2, 2], embed[2, 3], embed[1:, 4], unembed[[2, 7]] = 1, 1, 1, small, small, 1
    model = replace(
        sums(),
        embed=embed,
        positions=None,
        layers=chained(
            8,
            [(3, 1, 5, small)],
            [(5, 1, 5, -1), (4, 1, 5, small)],
            [(5, lost, 6, 2.0**99)],
            [(6, 2.0**19 / lost, 7, 1)],
        ),
        unembed=unembed,
        outputs=None,
        whole=True,
        circuit=Circuit(),
        source=program,
    )
    assert Simulated.of(model, Choices(flush=True))(["ab"]) != [program("ab")]
    assert refused(model, program)


def test_heads_that_end_another_part_are_not_in_the_background_too() -> None:
    """They write two parts and end a third, whose pivot the last of these reads: it is twice the number that they
    write."""
    stored = tokens.map({"k": 1, "q": 0, "z": 2})
    selector = (key(stored) > query(0)) & (key("q") == query(tokens))
    first = selector.value(stored)
    summand = hw.SOp.zip(lambda t, a: a if t == "q" else {"k": 1, "z": 2}[t], tokens, first)
    program = (selector | ((key(indices) == query(indices)) & (key("q") == query(tokens)))).value(summand)
    model = wider(with_own_bos(hw.compile(first, "kqz", 3, certify=False)), 3)
    layer, _, _, embed, _ = weights(model)
    embed[1:, 6:], unit, w_o = (1, -1), np.eye(8), np.array(layer.heads[0].w_o, np.float64)
    w_o[0, 4:6] = w_o[0, 4] / 2
    writing = replace(layer, heads=(replace(layer.heads[0], w_o=w_o),))
    rewritten = analysed(program.expr, model.vocab, 3, causal=False).rewritten[program.expr]
    *_, inner, outer = [e for e in claimable(rewritten) if e.op is Op.VALUE]
    heads, both, none = Slot(2, ATTENTION), unit[4] + unit[5], np.zeros(0)
    claims = (
        Claim(inner.src[1], Slot(1, MLP), unit[2] + unit[4] + 2 * unit[6] + 2 * unit[7], none, ()),
        Claim(inner, heads, both, none, ()),
        Claim(outer, heads, both + unit[6] + unit[7], none, ()),
    )
    model = replace(
        model,
        embed=embed,
        layers=(replace(layer, heads=()), writing),
        circuit=replace(model.circuit, claims=claims, computes=None),
        source=program,
    )
    found, _ = settings(model)
    assert [p.expr for p in found[-1].evidence.proved] == [inner.src[1], inner]
    with np.errstate(all="ignore"):
        case = HeadClaim.of(found[-1], outer, claims[-1])
    assert [p.layer for p in case.parts] == [2]
    assert case.background.at_query is None
