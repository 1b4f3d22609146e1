"""Do edge searches find the circuit? Two methods against circuit.json, in PyTorch: python examples/edge_search.py

An edge search in the manner of ACDC removes edges as long as the answers stay; attribution patching estimates the
effect of each edge by a gradient. Both see a model's PyTorch export and inputs alone. Here both are compared with the
`circuit.json` that every export brings along.
"""

from __future__ import annotations

import json

import hardwire as hw

PROGRAMS = [
    ("flip", "abcd", 8),
    ("histogram", "abc", 8),
    ("sort", range(5), 8),
    ("dyck1", "()", 8),
    ("most_frequent", "abc", 8),
    ("induction", "abc", 8),
]
METHODS = ("edge search", "attribution patching")


def rows() -> list[tuple[str, str, int, int, float, float]]:
    """(program, method, edges that are possible, edges of the circuit, precision, recall) for each."""
    found = []
    for name, vocab, max_len in PROGRAMS:
        model = hw.compile(hw.programs.get(name)(), vocab, max_len)
        circuit = json.loads(hw.export.circuit(model, "json"))
        for method in METHODS:
            scores = hw.discovery.edge_scores(model, method, circuit=circuit)
            _, _, known = scores.counts()
            found.append((name, method, len(scores.graph.edges), known, *scores.precision_recall()))
    return found


def main() -> None:
    print(f"{'program':15} {'method':22} possible  known  precision  recall")
    for name, method, edges, known, precision, recall in rows():
        print(f"{name:15} {method:22} {edges:8} {known:6} {precision:10.2f} {recall:7.2f}")


if __name__ == "__main__":
    main()
