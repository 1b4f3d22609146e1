"""The proof by every input: that its bounds hold on bad machines, and that what is wrong gets no certificate."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import attack
import hardwire as hw
from handmade import random_model
from hardwire.errors import CertificateError
from hardwire.model import Layer, Norm
from hardwire.numeric.bounded import Arithmetic, Bounded, Weights
from hardwire.numeric.floats import float_format
from hardwire.numeric.machine import Choices, Simulated
from hardwire.proof.exhaustive.forward import BoundedForward
from hardwire.random_programs import random_program
from hardwire.recipes import Net, add_norm, models
from hardwire.recipes.models import MODELS
from variants import VARIANTS

ALL = [pytest.param(name, id=name) for name in MODELS]


def in_activation(activation: str, build: Callable[..., hw.Transformer], **more: Any) -> hw.Transformer:
    """A complete model with other neurons."""
    original = Net.__init__

    def init(self: Net, *args: Any, **options: Any) -> None:
        original(self, *args, **{**options, "activation": activation})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Net, "__init__", init)
        return build(**more)


SMALL: dict[str, tuple[hw.Transformer, int]] = {
    "addition": (models.addition(max_len=3), 3),
    "dyck1": (models.dyck1(max_len=6), 6),
    "dyck_unique_hard": (models.dyck_unique_hard(depth=2), 4),
    "dyck_average_hard": (models.dyck_average_hard(depth=2, max_len=4), 4),
    "shuffle_dyck": (models.shuffle_dyck(max_len=4), 4),
    "induction": (models.induction(max_len=5), 5),
    "ngram": (models.ngram("abba cab", max_len=3), 3),
    "table_lookup": (models.table_lookup(3, max_len=5), 5),
    "parity": (models.parity(max_len=6), 6),
    "mod": (models.mod(max_len=7), 7),
    "majority": (models.majority(max_len=6), 6),
    "majority_by_norm": (models.majority_by_norm(max_len=6), 6),
    "dyck1 in GELU": (in_activation("gelu", models.dyck1, max_len=5), 5),
    "addition in SwiGLU": (in_activation("swiglu", models.addition, max_len=3), 3),
    "parity in SwiGLU": (in_activation("swiglu", models.parity, max_len=5), 5),
    "dyck1 with norms": (add_norm(models.dyck1(max_len=5)), 5),
    "induction with norms": (add_norm(models.induction(max_len=4), "layer", "post"), 4),
    "shuffle_dyck with RMS norms": (add_norm(models.shuffle_dyck(max_len=4), "rms", "post"), 4),
}
"""Models with the length up to which each is proved here: of every kind of head, neuron and norm that there is."""


def inputs(model: hw.Transformer, length: int) -> list[Any]:
    """Every input of up to that length that counts."""
    assert model.reference is not None
    text = isinstance(model.vocab[0], str)
    every = (x for n in range(1, length + 1) for x in itertools.product(model.vocab, repeat=n))
    found: list[Any] = ["".join(x) if text else list(x) for x in every]
    return [x for x in found if model.reference.given is None or model.reference.given(x)]


def right(model: hw.Transformer, length: int) -> bool:
    """Whether the model, as NumPy runs it, answers everything as its reference does."""
    assert model.reference is not None
    every = inputs(model, length)
    wanted = [list(model.reference.answers(x)) for x in every]
    return all(list(a) == w for a, w in zip(model.batch(every), wanted, strict=True))


def certificate(model: hw.Transformer, length: int) -> Any:
    try:
        return hw.certify(model, max_len=length)
    except CertificateError:
        return None


# The bounds.


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_operations_on_what_is_not_exact(dtype: str) -> None:
    """Operands as far off as they may be, the machine's own numbers, and the outcome in exact fractions."""
    rng = np.random.default_rng(1)
    do, machine = Arithmetic(float_format(dtype)), np.dtype(dtype).type
    unit = 2.0**-24 if dtype == "float32" else 2.0**-53
    for _ in range(800):
        size = 2.0 ** rng.integers(-12, 12, 2)
        real = [machine(x) for x in rng.uniform(-1, 1, 2) * size]
        off = [0.0 if rng.random() < 0.3 else float(abs(x)) * unit * rng.integers(1, 40) for x in real]
        value = [float(x) + rng.choice([-1, 1]) * e for x, e in zip(real, off, strict=True)]
        off = [e + float(abs(Fraction(v) - Fraction(float(x)))) for x, v, e in zip(real, value, off, strict=True)]
        a, b = (Bounded(np.array([[v]]), np.array([[e]])) for v, e in zip(value, off, strict=True))
        exact = Bounded(np.array([[float(real[1])]]), np.zeros((1, 1)))
        for bound, found in (
            (do.add(a, b), real[0] + real[1]),
            (do.add(Bounded(np.array([[float(real[0])]]), np.zeros((1, 1))), exact), real[0] + real[1]),
            (do.multiply(a, b), real[0] * real[1]),
            (do.times(a, Weights(exact.value)), real[0] * real[1]),
            (do.times(a, Weights(exact.value), exact), real[0] * real[1] + real[1]),
            (do.dots(a[None], b[None], exact), real[0] * real[1] + real[1]),
        ):
            wrong = abs(Fraction(float(found)) - Fraction(bound.value.item()))
            assert wrong <= Fraction(bound.error.item())


