"""A compiled model: panels for the embedding, every layer and the logits, in the columns of the input; or the model
next to its program, with differences marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..model.circuit import NeuronNote, Step
from ..model.transformer import Layer, Transformer
from ..run import Failure, Trace
from . import program, shapes
from .columns import Columns, Floats, names_width
from .logits import logits
from .shapes import Box
from .theme import GAP, SMALL
from .weights import Attended, head_box

MOST_GROUPS = 8
"""The number of groups of neurons that are described in a layer."""
MOST_ROWS = 24
"""The number of residual directions that are shown in a layer."""
CHANGED = 1e-5
"""The least relative change of a coordinate that counts as one."""


@dataclass(frozen=True)
class Seen:
    """A model on an input, with all intermediate results."""

    model: Transformer
    input: Any

    @cached_property
    def columns(self) -> Columns:
        tokens = self.input.tolist() if isinstance(self.input, np.ndarray) else list(self.input)
        decoded = {s.expression: s.name for s in self.trace}
        return Columns(tokens, names_width([*self.names.values(), *decoded.values()]))

    @cached_property
    def streams(self) -> dict[str, Floats]:
        return self.model.residuals(self.input)

    @cached_property
    def attention(self) -> list[dict[str, Floats]]:
        return self.model.attention(self.input)

    @cached_property
    def trace(self) -> Any:
        return self.model.trace(self.input)

    @cached_property
    def names(self) -> dict[int, str]:
        """The names of the coordinates of the residual stream."""
        return {d.index: d.name for d in self.model.circuit.directions}

    @cached_property
    def said(self) -> dict[int, str]:
        """The full descriptions of the coordinates."""
        return {d.index: f"{d.index}: {d.expression or d.name}, as {d.code}" for d in self.model.circuit.directions}

    def after(self, k: int) -> Floats:
        """Return the residual stream after a layer, (n+1, d_model); after the embedding if k is 0."""
        return self.streams[f"layer {k} neurons" if k else "embedding"]


def model_picture(model: Transformer, input: Any) -> Box:
    """The picture of a model on an input."""
    seen = Seen(model, input)
    columns = seen.columns
    panels = [_embedding(seen), *(_layer(seen, k) for k in range(1, model.depth + 1))]
    panels.append(logits(model, input, list(seen.trace.result), columns))
    room = max(box.width for box in panels)
    return shapes.below(
        [shapes.paragraph(_facts(model), room, lines=3, size=SMALL, cls="hw-muted"), _stacked(panels)], 12
    )


def compared(model: Transformer, run: Trace) -> Box:
    """Return program and model side by side, layer by layer, with differing values marked."""
    seen = Seen(model, run.input)
    answers = list(seen.trace.result)
    wrong = differences(run.result, answers, model.same)
    page = program.Page(run, (answers,))
    rows = []
    for k in range(1, max(model.depth, run.of.layers) + 1):
        left = program.layer(page, k) if k <= run.of.layers else Box(0, 0)
        right = _layer(seen, k, run.names, "of the model") if k <= model.depth else Box(0, 0)
        rows.append((left, right))
    found = [i for i, bad in enumerate(wrong) if bad]
    verdict = f"they differ at {', '.join(map(str, found))}" if found else "they agree at every position"
    body = shapes.columned(rows)
    facts = f"left the program, right the model ({_facts(model)})"
    lines = [shapes.paragraph(facts, max(body.width, 420), lines=4, size=SMALL, cls="hw-muted")]
    head = shapes.below([*lines, shapes.paragraph(verdict, max(body.width, 420), lines=4, cls="hw-bold")], 0)
    ends = [page.row("program", run.result, "result"), page.row("model", answers, "result", wrong=wrong)]
    given = page.row("input", list(run.input), "input")
    given, *ends = (shapes.placed(box, shapes.PAD, 0) for box in (given, *ends))
    return shapes.below([head, given, body, *ends], 12)


def differences(program: Sequence[Any], model: Sequence[Any], same: Callable[[Any, Any], bool]) -> list[bool]:
    """Return the positions at which the model's value differs from the program's, if that has one."""
    return [not isinstance(a, Failure) and not same(a, b) for a, b in zip(program, model, strict=True)]


def _near(value: Any, read: Any) -> bool:
    """Return whether a decoded number is the value: equal, or equal in single precision."""
    if isinstance(value, (int, float)) and isinstance(read, float):
        return abs(value - read) <= 1e-3 * max(1.0, abs(value))
    return bool(value == read)


def _facts(model: Transformer) -> str:
    return repr(model).removeprefix("Transformer(").removesuffix(")")


def _stacked(panels: Sequence[Box]) -> Box:
    """Return panels below each other, of one width."""
    return shapes.columned([(panel, Box(0, 0)) for panel in panels])


def _embedding(seen: Seen) -> Box:
    heading = shapes.heading("embedding", 200)
    rows = [] if seen.columns.long else [seen.columns.header()]
    return shapes.below([heading, *rows, _stream(seen, 0)], GAP / 2)


def _layer(seen: Seen, k: int, wanted: dict[str, list[Any]] | None = None, of: str = "") -> Box:
    """Return the parts of a layer: its heads, its neurons, and the residual stream after it."""
    heads = [head_box(head, seen.columns) for head in _heads(seen, k)]
    neurons = _neurons(seen, k)
    header = [] if heads or seen.columns.long else [seen.columns.header()]
    parts = [shapes.below(heads, 2 * GAP), *header, neurons, _stream(seen, k), _read(seen, k, wanted or {})]
    return shapes.below([shapes.heading(f"layer {k} {of}".strip(), 300), *parts], GAP)


def _heads(seen: Seen, k: int) -> list[Attended]:
    layer = seen.model.layers[k - 1]
    notes = {h.head: h for h in seen.model.circuit.heads if h.layer == k}
    read = seen.after(k - 1) if layer.before_heads is None else layer.before_heads(seen.after(k - 1))
    plain = layer.after_heads is None
    pairs = zip(seen.attention[k - 1].items(), layer.heads, strict=True)
    return [
        Attended(name, head, weights, read, notes.get(i), seen.names, plain=plain)
        for i, ((name, weights), head) in enumerate(pairs)
    ]


def _neurons(seen: Seen, k: int) -> Box:
    """Return a row for each group of neurons: their expression, and how many of them are above 0 at each position."""
    groups = [n for n in seen.model.circuit.neurons if n.layer == k]
    if not groups:
        return Box(0, 0)
    active = _active(seen.model.layers[k - 1], seen.streams[f"layer {k} attention"])
    rows = [_group(seen.columns, group, active) for group in groups[:MOST_GROUPS]]
    if len(groups) > MOST_GROUPS:
        rows.append(seen.columns.caption(f"… {len(groups) - MOST_GROUPS} more groups of neurons"))
    return shapes.below(rows, 2)


def _group(columns: Columns, group: NeuronNote, active: Any) -> Box:
    size = group.stop - group.start
    which = f"neuron {group.start}" if size == 1 else f"neurons {group.start}-{group.stop - 1}"
    what = f"{group.recipe}: {group.expression}"
    if active is None:
        return columns.caption(f"{which}  {what}")
    count = active[:, group.start : group.stop].sum(axis=1).astype(float)
    said = f"{which}, {what}; how many of them are active"
    if columns.fits(what, which):
        return columns.numbers(what, count, tag=which, said=said, of=size)
    row = columns.numbers(group.recipe, count, tag=which, said=said, of=size)
    words = shapes.paragraph(group.expression, columns.width, lines=2, size=SMALL, cls="hw-muted")
    return shapes.below([row, words], 0)


def _active(layer: Layer, stream: Floats) -> Any:
    """Return which neurons are above 0, (n+1, d_ff); None if their activation has no threshold."""
    if layer.activation != "relu":
        return None
    read = stream if layer.before_neurons is None else layer.before_neurons(stream)
    return read @ layer.w_in + layer.b_in > 0


def _stream(seen: Seen, k: int) -> Box:
    """Return the residual directions that changed, with their values."""
    after = seen.after(k)
    before = seen.after(k - 1) if k else np.zeros_like(after)
    changed = np.flatnonzero((np.abs(after - before) > CHANGED * (1 + np.abs(before))).any(axis=0)).tolist()
    columns = seen.columns
    if not changed:
        return columns.caption("stream: unchanged")
    rows: list[Box] = []
    for i in changed[:MOST_ROWS]:
        name = seen.names.get(i, f"direction {i}")
        tag = "" if rows else "stream"
        rows.append(columns.numbers(name, after[:, i], said=seen.said.get(i, name), tag=tag))
    if len(changed) > MOST_ROWS:
        rows.append(columns.caption(f"… {len(changed) - MOST_ROWS} more directions"))
    return shapes.below(rows, 2)


def _read(seen: Seen, k: int, wanted: dict[str, list[Any]]) -> Box:
    """Return the values decoded from the stream after a layer, marked where the program's differ."""
    steps = {s.expression: s for s in seen.trace if s.layer == k}  # each expression once, under the last of its names
    rows = [_step(seen.columns, s, wanted, "" if i else "decoded") for i, s in enumerate(steps.values())]
    return shapes.below(rows, 2)


def _step(columns: Columns, step: Step, wanted: dict[str, list[Any]], tag: str) -> Box:
    wrong = differences(wanted[step.name], step.values, _near) if step.name in wanted else ()
    said = f"{step.name} = {step.expression}"
    return columns.values(step.name, step.values, "input", said=said, tag=tag, wrong=wrong)
