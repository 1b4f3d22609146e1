"""The unembedding: the greatest logit is always that of the program's value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..effort import doing
from ..errors import CertificateError
from ..lang.expr import Expr, unnamed
from ..lang.text import constant
from ..lang.values import Value, is_number, leave
from ..model.certificate import Margin
from ..numeric.floats import FLOAT64, Floats
from ..numeric.grids import nonzero
from ..run.column import Column, codes_of
from ..run.equivalence import FEW_ROWS, equivalence_classes
from ..run.failure import Ints
from .affine import AffineForm
from .decomposition import decompose
from .evaluate import evaluate
from .evidence import Setting
from .linear import ShownReadout, answered, combination, prove_combination
from .selection import codes, space_of
from .states import values_in
from .strategy import Strategy
from .votes import prove_votes


def prove_readout(root: Expr, setting: Setting) -> ShownReadout:
    """Show that the model answers the program's value. Raises CertificateError."""
    model = setting.weights.model
    listed = model.whole and setting.facts.listed(root) is not None
    line = None if model.outputs is not None or listed else combination(root, setting)
    ways: list[Callable[[], ShownReadout]] = []
    if line is not None:
        ways.append(lambda: prove_combination(root, line, setting))
    if unnamed(root).op.deciding is not None and model.outputs is not None:
        ways.append(lambda: (0.0, [prove_votes(root, setting)]))
    ways.append(lambda: _in_every_state(root, setting.using(Strategy())))
    ways.append(lambda: _in_every_state(root, _before_last(setting)))
    ways.append(lambda: _in_every_state(root, setting.using(Strategy(variables="leaves"))))
    first: CertificateError | None = None
    for way in ways:
        try:
            return way()
        except CertificateError as error:
            first = first or error
    assert first is not None
    raise first


def _before_last(setting: Setting) -> Setting:
    """The setting without the functions that the last neurons are proved to compute. The read-out may also contain
    parts that these neurons add to; if the functions are not variables, both are evaluated in the same states."""
    evidence, last = setting.evidence, setting.weights.last
    proved = tuple(p for p in evidence.proved if p.expr.op.variable or p.expr.op.barrier or p.slot < last)
    left = {p.expr for p in proved} | {s.expr for s in evidence.sums}
    spaces = evidence.spaces
    same = {e: s for e, s in spaces.same.items() if e in left and s.expr in left}
    spaces = replace(spaces, proved={e: v for e, v in spaces.proved.items() if e in left}, same=same, _made={})
    return setting.using(Strategy()).with_evidence(replace(evidence, proved=proved, spaces=spaces))


def _in_every_state(root: Expr, setting: Setting) -> ShownReadout:
    """Compare the logits, or the number, with the program in every abstract state."""
    model, unembed = setting.weights.model, setting.weights.unembed
    used = unembed[setting.largest(setting.weights.last) > 0]
    products = int((used != 0).sum(axis=0).max(initial=1))  # that a logit is the sum of, in any order
    left, right = factors(unembed)  # logits are combinations of fewer forms
    decomposed = decompose(setting, left, setting.weights.last)
    space = space_of(root, setting, decomposed.variables)
    wanted = values_in(root, setting.facts, space)
    form = evaluate(setting, decomposed, space, summed=model.outputs is None)
    if space.size > FEW_ROWS or wanted.failed is not None:
        rows, kind = equivalence_classes(codes(wanted), *form.features())
        rows, form = rows[wanted.ok()[rows]], form.widened(rows, kind)
        form, wanted = form.take(rows), wanted.take(rows)
    if not len(wanted):
        return 0.0, []
    if model.outputs is None:
        return _number(root, form, wanted.values(), setting)
    return 0.0, [_Logits(root, setting, right, products).margin(form, wanted)]


def factors(matrix: Floats) -> tuple[Floats, Floats]:
    """(a, b) with a @ b the matrix, (d, outputs): rows that are multiples of one row are one column of a."""
    rows = np.logical_or.reduce(matrix, axis=1).nonzero()[0]
    used = matrix[rows]
    leading = used[np.arange(len(rows)), (used != 0).argmax(axis=1)]
    scaled = used / leading[:, None]
    order: dict[bytes, int] = {}
    place = [order.setdefault((row + 0.0).tobytes(), len(order)) for row in scaled]
    a = np.zeros((len(matrix), len(order)))
    b = np.zeros((len(order), matrix.shape[1]))
    for i, (row, at) in enumerate(zip(rows, place, strict=True)):
        a[row, at] = leading[i]
        b[at] = scaled[i]
    return a, b


def _number(root: Expr, form: AffineForm, values: Sequence[Value], setting: Setting) -> ShownReadout:
    """A number that is answered as it is, or rounded to the nearest int."""
    for v in values:
        if not is_number(v) or not abs(v) < FLOAT64.exact_integers:
            raise CertificateError(
                f"{setting.named(root)} may be {constant(v)}, and the model answers numbers below 2^53", value=v,
                expression=root,
            )  # fmt: skip
    wanted = np.array([float(v) for v in values])
    error = np.abs(form.value.sum(axis=1) - wanted) + form.error.sum(axis=1)
    return answered(root, float(error.max(initial=0.0)), setting, integer=not (wanted != np.round(wanted)).any())