CASES = {f"{name}, {dtype}": (m, dtype) for name, m in VARIANTS.items() for dtype in ("float32", "float64")}
CASES |= {name: (m, m.dtype) for name, (m, _) in SMALL.items()}
CASES |= {"plain": (random_model(0), "float32"), "causal": (random_model(1, causal=True), "float64")}


@pytest.mark.parametrize("case", CASES)
def test_bounds_hold_on_bad_machines(case: str) -> None:
    """Whatever order it adds up in, and wherever it rounds the wrong way: at every number of every step."""
    model = replace(CASES[case][0], dtype=CASES[case][1])
    rng = np.random.default_rng(3)
    used = 0.0
    for seed in range(10):
        size = 1 + seed % min(6, model.max_len or 6)
        rows = [0, *(1 + rng.integers(len(model.vocab), size=size)).tolist()]
        bounds = BoundedForward(model).stream(np.array([rows]))
        found = Simulated.of(model, Choices(seed)).stream(np.array([rows]))
        directed = Simulated.of(model, Choices(seed, rounding="either")).stream(np.array([rows]))
        assert len(bounds) == len(found) == 2 * model.depth + 2
        for b, x, y in zip(bounds, found, directed, strict=True):
            off = np.abs(b.value[0] - x[0].astype(np.float64))
            assert (off <= b.error[0]).all()  # where the bound is 0 the machine has the very number
            # However it rounds; in float64 the nearest number to a sum may be one that the proof relies on.
            assert model.dtype == "float64" or (y == b.value)[b.error == 0].all()
            used = max(used, float((off / np.maximum(b.error[0], 1e-300)).max()))
    assert used > 1e-3 or case in SMALL, "the bounds say nothing"


@pytest.mark.parametrize("name", VARIANTS)
def test_values_are_what_the_model_computes(name: str) -> None:
    model = VARIANTS[name]
    rows = [0, *model.encode("xyzzy")]
    last = BoundedForward(model).stream(np.array([rows]))[-1]
    np.testing.assert_allclose(last.value[0, 1:] @ model.unembed, model.logits("xyzzy"), rtol=1e-12, atol=1e-12)


def test_numbers_that_may_overflow_are_refused() -> None:
    model = models.majority(max_len=4)
    with pytest.raises(CertificateError, match="may be too large for float32"):
        hw.certify(replace(model, embed=model.embed * np.float32(1e38), unembed=model.unembed * np.float32(1e20)))


# What is certified.


@pytest.mark.parametrize("name", ALL)
def test_complete_models_certify_up_to_their_length(name: str, tmp_path: Path) -> None:
    m = MODELS[name]
    model = m.build()
    shorter = m.length - 1 if len(model.vocab) ** m.length > 3000 else m.length  # the whole length: at night
    found = hw.certify(model, max_len=shorter)
    assert found.status == f"exact up to length {shorter}"
    assert found.inputs == len(inputs(model, shorter))
    assert f"by every input ({found.inputs:,})" in repr(found)
    assert all(margin.error < margin.limit for margin in found.margins)
    certified = model.certified(found)
    certified.save(tmp_path / "m.safetensors")
    loaded = hw.load(tmp_path / "m.safetensors")
    assert loaded.certificate == found
    if loaded.source is None:
        with pytest.raises(CertificateError, match="proved against a program"):
            hw.certify(loaded)
    else:  # its program is in the file
        assert hw.certify(loaded, max_len=shorter).status == found.status


BY_STRUCTURE = ("dyck1", "induction", "majority", "mod", "parity", "shuffle_dyck")
"""Complete models that are proved as they are, for inputs of up to 100 tokens."""


