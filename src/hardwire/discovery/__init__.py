"""Circuit discovery: four methods that score the edges of a model, and how well they find the edges that are known.

>>> from hardwire import datasets, discovery
>>> report = discovery.benchmark(datasets.load("models"), models=200)    # doctest: +SKIP
>>> report.save("report")                                               # doctest: +SKIP

graph.py lists all edges that a model may have and those that it has, patching.py runs a model with some edges patched,
methods.py scores edges, scoring.py compares scores with the known edges, report.py has the table and the plots.
"""

from __future__ import annotations

from .graph import EdgeGraph, edge_graph
from .methods import METHODS
from .report import BenchmarkReport, benchmark
from .scoring import EdgeScores, edge_scores

__all__ = ["METHODS", "BenchmarkReport", "EdgeGraph", "EdgeScores", "benchmark", "edge_graph", "edge_scores"]
