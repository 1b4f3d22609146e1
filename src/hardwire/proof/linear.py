"""A number that is a linear combination of stored parts, with too many values to list: the read-out must be the same
combination."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr, Op
from ..model.certificate import Margin
from ..numeric.floats import FLOAT64
from .decomposition import decompose
from .evidence import Setting
from .states import is_identity

ShownReadout = tuple[float, list[Margin]]
"""How far a number may be off that is answered as it is, and the margins."""


@dataclass(frozen=True)
class PartCombination:
    """Coefficients of stored parts, and a constant. `rounding` bounds how far the program may be from it, which
    computes it in float64 where a float is part of it; `size` bounds its magnitude."""

    terms: Mapping[Expr, float]
    constant: float
    size: float
    rounding: float

    def scaled(self, factor: float) -> PartCombination:
        terms = {e: c * factor for e, c in self.terms.items()}
        return _computed(terms, self.constant * factor, abs(factor) * self.size, abs(factor) * self.rounding)

    def plus(self, other: PartCombination, sign: float) -> PartCombination:
        terms = dict(self.terms)
        for e, c in other.terms.items():
            terms[e] = terms.get(e, 0.0) + sign * c
        constant = self.constant + sign * other.constant
        return _computed(terms, constant, self.size + other.size, self.rounding + other.rounding)


def _computed(terms: Mapping[Expr, float], constant: float, size: float, rounding: float) -> PartCombination:
    # The program rounds once; this proof does so for a factor that is a quotient, and for a product with it.
    own = 3 * FLOAT64.unit * (size + rounding) + FLOAT64.subnormal
    return PartCombination(terms, constant, size, rounding + own)


def combination(root: Expr, setting: Setting) -> PartCombination | None:
    """A program as a linear combination of aggregates and other stored parts; None if it is not linear in them."""
    done: dict[Expr, PartCombination | None] = {}
    for e in root.walk():
        if not e.selector:
            done[e] = _of(e, done, setting)
    return done[root]


def _of(e: Expr, done: Mapping[Expr, PartCombination | None], setting: Setting) -> PartCombination | None:
    if e.op is Op.NAME:
        return done[e.src[0]]
    if e.op is Op.CONST:
        exact = type(e.arg) in (bool, int, float) and abs(e.arg) <= FLOAT64.exact_integers
        return PartCombination({}, float(e.arg), abs(float(e.arg)), 0.0) if exact else None
    if e.op.aggregate or e.op.barrier:
        return _as_part(e, setting)
    fit = setting.facts.domains.affine(e) if e.op is Op.MAP else None
    if not e.op.linear and fit is None:
        return _as_part(e, setting)
    parts = [p for s in e.src if (p := done[s]) is not None]
    if len(parts) < len(e.src):
        return _as_part(e, setting)
    if fit is not None:
        constant = PartCombination({}, fit.constant, abs(fit.constant), fit.error)
        scaled = (x.scaled(c) for x, c in zip(parts, fit.coefficients, strict=True))
        return functools.reduce(lambda a, b: a.plus(b, 1.0), scaled, constant)
    if e.op is Op.NEG:
        return parts[0].scaled(-1.0)
    a, b = parts
    if e.op in (Op.ADD, Op.SUB):
        return a.plus(b, 1.0 if e.op is Op.ADD else -1.0)
    if not b.terms and (e.op is Op.MUL or b.constant):
        return a.scaled(b.constant if e.op is Op.MUL else 1 / b.constant)
    return b.scaled(a.constant) if e.op is Op.MUL and not a.terms else _as_part(e, setting)


def _as_part(e: Expr, setting: Setting) -> PartCombination | None:
    """A part of the program that the stream stores; None where nothing is proved of it."""
    size = _largest(setting, e)
    return None if size is None else PartCombination({e: 1.0}, 0.0, size, FLOAT64.unit * size)


def prove_combination(root: Expr, line: PartCombination, setting: Setting) -> ShownReadout:
    """Show that the read-out is this combination. Raises CertificateError."""
    unembed, fmt, last = setting.weights.unembed, setting.format, setting.weights.last
    decomposed = decompose(setting, unembed, last)
    found = {p.expr: float(share[0]) for p, share in decomposed.parts}
    terms = {e: c for e, c in line.terms.items() if c}
    if terms.keys() - found.keys() or decomposed.variables - found.keys() or decomposed.embedded is None:
        raise CertificateError(
            f"{setting.named(root)}: the read-out is not this program's linear combination of stored parts",
            expression=root,
        )
    for e in terms:
        if not _encodes_itself(e, setting):
            raise CertificateError(
                f"{setting.named(e, 60)} is not always a number, or is not encoded as itself", expression=e
            )
    off = line.rounding
    for e, c in found.items():  # rounded weights may read a little of parts that the program does not contain
        size = _largest(setting, e)
        off += abs(c - terms.get(e, 0.0)) * (np.inf if size is None else size)
    left, error = 0.0, 0.0
    if decomposed.remainder is not None:
        left, error = float(decomposed.remainder.value[0]), float(decomposed.remainder.error[0])
    off += error + sum(abs(c) * setting.errors[e] for e, c in found.items())
    off += abs(float(decomposed.embedded.constant[0]) + left - line.constant)
    magnitude, products = float((setting.largest(last) @ np.abs(unembed))[0]), int((unembed != 0).sum())
    worst = off + float(fmt.gamma(products)) * magnitude + fmt.tiny * products
    integer = line.size < FLOAT64.exact_integers and _is_integer(root, setting)
    return answered(root, worst, setting, integer=integer)


def _is_integer(e: Expr, setting: Setting) -> bool:
    """Whether an expression is always an int, without a float on the way."""
    if e.op is Op.NAME:
        return _is_integer(e.src[0], setting)
    if e.op is Op.CONST:
        return type(e.arg) is int
    if e.op is Op.WIDTH:
        return True
    if e.op is Op.VALUE:
        return all(setting.facts.domains.only(x, int, bool) for x in e.src[1:])
    return e.op.integral and all(_is_integer(s, setting) for s in e.src)


def _encodes_itself(e: Expr, setting: Setting) -> bool:
    """Whether an aggregate is always a number that the stream stores as it is."""
    if not is_identity(setting.spaces.proved[e].encoding):
        return False
    read = e
    while read.op.barrier:
        read = read.src[0]
    values = read.src[-2:] if read.op.defaulted else () if read.op.aggregate else (read,)
    domains = map(setting.facts.listed, values)
    return all(d is not None and d.plain for d in domains)


def _largest(setting: Setting, e: Expr) -> float | None:
    """How large the value of a part can be: the number that the stream stores, and its error; None where nothing is
    proved of it."""
    found = [p for p in setting.evidence.proved if p.expr is e]
    return float(setting.largest(found[0].slot) @ np.abs(found[0].vector)) + found[0].error if found else None


def answered(root: Expr, worst: float, setting: Setting, *, integer: bool) -> ShownReadout:
    """(how far the answer may be off, the margin) of a number with an error of up to `worst`, which the model answers
    as it is or rounds to the nearest int. `integer`: whether the program's value is always an int. Raises
    CertificateError where the answer may be another int, or the error exceeds the tolerance."""
    model, name = setting.weights.model, setting.named(root)
    if model.whole and not integer:
        raise CertificateError(
            f"the model rounds its answer to an int, and {name} is not always an int", expression=root
        )
    if model.whole and not worst < 0.5:
        raise CertificateError(
            f"{name}: its error may reach {worst:.3g}, and must stay below 0.5 to be rounded to the right int",
            expression=root,
        )
    if model.whole:
        return 0.0, [Margin(model.depth, name, "nearest int", worst, 0.5)]
    if not worst <= model.tolerance:
        raise CertificateError(
            f"{name}: its error may reach {worst:.3g}, and {model.tolerance:.3g} is allowed; use a smaller max_len",
            expression=root,
        )
    return worst, [Margin(model.depth, name, "number", worst, model.tolerance)]
