"""Slots: their order, their numbers, and which slot can read another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from hardwire import tokens
from hardwire.model.circuit import Circuit, Claim
from hardwire.model.codec import Malformed
from hardwire.model.slots import ATTENTION, EMBEDDING, MLP, Slot, slots

EVERY = [EMBEDDING, *(Slot(k, half) for k in range(1, 5) for half in (ATTENTION, MLP))]


def test_slots_are_numbered_in_order() -> None:
    assert [slot.index for slot in EVERY] == list(range(len(EVERY)))
    assert [Slot.of(i) for i in range(len(EVERY))] == EVERY == sorted(EVERY) == list(slots(EMBEDDING, Slot(4, MLP)))
    assert all(a.next == b and b.previous == a for a, b in pairwise(EVERY))
    assert np.arange(len(EVERY))[EVERY[3]] == 3


@pytest.mark.parametrize("slot", EVERY, ids=str)
def test_the_next_reader_is_the_first_that_sees_the_output(slot: Slot) -> None:
    """Heads read what is in the stream before their layer, neurons what is there after its heads."""
    reads = {other: other.previous >= slot for other in EVERY[1:] + [Slot(5, ATTENTION), Slot(5, MLP)]}
    assert slot.next_attention == min(s for s, seen in reads.items() if seen and s.sublayer is ATTENTION)
    assert slot.next_mlp == min(s for s, seen in reads.items() if seen and s.sublayer is MLP)
    assert slot.complete_layers == sum(Slot(k, MLP) <= slot for k in range(1, 5))
    assert slot.layer_end == max(s for s in EVERY if s.layer == slot.layer)


def test_a_claim_is_stored_with_the_number_of_its_slot() -> None:
    claim = Claim(tokens.expr, Slot(2, ATTENTION), np.ones(3), np.zeros(0), ())
    text = Circuit(claims=(claim,)).to_json()
    assert '"time": 3' in text
    assert "slot" not in text
    assert Circuit.from_json(text).claims == (claim,)
    for wrong in ("3.0", '"3"', "true", "null", "[2, 0]"):
        with pytest.raises(Malformed, match=r"claims\[0\]\.time has an unexpected form"):
            Circuit.from_json(text.replace('"time": 3', f'"time": {wrong}'))
