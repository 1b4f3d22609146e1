"""Directions that neurons erase, and the constant that they leave there: a read-out has to reckon with it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from test_crafted import CONSTANT, MORE, SUM, VALUES, sums, weights, wider, wrong

import hardwire as hw
from hardwire import full
from hardwire.errors import CertificateError
from strains import with_own_bos

MEAN = full.mean(VALUES)


def leaving(model: hw.Transformer, left: float, taken: float) -> hw.Transformer:
    """The model with a direction that tells the tokens apart, is erased to a constant, and is read; the read-out takes
    another constant away."""
    model = wider(model, 1, 2)
    layer, w_in, w_out, embed, unembed = weights(model)
    b_in = layer.b_in.copy()
    embed[2, MORE] = 1
    w_in[MORE, -2], b_in[-1] = 1, 1
    w_out[-2:, MORE] = -1, left
    unembed[MORE] += 1
    unembed[CONSTANT] -= taken
    return replace(model, embed=embed, layers=(replace(layer, w_in=w_in, b_in=b_in, w_out=w_out),), unembed=unembed)


def number() -> hw.Transformer:
    """Of too many values to list: the read-out is a line through the mean."""
    model = with_own_bos(hw.compile(MEAN, "ab", 30, dtype="float64", certify=False))
    assert model.outputs is None
    assert not model.whole
    return model


def whole() -> hw.Transformer:
    """The sum itself is read, and rounded."""
    model = sums()
    claim = model.circuit.claims[-1]
    return replace(model, unembed=claim.vector[:, None], outputs=None, whole=True)


@pytest.mark.parametrize("left", [1, -3])
def test_a_whole_number_and_what_is_left(left: int) -> None:
    right = leaving(whole(), left, left)
    assert not wrong(right, SUM)
    assert hw.certify(right, SUM).status == "exact up to length 5"
    for taken in (0, -left):
        off = leaving(whole(), left, taken)
        assert wrong(off, SUM)
        with pytest.raises(CertificateError, match="error may reach"):
            hw.certify(off, SUM)


@pytest.mark.parametrize("left", [1, -3])
def test_a_number_and_what_is_left(left: int) -> None:
    right = leaving(number(), left, left)
    assert hw.verify(right, MEAN)
    assert hw.certify(right, MEAN).bound <= right.tolerance
    for taken in (0, -left):
        off = leaving(number(), left, taken)
        assert not hw.verify(off, MEAN)
        with pytest.raises(CertificateError, match="error may reach"):
            hw.certify(off, MEAN)