@pytest.mark.parametrize("name", BY_STRUCTURE)
def test_models_that_hold_what_a_program_names_are_proved_by_structure(name: str) -> None:
    model = MODELS[name].build()
    found = hw.certify(model)
    assert (found.status, found.inputs) == ("exact up to length 100", 0)
    assert all(margin.error < margin.limit for margin in found.margins)
    program = MODELS[name].program
    assert program is not None
    assert model.source.expr is program().expr
    for x in inputs(model, 4):
        assert list(program()(x, causal=model.causal)) == list(MODELS[name].reference(x))
    trace = model.trace(MODELS[name].example)
    named = [step for step in trace if step.expected is not None]
    assert len(named) >= len(model.layers)
    assert "the program:" not in repr(trace)


@pytest.mark.parametrize("name", BY_STRUCTURE)
def test_mutants_of_models_proved_by_structure(name: str) -> None:
    model, length = SMALL[name]
    rng = np.random.default_rng(5)
    wrong = 0
    assert hw.certify(model).inputs == 0
    for _ in range(300):
        if wrong == 6:
            break
        other = mutant(model, rng)
        if other is None or right(other, length):
            continue
        wrong += 1
        with pytest.raises(CertificateError):
            hw.certify(other)
    assert wrong == 6


@pytest.mark.nightly
@pytest.mark.parametrize("name", ALL)
def test_complete_models_certify_on_their_own(name: str) -> None:
    assert hw.certify(MODELS[name].build()).max_len >= MODELS[name].length


@pytest.mark.parametrize("name", SMALL)
def test_models_of_every_kind_certify(name: str) -> None:
    model, length = SMALL[name]
    found = hw.certify(model, max_len=length)
    assert (found.max_len, found.bound, found.inputs) == (length, 0, len(inputs(model, length)))
    assert right(model, length)
    for seed in range(3):
        assert right(shaken_everywhere(model, seed), length), "moved by a unit in the last place"


def shaken_everywhere(model: hw.Transformer, seed: int) -> hw.Transformer:
    """`shaken`, where hard attention does not rest on equal numbers: there a unit in the last place decides."""
    hard = any(h.kind != "softmax" for layer in model.layers for h in layer.heads)
    return model if hard else attack.shaken(model, np.random.default_rng(seed))


def test_a_reference_knows_what_the_model_is_made_for() -> None:
    assert hw.certify(models.mod(5, max_len=6)).max_len == 6
    assert hw.certify(models.dyck_unique_hard(["ab"], depth=1), max_len=4).inputs == 30
    assert hw.certify(models.majority(4, "xy")).max_len == 4
    assert models.mod(5, max_len=6).reference != models.mod().reference


def test_sops_and_functions_are_specifications() -> None:
    model = hw.compile(hw.programs.histogram(), "abc", 5)
    found = hw.certify(model, hw.programs.histogram(), max_len=4)
    assert (found.max_len, found.inputs) == (4, 120)
    assert hw.certify(model, lambda x: [x.count(t) for t in x], max_len=4).inputs == 120
    halves = hw.certify(model, lambda x: [len(x)] * len(x), given=lambda x: len(set(x)) == 1, max_len=4)
    assert (halves.inputs, halves.given) == (12, "the input is valid")
    causal = hw.compile(hw.programs.histogram(), "abc", 4, causal=True)
    assert hw.certify(causal, hw.programs.histogram(), max_len=4).inputs == 81  # the longest stand for all
    means = hw.certify(hw.compile(hw.programs.frac_prevs(), "xa", 100), hw.programs.frac_prevs(), max_len=6)
    assert 0 < means.bound < 1e-5
    assert means.status.startswith("within")


@pytest.mark.parametrize("seed", range(12))
def test_beginnings_of_a_causal_run_are_runs(seed: int) -> None:
    """Why of a causal model and a sop the longest inputs are enough: the program's side of it, and the model's."""
    program = random_program(seed, 6)
    for x in ("abcab", "bbaac", "ccccc"):
        whole = program(x, causal=True, errors="keep")
        for n in range(1, 5):
            part = program(x[:n], causal=True, errors="keep")
            assert [repr(v) for v in part] == [repr(v) for v in whole[:n]]
    model = replace(VARIANTS["pre-norm" if seed % 2 else "alibi"], causal=True)
    rows = np.array([[0, *np.random.default_rng(seed).integers(1, 4, 5)]])
    for a, b in zip(BoundedForward(model).stream(rows), BoundedForward(model).stream(rows[:, :4]), strict=True):
        np.testing.assert_allclose(a.value[:, :4], b.value, rtol=1e-12, atol=1e-13)


