"""Every library program as a transformer: its depth, its size, its answers and what its residual stream holds."""

from __future__ import annotations

import random

import pytest

import hardwire as hw
from hardwire import indices, key, query, tokens
from hardwire.compiler import compile as compile_model
from hardwire.errors import CompileError
from hardwire.programs import LIBRARY

# What needs more layers than the program as written, and why.
DEEPER = {
    # A function of token and position together, in front of the first attention, takes neurons before it.
    "first": 3,
    # The mirrored position is put together by neurons; of a mirrored one of another position others find out whether it
    # lies beyond the end.
    "reverse_letters": 3,
    "reverse_words": 4,
}

# The most layers and parameters: what has been reached, with a little room. `make bench` prints the same table.
BOUNDS: dict[str, tuple[str, object, int, int, int]] = {
    "reverse": ("flip", "abcd", 100, 2, 720),
    "reverse, long": ("flip", "abcd", 1000, 2, 8_200),
    "histogram": ("histogram", "abcdefghij", 100, 1, 480),
    "sort": ("sort", range(10), 32, 2, 4_200),
    "shuffle-Dyck": ("shuffle_dyck", "()[]", 32, 2, 1_750),
    "Dyck of two kinds": ("dyck", "()[]", 32, 3, 3_700),
    "add": ("add", "0123456789+", 41, 3, 4_100),
    "add in three": ("add_in_three", "0123456789+", 41, 3, 2_800),
    "subtract": ("subtract", "0123456789-", 41, 3, 2_800),
    "fraction of previous": ("frac_prevs", LIBRARY["frac_prevs"].vocab, 100, 1, 3_300),
    "median": ("median", range(10), 32, 2, 6_100),
    "sort by frequency": ("sort_by_frequency", "abcde", 32, 3, 26_000),
    "cumsum": ("cumsum", range(10), 100, 1, 2_250),
}
USED_AGAIN = {"add": 3_600, "add_in_three": 2_620, "shuffle_dyck": 1_700, "subtract": 2_620}


@pytest.fixture(scope="module")
def models() -> dict[str, hw.Transformer]:
    return {}


def compiled(name: str, models: dict[str, hw.Transformer]) -> hw.Transformer:
    if name not in models:
        program = LIBRARY[name]
        models[name] = hw.compile(program(), program.vocab, program.max_len)
    return models[name]


@pytest.mark.parametrize("name", LIBRARY)
def test_it_computes_the_program(name: str, models: dict[str, hw.Transformer]) -> None:
    program = LIBRARY[name]
    found = hw.verify(compiled(name, models), sample=program.sample, samples=300, exhaustive=3000, seed=1)
    assert found, found
    assert found.positions > 500


@pytest.mark.parametrize("name", LIBRARY)
def test_one_layer_of_the_program_is_one_of_the_model(name: str, models: dict[str, hw.Transformer]) -> None:
    assert compiled(name, models).depth <= DEEPER.get(name, max(1, LIBRARY[name]().layers))


@pytest.mark.parametrize("case", BOUNDS)
def test_sizes(case: str) -> None:
    name, vocab, max_len, layers, parameters = BOUNDS[case]
    model = hw.compile(LIBRARY[name](), vocab, max_len)
    assert model.depth <= layers
    assert model.parameters <= parameters


@pytest.mark.parametrize("name", USED_AGAIN)
def test_directions_used_again(name: str, models: dict[str, hw.Transformer]) -> None:
    """The same answers and the same named steps, in fewer directions."""
    program, own = LIBRARY[name], compiled(name, models)
    model = compile_model(program(), program.vocab, program.max_len, reuse=True)
    assert model.parameters <= USED_AGAIN[name] < own.parameters
    assert len({d.index for d in model.circuit.directions}) < len(model.circuit.directions)
    alone = [d.index for d in own.circuit.directions if d.name != "bos"]
    assert len(set(alone)) == len(alone) == own.d_model, "BOS alone shares a coordinate"
    assert hw.verify(model, sample=program.sample, samples=300, exhaustive=1000)
    steps = model.trace(program.example)
    assert any(step.expected for step in steps)
    assert all(step.expected in (None, step.values) for step in steps)


def test_given_makes_models_smaller() -> None:
    one = key(tokens) == query("a")
    program = (key(indices) == query(one.value(indices))).value(tokens)
    assert hw.compile(program, "ab", 20, given=one.width() == 1).parameters <= hw.compile(program, "ab", 20).parameters
    model = hw.compile(one.value(indices), "ab", 20, given=one.width() == 1)
    assert model.parameters < hw.compile(one.value(indices), "ab", 20).parameters
    found = hw.verify(model)
    assert found.skipped, "what is not valid is left out"
    assert found, found
    with pytest.raises(CompileError, match="no input is valid"):
        hw.compile(one.value(indices), "ab", 20, given=one.width() == 30)


@pytest.mark.parametrize("name", LIBRARY)
def test_the_residual_stream_holds_the_parts(name: str, models: dict[str, hw.Transformer]) -> None:
    """Every reading of the circuit, decoded from the residual stream, is the interpreter's value."""
    program = LIBRARY[name]
    model = compiled(name, models)
    sop = program()
    rng = random.Random(5)
    for x in [program.example, *(program.sample(rng, min(20, program.max_len)) for _ in range(5))]:
        steps = [s for s in model.trace(x) if s.expected is not None]
        for step in steps:
            assert step.expected is not None
            for want, got in zip(step.expected, step.values, strict=True):
                assert isinstance(want, hw.Failure) or want == got or abs(want - got) < 1e-4, (step.name, x)
        inner = [s for s in sop.trace(x) if isinstance(s.of, hw.SOp) and s.of.expr is not sop.expr]
        # That of `slide` is read off two look-ups, and nothing else of it is stored.
        assert steps or not inner or name == "slide", "nothing was compared"


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_exhaustively(name: str, models: dict[str, hw.Transformer]) -> None:
    program = LIBRARY[name]
    found = hw.verify(compiled(name, models), sample=program.sample, samples=20_000, seed=2)
    assert found, found


def test_reverse_stays_small_and_exact_at_a_thousand() -> None:
    model = hw.compile(hw.programs.flip(), "abcd", 1000)
    assert model.depth == 2
    assert model.parameters <= 20_000
    assert hw.verify(model, samples=60, exhaustive=100)


CAUSAL = [
    "bracket_depth", "before_count", "copy", "cumsum", "frac_prevs", "histogram", "induction", "is_first",
    "nearest_left", "previous_occurrence", "shift", "unique_count",
]  # fmt: skip


@pytest.mark.parametrize("name", CAUSAL)
def test_causal_models(name: str) -> None:
    program = LIBRARY[name]
    model = hw.compile(program(), program.vocab, min(program.max_len, 40), causal=True)
    assert model.causal
    assert hw.verify(model, sample=program.sample, samples=200, exhaustive=2000)


def test_a_prefix_is_free_under_the_causal_mask() -> None:
    both = [hw.compile(hw.programs.cumsum(), [0, 1], 64, causal=c).parameters for c in (False, True)]
    assert both[1] < both[0] / 4


def test_no_positions_no_table() -> None:
    assert hw.compile(hw.same_token.width(), "ab", 50).positions is None
    assert hw.compile(hw.programs.flip(), "ab", 50).positions is not None
