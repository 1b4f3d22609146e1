"""What each stage of the compiler found, as text."""

from __future__ import annotations

from ..errors import UnknownNameError
from ..lang.expr import Expr, Op
from ..lang.text import formula
from ..rewrite import PASSES
from .pipeline import Compiled

STAGES = (*(p.name for p in PASSES), "domains", "plan", "readout", "schedule", "assemble")


def explain(compiled: Compiled, stage: str) -> str:
    """One stage's result, one line for each part. Raises UnknownNameError."""
    if stage in compiled.program.rewrites:
        return _steps(compiled.program.rewrites[stage])
    if stage == "domains":
        return _domains(compiled)
    if stage == "plan":
        return str(compiled.plan)
    if stage == "readout":
        return str(compiled.plan.readout)
    if stage == "schedule":
        return str(compiled.schedule)
    if stage == "assemble":
        return _assembled(compiled)
    raise UnknownNameError("stage", stage, STAGES, f"The stages are {', '.join(STAGES)}.")


def _steps(root: Expr) -> str:
    """The distinct parts of a program in order of evaluation, each with the layer it needs."""
    parts = [e for e in root.walk() if e.op not in (Op.CONST, Op.TOKENS, Op.INDICES)]
    lines = [f"layer {e.layers}  {'selector' if e.selector else 'sop     '}  {formula(e, 100)}" for e in parts]
    return "\n".join(lines or [formula(root)])


def _domains(compiled: Compiled) -> str:
    lines = []
    for e in compiled.program.final.walk():
        if e.selector or e.op is Op.CONST:
            continue
        domain = compiled.program.facts.listed(e)
        labels = [] if domain is None else [compiled.labels[v] for v in domain.values]
        span = f"labels {min(labels):g} .. {max(labels):g}" if labels else "no values"
        lines.append(f"{formula(e, 60):60}  {'a number' if domain is None else f'{domain!r}; {span}'}")
    return "\n".join(lines)


def _assembled(compiled: Compiled) -> str:
    lines = []
    for d, i in compiled.matrices.coordinates.index.items():
        lines.append(f"{i:4}  {d.slot!s:16}  {d.code:10}  error {d.error:.1e}  {d.expression or d.name}")
    return "\n".join(lines)