# What is refused.


def test_what_is_wrong_is_named() -> None:
    model = models.dyck1(max_len=6)
    with pytest.raises(
        CertificateError, match=r"on '\(\)' at position 1: the answer is False, and .* may give True"
    ) as caught:
        hw.certify(model, lambda x: [False] * len(x))
    assert (caught.value.value, caught.value.position) == ("()", 1)
    with pytest.raises(CertificateError, match="on '\\(' at position 0: the answer is 7, which is not"):
        hw.certify(model, lambda x: [7] * len(x))
    with pytest.raises(CertificateError, match=r"gives 1 answers for '\(\('"):
        hw.certify(model, lambda x: [False])
    with pytest.raises(CertificateError, match="and the model's number is 0 "):
        hw.certify(models.addition(3), lambda x: [1] * len(x), max_len=2)
    means = hw.compile(hw.programs.frac_prevs(), "xa", 100)
    with pytest.raises(CertificateError, match=r"the answer is 1\.5, and .* is 0 with .* must be below"):
        hw.certify(means, lambda x: [1.5] * len(x), max_len=1)
    with pytest.raises(CertificateError, match=r"the answer is 0\.5, and the model gives ints"):
        hw.certify(models.addition(3), lambda x: [0.5] * len(x), max_len=2)


def test_a_function_that_looks_ahead_is_not_believed() -> None:
    """A causal model that is right on all longest inputs is not right where short ones are to be answered otherwise."""
    model = models.dyck1(max_len=6)
    assert model.reference is not None
    answers = model.reference.answers
    with pytest.raises(CertificateError, match="at position 0"):
        hw.certify(model, lambda x: answers(x) if len(x) == 6 else [True] * len(x))


def test_functions_that_raise_are_named() -> None:
    model = hw.compile(hw.programs.length(), "ab", 3)
    with pytest.raises(CertificateError, match="the function raised ZeroDivisionError on 'a': division by zero"):
        hw.certify(model, lambda x: 1 / 0, max_len=2)
    with pytest.raises(CertificateError, match="the condition raised IndexError on 'a'"):
        hw.certify(model, lambda x: [len(x)] * len(x), given=lambda x: x[1] == "a", max_len=2)
    with pytest.raises(NameError):
        hw.certify(model, lambda x: undefined_name, max_len=2)  # type: ignore[name-defined]  # noqa: F821


def test_what_was_proved_before_it_failed_is_told() -> None:
    with pytest.raises(CertificateError) as caught:
        hw.certify(hw.compile(hw.programs.length(), "ab", 6), lambda x: [min(len(x), 3)] * len(x), max_len=6)
    assert caught.value.max_len == 3
    with pytest.raises(CertificateError) as caught:
        hw.certify(hw.compile(hw.programs.length(), "ab", 6), lambda x: [0] * len(x), max_len=6)
    assert (caught.value.max_len, caught.value.unknown) == (None, "no shorter input was tried")


def test_what_is_too_much_says_what_is_not() -> None:
    with pytest.raises(CertificateError, match=r"inputs of 100 tokens over .* 2 .* those of 17 can") as caught:
        hw.certify(models.dyck1(), lambda x: [False] * len(x))
    assert (caught.value.max_len, caught.value.unknown) == (None, "no input was tried")
    assert "max_len=17 tries all inputs" in str(caught.value)
    with pytest.raises(CertificateError, match="any length is proved up to one"):
        hw.certify(models.dyck_unique_hard(), lambda x: [False] * len(x))
    with pytest.raises(CertificateError, match="takes at most 6 tokens"):
        hw.certify(models.dyck1(6), max_len=7)
    with pytest.raises(CertificateError, match="at least 1"):
        hw.certify(models.dyck1(6), max_len=0)
    with pytest.raises(CertificateError, match="no input of up to 3 tokens is valid"):
        hw.certify(models.dyck1(6), lambda x: [True] * len(x), given=lambda x: False, max_len=3)


def test_ties_that_rounding_decides_are_refused() -> None:
    """In GELU the scores of active brackets are nearly equal: which is the nearest, no proof can say."""
    model = in_activation("gelu", models.dyck_unique_hard)
    with pytest.raises(CertificateError, match="the model may give"):
        hw.certify(model, max_len=3)


