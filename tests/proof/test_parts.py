"""What a proof is made of, each part on its own: scores, terms, gaps, blocks, spaces, margins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from structural import proof, settings
from test_blocks import APART, PROGRAMS, head_claim, head_claims
from test_crafted import refused, wrong
from test_terms import lower_bos

import hardwire as hw
from hardwire import indices, key, query, tokens, where
from hardwire.compiler import compile as compile_model
from hardwire.errors import CertificateError, ModelError
from hardwire.lang.expr import INDICES
from hardwire.lang.selectors import LENGTH, conditions
from hardwire.model import Circuit, Layer
from hardwire.model.certificate import Margin
from hardwire.model.slots import EMBEDDING
from hardwire.numeric.floats import FLOAT32
from hardwire.numeric.machine import Choices, Machine
from hardwire.programs import LIBRARY
from hardwire.proof.affine import AffineForm
from hardwire.proof.blocks import BlockItem
from hardwire.proof.decomposition import decompose, exactly_summed
from hardwire.proof.exhaustive.forward import BoundedForward
from hardwire.proof.gaps import BlockGaps, ScoreGaps
from hardwire.proof.heads import split_head
from hardwire.proof.obligations import SUM, obligation_of
from hardwire.proof.scores import NO_OTHERS, OtherTerms, all_but_one, relative_scores
from hardwire.proof.sums import WORTH_PAIRS, by_classes, summed
from hardwire.recipes import models

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")  # a proof may work with infinite bounds


def exact_form(value: np.ndarray) -> AffineForm:
    """(states, forms) numbers without error."""
    none = np.zeros((1, value.shape[1]))
    return AffineForm(value, {}, none[:, :0], np.zeros((0, value.shape[1])), none, {}, lambda: np.abs(value))


@pytest.mark.parametrize("size", [1.0, 2.0**6, 2.0**11, 2.0**12 + 1, 2.0**20])
@pytest.mark.parametrize("finest", [1.0, 2.0**-3, 0.0])
def test_scores_of_exact_numbers_are_rounded_like_this_at_most(size: float, finest: float) -> None:
    """Against sums of products in any order, of integers, of eighths, and of numbers with all their bits."""
    rng = np.random.default_rng(6)
    largest = 0.0
    for seed in range(12):
        q, k = (rng.uniform(-size, size, (n, 4)).astype(np.float32).astype(np.float64) for n in (5, 6))
        if finest:
            q, k = (np.round(x / finest) * finest for x in (q, k))
            q, k = (x.astype(np.float32).astype(np.float64) for x in (q, k))
        bound = relative_scores(exact_form(q), exact_form(k), np.zeros((1, 4)), FLOAT32)
        found = Machine(FLOAT32, Choices(seed)).dots(q.astype(np.float32), k.astype(np.float32))
        off = np.abs(found.astype(np.float64) - q @ k.T)
        assert (off <= bound.error).all()
        largest = max(largest, float((off / np.maximum(bound.error, 1e-300)).max()))
        if finest and size <= 2.0**6:
            assert (bound.error <= FLOAT32.unit * np.abs(bound.value)).all()  # added up without rounding
    assert largest > 0.01 or (finest and size <= 2.0**11)


def test_terms_that_are_none_do_not_count() -> None:
    q, k = exact_form(np.array([[1.0, 0.0, 3.0, 0.5]])), exact_form(np.array([[2.0, 5.0, 0.0, 4.0]]))
    assert OtherTerms.of(q, k) == OtherTerms(2, 2.0, 4.0)
    inexact = replace(q, rounding=np.array([[0.0, 1e-9, 0.0, 0.0]]))
    assert OtherTerms.of(inexact, k) == OtherTerms(3, inexact=True)
    assert OtherTerms.of(exact_form(np.zeros((1, 4))), k) == NO_OTHERS
    one, two = OtherTerms(1, 4.0, 1.0), OtherTerms(2, 2.0, 5.0, inexact=True)
    assert all_but_one([one, two, one]) == [OtherTerms(3, 2.0, 6.0, inexact=True), OtherTerms(2, 4.0, 2.0), one + two]


def test_a_constant_form_is_one_state() -> None:
    form = AffineForm.constant(np.array([1.0, -2.0, 0.0]))
    for x in (form.value, form.rounding, form.size, form.error):
        assert x.shape == (1, 3)
    assert form.sources.shape == (1, 0)
    assert form.size.tolist() == [[1.0, 2.0, 0.0]]
    assert form.is_constant


def test_a_block_without_queries_shows_nothing() -> None:
    some = BlockGaps(ScoreGaps(over_unselected=3.0), unsure=True)
    assert BlockGaps().worst(some) == some
    assert some.worst(BlockGaps()) == some
    assert not BlockGaps().unbounded


def test_the_narrower_margin_of_a_head_is_kept() -> None:
    forward = BoundedForward(models.majority(max_len=3))
    given = [(0.0, 4.0), (1.0, 8.0), (1.0, 9.0), (2.0, 10.0), (0.5, 1.0), (0.0, 1.0)]
    kept = []
    for error, limit in given:
        forward.note(Margin(1, "a head", "hard attention", error, limit))
        [margin] = forward.margins.values()
        kept.append((margin.error, margin.limit))
    assert kept == [(0.0, 4.0), (1.0, 8.0), (1.0, 8.0), (2.0, 10.0), (0.5, 1.0), (0.5, 1.0)]
    forward = BoundedForward(models.majority(max_len=3))
    for limit in (4.0, 2.0, 3.0):
        forward.note(Margin(1, "a head", "hard attention", 0.0, limit))
    assert [m.limit for m in forward.margins.values()] == [2.0]


def test_combinations_count_failures_of_what_may_fail() -> None:
    program = (key(tokens) == query("a")).one(indices, -1) + 6 // indices
    (*_, last), _ = settings(compile_model(program, "ab", 5))
    spaces, ratio = last.spaces, (6 // indices).expr
    assert spaces.combinations({INDICES}) == 5
    assert spaces.combinations({ratio}) == len(last.facts.domain(ratio).values) + 1
    assert spaces.combinations({INDICES, ratio}) == 5 * spaces.combinations({ratio})


def test_neurons_and_what_is_left_over_are_not_summed_exactly() -> None:
    """Only what is embedded is known to be a multiple of a unit."""
    model = compile_model(LIBRARY["most_frequent"](), "abc", 6)
    (*_, last), whole = settings(model)
    assert whole
    seen = set()
    for c in model.circuit.claims:
        plan = decompose(last, c.vector[:, None], c.slot)
        exact = bool(exactly_summed(last, plan).all())
        read = plan.neurons is not None or plan.remainder is not None or any(s[0] for _, s in plan.parts)
        seen.add((exact, read))
        assert not (exact and read)
    embedded = [d.index for d in model.circuit.directions if d.layer == 0]
    plan = decompose(last, np.eye(model.d_model)[:, embedded], EMBEDDING)
    assert exactly_summed(last, plan).all()
    assert (False, True) in seen


@pytest.mark.parametrize("name", PROGRAMS)
def test_positions_of_keys_and_queries_are_in_one_block(name: str) -> None:
    """Where positions decide which pairs there are."""
    program, vocab, max_len = PROGRAMS[name]
    for setting, e, claim in head_claims(compile_model(program, vocab, max_len, causal=True)):
        case = head_claim((setting, e, claim), APART)
        relation, blocks = split_head(case, conditions(case.selector), BlockItem(frozenset(), frozenset()))
        keys = [b for b in blocks if INDICES in b.keys.columns]
        queries = [b for b in blocks if {INDICES, LENGTH} & b.queries.columns.keys()]
        assert not relation.placed or not keys or keys == queries


def test_a_sum_beside_what_is_added_at_the_query_is_shown_by_classes() -> None:
    """Pairs at one position are not counted, which the summand there makes wrong."""
    found = 0
    for case in head_claims(compile_model(LIBRARY["window_sum"](), LIBRARY["window_sum"].vocab[:3], 7)):
        claim = head_claim(case, APART)
        if obligation_of(*case) is SUM and claim.background.at_query is not None:
            bound = by_classes(claim, summed(case[1]), skip_own=True)
            assert bound is not None
            assert bound.error < WORTH_PAIRS / 100
            found += 1
    assert found


def test_a_number_that_is_rounded_to_an_int() -> None:
    """An error of more than a half, and of less than one, is too much; one of less than a half is not."""
    program = tokens.map({"a": 0, "b": 1})

    def answering(value: float) -> hw.Transformer:
        embed = np.array([[1.0, 0.0], [0.0, 0.0], [0.0, value]])
        model = hw.compile(program, "ab", 3, certify=False)
        made = {"embed": embed, "positions": None, "layers": (), "unembed": np.array([[0.0], [1.0]])}
        return replace(model, **made, outputs=None, whole=True, circuit=Circuit(), source=program)

    assert proof(answering(1.4), program)[1][0].error == pytest.approx(0.4)
    for value in (1.6, 1.9):
        assert wrong(answering(value), program, 2)
        with pytest.raises(CertificateError, match=r"must stay below 0\.5 to be rounded to the right int"):
            proof(answering(value), program)


def test_a_position_that_is_no_int_is_not_looked_up() -> None:
    """Half of an odd position is none, and BOS has to win there."""
    program = (key(indices) == query(indices / 2)).one(tokens.map({"a": 1, "b": 2}), 0)
    model = hw.compile(program, "ab", 6, certify=False)
    assert hw.certify(lower_bos(model, np.zeros(6)), program)
    for i in (1, 3, 5):
        bad = lower_bos(model, 200 * np.eye(6)[i])
        assert wrong(bad, program, 6)
        assert refused(bad, program)


def test_a_claim_is_made_of_a_layer() -> None:
    model = compile_model(LIBRARY["flip"](), "ab", 4)
    claim = replace(model.circuit.claims[0], slot=EMBEDDING)
    with pytest.raises(ModelError):
        replace(model, circuit=replace(model.circuit, claims=(claim,)))


def test_few_pairs_are_not_taken_apart() -> None:
    """The variables of the value count, too."""
    program, found = (key(indices) <= query(indices)).value(tokens.map({"a": 1, "b": 3})), 0
    for case in head_claims(compile_model(program, "ab", 9)):
        apart, x = head_claim(case, APART), summed(case[1])
        if obligation_of(*case) is not SUM:
            continue
        count, own = case[0].spaces.combinations, apart.background.at_query is not None
        few = count(apart.keys) * count(apart.queries)
        many = count(apart.keys | case[0].variables(x)) * count(apart.queries)
        assert few < many
        assert by_classes(head_claim(case, few), x, skip_own=own) is not None
        assert by_classes(head_claim(case, many), x, skip_own=own) is None
        found += 1
    assert found


def test_a_mean_by_several_heads_where_nothing_is_selected() -> None:
    """The first position has no key before it: its value is the default, and no other number."""
    before = key(indices) < query(indices)
    model = hw.compile(before.mean(tokens == "a", 0.5), "ab", 20, certify=False)
    assert model.heads == 2
    assert hw.certify(model, before.mean(tokens == "a", 0.5))
    for default in (0.25, 0.75, 1):
        other = before.mean(tokens == "a", default)
        assert model("ab")[0] == 0.5 != other("ab")[0]
        with pytest.raises(CertificateError):
            proof(model, other)


@pytest.mark.parametrize("sign", [-1, 1])
def test_arguments_of_neurons_that_may_overflow(sign: int) -> None:
    """A neuron that writes nothing, and whose argument is beyond what a proof allows."""
    model = hw.compile(tokens, "ab", 3, certify=False)
    d = model.d_model
    layer = Layer((), np.zeros((d, 1)), np.array([sign * 1e34]), np.zeros((1, d)))
    bad = replace(model, layers=(layer,), circuit=Circuit())
    assert proof(replace(bad, layers=(replace(layer, b_in=np.zeros(1)),)), tokens)
    with pytest.raises(CertificateError, match=r"a number of the forward pass may reach"):
        proof(bad, tokens)


def test_rounding_of_a_token_and_its_position() -> None:
    """Their sum is an odd number beyond 2^25, from which the token's is taken off again."""
    program = where(indices % 2 == 1, 1, 0)
    embed = np.array([[1.0, 0, 0, 0], [0, 1, 2**25, 2**25], [0, 1, 2**25, 2**25]])
    positions = np.zeros((5, 4))
    positions[2::2, 2] = 1
    model = hw.compile(program, "ab", 4, certify=False)
    made = {"embed": embed, "positions": positions, "layers": (), "unembed": np.array([[0.0], [0.0], [1.0], [-1.0]])}
    model = replace(model, **made, outputs=None, whole=True, circuit=Circuit(), source=program)
    assert wrong(model, program, 4)
    assert refused(model, program)
    small = np.where(embed == 2**25, 2.0**20, embed)
    assert hw.certify(replace(model, embed=small), program)


