"""The page of the docs on recipes, from their docstrings and measurements: python -m hardwire.recipes.page docs"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

from ..constructions.registry import LABELS, Recipe, by_theme
from ..errors import MissingExtraError
from .models import MODELS, Model
from .probes import measure

HEAD = """# The Cookbook

Made by `python -m hardwire.recipes.page docs` from the docstrings of `hardwire.recipes`; "§" is a section of
*The Transformer Cookbook* (Yang et al. 2025, arXiv:2510.00368). u is 2^-24, the unit roundoff of float32, and
gamma(d) = d u / (1 - d u); e is the noise that inputs come with. Bounds hold in any order of summation.

Examples take this for granted:

```python
>>> import math
>>> import numpy as np
>>> from hardwire.recipes import *

```
"""

PLOTTED = """Each dot is a case: a size, a noise, a length. On the line the bound is reached, and none is above it; a
hollow dot at the bottom is a case in which no error was found. Recipes that are not shown have a bound of 0, and no
error was found."""

LOOSE = """## How pessimistic the bounds are

Each figure is the range, over sizes, noises and lengths, of the claimed bound over the worst error found. Factors near
1 are bounds that are reached. Large ones have three causes. A bound for any order of summation grows with the number of
terms, while the errors of real sums mostly cancel: for means and sums over many keys, and for stairs of many neurons,
whose pairs of equal terms could be added far from each other. Inputs that are whole numbers or powers of two round less
than the bound allows for, often not at all. And a look-up allows for every key at its least distance, where most are
far away.

| recipe | source | claimed bound | worst error | bound / error | cost |
|---|---|---|---|---|---|
"""

BETTER = """
## Where the paper's bound is loose, or a construction beats it

| what | in the paper | here |
|---|---|---|
| product by GELU (§4.6) | error (\\|x\\| + \\|y\\|)^3 / 4, 3 neurons | (\\|x\\| + \\|y\\|)^4 / 12 for the same neurons; / 24 with 2 neurons (`product`) |
| product in a gated model | none | exact, 2 SwiGLU neurons (`multiply_swiglu`) |
| soft for hard attention (§5.7, Lemma 5.3) | L1 distance 2 n e^-g | 2 (n - 1) e^-g / (1 + (n - 1) e^-g), reached |
| look-up by layer-norm hash (§5.3.3) | constant width | its gap falls as N^-4, so float32 ends at N of about 24; `lookup_quadratic` reaches 2,000 and `lookup_two_periods` 65,536 |
| circumventing layer norm (§6.3) | twice the directions, signs alone | 2 directions more, sizes too (`add_norm`) |
| addition, minimum, maximum (§4.4, 4.5) | 4 neurons and more | 0 and 1: a residual stream computes linear parts for free |
| normal forms (§4.8) | 2^m neurons | as many as there are true assignments, or false ones; m - 1 for symmetric functions |
| sums | means, and a layer to undo them | one head, no neurons (`sink_sum`) |
"""  # noqa: E501  rows of a table


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for theme, members in by_theme().items():
        parts.append(f"## {theme.capitalize()}\n")
        parts += [section(r) for r in members]
    parts.append("## Complete models\n")
    parts += [model_section(m) for m in MODELS.values()]
    rows = [row(r) for members in by_theme().values() for r in members]
    return "\n".join([*parts, LOOSE + "\n".join(rows), BETTER])


def section(r: Recipe) -> str:
    """What a recipe says of itself."""
    facts = "\n".join(f"- {label}: {_plain(r.facts[label])}" for label in LABELS if label in r.facts)
    return f"### `{r.signature}`\n\n{r.summary}\n\n{facts}\n\n```python\n{r.example}\n\n```\n"


def model_section(m: Model) -> str:
    """What a complete model says of itself."""
    text, _, example = m.text.partition(">>> ")
    return (
        f"### `{m.name}`\n\n{text.strip()}\n\n```python\n"
        f">>> from hardwire.recipes.models import {m.name}\n>>> {example.rstrip()}\n\n```\n\n"
        f"![where the heads of {m.name} look](cookbook/model-{m.name}.svg)\n"
    )


def row(r: Recipe) -> str:
    """A line of the table of measurements."""
    found = measure(r.name)
    m = min(found, key=lambda m: m.ratio)
    ratios = [x.ratio for x in found if math.isfinite(x.ratio)]
    spread = f"{min(ratios):.2g} to {max(ratios):.2g}" if ratios else "no error found"
    return f"| {r.name} | {r.origin} | {m.claimed:.2g} ({m.at}) | {m.worst:.2g} | {spread} | {m.cost} |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*")


SEEN = 1e-12
"""An error below this is that of measuring it."""


def plotting() -> Any:
    """Matplotlib, for small pictures that are the same every time. Raises MissingExtraError."""
    try:
        import matplotlib

        matplotlib.use("svg")
        from matplotlib import pyplot
    except ImportError:
        raise MissingExtraError("Plotting", "plots") from None
    # Text stays text, of one font: outlines of every letter, or a list of fonts at each, would be most of a file.
    matplotlib.rcParams.update(
        {
            "svg.fonttype": "none",
            "svg.hashsalt": "hardwire",
            "font.family": "sans-serif",
            "font.sans-serif": "DejaVu Sans",
        }
    )
    return pyplot


COLUMNS = 5
"""How many recipes stand side by side in a plot."""


def plots(folder: Path) -> None:
    """Measured error against bound: a picture a theme, and in it a panel for each recipe whose bound is a number.

    Raises MissingExtraError.
    """
    pyplot = plotting()
    folder.mkdir(parents=True, exist_ok=True)
    for theme, members in by_theme().items():
        bounded = [(r, [m for m in measure(r.name) if m.claimed]) for r in members]
        bounded = [(r, found) for r, found in bounded if found]
        if not bounded:
            continue
        rows = -(-len(bounded) // COLUMNS)
        across = min(COLUMNS, len(bounded))
        size = (1.75 * across + 0.3, 1.85 * rows + 0.3)
        figure, axes = pyplot.subplots(rows, across, figsize=size, squeeze=False, layout="constrained")
        for ax in axes.flat[len(bounded) :]:
            ax.set_axis_off()
        for ax, (r, found) in zip(axes.flat, bounded, strict=False):
            _panel(ax, r.name, [(m.claimed, m.worst) for m in found])
        figure.supxlabel("claimed bound", fontsize=8)
        figure.supylabel("worst error found", fontsize=8)
        figure.savefig(folder / f"{theme}.svg", metadata={"Date": None})
        pyplot.close(figure)


def _panel(ax: Any, name: str, points: list[tuple[float, float]]) -> None:
    """One recipe: every case a dot, hollow at the bottom where no error was found; none lies in the grey."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    shown = [(bound, error) for bound, error in points if error > SEEN]
    bounds, errors = [b for b, _ in points], [e for _, e in shown]
    low, high = min(bounds) / 4, max(bounds) * 4
    floor = min([low, *errors]) / 30
    ax.set(xscale="log", yscale="log", xlim=(low, high), ylim=(floor, high))
    ax.fill_between([low, high], [low, high], [high, high], color="0.88", linewidth=0)
    none = [b for b, error in points if error <= SEEN]
    if none:
        ax.plot(none, [floor * 2.5] * len(none), "o", markersize=3, markerfacecolor="none", color="C0")
    if shown:
        ax.plot(*zip(*shown, strict=True), "o", markersize=3, color="C0")
    ax.set_title(name, fontsize=8, pad=3)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_locator(LogLocator(numticks=4))
        axis.set_major_formatter(FuncFormatter(lambda x, _: f"1e{round(math.log10(x))}"))
        axis.set_minor_locator(NullLocator())
    ax.tick_params(labelsize=6, length=2, pad=1.5)