@dataclass(frozen=True, eq=False)
class _Logits:
    """Logits that are forms @ `unembed`, each a sum of at most so many products."""

    root: Expr
    setting: Setting
    unembed: Floats
    products: int

    def margin(self, form: AffineForm, wanted: Column) -> Margin:
        """The narrowest lead of the logit of the program's value. Raises CertificateError where another may be
        greater."""
        model = self.setting.weights.model
        assert model.outputs is not None
        worst = Margin(model.depth, self.setting.named(self.root), "greatest logit", 0.0, float("inf"))
        many = max(1, self.setting.limits.logits // max(1, len(model.outputs)))
        (of_rows, values), found = codes_of(wanted), dict[int, list[int]]()
        for c in dict.fromkeys(of_rows.tolist()):
            found[c] = self._outputs_for(values[c])
        for start in range(0, len(wanted), many):
            doing("comparing the logits of abstract states")
            rows = np.arange(start, min(len(wanted), start + many))
            some = form if len(wanted) <= many else form.take(rows)
            of_some = of_rows[rows].tolist()
            worst = self._worst(worst, some, [values[c] for c in of_some], [found[c] for c in of_some])
        return worst

    def _worst(self, worst: Margin, form: AffineForm, values: list[Value], right: list[list[int]]) -> Margin:
        """The same for some states, each with its value and the indices of the outputs that equal it."""
        outputs = self.setting.weights.model.outputs
        assert outputs is not None
        best = np.array([f[0] if len(f) == 1 else self._best(f, form.value[i]) for i, f in enumerate(right)])
        error = self._error_of_lead(form, best)
        lead, every = form.value @ self.unembed, np.arange(len(best))
        np.subtract(lead[every, best][:, None], lead, out=lead)
        own = every.repeat([len(f) for f in right]), np.concatenate(right)
        lead[own], error[own] = np.inf, 0.0
        ratio = error / lead
        at = np.unravel_index(int(ratio.argmax()), ratio.shape)
        if not (lead.min() > 0 and ratio[at] < 1):
            row, column = np.unravel_index(int((lead - error).argmin()), lead.shape)
            raise CertificateError(
                f"{self.setting.named(self.root)}: the model may answer {constant(outputs[column])} where the value is "
                f"{constant(leave(values[int(row)]))}: in the worst case its logit leads by {lead[row, column]:.3g}, "
                f"with an error of up to {error[row, column]:.3g}",
                expression=self.root,
            )
        return worst.narrower(replace(worst, error=float(error[at]), limit=float(lead[at])))

    def _outputs_for(self, v: Value) -> list[int]:
        """The indices of the outputs that equal a value. Raises CertificateError if no output equals it."""
        outputs, value = self.setting.weights.model.outputs or (), leave(v)
        found = [i for i in self._places.get(value, ()) if outputs[i] == value]  # equality may not be transitive
        if not found:
            raise CertificateError(
                f"{self.setting.named(self.root)} may be {constant(value)}, which is not among the model's outputs",
                expression=self.root, value=v,
            )  # fmt: skip
        return found

    @cached_property
    def _places(self) -> dict[Value, list[int]]:
        places: dict[Value, list[int]] = {}
        for i, v in enumerate(self.setting.weights.model.outputs or ()):
            places.setdefault(v, []).append(i)
        return places

    def _best(self, outputs: list[int], value: Floats) -> int:
        return outputs[int((value @ self.unembed[:, outputs]).argmax())]

    def _error_of_lead(self, form: AffineForm, best: Ints) -> Floats:
        """(states, outputs) the error of the lead of the best output over each other."""
        fmt, unembed, products = self.setting.format, self.unembed, self.products
        rival = unembed[:, best].T  # (states, forms)
        size = fmt.gamma(products) * (form.size + form.error)
        own = (size * np.abs(rival)).sum(axis=1, keepdims=True)
        error: Floats = size @ np.abs(unembed)
        error += own + 2 * fmt.tiny * (products + 1)

        def add(amount: Floats, a: Floats, b: Floats) -> None:  # (states, 1), (states, 1), (1 or states, outputs)
            difference = a - b
            np.abs(difference, out=difference)
            difference *= amount
            np.add(error, difference, out=error)

        alone = np.zeros_like(form.value) + form.rounding  # the error of one form alone
        for c, weights in enumerate(form.source_coefficients):
            if np.count_nonzero(weights) == 1:
                alone += form.sources[:, c, None] * np.abs(weights)
            else:
                add(form.sources[:, c, None], (rival @ weights)[:, None], (weights @ unembed)[None, :])
        for e, coefficient in form.coefficients.items():
            if np.count_nonzero(nonzero(coefficient)) == 1:
                alone += form.errors[e] * np.abs(coefficient)
            else:
                own_part = (coefficient * rival).sum(axis=1, keepdims=True)
                add(np.array(form.errors[e]), own_part, coefficient @ unembed)
        for d in nonzero(alone).nonzero()[0]:
            add(alone[:, d, None], rival[:, d, None], unembed[None, d, :])
        return error
