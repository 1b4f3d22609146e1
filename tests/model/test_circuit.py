"""What a circuit and a trace show: tables, and the program's values where the model's are others."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from handmade import random_model, reverse
from hardwire import Failure, tokens
from hardwire.model import Circuit, DirectionNote, HeadNote, NeuronNote, Reading
from hardwire.model.circuit import WIDEST, ModelTrace, Step, columns

FAILED = Failure(tokens.expr, (1,), "no value")


@pytest.mark.parametrize(
    ("values", "expected", "shown"),
    [
        (["a", "b"], None, "['a', 'b']"),
        (["a", "b"], ["a", "b"], "['a', 'b']"),
        (["a", "b"], ["a", "c"], "['a', 'b']  (the program: ['a', 'c'])"),
        ([1, 2], [1, 2], "[1, 2]"),
        ([2.0, 0.9999], [2, 1], "[2.0, 0.9999]"),
        ([0.3333], [Fraction(1, 3)], "[0.3333]"),
        ([2.0, 1.01], [2, 1], "[2.0, 1.01]  (the program: [2, 1])"),
        ([1, 1.0], [1.01, 1], "[1, 1.0]  (the program: [1.01, 1])"),
        ([1.0], ["a"], "[1.0]  (the program: ['a'])"),
        ([1.0], [FAILED], f"[1.0]  (the program: [{FAILED!r}])"),
    ],
)
def test_a_trace_shows_the_values_of_the_program_where_they_differ(
    values: list[Any], expected: list[Any] | None, shown: str
) -> None:
    trace = ModelTrace("ab", [Step("x", "y + 1", 3, values, 0.0, expected)], [7])
    assert repr(trace) == f"'ab'\n  layer 3   x  {shown}\n  result       [7]"


def test_cells_of_a_table_are_aligned_and_shortened() -> None:
    fits, longer = "f" * WIDEST, "l" * (WIDEST + 1)
    assert columns([("a", fits, "x"), ("bc", longer, "y"), ("d", "", "")]) == [
        f"a   {fits}  x",
        f"bc  {'l' * (WIDEST - 1)}…  y",
        "d",
    ]


def test_the_table_of_a_circuit_is_in_the_order_of_the_computation() -> None:
    directions = [("t = a", "tokens", "one-hot", 0), ("t = b", "tokens", "one-hot", 0), ("bos", "", "bos", 0)]
    circuit = Circuit(
        tuple(DirectionNote(i, name, of, code, None, k, 3) for i, (name, of, code, k) in enumerate(directions))
        + (DirectionNote(3, "length", "length", "scalar", None, 1, 3),),
        (HeadNote(2, 0, "look up", "pick", ("length",), ("found",)), HeadNote(1, 1, "length", "sum", (), ())),
        (NeuronNote(1, 2, 3, "one", "step"), NeuronNote(1, 0, 2, "two", "step")),
    )
    assert circuit.table() == [
        ("embedding", "tokens", "one-hot, 2 directions", ""),
        ("embedding", "bos", "bos", ""),
        ("layer 1  head 1", "length", "sum", ""),
        ("layer 1  neurons 0-1", "two", "step", ""),
        ("layer 1  neuron 2", "one", "step", ""),
        ("layer 2  head 0", "look up", "pick", "length -> found"),
    ]
    assert repr(circuit).splitlines()[0] == "Circuit: 4 directions, 2 heads, 3 neurons"
    one = Circuit(circuit.directions[:1], circuit.heads[:1], circuit.neurons[:1])
    assert repr(one).splitlines()[0] == "Circuit: 1 direction, 1 head, 1 neuron"
    assert "readable after" not in repr(one)
    read = repr(reverse().circuit).splitlines()
    assert [line for line in read if "readable" in line] == [
        f"  readable after layer {r.layer}: {r.name} = {r.expression}" for r in reverse().circuit.readings
    ]
    assert len(read) == 1 + len(reverse().circuit.table()) + len(reverse().circuit.readings)


def test_readings() -> None:
    vector, labels = np.array([0.0, 2.0]), np.array([4.0, -1.0, 1.0])
    reading = Reading("x", "x", 1, vector, labels, ("four", "minus", "one"))
    residual = np.stack([np.full(7, 9.0), np.array([2, -0.5, 0.5, -99, 99, 0.1, 1.2])], axis=1)
    values, distance = reading.decode(residual)
    assert values == ["four", "minus", "one", "minus", "four", "one", "one"]
    assert distance == pytest.approx(198 - 1)
    assert reading.decode(residual[:0]) == ([], 0.0)
    assert reading.decode(residual[5:]) == (["one", "one"], pytest.approx(1.4))
    plain = Reading("x", "x", 1, vector, np.zeros(0), ())
    assert plain.decode(residual[:2]) == ([4.0, -1.0], 0.0)
    assert repr(plain) == "Reading('x', 'x', after layer 1, a number)"
    assert repr(reading) == "Reading('x', 'x', after layer 1, 3 values)"
    same = Reading("x", "x", 1, vector, labels, ("four", "minus", "one"))
    assert reading == same
    assert reading != plain
    assert reading != Reading("x", "x", 1, vector, labels, ("four", "minus", 1))
    assert reading != "x"
    for array in (reading.vector, reading.labels):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 2
    vector[1] = 3
    assert reading.vector[1] == 2


def test_a_trace_is_read_by_name_and_in_order() -> None:
    trace = reverse().trace("abe")
    assert [step.name for step in trace] == list(trace.names)
    assert len(trace) == len(trace.steps) == len(reverse().circuit.readings)
    assert all(step.expected is None for step in trace), "a model made by hand has no program"
    assert random_model(0).trace("xyz").steps == ()