def pictures(folder: Path) -> None:
    """The attention of every complete model on its example, head by head. Raises MissingExtraError."""
    pyplot = plotting()
    for m in MODELS.values():
        model = m.build()
        heads = [(k, name, w) for k, layer in enumerate(model.attention(m.example), 1) for name, w in layer.items()]
        figure, axes = pyplot.subplots(1, len(heads), figsize=(2.4 * len(heads), 2.9), squeeze=False, sharey=True)
        labels = ["BOS", *map(str, m.example)]
        for ax, (k, name, w) in zip(axes[0], heads, strict=True):
            ax.imshow(w[1:], cmap="Blues", vmin=0, vmax=1)
            ax.set_xticks(range(len(labels)), labels, fontsize=7)
            ax.set_yticks(range(len(labels) - 1), labels[1:], fontsize=7)
            ax.tick_params(bottom=False, left=False)
            ax.set_title(f"layer {k}\n{name}", fontsize=8)
        figure.supylabel("query", fontsize=8)
        figure.tight_layout()
        figure.savefig(folder / f"model-{m.name}.svg", metadata={"Date": None})
        pyplot.close(figure)


def main(folder: str) -> None:
    """Writes the page, and its plots where they can be drawn."""
    out = Path(folder)
    text = page()
    try:
        plots(out / "cookbook")
        pictures(out / "cookbook")
        drawn = sorted(p.name for p in (out / "cookbook").glob("*.svg") if not p.name.startswith("model-"))
        text += f"\n## Error against bound\n\n{PLOTTED}\n\n"
        text += "\n".join(f"![{name}](cookbook/{name})" for name in drawn) + "\n"
    except MissingExtraError as error:
        print(f"note: {error}", file=sys.stderr)
    (out / "cookbook.md").write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "docs")
