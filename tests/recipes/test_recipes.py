"""Every recipe says what it must, and keeps to its bound under adversarial noise and orders of summation."""

from __future__ import annotations

import functools
import inspect
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hardwire as hw
from hardwire.constructions.registry import LABELS, bound_of
from hardwire.errors import BuildError, ModelError, UnknownNameError
from hardwire.model import Circuit, Head, Layer, Transformer
from hardwire.numeric.floats import FLOAT64
from hardwire.recipes import (
    RECIPES,
    Net,
    Piece,
    add_norm,
    by_theme,
    get,
    in_gelu,
    in_swiglu,
    layers_for_heads,
    minimum,
    probes,
    product,
    step_function,
    temperature,
    threshold,
    wires,
)

NAMES = sorted(RECIPES)


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_says_what_it_must(name: str) -> None:
    recipe = RECIPES[name]
    assert set(LABELS) - {"Note"} <= recipe.facts.keys()
    assert recipe.summary.endswith(".")
    assert recipe.example.startswith(">>> ")
    assert recipe.bound is not None
    assert "ours" in recipe.facts["Source"] or "Cookbook" in recipe.facts["Source"]
    assert inspect.getdoc(recipe.function) == recipe.text


def test_the_register_is_what_is_public() -> None:
    for name in NAMES:
        assert getattr(hw.recipes, name) is RECIPES[name].function
    assert sum(map(len, by_theme().values())) == len(RECIPES) == len(probes.PROBES)
    assert set(probes.PROBES) == set(RECIPES)
    with pytest.raises(UnknownNameError, match="Did you mean 'minimum'"):
        get("minimun")


@pytest.mark.parametrize("run", list(dict.fromkeys(probes.PROBES.values())), ids=lambda f: f.__name__)
def test_no_error_is_above_its_bound(run: probes.measured.Probe) -> None:
    found = list(run())
    for m in found:
        assert m.worst <= m.claimed, m
        assert math.isfinite(m.claimed), m
    assert {m.recipe for m in found} == {name for name, f in probes.PROBES.items() if f is run}


@pytest.mark.parametrize("activation", ["gelu", "swiglu"])
def test_relu_recipes_in_other_activations(activation: str) -> None:
    tried = set()
    for name, cases in probes.feedforward.cases().items():
        for case in cases:
            if case.piece.activation == "relu" and case.piece.neurons:
                tried.add(name)
                for m in probes.feedforward.attack(name, case, activation):
                    assert m.worst <= m.claimed, m
    assert {"minimum", "conditional", "greater", "boolean", "lookup_table", "restoration", "piecewise_linear"} <= tried


HARD = ("picking", "by_codes", "by_position", "by_angles", "ties", "means")


