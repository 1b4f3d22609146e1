"""Every term of a bound: a model that is wrong by what this term stands for and by nothing else. So none of them can be
left out of the proof without a certificate for one of these."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from structural import settings
from test_claims import named
from test_crafted import (
    BOS,
    CONSTANT,
    MORE,
    SUM,
    TOKEN,
    TOTAL,
    padded,
    refused,
    sums,
    weights,
    wider,
    wrong,
)

import hardwire as hw
from handmade import SINK
from hardwire import full, indices, key, query, tokens, where
from hardwire.errors import CertificateError
from hardwire.model import Circuit, Layer
from hardwire.model.slots import ATTENTION, EMBEDDING, MLP, Slot, slots
from hardwire.numeric.machine import Choices, Simulated
from hardwire.proof.evaluate import most_terms
from strains import in_turn, wide, with_head, with_own_bos


def test_the_product_of_two_errors() -> None:
    """A query and a key that are 0, both of numbers that cancel: their score is as large as what both round."""
    model = wider(sums(), 3)
    layer, _, _, embed, _ = weights(model)
    [head] = layer.heads
    embed[1:, MORE:] = 1, 2.0**25, 2.0**25
    w_q, w_k = padded(head.w_q, 0, 1), padded(head.w_k, 0, 1)
    for w in (w_q, w_k):  # (1 + 2^25) - 2^25 - 1
        w[[CONSTANT, MORE, MORE + 1, MORE + 2], -1] = -8, 8, 8, -8
    model = replace(model, embed=embed, layers=(replace(layer, heads=(replace(head, w_q=w_q, w_k=w_k),)),))
    assert wrong(model, SUM, 4, machines=32)
    assert refused(model, SUM)


def test_one_of_two_errors_is_no_harm() -> None:
    """The same, where only the query is of such numbers: the key is 0 indeed."""
    model = wider(sums(), 3)
    layer, _, _, embed, _ = weights(model)
    [head] = layer.heads
    embed[1:, MORE:] = 1, 2.0**25, 2.0**25
    w_q, w_k = padded(head.w_q, 0, 1), padded(head.w_k, 0, 1)
    w_q[[CONSTANT, MORE, MORE + 1, MORE + 2], -1] = -8, 8, 8, -8
    w_k[[CONSTANT, MORE], -1] = -8, 8
    model = replace(model, embed=embed, layers=(replace(layer, heads=(replace(head, w_q=w_q, w_k=w_k),)),))
    assert not wrong(model, SUM, 4, machines=32)
    assert hw.certify(model, SUM)


def leading(by: float, where_not: float = 10.0) -> tuple[hw.Transformer, hw.SOp]:
    """True leads by so much where it is right, and False where that is; the logit of True is what is left of two large
    numbers."""
    program = tokens == "a"
    embed = np.array([[1, 0, 0, 0, 0], [0, 1, 1, 1, 0], [0, 1, 1, 0, 1]], np.float64)
    unembed = np.array([[0, 0], [0, 2.0**24], [0, -(2.0**24)], [0, by], [0, -where_not]], np.float64)
    made: dict[str, Any] = {"embed": embed, "layers": (), "circuit": Circuit(), "source": program}
    outputs = (False, True)
    if by > where_not:  # of equal logits the first wins
        outputs, unembed = outputs[::-1], unembed[:, ::-1]
    model = replace(sums(), **made, unembed=unembed, outputs=outputs)
    return model, program


def test_rounding_of_the_best_logit() -> None:
    """Where False is right, the same rounding is that of another logit, and is smaller than the lead."""
    model, program = leading(0.5)
    assert wrong(model, program, 3, machines=4)
    assert refused(model, program)


def test_rounding_of_another_logit() -> None:
    model, program = leading(10.0, 0.5)
    assert wrong(model, program, 3, machines=4)
    assert refused(model, program)
    model, program = leading(10.0)
    assert not wrong(model, program, 3, machines=4)
    assert hw.certify(model, program)


@pytest.mark.parametrize("room", [0.6, 0.95])
def test_a_neuron_that_an_error_switches_on(room: float) -> None:
    """At its threshold it gives as much as the error, and not half of that, as along a chord."""
    program, n, off, scale = full.value(tokens.map({"a": 0, "b": 1})), 5, 1e-3, 100.0
    model = wider(with_own_bos(hw.compile(program, "ab", n, certify=False)), 1, 1)
    layer, w_in, w_out, _, unembed = weights(model)
    [head] = layer.heads
    assert model.outputs is not None
    w_in[[TOTAL, CONSTANT], -1] = 1, -n
    w_out[-1, -1] = 1
    never = unembed[:, [model.outputs.index(n)]].copy()
    never[CONSTANT] -= room * scale * n * off
    never[-1] = scale
    head = replace(head, w_o=head.w_o.astype(np.float64) * (1 + off))
    layer = replace(layer, heads=(head,), w_in=w_in, w_out=w_out)
    model = replace(model, layers=(layer,), unembed=np.hstack([unembed, never]), outputs=(*model.outputs, 99))
    assert model("bbbbb") == [99] * n
    assert refused(model, program)


@pytest.mark.parametrize("max_len", [2, 5])
def test_products_that_underflow(max_len: int) -> None:
    """Values so small that what attention makes of them is none; none of the weights is."""
    model = sums(max_len)
    layer, _, _, embed, unembed = weights(model)
    [head] = layer.heads
    embed[:, TOKEN] *= 2.0**-58
    unembed[TOTAL] *= 2.0**59
    small = replace(head, w_v=head.w_v.astype(np.float64) * 2.0**-59, w_o=head.w_o.astype(np.float64) * 2.0**58)
    claims = tuple(replace(c, vector=c.vector * 2.0**59) for c in model.circuit.claims)
    circuit = replace(model.circuit, claims=claims, readings=())
    model = replace(model, embed=embed, layers=(replace(layer, heads=(small,)),), unembed=unembed, circuit=circuit)
    assert wrong(model, SUM, max_len)
    assert refused(model, SUM)


def lower_bos(model: hw.Transformer, by: Any) -> hw.Transformer:
    """The model with the score of BOS lower by so much, (max_len,) for the query at each position, in the only head of
    its last layer."""
    model = wider(model, 1)
    layer = model.layers[-1]
    [head] = layer.heads
    [bos] = [d.index for d in model.circuit.directions if d.code == "bos"]
    w_q, w_k = padded(head.w_q, 0, 1), padded(head.w_k, 0, 1)
    w_q[-1, -1], w_k[bos, -1] = 1, -1
    positions = np.array(model.positions, np.float64)
    positions[1:, -1] = by
    layer = replace(layer, heads=(replace(head, w_q=w_q, w_k=w_k),))
    return replace(model, positions=positions, layers=(*model.layers[:-1], layer))


def test_bos_where_there_is_a_key() -> None:
    """The score of BOS raised, at any position alone: it wins over the key that is selected."""
    program = (key(indices) == query(indices - 1)).one(tokens.map({"a": 1, "b": 2}), 0)
    model = hw.compile(program, "ab", 4, certify=False)
    for i in range(4):
        by = np.zeros(4)
        by[i] = -200
        if wrong(lower_bos(model, by), program, 4):
            assert refused(lower_bos(model, by), program)
        else:
            assert i == 0


@pytest.mark.parametrize("distance", [1, 2])
@pytest.mark.parametrize("where_", [slice(0, 2), slice(2, 4), slice(4, 5), slice(0, 5)], ids=str)
def test_a_position_that_may_not_be_there(distance: int, where_: slice) -> None:
    """The last token looks up a position behind it: BOS has to win, and does not at some positions."""
    program = (key(indices) == query(indices + distance)).one(tokens.map({"a": 1, "b": 2}), 0)
    model = hw.compile(program, "ab", 5, certify=False)
    by = np.zeros(5)
    assert not wrong(lower_bos(model, by), program)
    assert hw.certify(lower_bos(model, by), program)
    by[where_] = 200
    assert wrong(lower_bos(model, by), program)
    assert refused(lower_bos(model, by), program)


def test_what_keys_of_next_to_no_weight_are_rounded_by() -> None:
    """Two outputs that cancel at every key but few: where these come first, one of them loses all that is added to it
    later, since that is too small, and the other does not."""
    of_b = key(tokens) == query("b")
    program, few, most, n = of_b.value(tokens.map({"a": 1, "b": 640})), of_b.width() <= 20, 20, 1500
    model = hw.compile(program, "ab", most, certify=False)

    def crafted(faint: float) -> hw.Transformer:
        wide = wider(model, 1)
        layer, _, _, embed, _ = weights(wide)
        [head] = layer.heads
        embed[1, -1] = faint
        w_v, w_o = padded(head.w_v, 0, 1), padded(head.w_o, 1, 0)
        w_v[-1], w_o[1] = 1, -w_o[0]
        return replace(wide, embed=embed, max_len=n, layers=(replace(layer, heads=(replace(head, w_v=w_v, w_o=w_o),)),))

    faint = 15 * 2.0**-15
    assert hw.certify(crafted(0.0), program, given=few)
    weight, scale = np.float32(33 * 2.0**-44), float(crafted(faint).layers[0].heads[0].w_o[0].max())
    total, other = np.float32(0), np.float32(0)
    for x in [640.0] * most + [faint] * (n - most):
        total = total + weight * np.float32(x)
    for _ in range(n - most):
        other = other + weight * np.float32(faint)
    assert abs((float(total) - float(other)) * scale - most * 640) > 0.5
    with pytest.raises(CertificateError):
        hw.certify(crafted(faint), program, given=few)


@pytest.mark.parametrize("by", [1e-5, 1e-4, 1e-3, 0.03])
def test_selected_keys_of_unequal_weight(by: float) -> None:
    """A mean of keys that score as much more as others score less, which a key in the middle is compared with."""
    program = full.mean(tokens == "a")
    model = wider(hw.compile(program, "mab", 60, certify=False), 1)
    layer, _, _, embed, _ = weights(model)
    [head] = layer.heads
    embed[[2, 3], -1] = by, -by
    w_q, w_k = padded(head.w_q, 0, 1), padded(head.w_k, 0, 1)
    w_q[CONSTANT, -1] = w_k[-1, -1] = 1
    uneven = replace(layer, heads=(replace(head, w_q=w_q, w_k=w_k),))
    model = replace(model, embed=embed, tolerance=1.0, layers=(uneven,))
    bound, half = hw.certify(model, program).bound, "ab" * 30
    off = abs(model(half)[0] - program(half)[0])
    assert off > by / 2.1
    assert off < bound < off + 5e-5 + by**2


def test_outputs_of_a_look_up_that_cancel() -> None:
    """Two outputs are equal at every key, and each is added up in an order of its own, faint keys among them."""
    n, gap = 1000, 10.0
    program = (key(indices) == query(0)).one(tokens.map({"a": 0, "b": 1}))
    model = hw.compile(program, "ab", n, certify=False)

    def crafted(size: float) -> hw.Transformer:
        [layer] = model.layers
        [head] = layer.heads
        w_q, w_k = np.array(head.w_q, np.float64), np.array(head.w_k, np.float64)
        w_v, w_o = padded(head.w_v, 0, 2), padded(head.w_o, 2, 0)
        w_q[CONSTANT], w_k[BOS] = gap, -1  # by so much the selected key leads the others, and BOS
        w_v[CONSTANT, -2:] = size
        w_o[-2:, model.circuit.claims[0].vector != 0] = [[1], [-1]]
        return replace(model, layers=(replace(layer, heads=(replace(head, w_q=w_q, w_k=w_k, w_v=w_v, w_o=w_o),)),))

    x = "b" + "a" * (n - 1)
    assert any(Simulated.of(crafted(250_007.0), Choices(seed))([x]) != [[1] * n] for seed in range(4))
    assert refused(crafted(250_007.0), program)
    assert hw.certify(crafted(7.0), program)


@pytest.mark.parametrize("size", [2.0**40, 1.0])
def test_values_of_faint_keys_that_are_rounded(size: float) -> None:
    """A value that is 0 and the rest of large numbers, at keys that a mean does not select; there alone is it wrong."""
    program, n = (key(tokens.has("ac")) == query(True)).mean(tokens == "a"), 8
    model = hw.compile(program, "abc", n, certify=False)
    [layer] = model.layers
    [head] = layer.heads
    numbers = [size * 1.1, size * 1.7, size * 1.1, size * 1.7]
    coordinates = np.arange(model.d_model, model.d_model + 4)
    w_q, w_v = np.array(head.w_q, np.float64), padded(head.w_v, 4, 0)
    assert head.w_k[BOS, 0] == -0.5
    w_q[CONSTANT], w_v[coordinates, 0] = 28, (1, 1, -1, -1)  # leads the others by 28, and BOS by 14
    more = wider(model, 4)
    w_in, w_out = np.zeros((more.d_model, 1)), np.zeros((1, more.d_model))
    [of_ac] = [d.index for d in model.circuit.directions if d.expression == "tokens.has('ac')"]
    w_in[[CONSTANT, of_ac], 0], w_out[0, coordinates] = (1, -1), numbers
    [layer] = more.layers
    second = replace(layer, heads=(replace(layer.heads[0], w_q=padded(w_q, 4, 0), w_v=w_v),))
    claims = tuple(replace(c, slot=Slot(2, ATTENTION)) for c in more.circuit.claims)
    layers = (Layer((), w_in, np.zeros(1), w_out), second)
    crafted = replace(more, layers=layers, circuit=Circuit(claims=claims))
    answers = [Simulated.of(crafted, Choices(seed))(["b" * n]) for seed in range(8)]
    if size == 1:
        assert all(a == [[0] * n] for a in answers)
        assert hw.certify(crafted, program)
    else:
        assert any(a != [[0] * n] for a in answers)
        assert refused(crafted, program)


@pytest.mark.parametrize("factor", [1.0, 2.0**21])
def test_the_rounding_of_what_an_error_adds_to_every_score(factor: float) -> None:
    """A query reads a part that is stored as 1000 in place of 0, which its error covers. For every key and for BOS it
    adds the same to the score, and what rounds is that number."""
    vocab, greatest = (0.0, 0.5), full.max(tokens)
    previous = (key(indices) == query(indices - 1)).one(tokens, 0.0)
    program = where(greatest == 0.5, previous, abs(previous))
    one, other = (hw.compile(p, vocab, 4, certify=False) for p in (greatest, previous))
    q, k = wide(one.layers[0].heads[0].w_q, 1), wide(one.layers[0].heads[0].w_k, 1)
    q[BOS, -1], k[BOS, -1] = 120, 1  # BOS attends to itself alone, which the last layer of a model need not see to
    model = in_turn(with_head(one, (0, 0), w_q=q, w_k=k), other)
    parts = [e for e in named(program, vocab, 4).values() if e.op.picks]
    first, last = (replace(claim, expr=e) for claim, e in zip(model.circuit.claims, parts, strict=True))
    model = replace(model, circuit=Circuit(claims=(first, last)))
    [storing], [reading] = (layer.heads for layer in model.layers)
    alike = np.flatnonzero((model.embed[1] == 1) & (model.embed[2] == 1))  # of the first model, of the second
    bos = np.flatnonzero(model.embed[0])[1]
    w_v, w_q, w_k = np.array(storing.w_v, np.float64), wide(reading.w_q, 1), wide(reading.w_k, 1)
    w_v[alike[0]], w_q[:, -1], w_k[[bos, alike[-1]], -1] = 1000.37, first.vector, factor
    crafted = with_head(with_head(model, (0, 0), w_v=w_v), (1, 0), w_q=w_q, w_k=w_k)
    x = [0.5, 0.0, 0.5, 0.5]
    answers = [Simulated.of(crafted, Choices(seed))([x]) for seed in range(4)]
    if factor == 1:
        assert all(a == [previous(x)] for a in answers)
        assert hw.certify(crafted, program)
    else:
        assert any(a != [previous(x)] for a in answers)
        assert refused(crafted, program)


@pytest.mark.parametrize("lead", [60.0, 88.0, 100.0])
def test_weights_that_underflow(lead: float) -> None:
    """BOS leads all keys by so much that their weights are no normal numbers; values make up for it in two steps."""
    model = sums()
    layer, _, _, _, unembed = weights(model)
    [head] = layer.heads
    claimed = float(np.exp(np.float64(np.float32(lead)))) * 2.0**-98
    w_k = head.w_k.astype(np.float64) * (lead / SINK)
    w_v, w_o = head.w_v.astype(np.float64) * 2.0**49, np.sign(head.w_o) * 2.0**49
    unembed[TOTAL] *= claimed
    claims = tuple(replace(c, vector=c.vector * claimed) for c in model.circuit.claims)
    circuit = replace(model.circuit, claims=claims, readings=())
    layer = replace(layer, heads=(replace(head, w_k=w_k, w_v=w_v, w_o=w_o),))
    model = replace(model, layers=(layer,), unembed=unembed, circuit=circuit)
    if lead == 60:
        assert not wrong(model, SUM)
        assert hw.certify(model, SUM)
    else:
        assert wrong(model, SUM)
        assert refused(model, SUM)


@pytest.mark.parametrize("name", ["add", "dyck", "run_lengths"])
def test_products_that_may_round_are_all_counted(name: str) -> None:
    """One-hot codes have few numbers that are not 0 at a time; the stream of no input has more of them."""
    program, rng = hw.programs.LIBRARY[name](), np.random.default_rng(0)
    model = hw.compile(program, hw.programs.LIBRARY[name].vocab, 20, certify=False)
    [setting] = settings(model)[0][:1]
    vocab, fewer = list(model.vocab), 0
    inputs = [[vocab[i] for i in rng.integers(len(vocab), size=n)] for n in (1, 3, 9, 20, 20, 20)]
    streams = [model.residuals(x) for x in inputs]
    for slot, name_ in zip(slots(EMBEDDING, Slot(model.depth, MLP)), streams[0], strict=True):
        w = np.where(rng.random((model.d_model, 40)) < rng.random(40), 3.0, 0.0)
        most = most_terms(setting, w, slot)
        for stream in streams:
            present = (stream[name_][1:] != 0).astype(float) @ (w != 0)
            assert (present <= np.maximum(most, 1)).all()
        fewer += int((most < (w != 0).sum(axis=0)).sum())
    assert fewer > 20


def test_coordinates_that_are_written_later_are_counted() -> None:
    """A code whose coordinates heads write on is not one-hot any more."""
    model = sums()
    [setting] = settings(model)[0][:1]
    w = np.full((model.d_model, 1), 3.0)
    before, after = (float(most_terms(setting, w, slot)[0]) for slot in (EMBEDDING, Slot(1, ATTENTION)))
    written = setting.weights.written[Slot(1, ATTENTION)]
    assert after >= before
    assert written.any()
    assert float(most_terms(setting, np.where(written, 3.0, 0.0)[:, None] + w, Slot(1, ATTENTION))[0]) >= written.sum()
