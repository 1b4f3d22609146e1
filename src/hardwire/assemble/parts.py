"""From matrices to the parts of a `Transformer`: its layers, and the circuit that says what each part is for."""

from __future__ import annotations

import numpy as np

from ..constructions.form import Direction, Form
from ..lang.expr import Expr
from ..model.circuit import Circuit, Claim, DirectionNote, HeadNote, NeuronNote, Reading
from ..model.weights import Head, Layer, Norm
from .matrices import LayerMatrices, Matrices


def layers(m: Matrices) -> tuple[Layer, ...]:
    """The layers of a model."""
    return tuple(_layer(layer) for layer in m.layers)


def _layer(layer: LayerMatrices) -> Layer:
    heads = []
    for h in layer.heads:
        variant = h.head.spec.pattern.variant
        rotary = None
        if variant.rotary:
            rotary = np.zeros(h.q.shape[1] // 2)
            rotary[: len(variant.rotary)] = variant.rotary
        heads.append(
            Head(h.head.name, h.q, h.k, h.v, h.o, variant.kind, sees=variant.sees, rotary=rotary, slope=variant.slope)
        )
    width, d_ff = layer.w_in.shape
    norm = None
    if layer.norm is not None:
        spec, project = layer.norm[0].spec, layer.norm[1]
        gain = np.full(width, spec.size / np.sqrt(width))
        norm = Norm(spec.kind, gain, np.zeros(width), spec.eps, project)
    b_gate = None if layer.w_gate is None else np.zeros(d_ff)
    return Layer(
        tuple(heads),
        layer.w_in,
        np.zeros(d_ff),
        layer.w_out,
        activation=layer.activation,
        w_gate=layer.w_gate,
        b_gate=b_gate,
        before_neurons=norm,
    )


def circuit(
    m: Matrices,
    readings: tuple[Reading, ...],
    claims: tuple[Claim, ...] = (),
    computes: Expr | None = None,
    keep: tuple[str, ...] = (),
    temperature: float = 0.0,
) -> Circuit:
    """What every direction, head and neuron is for, and how to read the named parts."""
    return Circuit(
        _directions(m), _heads(m), _neurons(m), readings, claims, computes, keep=keep, temperature=temperature
    )


def _directions(m: Matrices) -> tuple[DirectionNote, ...]:
    until: dict[Direction, int] = {}

    def read(f: Form, layer: int) -> None:
        for d in f.terms:
            for base in m.coordinates.bases(d):
                until[base] = max(until.get(base, 0), layer)

    for number, layer in enumerate(m.layers, 1):
        for h in layer.heads:
            for form in (*h.head.spec.inputs, *(v for v, _ in h.head.values)):
                read(form, number)
        for form in layer.neurons:
            read(form, number)
        for form in (gate for g in layer.groups for gate in g.gates):
            read(form, number)
    last = len(m.layers) + 1
    return tuple(
        DirectionNote(i, d.name, d.expression or d.name, d.code, None, d.slot.layer, until=until.get(d, last))
        for d, i in m.coordinates.index.items()
    )


def _names(m: Matrices, *forms: Form) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for form in forms:
        for d in form.terms:
            for base in m.coordinates.bases(d):
                found[base.name] = None
    return tuple(found)


def _heads(m: Matrices) -> tuple[HeadNote, ...]:
    notes = []
    for number, layer in enumerate(m.layers, 1):
        for i, h in enumerate(layer.heads):
            head = h.head
            pattern, (_, first) = head.spec.pattern, head.values[0]
            reads = _names(m, *(f for pair in pattern.pairs for f in pair), *(v for v, _ in head.values))
            writes = tuple(d.name for _, d in head.values)
            notes.append(HeadNote(number, i, first.expression or head.name, pattern.recipe, reads, writes))
    return tuple(notes)


def _neurons(m: Matrices) -> tuple[NeuronNote, ...]:
    notes = []
    for number, layer in enumerate(m.layers, 1):
        known: set[object] = set()
        if layer.norm is not None:
            norm, _ = layer.norm
            notes.append(NeuronNote(number, 0, layer.w_in.shape[1], norm.name, f"{norm.spec.kind} norm"))
        for g in layer.groups:
            start = len(known)
            known |= set(g.keys)
            if len(known) > start:  # a group may be made of neurons that others have already
                expression = g.output.expression or g.name
                notes.append(NeuronNote(number, start, len(known), expression, g.recipe))
    return tuple(notes)