@pytest.mark.parametrize("kind", ["average", "leftmost", "rightmost"])
def test_soft_recipes_by_hard_attention(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very same scores: what picks one key by any kind of hard attention, what averages by the average one."""
    attacks = functools.partial(probes.attention.attack, kind=kind)
    monkeypatch.setattr(probes.attention, "attack", attacks)
    for run in HARD if kind == "average" else HARD[:-1]:
        for m in getattr(probes.attention, run)():
            assert m.worst <= m.claimed, m


def test_the_attack_finds_errors() -> None:
    """Bounds are nearly reached where they can be: the attack is no mere formality."""
    for name in (
        "minimum",
        "conjunction",
        "product",
        "gate",
        "in_gelu",
        "rightmost",
        "piecewise_linear",
        "conditional",
        "greater",
        "nearest",
    ):
        assert min(m.ratio for m in probes.measure(name)) < 1.5, name


def test_a_bound_too_small_is_caught() -> None:
    x, y = wires("x y")
    case = probes.feedforward.Case(product(x, y, 0.25), lambda x, y: x * y, probes.feedforward.TWO, (1.0,))
    (m,) = probes.feedforward.attack("minimum", case)  # with the bound of another recipe
    assert m.worst > m.claimed


small = st.floats(-100, 100, allow_nan=False, width=32)


@given(small, small)
def test_minimum_in_three_activations(a: float, b: float) -> None:
    x, y, one = wires("x y one")
    piece = minimum(x, y)
    sizes = {"x": abs(a), "y": abs(b)}
    for made, name in ((in_gelu(piece, 64.0), "in_gelu"), (in_swiglu(piece, one, 64.0), "in_swiglu")):
        most = bound_of(name)(made, sizes, fmt=FLOAT64, sharpness=64.0)
        assert abs(made(x=a, y=b) - min(a, b)) <= most < 0.28 / 64
    assert piece(x=a, y=b) == pytest.approx(min(a, b), abs=1e-9)


@given(st.integers(2, 10_000), st.floats(1e-9, 0.5), st.floats(1e-3, 100))
def test_temperature_keeps_its_word(keys: int, eps: float, gap: float) -> None:
    assert bound_of("temperature")(keys, temperature(keys, eps, gap), gap) <= eps * (1 + 1e-9)


@given(st.integers(-30, 30), st.floats(-0.25, 0.25))
def test_threshold_leaves_no_trace_of_noise(k: int, noise: float) -> None:
    x, one = wires("x one")
    assert abs(threshold(x, 2, 3, one)(x=k + noise) - (k >= 3)) < 1e-9


def test_pieces_add_up_in_one_activation() -> None:
    x, y = wires("x y")
    assert (minimum(x, y) + minimum(y, x))(x=1, y=2) == 2.0
    with pytest.raises(BuildError, match="one activation: relu or gelu"):
        minimum(x, y) + product(x, y)
    with pytest.raises(BuildError, match="no number for 'y'"):
        minimum(x, y)(x=1)
    assert isinstance(Piece(x) + product(x, y), Piece)


def test_a_net_explains_what_is_wrong() -> None:
    with pytest.raises(BuildError, match="any length"):
        Net("ab", None).indices()
    with pytest.raises(BuildError, match="'tanh'"):
        Net("ab", 3, activation="tanh")
    net = Net("ab", 3)
    with pytest.raises(BuildError, match="2 logits need as many outputs"):
        net.model([net.one, net.one], outputs=[1])


def test_norms_are_added_once() -> None:
    model = hw.recipes.models.parity(max_len=5)
    with pytest.raises(ModelError, match="plain model"):
        add_norm(add_norm(model))
    with pytest.raises(ModelError, match='"pre" or where="post"'):
        add_norm(model, "layer", "both")


def test_heads_that_read_each_other_get_directions_of_their_own() -> None:
    rng = np.random.default_rng(0)
    d = 4

    def head(name: str) -> Head:
        return Head(name, *(rng.normal(size=s) for s in ((d, 2), (d, 2), (d, 2), (2, d))))

    def layer() -> Layer:
        return Layer((head("a"), head("b"), head("c")), rng.normal(size=(d, 3)), np.ones(3), rng.normal(size=(3, d)))

    model = Transformer(
        tuple("xyz"), 5, False, rng.normal(size=(4, d)), rng.normal(size=(6, d)), (layer(), layer()),
        rng.normal(size=(d, 2)), (0, 1), "float64", Circuit(),
    )  # fmt: skip
    split = layers_for_heads(model)
    assert (split.depth, split.d_model) == (6, 3 * d)
    np.testing.assert_allclose(split.logits("xyzzy"), model.logits("xyzzy"), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", ["sort", "reverse_letters", "histogram", "add"])
def test_compiled_programs_take_norms_and_layers_for_heads(name: str) -> None:
    if name not in hw.programs.LIBRARY:
        pytest.skip("no such program")
    program = hw.programs.get(name)
    model = hw.compile(program(), vocab=program.vocab, max_len=8)
    x = program.example[:8]
    right = model(x)
    assert layers_for_heads(model)(x) == right
    for kind in ("layer", "rms"):
        assert add_norm(model, kind, "pre")(x) == right
        assert add_norm(model, kind, "post")(x) == right


def test_a_step_down_to_or_up_to_zero_is_exact_there() -> None:
    """No neuron fires where the function is 0, on either side."""
    x, one = wires("x one")
    for low, high in ((-1, 0), (0, -1), (3, 0), (0, 3)):
        points = [(0, low), (1, low), (2, high), (3, high)]
        stair = step_function(x, points, one)
        fired = [any(neuron(x=at, one=1.0) > 0 for neuron, _ in stair.neurons) for at, _ in points]
        assert fired == [y != 0 for _, y in points]
