"""Elementwise expressions as forms and neurons.

`Values.scalar(e)` is the form that holds the label of e. Affine arithmetic is free; a function of one form
costs neurons at the places where it changes; of several, a gate or one number made of all of them. What
does not fit into one layer of neurons is worked out in the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np

from ..errors import CompileError
from ..lang.expr import AGGREGATES, Expr, Op, node
from ..lang.function import Tabled
from ..lang.sop import SOp
from ..lang.text import formula
from ..lang.values import Value, leave
from ..model.slots import EMBEDDING
from ..recipes import feedforward as ff
from ..recipes.assembly import Stream
from ..recipes.form import Floats, Form, combine
from ..run.column import Column, column
from .analyse import Analysis, unnamed
from .branches import gates
from .codes import MOST_NEURONS, Codes, Joint, Points, Read
from .domain import Labels
from .ranges import Ranges

MOST_LEAVES = 8
"""The most forms that are made one number."""
CLEAN = 2e-5
"""Noise below this needs no restoration before it enters the score of a sum."""
MOST_PASSED = 0.02
"""The most noise that the line of a function may let through."""
BEYOND = 0.3
"""How far outside of its labels a number may lie that stands for a failed value in a score: less than the half unit by
which a key that another condition rules out stays below."""


class Values:
    """The forms of expressions, made on demand in one stream."""

    def __init__(
        self,
        facts: Analysis,
        labels: Labels,
        stream: Stream,
        aggregate: Callable[[Expr], Form],
        names: Mapping[Expr, str],
    ) -> None:
        self.facts, self.labels, self.stream, self.names = facts, labels, stream, names
        self.aggregate = aggregate
        self.ranges = Ranges(stream)
        self.codes = Codes(facts, labels, stream.real, self.ranges)
        self.done: dict[Expr, Form | None] = {}  # without neurons; None where there is no such form
        self.made: dict[Expr, Form] = {}  # by neurons
        self.passed: dict[Expr, float] = {}  # noise that the neurons of an expression let through

    # Without neurons.

    def free(self, e: Expr) -> Form | None:
        """The form of e's label where that takes no neurons of its own, else None."""
        e = unnamed(e)
        if e not in self.done:
            self.done[e] = self._free(e)
        return self.done[e]

    def known(self, e: Expr, made: bool) -> Form | None:
        """The form of e's label where there is one already: without neurons, or (`made`) by some."""
        form = self.free(e)
        if form is not None or not made:
            return form
        e = unnamed(e)
        if e not in self.made:
            linear = self._linear(e, lambda s: self.known(s, made=True))
            if linear is None:
                return None
            self.made[e] = linear
        return self.made[e]

    def form_of(self, e: Expr) -> Form | None:
        """The form of e's label if one has been asked for; makes none."""
        e = unnamed(e)
        form = self.done.get(e)
        return self.made.get(e) if form is None else form

    def _free(self, e: Expr) -> Form | None:
        basis = self.facts.basis(e)
        if e.op is Op.CONST:
            return self.stream.constant(self.labels[e.arg])
        if all(b.op is Op.TOKENS for b in basis):
            column_of = self.facts.evaluate(e, {TOKENS: self.facts.domain(TOKENS).column})
            return self.stream.embed_token(self.codes.filled(column_of), self._name(e), self.title(e))
        if all(b.op in (Op.INDICES, Op.RAW) for b in basis):
            return self._positions(e)
        if e.op in AGGREGATES:
            return self.aggregate(e)
        linear = self._linear(e, self.free)
        if linear is not None:
            return linear
        parts = {x: None for s in e.src for x in self.leaves(s)}
        if len(parts) == 1:
            leaf = next(iter(parts))
            points = self.codes.points(e, leaf)
            if ff.changes(points) == 0:
                x = self.free(leaf)
                assert x is not None
                return ff.function(x, points, self.stream.real).linear
        return None

    def _positions(self, e: Expr) -> Form:
        """A function of the position alone, as the program's lists define it for their own lengths."""
        raws = [b for b in self.facts.basis(e) if b.op is Op.RAW]
        given = {INDICES: self.facts.domain(INDICES).column}
        for r in raws:
            padded = [r.arg[min(i, len(r.arg) - 1)] if r.arg else 0 for i in range(self.facts.max_len)]
            given[r] = column(padded)
        table = self.codes.filled(self.facts.evaluate(e, given))
        if not raws and np.array_equal(table, np.arange(self.facts.max_len)):
            middle = self.facts.max_len // 2  # centred, so that squares stay exact in float32 for longer
            return self.stream.embed_position(table - middle, "indices", "indices") + self.stream.constant(middle)
        return self.stream.embed_position(table, self._name(e), self.title(e))

    def _linear(self, e: Expr, scalar: Callable[[Expr], Form | None]) -> Form | None:
        """Arithmetic on numbers that is arithmetic on forms."""
        if e.op not in (Op.ADD, Op.SUB, Op.NEG, Op.MUL, Op.DIV):
            return None
        if not all(self._numeric(s) for s in e.src):
            return None
        factors = [float(unnamed(s).arg) if unnamed(s).op is Op.CONST else None for s in e.src]
        if e.op is Op.MUL:
            if factors[0] is None and factors[1] is None:
                return None
            factor, x = (factors[0], e.src[1]) if factors[0] is not None else (factors[1], e.src[0])
        elif e.op is Op.DIV:
            if not factors[1]:
                return None
            factor, x = 1 / factors[1], e.src[0]
        else:
            forms = [scalar(s) for s in e.src]
            signs = (-1.0,) if e.op is Op.NEG else (1.0, 1.0 if e.op is Op.ADD else -1.0)
            if any(f is None for f in forms):
                return None
            return combine(*((s, f) for s, f in zip(signs, forms, strict=True) if f is not None))
        form = scalar(x)
        assert factor is not None
        return None if form is None else form * factor

    def _is_linear(self, e: Expr) -> bool:
        """Whether e is arithmetic on forms once its sources have some."""
        if e.op is Op.MUL or e.op is Op.DIV:
            return any(unnamed(s).op is Op.CONST for s in e.src)
        return e.op in LINEAR

    def _numeric(self, e: Expr) -> bool:
        try:
            return self.facts.domain(e).plain
        except CompileError:
            return True  # only sums and means of numbers have domains too large to list

    def leaves(self, e: Expr, made: bool = False) -> list[Expr]:
        """The largest parts of e, or e itself, that have a form already and are no constants, each once."""
        found: dict[Expr, None] = {}
        stack = [e]
        seen: set[Expr] = set()
        while stack:
            at = unnamed(stack.pop())
            if at in seen or not self.facts.basis(at):
                continue
            seen.add(at)
            if self.known(at, made) is not None:
                found[at] = None
            else:
                stack += reversed(at.src)
        return list(found)

    # With neurons.

    def scalar(self, e: Expr) -> Form:
        """The form of e's label. Raises CompileError where e cannot be worked out by neurons."""
        e = unnamed(e)
        form = self.known(e, made=True)
        if form is not None:
            return form
        self._settle(e)
        form = self.known(e, made=True)
        if form is not None:
            return form
        pieces = [p for made in (False, True) for p in self._pieces(e, made)]
        if pieces:
            # The earliest layer first, then the fewest neurons.
            piece, recipe, noise = min(pieces, key=lambda p: (_layer(p[0]), len(p[0].neurons)))
            form = self._neurons(piece, e, recipe, noise)
            self.passed[e] = noise
        else:
            form = self._in_parts(e)
        self.made[e] = form
        return form

    def _settle(self, e: Expr) -> None:
        """Works out the parts of e that earlier layers can hold."""
        layer = self._ready(e)
        stack, seen = list(e.src), {e}
        while stack:
            at = unnamed(stack.pop())
            if at in seen or not self.facts.basis(at) or self.known(at, made=True) is not None:
                continue
            seen.add(at)
            if self._ready(at) < layer:
                try:
                    self.scalar(at)
                    continue
                except CompileError:
                    pass  # its parts may do, or e as a whole
            stack += at.src

    def _ready(self, e: Expr) -> int:
        """The number of layers that are complete when everything that e is made of has been written."""
        slots = [form.slot for b in self.facts.basis(e) if (form := self.free(b)) is not None]
        return max(slots, default=EMBEDDING).complete_layers

    def _pieces(self, e: Expr, made: bool) -> Iterator[tuple[ff.Piece, str, float]]:
        """The ways to work e out in one layer of neurons, with the noise that they let through."""
        leaves = self.leaves(e, made)
        if len(leaves) == 1:
            x = self.known(leaves[0], made)
            assert x is not None
            found = self.function(x, self.codes.points(e, leaves[0]))
            if found is not None:
                yield found[0], "function", found[1]
            return
        gated = gates(e, lambda x: self.known(x, made), lambda x: self.leaves(x, made), self.codes)
        if gated is not None:
            yield gated[0], "gate", gated[1]
        if 2 <= len(leaves) <= MOST_LEAVES and not self._is_linear(e):
            joint = self.combined(e, leaves, made)
            if joint is not None and 2 * ff.changes(joint.points) <= MOST_NEURONS and joint.form.noise < 0.2:
                yield self.steps(joint.form, joint.points, joint.flat), "function of several", 0.0

    def combined(self, e: Expr, leaves: list[Expr], made: bool = False) -> Joint | None:
        """A whole number that tells all combinations of the leaves apart, and e over it."""
        read: list[Read] = []
        for x in leaves:
            number = self.codes.number(x)
            if number is None:
                held: Expr = x
            else:
                table = {(leave(v),): number[self.labels[v]] for v in self.facts.domain(x).values}
                held = node(Op.MAP, x, arg=Tabled(table, "number"))
            form = self.known(held, made)
            if form is None:
                if not made:
                    return None
                form = self.scalar(held)
            read.append(Read(x, form, number))
        return self.codes.combined(e, read)

    def _in_parts(self, e: Expr) -> Form:
        """e from its sources, worked out first."""
        linear = self._linear(e, self.scalar)
        if linear is not None:
            return linear
        waiting = [s for s in e.src if self.known(s, made=True) is None]
        if not waiting:
            sizes = ", ".join(f"{formula(x, 30)}: {self.facts.domain(x)}" for x in self.leaves(e, made=True))
            raise CompileError(
                f"{formula(e)} takes too many neurons: it depends on {sizes}.\n"
                "  A smaller max_len or an earlier %, comparison or where that narrows one of them would help.",
                expression=SOp(e),
            )
        for s in waiting:
            self.scalar(s)
        return self.scalar(e)

    def function(self, x: Form, points: Points) -> tuple[ff.Piece, float] | None:
        """The cheaper of steps and of a line with bends, and the noise that it lets through."""
        noise = self.noise(x, points)
        if noise >= ff.tightest(points) / 4:
            return None
        steps, bends = 2 * ff.changes(points), ff.bends(points)
        if min(steps, bends) > 2 * MOST_NEURONS:
            return None
        if bends + 6 < steps and noise * ff.steepest(points) < 1e-3:
            return ff.interpolate(x, points, self.stream.real), 2 * noise * ff.steepest(points)
        return self.steps(x, points, flat=False), 0.0

    def steps(self, x: Form, points: Points, flat: bool) -> ff.Piece:
        """A function by steps, away from a line where that may be and lets little noise through."""
        if flat or x.noise * abs(ff.slope(points)) > MOST_PASSED:
            return ff.staircase(x, points, self.stream.real)
        return ff.function(x, points, self.stream.real)

    def noise(self, x: Form, points: Points) -> float:
        """A bound of the error of a form that holds the x of the points, rounding of labels with it."""
        labels = [p for p, _ in points]
        whole = all(p == round(p) for p in labels)
        return x.noise + (0.0 if whole else 2.4e-7 * max(map(abs, labels)))

    def restored(self, e: Expr) -> Form:
        """e's label freed of noise by steps; a number between its labels even where e has failed."""
        form = self.scalar(e)
        return form if form.noise < CLEAN and self._within(e, form) else self._stepped(e, form)

    def clipped(self, e: Expr) -> Form:
        """e's label; a number between its labels even where e has failed."""
        form = self.scalar(e)
        return form if self._within(e, form) else self._stepped(e, form)

    def _stepped(self, e: Expr, form: Form) -> Form:
        points = [(x, x) for x in self._sorted_labels(e)]
        return self._neurons(ff.staircase(form, points, self.stream.real), e, "restoration")

    def _within(self, e: Expr, form: Form) -> bool:
        if self.facts.sure(e):
            return True
        labels, (low, high) = self._sorted_labels(e), self.ranges.of(form)
        return low > labels[0] - BEYOND and high < labels[-1] + BEYOND

    def _sorted_labels(self, e: Expr) -> list[float]:
        return sorted({self.labels[v] for v in self.facts.domain(e).values})

    def features(self, side: Mapping[Expr, Column], tables: Sequence[Floats]) -> list[Form]:
        """Several functions of some sops, each by its number for every combination of their values, with little
        noise: for codes in the scores of heads.

        Many functions of one noisy form share its thermometer, one direction a step; few have one each.
        """
        if len(side) == 1:
            e, col = next(iter(side.items()))
            shared = self._thermometer(e, col.values(), tables)
            if shared is not None:
                return shared
        rows = [tuple(map(leave, row)) for row in zip(*(c.values() for c in side.values()), strict=True)]
        return [
            self.restored(node(Op.MAP, *side, arg=Tabled(dict(zip(rows, table.tolist(), strict=True)), f"code {i}")))
            for i, table in enumerate(tables)
        ]

    def _thermometer(self, e: Expr, values: list[Value], tables: Sequence[Floats]) -> list[Form] | None:
        leaf = self.leaves(e, made=True)
        static = all(b.op in (Op.TOKENS, Op.INDICES) for b in self.facts.basis(e))
        if static or len(leaf) != 1 or unnamed(leaf[0]) is not unnamed(e):
            return None
        xs, first = np.unique([self.labels[v] for v in values], return_index=True)
        along = [table[first] for table in tables]
        steps = [i for i in range(1, len(xs)) if any(t[i] != t[i - 1] for t in along)]
        if 2 * len(tables) < len(steps):
            return None
        risen = [(i, self._risen(e, float(xs[i]))) for i in steps]
        real = self.stream.real
        return [combine((float(t[0]), real), *((float(t[i] - t[i - 1]), r) for i, r in risen)) for t in along]

    def _risen(self, e: Expr, label: float) -> Form:
        """Whether e's label is at least this one: one direction of its thermometer."""
        table = {(leave(v),): float(self.labels[v] >= label) for v in self.facts.domain(e).values}
        return self.restored(node(Op.MAP, e, arg=Tabled(table, f"at least {label:g}")))

    def _neurons(self, piece: ff.Piece, e: Expr, recipe: str, noise: float = 0.0) -> Form:
        noise += self.ranges.noise(piece.neurons)
        return self.stream.neurons(piece, self._name(e), recipe, expression=self.title(e), noise=noise)

    def title(self, e: Expr, limit: int = 100) -> str:
        """e as the program's own names have it."""
        return formula(e, limit, self.names)

    def _name(self, e: Expr) -> str:
        return self.title(e, 32)


TOKENS, INDICES = node(Op.TOKENS), node(Op.INDICES)
LINEAR = (Op.ADD, Op.SUB, Op.NEG, Op.MUL, Op.DIV)


def _layer(piece: ff.Piece) -> int:
    """The number of layers that are complete before the one whose neurons would compute a piece."""
    return max((f.slot for f, _ in piece.neurons), default=EMBEDDING).complete_layers
