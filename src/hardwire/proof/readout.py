"""The unembedding: that the greatest logit is always that of the program's value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..compiler.analyse import Analysis
from ..errors import CertificateError, CompileError
from ..lang.expr import Expr, Op, unnamed
from ..lang.selectors import operands
from ..lang.text import constant, formula
from ..lang.values import Value, is_number, leave
from ..model.certificate import Margin
from ..model.slots import MLP, Slot
from ..model.weights import Floats
from ..numeric.floats import FLOAT64
from ..numeric.grids import nonzero
from ..run.failure import Ints
from .claims import is_own
from .forms import Read
from .pairs import codes
from .situations import FEW_ROWS, World, distinct
from .stream import Stream

CELLS = 25_000
"""How many logits are looked at together."""


def prove_readout(root: Expr, stream: Stream, world: World, facts: Analysis) -> tuple[float, list[Margin]]:
    """(how far a number that is read as it is may be off, the margins). Raises CertificateError."""
    model = stream.model
    unembed = model.unembed.astype(np.float64)
    line = _linear(root, stream) if model.outputs is None and not model.whole else None
    if line is not None:
        return _number(root, line, unembed, stream, world)
    error: CertificateError | None = None
    if unnamed(root).op in (Op.AND, Op.OR) and model.outputs is not None:
        try:
            return 0.0, [_votes(unnamed(root), unembed, stream, world, facts)]
        except CertificateError as found:
            error = found
    for flat in (False, True):
        stream.flat = flat
        try:
            return _read(root, unembed, stream, world, facts)
        except CertificateError as found:
            error = error or found
        finally:
            stream.flat = False
    assert error is not None
    raise error


def _read(root: Expr, unembed: Floats, stream: Stream, world: World, facts: Analysis) -> tuple[float, list[Margin]]:
    model = stream.model
    heard = unembed[stream.reach[-1] > 0]
    products = int((heard != 0).sum(axis=0).max(initial=1))  # that a logit is the sum of, in any order
    made, unembed = factors(unembed)  # what logits are made of is less than they are
    plan = stream.plan(made, Slot(model.depth, MLP))
    at = world.of(plan.variables | world.variables(root, flat=stream.flat))
    wanted = facts.evaluate(root, at.columns)
    if len(wanted) != at.size:
        wanted = wanted.take(np.zeros(at.size, np.int64))
    seen = stream.read(plan, at, summed=model.outputs is None)
    if at.size > FEW_ROWS or wanted.failed is not None:
        rows, kind = distinct(codes(wanted), *seen.alike())
        rows, seen = rows[wanted.ok()[rows]], seen.widest(rows, kind)
        seen, wanted = seen.take(rows), wanted.take(rows)
    values = wanted.values()
    if not values:
        return 0.0, []
    if model.outputs is None:
        return _nearest(root, seen, values, stream, whole=model.whole)
    return 0.0, [_greatest(root, seen, values, unembed, products, stream)]


def _votes(root: Expr, unembed: Floats, stream: Stream, world: World, facts: Analysis) -> Margin:
    """An `and` (or `or`) whose operands have columns of their own.

    `and`: every column for False belongs to an operand and stays below the one for True while that is true, and every
    operand has a column that rises above where it is false. So what decides wins, whatever the others do.
    """
    outputs = stream.model.outputs
    assert outputs is not None
    deciding = root.op is Op.OR
    calm = [i for i, v in enumerate(outputs) if v == (not deciding)]
    loud = [i for i, v in enumerate(outputs) if v == deciding]
    if len(calm) != 1 or len(calm) + len(loud) != len(outputs):
        raise CertificateError("there are other outputs than one for each operand")
    parts = operands(root)
    worst = Margin(stream.model.depth, formula(root, 80), "greatest logit", 0.0, float("inf"))
    rises: dict[Expr, list[tuple[Floats, Floats, Floats]]] = {p: [] for p in parts}
    leads = unembed[:, loud] - unembed[:, calm]
    alike = np.abs(unembed[:, loud]) + np.abs(unembed[:, calm]) - np.abs(leads)  # what both read, and each rounds
    for columns in _grouped(leads, stream):
        plan, left = stream.plan(leads[:, columns], Slot(stream.model.depth, MLP)), list(range(len(columns)))
        for p in parts:
            if not left or (plan.variables and not plan.variables <= world.variables(p)):
                continue
            at = world.of(plan.variables | world.variables(p))
            read = stream.read(plan, at, summed=False)
            truth = facts.evaluate(p, at.columns)
            decides = np.array([bool(v) is deciding for v in truth.values()])
            size = read.size + stream.reach[-1] @ alike[:, columns]
            noise = read.noise(stream.errors) + stream.format.gamma(len(unembed)) * size
            noise = noise + 2 * stream.format.tiny * len(unembed)
            quiet, decided = truth.ok() & ~decides, truth.ok() & decides
            for c in list(left):
                value, error = read.value[quiet, c], noise[quiet, c]
                if not (value + error < 0).all():
                    continue
                left.remove(c)
                rises[p].append((read.value[:, c], noise[:, c], decided))
                if quiet.any():
                    at_worst = int((error / -value).argmax())
                    worst = _worse(worst, float(error[at_worst]), float(-value[at_worst]))
        if left:
            raise CertificateError(f"an output for {deciding} belongs to no operand")
    for p in parts:
        if not rises[p]:
            raise CertificateError(f"{formula(p, 60)} has no output of its own", expression=p)
        _, _, decided = rises[p][0]
        best = np.max([value - noise for value, noise, _ in rises[p]], axis=0)
        if not (best[decided] > 0).all():
            raise CertificateError(f"{formula(p, 60)} does not decide where it should", expression=p)
    return worst


def _grouped(leads: Floats, stream: Stream) -> list[list[int]]:
    """The columns that depend on the same variables together."""
    made_of = stream.plan(leads, Slot(stream.model.depth, MLP)).made_of()
    groups: dict[frozenset[Expr], list[int]] = {}
    for i in range(leads.shape[1]):
        groups.setdefault(frozenset(e for e, used in made_of.items() if used[i]), []).append(i)
    return list(groups.values())


def _worse(a: Margin, error: float, limit: float) -> Margin:
    used = error / limit if limit else float("inf")
    return a if a.limit and used <= a.error / a.limit else Margin(a.layer, a.what, a.kind, error, limit)


def factors(matrix: Floats) -> tuple[Floats, Floats]:
    """(a, b) with a @ b the matrix (d, outputs): what all columns read in one proportion is one column of a."""
    rows = np.logical_or.reduce(matrix, axis=1).nonzero()[0]
    used = matrix[rows]
    leading = used[np.arange(len(rows)), (used != 0).argmax(axis=1)]
    scaled = used / leading[:, None]
    kinds: dict[bytes, int] = {}
    place = [kinds.setdefault((row + 0.0).tobytes(), len(kinds)) for row in scaled]
    a = np.zeros((len(matrix), len(kinds)))
    b = np.zeros((len(kinds), matrix.shape[1]))
    for i, (row, at) in enumerate(zip(rows, place, strict=True)):
        a[row, at] = leading[i]
        b[at] = scaled[i]
    return a, b


def _greatest(root: Expr, seen: Read, values: list[Value], unembed: Floats, products: int, stream: Stream) -> Margin:
    outputs = stream.model.outputs
    assert outputs is not None
    places: dict[Value, list[int]] = {}
    for i, v in enumerate(outputs):
        places.setdefault(v, []).append(i)
    worst = Margin(stream.model.depth, formula(root, 80), "greatest logit", 0.0, float("inf"))
    step = max(1, CELLS // max(1, len(outputs)))
    for start in range(0, len(values), step):
        some = seen if len(values) <= step else seen.take(np.arange(start, min(len(values), start + step)))
        meant: list[list[int]] = []
        for v in values[start : start + step]:
            found = places.get(leave(v))
            found = [i for i in found or () if outputs[i] == leave(v)]  # equality may not be transitive
            if not found:
                raise CertificateError(f"no output is {constant(leave(v))}, which the program may give", value=v)
            meant.append(found)
        best = np.array([f[0] if len(f) == 1 else _best(f, some.value[i], unembed) for i, f in enumerate(meant)])
        error = _difference_error(some, unembed, products, best, stream)
        lead, every = some.value @ unembed, np.arange(len(best))
        np.subtract(lead[every, best][:, None], lead, out=lead)
        right = every, best
        if len(places) < len(outputs):  # several outputs are one value
            right = every.repeat([len(f) for f in meant]), np.concatenate(meant)
        lead[right], error[right] = np.inf, 0.0
        ratio = error / lead
        at = np.unravel_index(int(ratio.argmax()), ratio.shape)
        if not (lead.min() > 0 and ratio[at] < 1):
            row, column = np.unravel_index(int((lead - error).argmin()), lead.shape)
            raise CertificateError(
                f"the output {constant(outputs[column])} may win where the program gives "
                f"{constant(leave(values[start + int(row)]))}: their logits are {lead[row, column]:.3g} apart, and the "
                f"error may reach {error[row, column]:.3g}",
                expression=root,
            )
        if np.isfinite(lead[at]) and (np.isinf(worst.limit) or ratio[at] > worst.error / worst.limit):
            worst = Margin(worst.layer, worst.what, worst.kind, float(error[at]), float(lead[at]))
    return worst


def _best(outputs: list[int], value: Floats, unembed: Floats) -> int:
    return outputs[int((value @ unembed[:, outputs]).argmax())]


def _difference_error(seen: Read, unembed: Floats, products: int, best: Ints, stream: Stream) -> Floats:
    """(rows, outputs) how far the lead of the best output over each other may be off."""
    rival = unembed[:, best].T  # (rows, coordinates)
    size = stream.format.gamma(products) * (seen.size + seen.noise(stream.errors))
    own = (size * np.abs(rival)).sum(axis=1, keepdims=True)
    error: Floats = size @ np.abs(unembed)
    error += own + 2 * stream.format.tiny * (products + 1)

    def add(amount: Floats, a: Floats, b: Floats) -> None:  # (rows, 1), (rows, 1), (1 or rows, outputs)
        apart = a - b
        np.abs(apart, out=apart)
        apart *= amount
        np.add(error, apart, out=error)

    alone = np.zeros_like(seen.value) + seen.rounding  # what one coordinate alone is off by
    for c, weights in enumerate(seen.weights):
        if np.count_nonzero(weights) == 1:
            alone += seen.loose[:, c, None] * np.abs(weights)
        else:
            add(seen.loose[:, c, None], (rival @ weights)[:, None], (weights @ unembed)[None, :])
    for e, slope in seen.slopes.items():
        if np.count_nonzero(nonzero(slope)) == 1:
            alone += stream.errors[e] * np.abs(slope)
        else:
            add(np.array(stream.errors[e]), (slope * rival).sum(axis=1, keepdims=True), slope @ unembed)
    for d in nonzero(alone).nonzero()[0]:
        add(alone[:, d, None], rival[:, d, None], unembed[None, d, :])
    return error


def _nearest(root: Expr, seen: Read, values: list[Value], stream: Stream, *, whole: bool) -> tuple[float, list[Margin]]:
    """A number read as it is, and rounded where it is whole."""
    for v in values:
        if not is_number(v) or not abs(v) < FLOAT64.exact_integers:
            raise CertificateError(f"{constant(v)} is no number that the model can answer", expression=root, value=v)
    wanted = np.array([float(v) for v in values])
    error = np.abs(seen.value.sum(axis=1) - wanted) + seen.noise(stream.errors).sum(axis=1)
    worst = float(error.max(initial=0.0))
    what = formula(root, 80)
    if not whole:
        return _within(root, worst, stream)
    if (wanted != np.round(wanted)).any():
        raise CertificateError("the number read is rounded, and the program's is not whole everywhere", expression=root)
    if not worst < 0.5:
        raise CertificateError(f"the number read may be off by {worst:.3g}, and is rounded", expression=root)
    return 0.0, [Margin(stream.model.depth, what, "nearest int", worst, 0.5)]


@dataclass(frozen=True)
class Line:
    """A linear combination of aggregates: coefficients and a constant. `rounding` bounds how far the program, which
    computes it in float64 where a float is part of it, may be from it; `size` bounds its magnitude."""

    terms: Mapping[Expr, float]
    constant: float
    size: float
    rounding: float

    def scaled(self, factor: float) -> Line:
        terms = {e: c * factor for e, c in self.terms.items()}
        return self._computed(terms, self.constant * factor, abs(factor) * self.size, abs(factor) * self.rounding)

    def plus(self, other: Line, sign: float) -> Line:
        terms = dict(self.terms)
        for e, c in other.terms.items():
            terms[e] = terms.get(e, 0.0) + sign * c
        constant = self.constant + sign * other.constant
        return self._computed(terms, constant, self.size + other.size, self.rounding + other.rounding)

    def _computed(self, terms: Mapping[Expr, float], constant: float, size: float, rounding: float) -> Line:
        return Line(terms, constant, size, rounding + FLOAT64.unit * (size + rounding) + FLOAT64.subnormal)


def _linear(root: Expr, stream: Stream) -> Line | None:
    """root as a linear combination of aggregates, where it is one."""
    done: dict[Expr, Line | None] = {}
    for e in root.walk():
        if not e.selector:
            done[e] = _linear_of(e, done, stream)
    return done[root]


def _linear_of(e: Expr, done: dict[Expr, Line | None], stream: Stream) -> Line | None:
    if e.op is Op.NAME:
        return done[e.src[0]]
    if e.op is Op.CONST:
        exact = type(e.arg) in (bool, int, float) and abs(e.arg) <= FLOAT64.exact_integers
        return Line({}, float(e.arg), abs(float(e.arg)), 0.0) if exact else None
    if e.op.aggregate:
        size = largest(stream, e)
        return None if size is None else Line({e: 1.0}, 0.0, size, FLOAT64.unit * size)
    if e.op not in (Op.ADD, Op.SUB, Op.NEG, Op.MUL, Op.DIV):
        return None
    parts = [p for s in e.src if (p := done[s]) is not None]
    if len(parts) < len(e.src):
        return None
    if e.op is Op.NEG:
        return parts[0].scaled(-1.0)
    a, b = parts
    if e.op in (Op.ADD, Op.SUB):
        return a.plus(b, 1.0 if e.op is Op.ADD else -1.0)
    if not b.terms and (e.op is Op.MUL or b.constant):
        return a.scaled(b.constant if e.op is Op.MUL else 1 / b.constant)
    return b.scaled(a.constant) if e.op is Op.MUL and not a.terms else None


def _number(root: Expr, line: Line, unembed: Floats, stream: Stream, world: World) -> tuple[float, list[Margin]]:
    """A number with too many values to list, which is straight in aggregates: the read-out must be the same line."""
    plan = stream.plan(unembed, Slot(stream.model.depth, MLP))
    found = {p.expr: float(share[0]) for p, share in plan.parts}
    parts = {e: c for e, c in line.terms.items() if c}
    if found.keys() - parts.keys() or parts.keys() - found.keys() or plan.variables - found.keys() or not plan.embedded:
        raise CertificateError("the number read is not the program's combination of its aggregates", expression=root)
    for e in parts:
        if not _held_as_itself(e, world):
            raise CertificateError(f"{formula(e, 60)} is no number, or held as another one", expression=e)
    stray = line.rounding + sum(abs(found[e] - c) * (largest(stream, e) or 0.0) for e, c in parts.items())
    left, off = (0.0, 0.0) if plan.rest is None else (float(x[0]) for x in plan.rest[:2])
    stray += off + sum(abs(c) * stream.errors[e] for e, c in found.items())
    error = abs(float(plan.embedded.still[0]) + left - line.constant) + stray
    mass = float((stream.reach[Slot(stream.model.depth, MLP)] @ np.abs(unembed))[0])
    products = int((unembed != 0).sum())
    worst = error + float(stream.format.gamma(products)) * mass + stream.format.tiny * products
    return _within(root, worst, stream)


def _held_as_itself(e: Expr, world: World) -> bool:
    """Whether an aggregate is always a number that the stream holds as it is."""
    if not is_own(world.known[e].number):
        return False
    values = e.src[1:] if e.op in (Op.VALUE, Op.MEAN, Op.ONE) else e.src[2:]
    try:
        return all(world.facts.domain(x).plain for x in values)
    except CompileError:
        return False


def _within(root: Expr, worst: float, stream: Stream) -> tuple[float, list[Margin]]:
    """A number that is read as it is: within the model's tolerance."""
    limit = stream.model.tolerance
    if not worst <= limit:
        raise CertificateError(
            f"the number read may be off by {worst:.3g}, and {limit:.3g} is allowed", expression=root
        )
    return worst, [Margin(stream.model.depth, formula(root, 80), "number", worst, limit)]


def largest(stream: Stream, e: Expr) -> float | None:
    """A bound of what the stream holds of a part; None where nothing is proved of it."""
    found = [p for p in stream.proved if p.expr is e]
    return float(stream.reach[found[0].slot] @ np.abs(found[0].vector)) if found else None


__all__ = ["CompileError", "prove_readout"]
