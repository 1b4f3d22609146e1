"""A compiled model: the real attention weights of every head, what its neurons do, and the residual stream as a table;
or the model beside the program that it computes, with what differs marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..model.circuit import HeadNote, Step
from ..model.transformer import Head, Transformer
from ..run import Failure, Trace
from . import program, residual, shapes
from .matrix import AMPLIFIES, Attention, Strip, attention
from .sequence import given, row, step
from .shapes import Box
from .theme import GAP, SMALL, WIDEST

HALF = 720.0
"""The width of a layer of the model where the program stands beside it."""

MOST_GROUPS = 8
"""How many groups of neurons are described in a layer."""


class Bos:
    """What stands before the tokens."""

    def __repr__(self) -> str:
        return "BOS"


def model_picture(model: Transformer, input: Any) -> Box:
    """The picture of a model on an input: a panel for the embedding and one for each layer."""
    seen = model.trace(input)
    tokens = [Bos(), *_tokens(input)]
    tables = residual.tables(model, input, tokens)
    heads = model.attention(input)
    panels = [shapes.below([shapes.heading("embedding", WIDEST), tables[0]], GAP / 2)]
    for k in range(1, model.depth + 1):
        parts = [_heads(model, k, heads[k - 1], tokens, WIDEST), _steps(_decoded(seen, k), {}), tables[k]]
        inside = shapes.flowing(parts, WIDEST, 3 * GAP)
        panels.append(shapes.below([shapes.heading(f"layer {k}", WIDEST), *_neurons(model, k), inside], GAP / 2))
    head = shapes.note(_facts(model), WIDEST)
    rows = [
        row("input", tokens[1:], "input"),
        shapes.paneled(panels, WIDEST),
        row("result", list(seen.result), "result"),
    ]
    return shapes.below([head, *rows], 12)


def compared(model: Transformer, run: Trace) -> Box:
    """Program and model side by side, layer by layer; where the model has another value than the program is marked."""
    seen = model.trace(run.input)
    tokens = [Bos(), *run.input]
    heads = model.attention(run.input)
    wrong = differences(run.result, seen.result, model.same)
    rows = []
    for k in range(1, max(model.depth, run.of.layers) + 1):
        left = program.layer(run, k, HALF) if k <= run.of.layers else Box(0, 0)
        right = Box(0, 0)
        if k <= model.depth:
            inside = [_heads(model, k, heads[k - 1], tokens, HALF), _steps(_decoded(seen, k), run.names)]
            parts = [*_neurons(model, k), shapes.flowing(inside, HALF, 3 * GAP)]
            right = shapes.below([shapes.heading(f"layer {k} of the model", HALF), *parts], GAP / 2)
        rows.append((left, right))
    found = [i for i, bad in enumerate(wrong) if bad]
    verdict = f"they differ at {', '.join(map(str, found))}" if found else "they agree at every position"
    head = shapes.note(f"left the program, right the model ({_facts(model)}): {verdict}", WIDEST)
    ends = [row("program", run.result, "result"), row("model", list(seen.result), "result", wrong=wrong)]
    return shapes.below([head, given(run), shapes.columned(rows), *ends], 12)


def differences(program: Sequence[Any], model: Sequence[Any], same: Callable[[Any, Any], bool]) -> list[bool]:
    """At which positions the model has another value than the program, where that has one."""
    return [not isinstance(a, Failure) and not same(a, b) for a, b in zip(program, model, strict=True)]


def _near(value: Any, read: Any) -> bool:
    """Whether what was read off the stream is the value: equal, or as near as single precision has it."""
    if isinstance(value, (int, float)) and isinstance(read, float):
        return abs(value - read) <= 1e-3 * max(1.0, abs(value))
    return bool(value == read)


def _tokens(input: Any) -> list[Any]:
    return list(input) if not isinstance(input, np.ndarray) else input.tolist()


def _facts(model: Transformer) -> str:
    return repr(model).removeprefix("Transformer(").removesuffix(")")


def _heads(model: Transformer, k: int, weights: dict[str, Any], tokens: list[Any], width: float) -> Box:
    notes = {h.head: h for h in model.circuit.heads if h.layer == k}
    heads = zip(weights.items(), model.layers[k - 1].heads, strict=True)
    boxes = [_head(name, w, _gain(head), notes.get(i), tokens) for i, ((name, w), head) in enumerate(heads)]
    return shapes.flowing(boxes, width)


def _gain(head: Head) -> float:
    """The greatest factor by which a head multiplies a coordinate that it reads."""
    return float(np.abs(head.w_v.astype(np.float64) @ head.w_o.astype(np.float64)).max(initial=0))


def _head(name: str, weights: Any, gain: float, note: HeadNote | None, tokens: list[Any]) -> Box:
    picture = attention(Attention(weights, [Strip("key", "key", tokens)], [Strip("query", "query", tokens)], gain=gain))
    width = max(picture.width, 220)
    title = [shapes.line(name, width, cls="hw-bold")]
    if note is not None:
        flow = f": {', '.join(note.reads)} → {', '.join(note.writes)}" if note.reads or note.writes else ""
        said = f"{note.recipe}{flow}"
        title.append(shapes.line(said, width, size=SMALL, cls="hw-muted", full=f"{note.expression}: {said}"))
    if gain > AMPLIFIES:
        title.append(shapes.note(f"tiny weights (discs), times {gain:.1e}", width))
    return shapes.below([shapes.below(title, 0), picture], GAP / 2)


def _neurons(model: Transformer, k: int) -> list[Box]:
    """A line for each group of neurons."""
    groups = [n for n in model.circuit.neurons if n.layer == k]
    lines = []
    for n in groups[:MOST_GROUPS]:
        which = f"neuron {n.start}" if n.stop - n.start == 1 else f"neurons {n.start}-{n.stop - 1}"
        lines.append(shapes.note(f"{which}: {n.recipe}, {n.expression}", HALF))
    if len(groups) > MOST_GROUPS:
        lines.append(shapes.note(f"… {len(groups) - MOST_GROUPS} more groups of neurons", HALF))
    return lines


def _decoded(seen: Any, k: int) -> list[Step]:
    """What can be read off the stream after a layer, each expression once, under the last of its names."""
    return list({s.expression: s for s in seen if s.layer == k}.values())


def _steps(steps: list[Step], wanted: dict[str, list[Any]]) -> Box:
    """Decoded values as rows; marked where the program has another under the same name."""
    rows = []
    for s in steps:
        wrong = differences(wanted[s.name], s.values, _near) if s.name in wanted else ()
        formula = "" if s.expression == s.name else s.expression
        rows.append(step(s.name, formula, s.values, wrong=wrong, whole=f"{s.name} = {s.expression}"))
    return shapes.below(rows, GAP)
