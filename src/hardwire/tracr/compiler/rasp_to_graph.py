"""A program as a graph of networkx."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...errors import MissingExtraError
from ..expressions.expression import RASPExpr
from ..lowering import walk
from . import nodes


@dataclass(frozen=True)
class ExtractRaspGraphOutput:
    """The graph, a `networkx.DiGraph` with edges from each expression to its parents; the node of the program; and the
    nodes of the expressions without children."""

    graph: Any
    sink: nodes.Node
    sources: list[nodes.Node]


def extract_rasp_graph(tip: RASPExpr) -> ExtractRaspGraphOutput:
    """The graph of a program: nodes are keyed by label and hold `nodes.ID` and `nodes.EXPR`.

    Raises MissingExtraError where networkx is not installed.
    """
    try:
        import networkx
    except ImportError:
        raise MissingExtraError("The graph of a program", "tracr") from None
    graph = networkx.DiGraph()
    for expr in walk(tip):
        graph.add_node(expr.label, **{nodes.ID: expr.label, nodes.EXPR: expr})
        graph.add_edges_from((child.label, expr.label) for child in expr.children)
    sources = [graph.nodes[label] for label in graph if not graph.nodes[label][nodes.EXPR].children]
    return ExtractRaspGraphOutput(graph, graph.nodes[tip.label], sources)
