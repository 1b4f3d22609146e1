"""The benchmark: all methods on the models of a data set, as a table, and as plots."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from ..errors import BuildError, MissingExtraError
from ..lang.arguments import checked_options
from ..model.files import whole, write
from ..progress import bar
from .methods import METHODS, THRESHOLD
from .scoring import PAIRS, EdgeScores, prepared, scored

if TYPE_CHECKING:
    from ..datasets import Dataset, Item

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")  # of Okabe and Ito's palette, in the order of METHODS
THRESHOLDS = [10.0 ** (k / 10) for k in range(-50, 1)]
"""The thresholds of the curves."""


@dataclass(frozen=True)
class BenchmarkRow:
    """The scores of one model by one method."""

    item: str
    layers: int
    found: EdgeScores


@dataclass(frozen=True, repr=False)
class BenchmarkReport:
    """The rows of a benchmark; `repr` is its table."""

    rows: Sequence[BenchmarkRow]

    def of(self, method: str) -> list[BenchmarkRow]:
        """The rows of one method."""
        return [r for r in self.rows if r.found.method == method]

    def table(self) -> list[tuple[str, ...]]:
        """A row for each method: means over the models, at the threshold for precision, recall and F1."""
        lines: list[tuple[str, ...]] = [
            ("method", "ROC AUC", "precision", "recall", "F1", "all edges found", "seconds a model")
        ]
        for method in METHODS:
            found = [r.found for r in self.of(method)]
            both = [x.precision_recall() for x in found]
            exact = sum(p == r == 1.0 for p, r in both)
            means = [fmean(x.roc_auc for x in found), fmean(p for p, _ in both), fmean(r for _, r in both)]
            means.append(fmean(x.f1() for x in found))
            seconds = fmean(x.seconds for x in found)
            lines.append((method, *(f"{x:.3f}" for x in means), f"{exact} of {len(found)}", f"{seconds:.3f}"))
        return lines

    def markdown(self) -> str:
        """The table as Markdown, with what it counts."""
        head, *lines = self.table()
        models = {r.item for r in self.rows}
        edges = [r.found.graph for r in self.of(next(iter(METHODS)))]
        pairs, known = sum(len(g.edges) for g in edges), sum(sum(g.known) for g in edges)
        rows = [head, ("---", *["---:"] * (len(head) - 1)), *lines]
        return "\n".join(
            [
                "# Circuit discovery, scored against known circuits",
                "",
                f"{len(models):,} models; {known:,} of {pairs:,} pairs of parts are edges of their circuits. An edge is"
                f" found if its score is at least {THRESHOLD:g}.",
                "",
                *(f"| {' | '.join(r)} |" for r in rows),
                "",
                "![Recall by the threshold](thresholds.svg)",
                "![F1 by the number of layers](layers.svg)",
                "",
            ]
        )

    def save(self, directory: str | PathLike[str]) -> None:
        """Write report.md, scores.jsonl with a line for each model and method, thresholds.svg and layers.svg.

        Raises FileError, and MissingExtraError without Matplotlib.
        """
        root = Path(directory)
        files = {"report.md": self.markdown(), "scores.jsonl": "".join(self._lines()), **self.plots()}
        root.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with whole(root / name) as temporary:
                write(temporary, text)

    def _lines(self) -> Iterator[str]:
        for r in self.rows:
            precision, recall = r.found.precision_recall()
            yield (
                json.dumps(
                    {
                        "id": r.item,
                        "layers": r.layers,
                        "method": r.found.method,
                        "roc_auc": r.found.roc_auc,
                        "precision": precision,
                        "recall": recall,
                        "f1": r.found.f1(),
                        "edges": len(r.found.graph.edges),
                        "known": sum(r.found.graph.known),
                        "seconds": r.found.seconds,
                    }
                )
                + "\n"
            )

    def plots(self) -> dict[str, str]:
        """The plots as SVG, by the names of their files. Raises MissingExtraError."""
        figure = _matplotlib()
        fig = figure(figsize=(5.2, 3.6), layout="constrained")
        ax = fig.add_subplot()
        for colour, method in zip(COLOURS, METHODS, strict=True):
            precision, recall = curve([r.found for r in self.of(method)])
            ax.plot(THRESHOLDS, recall, color=colour, label=method, linewidth=1.6)
            ax.plot(THRESHOLDS, precision, color=colour, linewidth=1, linestyle="dotted")
        ax.axvline(THRESHOLD, color="#888888", linewidth=0.8)
        ax.set(xlabel="threshold", ylabel="recall (dotted: precision)", xscale="log", ylim=(0, 1.02))
        ax.legend(loc="lower left", frameon=False)
        fig2 = figure(figsize=(5.2, 3.6), layout="constrained")
        ax = fig2.add_subplot()
        depths = sorted({r.layers for r in self.rows})
        for i, (colour, method) in enumerate(zip(COLOURS, METHODS, strict=True)):
            heights = [fmean(r.found.f1() for r in self.of(method) if r.layers == k) for k in depths]
            ax.bar([x + (i - 1.5) * 0.2 for x in range(len(depths))], heights, 0.2, color=colour, label=method)
        counts = [sum(r.layers == k for r in self.rows) // len(METHODS) for k in depths]
        ax.set_xticks(range(len(depths)), [f"{k}\n({n:,})" for k, n in zip(depths, counts, strict=True)])
        ax.set(xlabel="layers (and models)", ylabel="mean F1", ylim=(0, 1.25), yticks=[0, 0.25, 0.5, 0.75, 1])
        ax.legend(loc="upper right", ncols=2, frameon=False)
        for axes in (*fig.axes, *fig2.axes):
            axes.spines[["top", "right"]].set_visible(False)
        return {"thresholds.svg": _svg(fig), "layers.svg": _svg(fig2)}

    def __repr__(self) -> str:
        lines = self.table()
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(f"{x:{w}}" for x, w in zip(line, widths, strict=True)).rstrip() for line in lines)


def curve(found: Sequence[EdgeScores], thresholds: Sequence[float] = THRESHOLDS) -> tuple[list[float], list[float]]:
    """(precision, recall) of all edges together at each threshold."""
    counts = [[sum(column) for column in zip(*(x.counts(t) for x in found), strict=True)] for t in thresholds]
    return [right / count if count else 1.0 for right, count, _ in counts], [
        right / known if known else 1.0 for right, _, known in counts
    ]


@checked_options
def benchmark(
    dataset: Dataset | Iterable[Item],
    *,
    models: int | None = None,
    pairs: int = PAIRS,
    seed: int = 0,
    progress: bool | None = None,
) -> BenchmarkReport:
    """Score the edges of the models of a data set, or the first few of them, by every method.

    `pairs` is the number of clean inputs, each with a corrupted one; inputs are random, or those of the item where not
    all are valid. Raises BuildError for a number below 1, and MissingExtraError without PyTorch.
    """
    for name, x in (("models", models), ("pairs", pairs)):
        if x is not None and (isinstance(x, bool) or not isinstance(x, int) or x < 1):
            raise BuildError(f"{name} is a whole number above 0, not {x!r}", value=x)
    if isinstance(dataset, (str, PathLike)):
        raise BuildError("benchmark takes a data set: hardwire.datasets.load(directory)", value=dataset)
    rows: list[BenchmarkRow] = []
    items = list(itertools.islice(dataset, models))
    with bar("models", len(items), wanted=progress) as advance:
        for item in items:
            own = [x["input"] for x in item.inputs] if item.given is not None else None
            runs = prepared(item.model, circuit=item.circuit, inputs=own, pairs=pairs, seed=seed)
            rows += [BenchmarkRow(item.id, item.row["layers"], scored(runs, method)) for method in METHODS]
            advance(1, "")
    return BenchmarkReport(rows)


def _matplotlib() -> Any:
    """matplotlib's Figure. Raises MissingExtraError."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtraError("Plots of a benchmark", "plots") from None
    return Figure


def _svg(fig: Any) -> str:
    """A figure as SVG with its texts as paths, the same bytes every time."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "hardwire"}):
        fig.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()
