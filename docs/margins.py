"""Draws docs/margins.svg: how much of each margin of a certificate is used up, by layer. Run by `make gallery`."""

from __future__ import annotations

from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

import hardwire as hw
from hardwire.programs import LIBRARY

matplotlib.use("svg")
matplotlib.rcParams.update(
    {"svg.fonttype": "none", "svg.hashsalt": "hardwire", "font.family": "DejaVu Sans", "font.size": 9}
)

PROGRAMS = {"add": 41, "dyck": 32, "median": 40}
KINDS = {  # those of Okabe and Ito's palette, and a mark of its own for each
    "sum": ("#0072b2", "o"),
    "look-up": ("#d55e00", "s"),
    "mean": ("#cc79a7", "P"),
    "neurons": ("#009e73", "^"),
    "neuron threshold": ("#000000", "v"),
    "greatest logit": ("#e69f00", "D"),
    "nearest int": ("#e69f00", "X"),
}
LEAST = 1e-13
"""Below this a margin is drawn as if it were so: nothing of it is used."""


def draw(ax: Axes, name: str, max_len: int) -> set[str]:
    """One program; the kinds of margins that it has."""
    program = LIBRARY[name]
    given = None if program.given is None else program.given()
    model = hw.compile(program(), program.vocab, max_len, given=given)
    assert model.certificate is not None
    margins = model.certificate.margins
    beside: dict[int, int] = {}
    for m in sorted(margins, key=lambda m: list(KINDS).index(m.kind)):
        used = max(LEAST, m.error / m.limit if m.limit else 1.0)
        step = beside[m.layer] = beside.get(m.layer, -1) + 1
        count = sum(x.layer == m.layer for x in margins)
        at = m.layer + 0.6 * ((step + 0.5) / count - 0.5)
        colour, mark = KINDS[m.kind]
        ax.scatter(at, used, s=34, color=colour, marker=mark, linewidths=0.5, edgecolors="white", zorder=3)
    ax.axhline(1, color="#b00020", linewidth=1)
    ax.set_yscale("log")
    ax.set_ylim(LEAST / 4, 20)
    ax.set_xlim(0.5, model.depth + 0.5)
    ax.set_xticks(range(1, model.depth + 1))
    ax.grid(axis="y", color="#e4e7eb", linewidth=0.6)
    ax.set_axisbelow(True)
    for k in range(1, model.depth):
        ax.axvline(k + 0.5, color="#d3d8de", linewidth=0.6)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.set_title(f"{name}, up to length {max_len}", fontsize=10)
    ax.set_xlabel("layer")
    return {m.kind for m in margins}


def main() -> None:
    fig, axes = plt.subplots(
        1, len(PROGRAMS), figsize=(9.2, 3.7), sharey=True, gridspec_kw={"width_ratios": [6, 3, 2.4]}
    )
    kinds: set[str] = set()
    for ax, (name, max_len) in zip(axes, PROGRAMS.items(), strict=True):
        kinds |= draw(ax, name, max_len)
    axes[0].set_ylabel("error, as a share of what it may be")
    axes[0].text(0.56, 1.6, "beyond this an answer could be wrong", color="#b00020", fontsize=8)
    shown = [(kind, look) for kind, look in KINDS.items() if kind in kinds]
    handles = [
        plt.Line2D([], [], color=colour, marker=mark, linestyle="", label=kind) for kind, (colour, mark) in shown
    ]
    fig.legend(handles=handles, loc="lower center", ncols=len(handles), frameon=False)
    fig.tight_layout(rect=(0, 0.08, 1, 1))
    path = Path(__file__).with_name("margins.svg")
    fig.savefig(path, metadata={"Date": None, "Title": "How much of each margin is used, by layer"}, facecolor="white")


if __name__ == "__main__":
    main()