def mutant(model: hw.Transformer, rng: np.random.Generator) -> hw.Transformer | None:
    """The model with one number changed or two rows exchanged in one of its arrays, or a head made another's kind."""
    places: list[tuple[Any, ...]] = [
        ("embed",),
        ("unembed",),
        *([("positions",)] if model.positions is not None else []),
    ]
    for k, layer in enumerate(model.layers):
        places += [("layers", k, f) for f in ("w_in", "b_in", "w_out", "w_gate", "b_gate")]
        places += [("layers", k, "heads", i, f) for i in range(len(layer.heads)) for f in ("w_q", "w_k", "w_v", "w_o")]
        places += [("layers", k, place, f) for place in layer.norms for f in ("gain", "bias", "project")]
    place = places[int(rng.integers(len(places)))]
    return _changed(model, place, rng)


def _changed(x: Any, place: tuple[Any, ...], rng: np.random.Generator) -> Any:
    field, *rest = place
    old = getattr(x, field)
    if not rest:
        new = None if old is None or not old.size else _other(old, rng)
    elif isinstance(rest[0], int):
        inner = _changed(old[rest[0]], tuple(rest[1:]), rng)
        new = None if inner is None else (*old[: rest[0]], inner, *old[rest[0] + 1 :])
    else:
        new = _changed(old, tuple(rest), rng)
    return None if new is None else replace(x, **{field: new})


def _other(w: Any, rng: np.random.Generator) -> Any:
    changed = w.copy()
    if rng.random() < 0.3 and len(w) > 1:
        a, b = rng.choice(len(w), 2, replace=False)
        changed[[a, b]] = changed[[b, a]]
    else:
        at = tuple(int(rng.integers(n)) for n in w.shape)
        changed[at] = changed[at] * rng.choice([-1, 0, 0.5, 2]) + (rng.choice([-1, 1]) if changed[at] == 0 else 0)
    return None if np.array_equal(changed, w) else changed


@pytest.mark.parametrize("name", SMALL)
def test_mutants_that_answer_otherwise_get_no_certificate(name: str) -> None:
    """18 models of 8 mutants each."""
    model, length = SMALL[name]
    rng = np.random.default_rng(11)
    wrong = 0
    for _ in range(300):
        if wrong == 8:
            break
        other = mutant(model, rng)
        if other is None or right(other, length):
            continue
        wrong += 1
        assert certificate(other, length) is None, "a model that answers otherwise was certified"
    assert wrong == 8


@pytest.mark.nightly
@pytest.mark.parametrize("name", SMALL)
def test_many_mutants(name: str) -> None:
    """What is certified is right, and on a bad machine too."""
    model, length = SMALL[name]
    rng = np.random.default_rng(12)
    for seed in range(150):
        other = mutant(model, rng)
        if other is None or certificate(other, length) is None:
            continue
        assert right(other, length)
        assert other.reference is not None
        x = inputs(other, length)[int(rng.integers(20))]
        assert Simulated.of(other, Choices(seed))([x]) == [list(other.reference.answers(x))]


def test_random_models_are_certified_for_what_they_say_and_for_nothing_else() -> None:
    """A model of random weights is its own specification, as far as rounding lets it be."""
    for name, model in VARIANTS.items():
        answers = model.batch([list(x) for n in range(1, 4) for x in itertools.product("xyz", repeat=n)])
        table = {"".join(a.input): list(a) for a in answers}
        assert hw.certify(model, table.__getitem__, max_len=3).inputs == 39
        wrong = {**table, "zyx": [*table["zyx"][:2], next(v for v in model.outputs or () if v != table["zyx"][2])]}
        with pytest.raises(CertificateError, match="on 'zyx' at position 2"):
            hw.certify(model, wrong.__getitem__, max_len=3)
        assert isinstance(model.layers[0], Layer), name


def test_a_norm_of_almost_nothing() -> None:
    """Where rounding is all that a norm has to scale up, nothing is proved; in float64 it is."""
    small = models.majority_by_norm(max_len=5)
    assert certificate(small, 5) is not None
    assert certificate(replace(small, dtype="float32"), 5) is None
    assert isinstance(small.layers[0].before_neurons, Norm)


def test_inputs_are_tried_one_at_a_time_where_they_are_large(monkeypatch: pytest.MonkeyPatch) -> None:
    model = models.table_lookup(3, max_len=5)
    expected = hw.certify(model, max_len=3)
    assert expected.inputs
    monkeypatch.setattr("hardwire.proof.exhaustive.inputs.MOST_CELLS", 1)
    assert hw.certify(model, max_len=3) == expected
