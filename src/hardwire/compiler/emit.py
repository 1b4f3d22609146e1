"""The last stage: matrices and their meaning as a `Transformer` with its circuit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import CompileError
from ..lang.expr import Expr, Op
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value, leave
from ..model.circuit import Circuit, Claim, Direction, HeadNote, NeuronNote, Reading
from ..model.transformer import Head, Layer, Transformer
from ..recipes import form as recipe_form
from ..recipes.assembly import LayerMatrices, Matrices
from ..run.trace import step_names
from .domain import is_plain
from .pipeline import Compiled, claimable


def emit(compiled: Compiled, dtype: str) -> Transformer:
    """The model of a compiled program."""
    m, read = compiled.matrices, compiled.readout
    return Transformer(
        vocab=compiled.facts.vocab,
        max_len=compiled.facts.max_len,
        causal=compiled.facts.causal,
        embed=m.embed,
        positions=m.positions,
        layers=tuple(_layer(layer) for layer in m.layers),
        unembed=m.unembed,
        outputs=read.outputs,
        whole=read.whole,
        dtype=dtype,
        circuit=circuit(compiled),
        program=formula(compiled.root, 400),
        source=SOp(compiled.root),
        given=None if compiled.given is None else SOp(compiled.given),
        tolerance=read.tolerance,
    )


def _layer(layer: LayerMatrices) -> Layer:
    heads = tuple(Head(plan.name, q, k, v, o) for plan, q, k, v, o in layer.heads)
    return Layer(heads, layer.w_in, np.zeros(layer.w_in.shape[1]), layer.w_out)


def circuit(compiled: Compiled) -> Circuit:
    """What every direction, head and neuron is for, and how to read the program's own parts."""
    m = compiled.matrices
    return Circuit(_directions(m), _heads(m), _neurons(m), tuple(_readings(compiled)), tuple(_claims(compiled)))


def _directions(m: Matrices) -> tuple[Direction, ...]:
    until: dict[recipe_form.Direction, int] = {}

    def read(form: recipe_form.Form, layer: int) -> None:
        for d in form.terms:
            for base in m.by.get(d, {d: 1.0}):
                until[base] = max(until.get(base, 0), layer)

    for number, layer in enumerate(m.layers, 1):
        for plan, *_ in layer.heads:
            for form in (plan.bos, *(f for pair in plan.pairs for f in pair), *(v for v, _ in plan.values)):
                read(form, number)
        for form in layer.neurons:
            read(form, number)
    last = len(m.layers) + 1
    return tuple(
        Direction(i, d.name, d.expression or d.name, d.code, None, (d.time + 1) // 2, until.get(d, last))
        for d, i in m.index.items()
    )


def _names(m: Matrices, *forms: recipe_form.Form) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for form in forms:
        for d in form.terms:
            for base in m.by.get(d, {d: 1.0}):
                found[base.name] = None
    return tuple(found)


def _heads(m: Matrices) -> tuple[HeadNote, ...]:
    notes = []
    for number, layer in enumerate(m.layers, 1):
        for i, (plan, *_) in enumerate(layer.heads):
            kept = [(v, d) for v, d in plan.values if d in m.index]
            scores = [f for pair in plan.pairs for f in pair]
            reads = _names(m, *scores, *(v for v, _ in kept))
            expression = plan.values[0][1].expression or plan.name
            notes.append(HeadNote(number, i, expression, plan.recipe, reads, tuple(d.name for _, d in kept)))
    return tuple(notes)


def _neurons(m: Matrices) -> tuple[NeuronNote, ...]:
    notes = []
    for number, layer in enumerate(m.layers, 1):
        known: set[Any] = set()
        for g in layer.groups:
            start = len(known)
            known |= {f.key for f, _ in g.neurons}
            if len(known) > start:  # a group may be made of neurons that others have already
                expression = g.output.expression or g.name
                notes.append(NeuronNote(number, start, len(known), expression, g.recipe))
    return tuple(notes)


def _readings(compiled: Compiled) -> list[Reading]:
    """The sops of the program as written that the residual stream holds, named ones under their names."""
    found: list[Reading] = []
    seen: set[Expr] = set()
    names = step_names(compiled.root)
    for e in compiled.root.walk():
        if e.selector or e.op in (Op.CONST, Op.TOKENS, Op.INDICES, Op.RAW) or e not in compiled.rewritten:
            continue
        inside = compiled.rewritten[e]
        named = e.op is Op.NAME
        if inside in seen and not named:
            continue
        form = compiled.attention.values.form_of(inside)
        if form is None or not form.terms or not _readable(compiled.matrices, form):
            continue
        seen.add(inside)
        labels = _labels(compiled, inside)
        found.append(
            Reading(
                names[e] if named else formula(e, 40),
                formula(e.src[0] if named else e),
                (form.time + 1) // 2,
                compiled.matrices.column(form),
                np.array([x for x, _ in labels]),
                tuple(v for _, v in labels),
            )
        )
    return found


def _claims(compiled: Compiled) -> Iterator[Claim]:
    """The aggregates that the stream holds, for a proof to start from."""
    for i, e in enumerate(claimable(compiled.rewrites["differences"])):
        form = compiled.attention.values.done.get(e)
        if form is None or not form.terms or not _readable(compiled.matrices, form):
            continue
        labels = [(x, v) for x, v in _labels(compiled, e) if not is_plain(v)]
        column = compiled.matrices.column(form)
        numbers = np.array([x for x, _ in labels])
        yield Claim(i, formula(e, 100), (form.time + 1) // 2, column, numbers, tuple(v for _, v in labels))


def _readable(m: Matrices, form: recipe_form.Form) -> bool:
    """Whether the stream holds a form after the layer that completes it."""
    if not m.holds(form):
        return False
    erased = {g.output: n for n, layer in enumerate(m.layers, 1) for g in layer.groups if g.recipe == "erasure"}
    bases = {base for d in form.terms for base in m.by.get(d, {d: 1.0})}
    return all(erased.get(d, len(m.layers) + 1) > (form.time + 1) // 2 for d in bases)


def _labels(compiled: Compiled, e: Expr) -> list[tuple[float, Value]]:
    try:
        domain = compiled.facts.domain(e)
    except CompileError:
        return []
    found: dict[float, Value] = {}
    for v in domain.values:
        label = compiled.labels[v]
        if type(found.get(label, True)) is bool:  # where True and 1 both occur, 1
            found[label] = leave(v)
    return sorted(found.items())
