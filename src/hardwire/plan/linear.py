"""Arithmetic on forms, which takes no neurons, and the parts of an expression that have forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..constructions.form import Form, combine
from ..lang.expr import Expr, Op
from ..lang.values import is_number
from .planning import Planning


def linear(p: Planning, e: Expr, form_of: Callable[[Expr], Form | None]) -> Form | None:
    """Arithmetic on numbers, or a function affine in them, as arithmetic on the forms of the operands; None where
    it is neither."""
    if e.op is Op.MAP:
        return _affine(p, e, form_of)
    if not e.op.linear or not all(_numeric(p, s) for s in e.src) or _joins(p, e):
        return None
    factors = [*map(_factor, e.src)]
    if e.op is Op.MUL:
        if factors[0] is None and factors[1] is None:
            return None
        factor, x = (factors[0], e.src[1]) if factors[0] is not None else (factors[1], e.src[0])
    elif e.op is Op.DIV:
        if not factors[1]:
            return None
        factor, x = 1 / factors[1], e.src[0]
    else:
        forms = [form_of(s) for s in e.src]
        signs = (-1.0,) if e.op is Op.NEG else (1.0, 1.0 if e.op is Op.ADD else -1.0)
        if any(f is None for f in forms):
            return None
        return combine(*((s, f) for s, f in zip(signs, forms, strict=True) if f is not None))
    form = form_of(x)
    assert factor is not None
    return None if form is None else form * factor


def _factor(e: Expr) -> float | None:
    """The number of a constant; 0 for a non-numeric one, on which arithmetic has no value; None for any other."""
    if e.op is not Op.CONST:
        return None
    return float(e.arg) if is_number(e.arg) else 0.0


def _affine(p: Planning, e: Expr, form_of: Callable[[Expr], Form | None]) -> Form | None:
    """A function that is affine in several numbers; None for any other."""
    fit = p.facts.domains.affine(e)
    forms = [form_of(s) for s in e.src] if fit is not None else [None]
    if fit is None or any(f is None for f in forms):
        return None
    terms = [(c, f) for c, f in zip(fit.coefficients, forms, strict=True) if f is not None]
    return combine(*terms, (fit.constant, p.bias))


def is_linear(e: Expr) -> bool:
    """Whether an expression is arithmetic on the forms of its operands."""
    if e.op is Op.MUL or e.op is Op.DIV:
        return any(s.op is Op.CONST for s in e.src)
    return e.op.linear


def _numeric(p: Planning, e: Expr) -> bool:
    """Whether all numbers among the values of an expression are their own encodings; arithmetic on others fails."""
    domain = p.facts.listed(e)
    return domain is None or domain.plain_numbers  # only sums and means of numbers have domains too large to list


def _joins(p: Planning, e: Expr) -> bool:
    """Whether a `+` may join strings or tuples."""
    return e.op is Op.ADD and all((d := p.facts.listed(s)) is not None and d.joined for s in e.src)


class Known:
    """The parts of expressions that neurons may read: those that take no neurons of their own and, if `made` is given,
    the ones that other neurons compute before, and arithmetic on both."""

    def __init__(self, p: Planning, made: Mapping[Expr, Form] | None = None) -> None:
        self.planning = p
        self.computed = made is not None
        self.made = dict(made or {})
        self._forms: dict[Expr, Form | None] = {}

    def form(self, e: Expr) -> Form | None:
        """The form of a part, if it has one."""
        free = self.planning.free_form(e)
        if free is not None or not self.computed:
            return free
        if e not in self._forms:
            self._forms[e] = self.made.get(e) or linear(self.planning, e, self.form)
        return self._forms[e]

    def forms(self, parts: Sequence[Expr]) -> list[Form]:
        """The forms of parts that have them."""
        return [form for x in parts if (form := self.form(x)) is not None]

    def leaves(self, e: Expr) -> list[Expr]:
        """The largest parts of an expression, or the expression itself, that have forms and are not constants, each
        once."""
        found: dict[Expr, None] = {}
        waiting = [e]
        seen: set[Expr] = set()
        while waiting:
            part = waiting.pop()
            if part in seen or not self.planning.facts.basis(part):
                continue
            seen.add(part)
            if self.form(part) is not None:
                found[part] = None
            else:
                waiting += reversed(part.src)
        return list(found)
