"""Bounds of neurons along one number: no number in its range exceeds them, and a step stays between its ends."""

from __future__ import annotations

import itertools

import numpy as np

import hardwire as hw
from hardwire.lang.expr import INDICES, TOKENS
from hardwire.model.circuit import Claim
from hardwire.model.slots import EMBEDDING
from hardwire.numeric.floats import Floats
from hardwire.proof.affine import AffineForm
from hardwire.proof.along import narrowed
from hardwire.proof.states import ClaimedEncoding, Variable

ERRORS = {TOKENS: 0.25, INDICES: 3.0}


def form(rng: np.random.Generator, states: int, forms: int) -> AffineForm:
    """A form and the arguments of neurons, which move with two parts and two other sources."""
    value = rng.normal(size=(states, forms)) * 3
    coefficients = {e: rng.normal(size=(rows, forms)) for e, rows in ((TOKENS, 1), (INDICES, states))}
    sources, by = rng.random((states, 2)), rng.normal(size=(2, forms))
    rounding = rng.random((1, forms)) / 50
    return AffineForm(value, coefficients, sources, by, rounding, ERRORS, lambda: np.abs(value))


def moved(before: AffineForm, rng: np.random.Generator) -> Floats:
    """(states, forms) the numbers at errors that are drawn, often the greatest."""

    def some(shape: tuple[int, ...]) -> Floats:
        return np.clip(rng.normal(size=shape) * 2, -1, 1)

    states = len(before.value)
    found: Floats = before.value + before.rounding * some(before.value.shape)
    found = found + (before.sources * some(before.sources.shape)) @ before.source_coefficients
    for e, c in before.coefficients.items():
        found = found + c * before.errors[e] * some((states, 1))
    return found


def test_no_number_exceeds_the_bounds() -> None:
    rng, narrower = np.random.default_rng(0), 0
    for _ in range(40):
        neurons, states = int(rng.integers(1, 6)), 5
        before, out = form(rng, states, 1 + neurons), rng.normal(size=neurons)
        wide = AffineForm.constant(np.zeros(1)).take(np.zeros(states, np.int64))
        wide = AffineForm(
            wide.value, {}, wide.sources, wide.source_coefficients, np.full((states, 1), 1e3), {}, wide.sized
        )
        found = narrowed(wide, before, np.zeros(neurons), out, np.zeros(states))
        narrower += int((found.error < 1e3).sum())
        for _ in range(200):
            x = moved(before, rng)
            total = x[:, 0] + np.maximum(x[:, 1:], 0.0) @ out
            assert (np.abs(total - found.value[:, 0]) <= found.error[:, 0]).all()
    assert narrower == 200


def test_a_step_is_between_its_ends_whatever_it_reads() -> None:
    """relu(x) - relu(x - 1) for x = 0.5, which may be off by 1,000."""
    value = np.array([[0.0, 0.5, -0.5]])
    none = np.zeros((1, 3))
    before = AffineForm(
        value, {TOKENS: np.array([[0.0, 1.0, 1.0]])}, none[:, :0], none[:0], none, {TOKENS: 1e3}, lambda: none
    )
    wide = AffineForm(none[:, :1], {}, none[:, :0], none[:0, :1], np.array([[1e3]]), {}, lambda: none)
    found = narrowed(wide, before, np.zeros(2), np.array([1.0, -1.0]), np.zeros(1))
    assert abs(found.value[0, 0] - 0.5) < 1e-6
    assert 0.5 <= found.error[0, 0] < 0.50001


def test_roundings_alone_are_left_as_they_are() -> None:
    none = np.zeros((1, 2))
    before = AffineForm(none, {}, none[:, :0], none[:0], none + 1.0, {}, lambda: none)
    wide = AffineForm(none[:, :1], {}, none[:, :0], none[:0, :1], np.array([[2.0]]), {}, lambda: none)
    assert narrowed(wide, before, np.zeros(1), np.ones(1), np.zeros(1)) is wide


def test_divided_fallbacks_cover_the_same_numbers() -> None:
    encoding = ClaimedEncoding(Claim(TOKENS, EMBEDDING, np.ones(1), np.zeros(0), ()))
    for fallback, error in (((0.0, 5.0), 3.0), ((-2.5,), 0.75), ((1e6,), 1.5)):
        some = Variable(encoding, fallback=fallback, fallback_error=error)
        closer = some.divided()
        assert closer.fallback_error < 2.0**-4 < error
        low, high = min(fallback) - error, max(fallback) + error
        ends = [(x - closer.fallback_error, x + closer.fallback_error) for x in closer.fallback]
        assert ends[0][0] <= low
        assert ends[-1][1] >= high
        assert all(b >= a for (_, b), (a, _) in itertools.pairwise(ends))
    for same in (Variable(encoding, fallback=(1.0,), fallback_error=1e-3), Variable(encoding, fallback_error=3.0)):
        assert same.divided() is same


def test_addition_is_certified_for_every_value_of_its_named_parts() -> None:
    """Where one part is set so that another has no value, a look-up meets numbers that stand for nothing."""
    program = hw.programs.add
    model = hw.compile(program(), "045+", 6, given=program.given(), keep="named", remedies=False)
    assert model.certificate is not None
    assert model.certificate.status.startswith("exact up to length 6")
    for name in ("column", "shift", "slide"):
        followed = hw.interchange(model, name, samples=40, source="domain")
        assert followed.accuracy == 1
        assert followed.changed > 0
