"""The last stage: matrices and their meaning as a `Transformer` with its circuit."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..analysis import is_plain
from ..assemble import parts
from ..assemble.matrices import Matrices
from ..constructions.form import Form
from ..lang.expr import Expr, Op
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import leave
from ..model.circuit import Circuit, Claim, Reading
from ..model.description import WIDEST_PROGRAM
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot
from ..model.transformer import Transformer
from ..rewrite import claimable
from ..run.trace import step_names
from .pipeline import Compiled


def emit(compiled: Compiled, source: SOp) -> Transformer:
    """The model of a compiled program; `source` is the program as it was given."""
    m, read = compiled.matrices, compiled.plan.readout
    return Transformer(
        vocab=compiled.program.facts.vocab,
        max_len=compiled.program.facts.max_len,
        causal=compiled.program.facts.causal,
        embed=m.embed,
        positions=m.positions,
        layers=parts.layers(m),
        unembed=m.unembed,
        outputs=read.outputs,
        whole=read.whole,
        dtype=compiled.how.dtype,
        circuit=circuit(compiled),
        program=formula(compiled.program.root, WIDEST_PROGRAM),
        source=source,
        given=None if compiled.program.given is None else SOp(compiled.program.given),
        tolerance=read.tolerance,
    )


def circuit(compiled: Compiled) -> Circuit:
    """What every direction, head and neuron is for, and how to read the program's own parts."""
    m, program = compiled.matrices, compiled.program
    return parts.circuit(
        m,
        tuple(_readings(compiled)),
        tuple(_claims(compiled)),
        program.final,
        program.keep,
        compiled.how.sharpness.temperature,
    )


def _readings(compiled: Compiled) -> list[Reading]:
    """The sops of the program as written that the residual stream holds, named ones under their names."""
    found: list[Reading] = []
    seen: set[Expr] = set()
    names = step_names(compiled.program.root)
    for e in compiled.program.root.walk():
        if e.selector or e.op.leaf or e.op is Op.CONST or e not in compiled.program.rewritten:
            continue
        inside = compiled.program.rewritten[e]
        named = e.op is Op.NAME
        if inside in seen and not named:
            continue
        form = compiled.plan.form_of(inside)
        if form is None or not form.terms or not _held(compiled.matrices, form, form.slot.layer_end):
            continue
        seen.add(inside)
        labels = compiled.encodings(inside)
        found.append(
            Reading(
                names[e] if named else formula(e, 40),
                formula(e.src[0] if named else e),
                form.slot.layer,
                compiled.matrices.column(form),
                np.array([x for x, _ in labels]),
                tuple(leave(v) for _, v in labels),
            )
        )
    return found


def _claims(compiled: Compiled) -> Iterator[Claim]:
    """The parts of the program that heads and neurons write, for a proof to start from."""
    for e in claimable(compiled.program.final):
        form = compiled.plan.form_of(e)
        if form is None or not _held(compiled.matrices, form, form.slot):
            continue
        if not e.op.barrier and form.slot == EMBEDDING:
            continue
        if not e.op.variable and form.slot.sublayer is ATTENTION:
            continue  # nothing but arithmetic on what others claim
        labels = [(x, v) for x, v in compiled.encodings(e) if not is_plain(v)]
        column = compiled.matrices.column(form)
        numbers = np.array([x for x, _ in labels])
        yield Claim(e, form.slot, column, numbers, tuple(leave(v) for _, v in labels))


def _held(m: Matrices, form: Form, slot: Slot) -> bool:
    """Whether the stream holds a form after a slot; neurons may have erased a direction of it."""
    if not m.holds(form):
        return False
    erased = {
        g.output: Slot(n, MLP) for n, layer in enumerate(m.layers, 1) for g in layer.groups if g.recipe == "erasure"
    }
    bases = {base for d in form.terms for base in m.coordinates.bases(d)}
    return all(d not in erased or erased[d] > slot for d in bases)
