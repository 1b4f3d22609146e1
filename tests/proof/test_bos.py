"""BOS shares its coordinate with a result, and its value, key and attention are proved where something reads them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import hardwire as hw
from hardwire.errors import CertificateError
from hardwire.model.transformer import Transformer


def with_bos(model: Transformer, row: np.ndarray) -> Transformer:
    """The model with another embedding of BOS."""
    embed = np.array(model.embed)
    embed[0] = row
    return replace(model, embed=embed, certificate=None)


@pytest.mark.parametrize("name", ["histogram", "flip", "sort", "dyck"])
def test_bos_has_no_coordinate_of_its_own(name: str) -> None:
    program = hw.programs.get(name)
    model = hw.compile(program, max_len=10)
    at = np.flatnonzero(model.embed[0])
    assert len(at) == 1
    assert not model.embed[1:, at].any()
    notes = [d for d in model.circuit.directions if d.index == at[0]]
    assert [d.name for d in notes if d.name == "bos"] == ["bos"]
    assert len(notes) == 2  # and the result
    assert hw.verify(model, samples=300)


@pytest.mark.parametrize("name", ["histogram", "flip", "sort"])
def test_a_value_of_bos_is_refused(name: str) -> None:
    model = hw.compile(hw.programs.get(name), max_len=8)
    refused = 0
    for i in range(model.d_model):
        read = [layer for layer in model.layers if any(h.w_v[i].any() for h in layer.heads)]
        if read and not model.embed[0][i]:
            row = np.array(model.embed[0])
            row[i] = 1.0
            with pytest.raises(CertificateError):
                hw.certify(with_bos(model, row))
            refused += 1
    assert refused


def test_bos_must_attend_to_itself_where_a_later_layer_reads_it() -> None:
    model = hw.compile(hw.programs.sort, max_len=8)
    first = model.layers[0]
    at = int(np.flatnonzero(model.embed[0])[0])
    heads = []
    for head in first.heads:
        w_q = np.array(head.w_q)
        w_q[at] = 0.0  # BOS as a query scores all keys alike
        heads.append(replace(head, w_q=w_q))
    changed = replace(model, layers=(replace(first, heads=tuple(heads)), *model.layers[1:]), certificate=None)
    with pytest.raises(CertificateError, match="BOS may attend to other tokens"):
        hw.certify(changed)


def test_bos_may_attend_to_anything_in_the_last_layer() -> None:
    model = hw.compile(hw.programs.histogram, max_len=8)
    layer = model.layers[0]
    at = int(np.flatnonzero(model.embed[0])[0])
    w_q = np.array(layer.heads[0].w_q)
    w_q[at] = 0.0
    changed = replace(model, layers=(replace(layer, heads=(replace(layer.heads[0], w_q=w_q),)),), certificate=None)
    assert hw.certify(changed).max_len == 8
    assert hw.verify(changed, samples=300)
