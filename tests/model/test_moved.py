"""Models in another basis, and near another one: the circuit comes along, and a certificate is proved or refused."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import indices, tokens
from hardwire.errors import CertificateError, ModelError
from hardwire.model.circuit_json import described
from hardwire.model.moved import orthogonal, product
from hardwire.programs import LIBRARY
from hardwire.recipes import models


@pytest.fixture(scope="module")
def sort() -> hw.Transformer:
    return hw.compile(hw.programs.sort(), range(4), 5, keep="named")


@pytest.fixture(scope="module")
def small() -> hw.Transformer:
    return hw.compile(hw.programs.histogram(), "ab", 4)


def test_a_permuted_model_is_proved_again(sort: hw.Transformer) -> None:
    other = sort.permuted(3)
    assert other.certificate is not None
    assert not np.array_equal(other.embed, sort.embed)
    assert hw.verify(other, samples=200)
    heads = {(h.layer, h.expression) for h in sort.circuit.heads}
    assert {(h.layer, h.expression) for h in other.circuit.heads} == heads
    by_name = {d.name: d.index for d in other.circuit.directions}
    for d in sort.circuit.directions:
        assert np.array_equal(other.embed[:, by_name[d.name]], sort.embed[:, d.index])


def test_variables_of_a_permuted_model_come_along(sort: hw.Transformer) -> None:
    other = sort.permuted(1)
    for name, v in other.variables.items():
        assert v.status == sort.variables[name].status
        assert v.read @ v.basis == 1
    for x in ([3, 1, 2], [0, 0, 3, 2, 1]):
        assert other(x) == sort(x)
        assert other.trace(x)["rank"] == sort.trace(x)["rank"]
    assert hw.interchange(other, "rank", samples=40, source="positions").accuracy == 1.0


def test_a_rotated_model_stores_values_along_vectors(sort: hw.Transformer) -> None:
    other = sort.rotated(0)
    rank = other.variables["rank"]
    assert np.count_nonzero(rank.basis) > 0.7 * other.d_model
    assert abs(rank.read @ rank.basis - 1) < 1e-9
    before, after = (m.residuals([3, 1, 2])["embedding"] for m in (sort, other))
    assert np.allclose(np.linalg.norm(before, axis=1), np.linalg.norm(after, axis=1), rtol=1e-5)
    stream = other.residuals([3, 1, 2])["embedding"].astype(np.float64)
    assert np.allclose(rank.set(stream, np.full(len(stream), 2.0)) @ rank.read, 2.0)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 33, 64])
def test_a_basis_is_orthogonal_without_any_error(size: int) -> None:
    basis = orthogonal(size, np.random.default_rng(size))
    assert np.array_equal(product(basis, basis.T), np.eye(size))
    assert size < 7 or np.count_nonzero(basis) > 0.3 * size**2


def test_a_model_without_coordinates_stays_as_it_is() -> None:
    constant = hw.compile(hw.tokens.map(lambda t: 3), "ab", 2)
    assert constant.d_model == 0
    for other in (constant.rotated(), constant.permuted(), constant.noisy(1e-3)):
        assert other("ab") == [3, 3]
        assert other.certificate is not None


@pytest.mark.parametrize("seed", ["x", -1, 1.5, True, None])
def test_a_seed_is_an_int(small: hw.Transformer, seed: Any) -> None:
    for change in (small.rotated, small.permuted, lambda seed: small.noisy(1e-6, seed)):
        with pytest.raises(ModelError, match="seed is an int from 0, not "):
            change(seed)


def test_a_rotated_model_is_proved_or_says_why_not(sort: hw.Transformer) -> None:
    other = sort.rotated(0)  # it adds up, with weights that multiply every rounding
    assert other.certificate is None
    assert "not certified: " in repr(other)
    copies = hw.compile(hw.programs.caesar(), "abc", 4).rotated(2)
    assert copies.certificate is not None
    assert copies("abca") == hw.programs.caesar()("abca")


def test_noise_below_the_radius_stays_certified(small: hw.Transformer) -> None:
    r = small.radius
    assert r > 0
    other = small.noisy(r / 2, seed=5)
    assert other.certificate is not None
    assert hw.verify(other)
    for a, b in zip(small._arrays(), other._arrays(), strict=True):
        assert np.abs(a.astype(np.float64) - b.astype(np.float64)).max(initial=0.0) <= r / 2
    assert not np.array_equal(small.embed, other.embed)


def test_the_radius_holds_at_its_corners(small: hw.Transformer) -> None:
    """Every weight at the end of its interval, in either direction: the answers are the same."""
    r, rng = small.radius, np.random.default_rng(0)
    inputs = [list(x) for x in ("a", "ab", "aab", "abba", "bbbb")]
    right = [small(x) for x in inputs]
    for _ in range(20):
        embed = np.asarray(small.embed, np.float64) + rng.choice([-r, r], small.embed.shape)
        unembed = np.asarray(small.unembed, np.float64) + rng.choice([-r, r], small.unembed.shape)
        other = replace(small, embed=embed, unembed=unembed, certificate=None)
        assert [other(x) for x in inputs] == right


def test_much_noise_destroys_a_model_and_says_so(small: hw.Transformer) -> None:
    other = small.noisy(1.0, seed=1)
    assert other.certificate is None
    assert "not certified: " in repr(other)


def test_errors(small: hw.Transformer) -> None:
    with pytest.raises(ModelError, match="sigma is a number"):
        small.noisy(-1.0)
    with pytest.raises(ModelError, match="norms read coordinates"):
        models.dyck_average_hard().rotated()
    with pytest.raises(CertificateError, match="too many inputs"):
        _ = hw.compile(hw.programs.flip(), "abcd", 20).radius
    with pytest.raises(CertificateError, match=r"hardwire\.radius\(model, max_len=\d+\) is the radius for inputs"):
        _ = hw.compile(hw.programs.flip(), "abcd", 20).radius


@pytest.fixture(scope="module")
def soft() -> hw.Transformer:
    return hw.compile(hw.programs.sort(), range(4), 5, keep="named", weights="soft")


def test_layer_norm_changes_nothing(soft: hw.Transformer) -> None:
    for kind, wider in (("layer", 2), ("rms", 0)):
        other = soft.with_layer_norm(kind)  # type: ignore[arg-type]
        assert other.certificate is not None
        assert other.certificate.inputs == sum(4**n for n in range(1, 6))
        assert other.d_model == soft.d_model + wider
        assert not other.plain
        assert {h.expression for h in other.circuit.heads} == {h.expression for h in soft.circuit.heads}
        assert other.trace([3, 1, 2])["rank"] == [2, 0, 1]
        assert hw.interchange(other, "rank", samples=40, source="positions").accuracy == 1.0
    with pytest.raises(ModelError, match="plain"):
        other.with_layer_norm()


@pytest.mark.parametrize("kind", ["layer", "rms"])
def test_a_model_without_coordinates_has_norms_too(kind: Any) -> None:
    nothing = hw.compile(tokens.map(lambda t: "x"), "ab", 2)
    assert nothing.d_model == 0
    other = nothing.with_layer_norm(kind)
    assert other.certificate is not None
    assert other("ab") == ["x", "x"]


def test_a_kept_part_of_a_model_without_coordinates_is_set() -> None:
    share = ((indices + 7) / 10).name("share")
    nothing = hw.compile(share - 1, "a", 1, keep="named")
    assert nothing.d_model == 0
    assert nothing.run("a", set={"share": [Fraction(7, 10)]}) == [-0.3]


def test_a_model_with_norms_and_many_inputs_says_that_they_are_too_many() -> None:
    other = hw.compile(hw.programs.histogram(), "abcd", 12).with_layer_norm()
    assert other.certificate is None
    assert "inputs" in repr(other)


def test_a_compressed_model_is_proved_or_says_why_not(soft: hw.Transformer) -> None:
    smaller = soft.compressed(soft.d_model - 1)
    assert smaller.certificate is not None
    assert smaller.d_model == soft.d_model - 1
    assert smaller.trace([3, 1, 2])["rank"] == [2, 0, 1]
    assert smaller.parameters < soft.parameters
    tiny = soft.compressed(3)
    assert tiny.certificate is None
    assert "not certified: on [" in repr(tiny)  # an input that it may answer wrongly


def test_compressing_loses_nothing_where_it_need_not() -> None:
    model = hw.compile(hw.programs.add_binary, max_len=8)
    d = model.lossless_d_model
    assert d < model.d_model
    smaller = model.compressed(d)
    assert smaller.certificate is not None
    for x in ("1+1=0", "101+011"):
        if all(t in model.vocab for t in x):
            assert smaller(x) == model(x)
    assert model.compressed(model.d_model).compressed(d).digest == smaller.digest
    named = smaller.variables
    assert {name: v.status for name, v in named.items()} == {name: v.status for name, v in model.variables.items()}
    for v in named.values():
        if len(v.read) and v.basis.any():
            assert abs(v.read @ v.basis - 1) < 1e-9


def test_all_coordinates_are_kept_where_each_is_needed(sort: hw.Transformer) -> None:
    assert sort.lossless_d_model == sort.d_model
    assert sort.compressed(sort.d_model).digest == sort.digest


def test_repeated_coordinates_are_left_out(small: hw.Transformer) -> None:
    """The same model with each coordinate twice, half of it written and read by each copy."""

    def twice(w: np.ndarray) -> np.ndarray:
        return np.hstack([w, 2 * w])

    def halved(w: np.ndarray) -> np.ndarray:
        return np.vstack([w / 2, w / 4])

    layers = tuple(
        replace(
            x,
            heads=tuple(
                replace(h, w_q=halved(h.w_q), w_k=halved(h.w_k), w_v=halved(h.w_v), w_o=twice(h.w_o)) for h in x.heads
            ),
            w_in=halved(x.w_in),
            w_out=twice(x.w_out),
        )
        for x in small.layers
    )
    c = small.circuit
    wide = replace(
        small,
        embed=twice(small.embed),
        positions=None if small.positions is None else twice(small.positions),
        layers=layers,
        unembed=halved(small.unembed),
        circuit=replace(c, directions=(), readings=(), claims=(), variables=()),
        source=None,
        certificate=None,
    )
    assert wide.lossless_d_model == small.d_model
    assert wide.compressed(small.d_model).batch(["ab", "aaba"]) == small.batch(["ab", "aaba"])


def test_a_model_without_a_stream_can_be_compressed() -> None:
    model = hw.compile(hw.programs.frac_prevs(), "abc", 4)  # no token is "x"
    assert model.lossless_d_model == model.d_model == 0
    assert model.compressed(0).certificate is not None


@pytest.mark.nightly
@pytest.mark.parametrize("name", LIBRARY)
def test_the_circuit_of_every_program_comes_along(name: str) -> None:
    """Names, claims, heads and edges; and each model is proved, or says why not."""
    p = LIBRARY[name]
    given = p.given() if p.given is not None else None
    model = hw.compile(p(), list(p.vocab)[:3] if given is None else p.vocab, 4, given=given, remedies=False)
    sigma = model.radius / 2 if given is None else 1e-16
    for other in (
        model.permuted(1),
        model.rotated(1),
        model.noisy(sigma, 1),
        model.with_layer_norm(),
        model.compressed(model.lossless_d_model),
    ):
        assert other.certificate is not None or "not certified: " in repr(other)
        assert {n: v.status for n, v in other.variables.items()} == {n: v.status for n, v in model.variables.items()}
        assert len(other.circuit.claims) == len(model.circuit.claims)
        assert {h.expression for h in other.circuit.heads} == {h.expression for h in model.circuit.heads}
        kept, own = (described(m)["edges"] for m in (other, model))
        assert len(kept) == len(own)


@pytest.mark.parametrize("d", [0, 100, 2.0, True])
def test_a_number_of_dimensions_is_checked(small: hw.Transformer, d: object) -> None:
    with pytest.raises(ModelError, match="d is an int from 1 to d_model"):
        small.compressed(d)  # type: ignore[arg-type]


def test_soft_weights_can_be_moved(soft: hw.Transformer) -> None:
    for other in (soft.rotated(1), soft.permuted(1), soft.noisy(1e-4, seed=1)):
        assert other.certificate is not None
        assert hw.verify(other, samples=100)
