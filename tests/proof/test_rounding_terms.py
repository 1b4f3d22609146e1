"""Terms for rounding: a model that is wrong by what one of them stands for, and by nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from test_crafted import CONSTANT, MORE, TOKEN, VALUES, refused, sums, weights, wider, wrong

import hardwire as hw
from hardwire import full, indices, key, query, tokens
from hardwire.model import Circuit, Layer
from hardwire.numeric.machine import Choices, Simulated
from strains import with_own_bos

BIT = tokens.map({"a": 0, "b": 1})


# Neurons and the embedding.


def bare(program: hw.SOp, embed: Any, unembed: Any, layers: tuple[Layer, ...] = (), **more: Any) -> hw.Transformer:
    """A model with these weights and without claims; coordinate 0 is that of BOS, 1 is 1 for every token."""
    outputs = more.pop("outputs", None)
    made: dict[str, Any] = {"positions": None, "circuit": Circuit(), "source": program, "layers": layers, **more}
    made |= {"embed": np.array(embed, np.float64), "unembed": np.array(unembed, np.float64)}
    return replace(sums(3), **made, outputs=outputs, whole=outputs is None)


def test_a_bias_that_cancels() -> None:
    """A neuron adds a small number to a large one, and a bias that is less than 0 takes that away."""
    program = tokens.map({"a": 1, "b": 3})
    w_in, w_out = np.zeros((4, 1)), np.zeros((1, 4))
    w_in[CONSTANT], w_in[TOKEN], w_out[0, 3] = 2.0**25, 1, 1
    layer = Layer((), w_in, np.array([-(2.0**25)]), w_out)
    model = bare(program, [[1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 3, 0]], [[0], [0], [0], [1]], (layer,))
    assert wrong(model, program, 3)
    assert refused(model, program)


def test_the_number_of_products() -> None:
    """Each of twenty small numbers is half of what can be added to 1: one after the other, none of them counts."""
    program, k = tokens.map({"a": 0, "b": 1}), 20
    embed, w_in, w_out = np.zeros((3, 3 + k)), np.zeros((3 + k, 1)), np.zeros((1, 3 + k))
    embed[0, 0], embed[1:, CONSTANT], embed[2, 3:] = 1, 1, 1
    w_in[CONSTANT], w_in[3:], w_out[0, 2] = 1, 2.0**-24, 2.0**24 / k
    unembed = np.zeros((3 + k, 1))
    unembed[2] = 1
    model = bare(program, embed, unembed, (Layer((), w_in, np.array([-1.0]), w_out),))
    assert wrong(model, program, 3, machines=16)
    assert refused(model, program)


def test_the_sum_of_a_token_and_its_position() -> None:
    """It lies half way between two numbers, and so, nearly, do both logits: each is rounded by half a unit in the last
    place, all three to the harm of the lead."""
    program, unit = tokens == "b", 2.0**-23
    down, up = (
        (911, 2302),
        (913, 2297),
    )  # (1 + 2 m unit) (1 + n unit) is just below the middle of two numbers, and just above
    true, false = 1 + 2 * down[0] * unit, 1 + 2 * up[0] * unit
    positions = np.zeros((4, 3))
    positions[1:, 1] = unit / 2
    unembed = [[0, 0], [0, 1 + down[1] * unit], [1 + up[1] * unit, 0]]
    embed = [[1, 0, 0], [0, 0.5, false], [0, true, false]]
    model = bare(program, embed, unembed, outputs=(False, True), positions=positions)
    assert wrong(model, program, 3)
    assert refused(model, program)


def test_large_integers_that_neurons_write() -> None:
    """2^24, and ten times 1, which is too small to be added to it."""
    program, k = tokens == "b", 10
    w_in, w_out = np.zeros((4, 1 + k)), np.zeros((1 + k, 4))
    w_in[CONSTANT, 0], w_in[TOKEN, 1:] = 1, 1
    w_out[0, 3], w_out[1:, 3] = 2.0**24, 1
    unembed = [[0, 0], [2.0**24 + 4, 0], [0, 0], [0, 1]]
    layer = Layer((), w_in, np.zeros(1 + k), w_out)
    model = bare(program, [[1, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]], unembed, (layer,), outputs=(False, True))
    assert wrong(model, program, 3, machines=16)
    assert refused(model, program)


def test_the_default_of_a_mean_by_several_heads() -> None:
    """The weights are those for another default."""

    def mean(default: int) -> hw.SOp:
        return (key(indices) < query(indices)).mean(VALUES, default)

    program = mean(3)
    model, other = (hw.compile(p, "ab", 10, certify=False) for p in (program, mean(2)))
    [layer], [claim], [own] = model.layers, model.circuit.claims, other.circuit.claims
    assert len(layer.heads) > 1
    circuit = replace(model.circuit, claims=(replace(claim, vector=own.vector),), readings=())
    model = replace(other, source=model.source, circuit=circuit)
    assert wrong(model, program, 3)
    assert refused(model, program)


def test_a_bias_that_is_larger_than_all_products() -> None:
    """Forty times 1 is lost next to it."""
    program, k = tokens == "b", 40
    embed, w_in, w_out, unembed = np.zeros((3, 4 + k)), np.zeros((4 + k, 1)), np.zeros((1, 4 + k)), np.zeros((4 + k, 2))
    embed[0, 0], embed[1:, CONSTANT], embed[2, 4:] = 1, 1, 1
    w_in[4:], w_out[0, 3] = 1, 1
    unembed[CONSTANT, 0], unembed[3, 1] = 2.0**25 + 20, 1
    layer = Layer((), w_in, np.array([2.0**25]), w_out)
    model = bare(program, embed, unembed, (layer,), outputs=(False, True))
    assert wrong(model, program, 3, machines=16)
    assert refused(model, program)


def test_that_a_bias_counts_as_a_product() -> None:
    """One product, its sum with the bias, and what the neuron writes: each is rounded down by nearly half a unit in the
    last place, and they end half way between two ints."""
    x, w, bias, out, value = 1.0001190900802612, 1.0003575086593628, 5.9604587931971764e-08, 2097413.0, 2098413
    program = tokens.map({"a": 0, "b": value})
    w_in, w_out = np.zeros((4, 1)), np.zeros((1, 4))
    w_in[TOKEN], w_out[0, 3] = w, out
    layer = Layer((), w_in, np.array([bias]), w_out)
    model = bare(program, [[1, 0, 0, 0], [0, 1, -1, 0], [0, 1, x, 0]], [[0], [0], [0], [1]], (layer,))
    assert wrong(model, program, 3)
    assert refused(model, program)


def chain(first: float, *more: float) -> hw.Transformer:
    """The token times each of the weights, which neurons of one layer after another read and write."""
    size = len(more) // 2 + 3
    embed, unembed, layers = np.zeros((3, size)), np.zeros((size, 1)), []
    embed[0, 0], embed[1:, CONSTANT], embed[2, TOKEN], unembed[-1] = 1, 1, first, 1
    for i, (read, written) in enumerate(zip(more[::2], more[1::2], strict=True), TOKEN):
        w_in, w_out = np.zeros((size, 1)), np.zeros((1, size))
        w_in[i], w_out[0, i + 1] = read, written
        layers.append(Layer((), w_in, np.zeros(1), w_out))
    return bare(BIT, embed, unembed, tuple(layers))


def test_what_a_neuron_reads_that_underflows() -> None:
    model = chain(2.0**-59, 2.0**-59, 1, 2.0**-59, 2.0**99, 2.0**78, 1)
    assert wrong(model, BIT, 3, machines=16)
    assert refused(model, BIT)


def test_what_a_neuron_writes_that_underflows() -> None:
    model = chain(2.0**-59, 2.0**-59, 2.0**-59, 2.0**90, 2.0**87, 1, 1)
    assert wrong(model, BIT, 3, machines=16)
    assert refused(model, BIT)


# Numbers that are answered as they are.

MEAN = full.mean(VALUES)


def means() -> hw.Transformer:
    return with_own_bos(hw.compile(MEAN, "ab", 4, certify=False, output="number"))


def beyond(model: hw.Transformer, program: hw.SOp) -> bool:
    """Whether a simulated machine's answer is off by more than the model's tolerance."""
    inputs = ["a", "b", "ab", "bbab"]
    wanted = np.concatenate([np.array(w, np.float64) for w in program.batch(inputs)])
    answers = (np.concatenate(Simulated.of(model, Choices(seed))(inputs)) for seed in range(8))
    return any(bool((abs(a - wanted) > model.tolerance).any()) for a in answers)


def test_numbers_that_cancel_in_the_answer() -> None:
    model = wider(means(), 1)
    _, _, _, embed, unembed = weights(model)
    embed[1:, MORE] = 1
    unembed[CONSTANT] += 2.0**25
    unembed[MORE] -= 2.0**25
    model = replace(model, embed=embed, unembed=unembed)
    assert beyond(model, MEAN)
    assert refused(model, MEAN)


def test_an_answer_that_underflows() -> None:
    program, model = MEAN * 2.0**-130, means()
    layer, _, _, embed, _ = weights(model)
    [head], [claim] = layer.heads, model.circuit.claims
    embed[1:, TOKEN] *= 2.0**-57
    head = replace(head, w_v=head.w_v * np.float32(2.0**-7), w_o=head.w_o * np.float32(2.0**-7))
    circuit = replace(
        model.circuit, claims=(replace(claim, vector=claim.vector * 2.0**71),), readings=(), computes=None
    )
    made: dict[str, Any] = {"source": program, "embed": embed, "layers": (replace(layer, heads=(head,)),)}
    unembed = claim.vector[:, None] * 2.0**-59
    model = replace(model, **made, unembed=unembed, circuit=circuit, tolerance=2.0**-131)
    assert beyond(model, program)
    assert refused(model, program)


def test_the_error_of_what_is_left_of_an_erased_direction() -> None:
    """Forty neurons write 1 each next to two that write 2^25 and take it away again."""
    k = 40
    model = wider(means(), 1, k + 3)
    layer, w_in, w_out, embed, unembed = weights(model)
    embed[2, MORE], w_in[MORE, 0], w_in[CONSTANT, 1:] = 1, 1, 1
    w_out[:, MORE] = [-1, 2.0**25, *[1] * k, -(2.0**25)]
    unembed[MORE], unembed[CONSTANT] = 1, -k
    layer = replace(layer, w_in=w_in, w_out=w_out)
    model = replace(model, embed=embed, layers=(layer,), unembed=unembed, tolerance=20.0)
    assert beyond(model, MEAN)
    assert refused(model, MEAN)