def test_a_coordinate_that_neurons_write_is_not_summed_exactly() -> None:
    program = tokens.map({"a": 0, "b": 1})
    embed = np.array([[1.0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0]])
    w_in, w_out = np.zeros((4, 1)), np.zeros((1, 4))
    w_in[2], w_out[0, 3] = 0.3, 1
    layer = Layer((), w_in, np.zeros(1), w_out)
    model = hw.compile(program, "ab", 3, certify=False)
    made = {"embed": embed, "positions": None, "layers": (layer,), "unembed": np.array([[0.0], [0.0], [0.0], [1.0]])}
    model = replace(model, **made, outputs=None, whole=True, circuit=Circuit(), source=program)
    (*_, last), _ = settings(model, program)
    plans = [decompose(last, np.eye(4)[:, [c]], last.weights.last) for c in range(4)]
    assert [bool(exactly_summed(last, plan).all()) for plan in plans] == [True, True, True, False]


@pytest.mark.parametrize(("large", "exact"), [(2.0**25, False), (2.0**20, True)])
def test_integers_that_two_neurons_write_are_rounded_where_they_are_large(large: float, exact: bool) -> None:
    """One adds 1 to what the other writes, and the read-out takes that off again."""
    program = tokens.map({"a": 0, "b": 1})
    embed = np.array([[1.0, 0, 0, 0, 0], [0, 1, 0, 0, 0], [0, 1, 1, 0, 0]])
    w_in, w_out = np.zeros((5, 3)), np.zeros((3, 5))
    w_in[2] = 1
    w_out[0, 3], w_out[1, 3], w_out[2, 4] = large, 1, large
    layer = Layer((), w_in, np.zeros(3), w_out)
    model = hw.compile(program, "ab", 2, certify=False)
    made = {"embed": embed, "positions": None, "layers": (layer,), "unembed": np.array([[0.0], [0], [0], [1], [-1]])}
    model = replace(model, **made, outputs=None, whole=True, circuit=Circuit(), source=program)
    assert bool(wrong(model, program, 2)) is not exact
    if exact:
        assert proof(model, program)
    else:
        assert refused(model, program)
