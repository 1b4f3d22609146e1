"""The compiler on one screen: from an expression to matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..lang.expr import Expr, Op, node
from ..lang.values import Value
from ..recipes.assembly import Matrices, Stream, matrices
from .analyse import Analysis
from .attend import Attention
from .domain import Domain, Labels
from .elementwise import differences
from .positions import closed_form
from .readout import Readout, readout
from .simplify import simplify


@dataclass(frozen=True)
class Compiled:
    """Everything the compiler found, stage by stage."""

    simplified: Expr
    facts: Analysis
    labels: Labels
    attention: Attention
    readout: Readout
    matrices: Matrices


def run_stages(root: Expr, vocab: Sequence[Value], max_len: int, causal: bool) -> Compiled:
    """The stages in order. Raises CompileError."""
    facts = Analysis(vocab, max_len, causal)
    simple = differences(closed_form(simplify(root), facts), facts)
    labels = Labels(every_domain(simple, facts), vocab)
    stream = Stream(len(vocab), max_len)
    attention = Attention(facts, labels, stream)
    read = readout(simple, attention)
    return Compiled(simple, facts, labels, attention, read, matrices(stream, read.columns))


def every_domain(root: Expr, facts: Analysis) -> list[Domain]:
    """The domains of all sops of a program that have one that can be listed."""
    from ..errors import CompileError

    domains: list[Domain] = []
    for e in (node(Op.TOKENS), *root.walk()):
        if e.selector:
            continue
        try:
            domains.append(facts.domain(e))
        except CompileError:
            continue
    return domains


def show(x: Any) -> str:
    return repr(x)
