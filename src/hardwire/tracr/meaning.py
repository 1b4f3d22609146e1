"""The meaning of every kind of expression, as an expression of hardwire: the one table behind running and compiling.

The meaning of an expression is built from the `Part`s of its children. Without facts about their values (`UNKNOWN`)
it is a function of each value with exactly Tracr's behaviour. With facts it is the operation of hardwire that agrees
on all possible values: the compiler can do more with `x + 1` than with an opaque function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

from ..errors import BuildError
from ..lang.expr import KEEP_BOOLS, Op, node
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.surface import full, indices, raw, select, where
from ..lang.values import NotAValue, freeze
from .expressions import functions as fn
from .expressions import selectors as sel
from .expressions import sops
from .expressions.expression import RASPExpr
from .facts import UNKNOWN, KnownValues, image, typed

NONE: frozenset[type] = frozenset({type(None)})

EXACT_DENOMINATOR = 1 << 20
"""A float factor with a denominator up to this is a ratio in a model."""


@dataclass(frozen=True)
class Part:
    """A sop or a selector of hardwire, with the facts about its values.

    `selects_itself`, of a selector, says that every query selects the key at its own position.
    """

    handle: Any
    facts: KnownValues = UNKNOWN
    selects_itself: bool = False


def meaning(expr: RASPExpr, parts: Sequence[Part], longest: int | None = None) -> Part:
    """The expression, built from its children. `longest` is the greatest length of an input, where that is known.

    The leaves `tokens`, `indices` and `length` are the caller's. Raises KeyError for a kind that Tracr does not have.
    """
    return _MEANING[type(expr)](expr, parts, longest)


# Elementwise


def _map(expr: sops.Map, parts: Sequence[Part], longest: int | None) -> Part:
    [x] = parts
    steps = _steps(expr.f)
    if not x.facts.may_be_none:
        return reduce(_step, steps, x)
    facts = image(expr.f, x.facts.without_none).either(KnownValues.of([None]))
    if (
        x.facts.values is None
        and _numbers(x.facts)
        and all(isinstance(f, (fn.WithConstant, fn.Negation)) for f in steps)
    ):
        y = reduce(_step, steps, Part(x.handle, x.facts.without_none))
        return Part(where(x.handle == None, None, y.handle), typed(facts, _and_none(y.facts)))  # noqa: E711
    return Part(x.handle.map(_skipping_none(_plain(expr.f))), facts)


def _steps(f: Callable[..., Any]) -> list[Callable[..., Any]]:
    """The functions that a composed one calls, the first to be called first."""
    steps = []
    while isinstance(f, fn.Composition):
        steps.append(f.outer)
        f = f.inner
    return [f, *reversed(steps)]


def _step(x: Part, f: Callable[..., Any]) -> Part:
    """f of a sop; f is called with None where that is the value."""
    facts = image(f, x.facts)
    if isinstance(f, fn.WithConstant):
        return _with_constant(f, x, facts)
    if isinstance(f, fn.Negation) and x.facts.types is not None:
        y = ~x.handle if x.facts.boolean else where(x.handle, False, True)
        return Part(y, typed(facts, frozenset({bool})))
    return Part(x.handle.map(_plain(f)), facts)


def _with_constant(f: fn.WithConstant, x: Part, facts: KnownValues) -> Part:
    try:
        c = Part(constant(f.constant), KnownValues.of([f.constant]))
    except BuildError:  # a list, say, that the operator of some value may take all the same
        return Part(x.handle.map(_plain(f)), facts)
    a, b = (c, x) if f.constant_first else (x, c)
    native = _operation(f.symbol, a, b)
    if native is None:
        return Part(x.handle.map(_plain(f)), facts)
    return Part(native.handle, typed(facts, native.facts.types))


def _operation(symbol: str, a: Part, b: Part) -> Part | None:
    """hardwire's operation on two sops, where it has the meaning of Python's operator on all of their values."""
    x, y = a.handle, b.handle
    if a.facts.types is None or b.facts.types is None:
        return None
    numbers = a.facts.numeric and b.facts.numeric
    strings = a.facts.strings and b.facts.strings
    if symbol in ("and", "or"):
        if a.facts.boolean and b.facts.boolean:
            return Part(x & y if symbol == "and" else x | y, KnownValues(None, frozenset({bool})))
        z = where(x, y, x) if symbol == "and" else where(x, x, y)
        return Part(z, KnownValues(None, a.facts.types | b.facts.types))
    if symbol in fn.ARITHMETIC and numbers:
        types: frozenset[type] = frozenset({int, float}) if symbol != "/" else frozenset({float})
        return Part(fn.PYTHON[symbol](x, y), KnownValues(None, types))
    if symbol == "+" and strings:
        return Part(x + y, KnownValues(None, frozenset({str})))
    if symbol in ("==", "!=") or (symbol in fn.ORDER and (numbers or strings)):
        return Part(fn.PYTHON[symbol](x, y), KnownValues(None, frozenset({bool})))
    return None


def _sequence_map(expr: sops.SequenceMap, parts: Sequence[Part], longest: int | None) -> Part:
    x, y = (Part(p.handle, p.facts.without_none) for p in parts)
    facts = image(expr.f, x.facts, y.facts)
    native = _of_two(expr.f, x, y)
    missing = [p.handle == None for p in parts if p.facts.may_be_none]  # noqa: E711
    if not missing:
        if native is None:
            return Part(SOp.zip(_plain(expr.f), x.handle, y.handle), facts)
        return Part(native.handle, typed(facts, native.facts.types))
    facts = typed(facts, None if native is None else native.facts.types).either(KnownValues.of([None]))
    if native is not None and _numbers(x.facts) and _numbers(y.facts) and None in (x.facts.values, y.facts.values):
        return Part(where(reduce(lambda a, b: a | b, missing), None, native.handle), facts)
    return Part(SOp.zip(_skipping_none(_plain(expr.f)), x.handle, y.handle), facts)


def _of_two(f: Callable[..., Any], x: Part, y: Part) -> Part | None:
    """hardwire's operation for a function of two values, where it has one."""
    if isinstance(f, fn.BinaryOperator):
        return _operation(f.symbol, x, y)
    factors = [f.fst_fac, f.snd_fac] if isinstance(f, fn.WeightedSum) else []
    if factors and x.facts.numeric and y.facts.numeric and all(isinstance(a, (int, float)) for a in factors):
        scaled = [_scaled(a, p.handle) for a, p in zip(factors, (x, y), strict=True)]
        negated = factors[1] == -1
        z = scaled[0] - y.handle if negated else scaled[0] + scaled[1]
        return Part(z, KnownValues(None, frozenset({int, float})))
    return None


def _scaled(factor: float, x: SOp) -> SOp:
    """factor * x. A float with few digits is a ratio, which keeps means and counts exact."""
    if factor == 1:
        return x
    if isinstance(factor, float) and factor == factor and abs(factor) < EXACT_DENOMINATOR:
        p, q = factor.as_integer_ratio()
        if q <= EXACT_DENOMINATOR:
            return x * p / q if q > 1 else x * p
    return x * factor


def _numbers(facts: KnownValues) -> bool:
    """Whether all values that are not None are numbers."""
    return facts.without_none.numeric


def _and_none(facts: KnownValues) -> frozenset[type] | None:
    return None if facts.types is None else facts.types | NONE


# Constants


def constant(value: Any) -> SOp:
    """One value at every position. Raises BuildError for an object that is not a value of hardwire."""
    try:
        return SOp(node(Op.CONST, arg=freeze(value)))
    except NotAValue as error:
        raise BuildError(f"{error}", value=value) from None


def _full(expr: sops.Full, parts: Sequence[Part], longest: int | None) -> Part:
    return Part(constant(expr.fill), KnownValues.of([expr.fill]))


def _constant_sop(expr: sops.ConstantSOp, parts: Sequence[Part], longest: int | None) -> Part:
    return Part(raw(list(expr.value)), KnownValues.of(expr.value))


def _constant_selector(expr: sel.ConstantSelector, parts: Sequence[Part], longest: int | None) -> Part:
    return Part(rows(expr.value))


def rows(value: Sequence[Sequence[Any]]) -> Selector:
    """The selector of these rows, one a query."""
    return select(indices, indices, lambda key, query: value[query][key])


# Selectors


def _select(expr: sel.Select, parts: Sequence[Part], longest: int | None) -> Part:
    keys, queries = parts
    if longest is None:  # every call of the predicate may raise
        return Part(select(keys.handle, queries.handle, _plain_predicate(expr.predicate)))
    itself = expr.keys is expr.queries and _reflexive(expr.predicate, keys.facts)
    return Part(_selected(keys, queries, expr.predicate), selects_itself=itself)


def _selected(keys: Part, queries: Part, predicate: fn.PairFunction) -> Selector:
    if isinstance(predicate, fn.Both):
        return _selected(keys, queries, predicate.first) & _selected(keys, queries, predicate.second)
    if isinstance(predicate, fn.AtLeastOne):
        return _selected(keys, queries, predicate.first) | _selected(keys, queries, predicate.second)
    if isinstance(predicate, fn.Opposite):
        return ~_selected(keys, queries, predicate.inner)
    if isinstance(predicate, fn.WithKey):
        return _selected(Part(constant(predicate.key), KnownValues.of([predicate.key])), queries, predicate.inner)
    if isinstance(predicate, fn.WithQuery):
        return _selected(keys, Part(constant(predicate.query), KnownValues.of([predicate.query])), predicate.inner)
    native = _comparison(keys.facts, queries.facts, predicate)
    if native == fn.TracrComparison.TRUE.value:
        return full
    if native == fn.TracrComparison.FALSE.value:
        return ~full
    return select(keys.handle, queries.handle, native or _plain_predicate(predicate))


def _reflexive(predicate: fn.PairFunction, facts: KnownValues) -> bool:
    """Whether the predicate is true of every value and itself."""
    if predicate in (fn.TracrComparison.LEQ, fn.TracrComparison.GEQ):
        return facts.numeric or facts.strings
    if isinstance(predicate, fn.TracrComparison):
        return predicate in (fn.TracrComparison.EQ, fn.TracrComparison.TRUE)
    if facts.values is None:
        return False
    return image(lambda v: bool(predicate(v, v)), facts).values == (True,)


def _comparison(keys: KnownValues, queries: KnownValues, predicate: fn.PairFunction) -> str | None:
    """The sign of hardwire's comparison that has the meaning of the predicate on all of these values."""
    if isinstance(predicate, fn.BinaryOperator):  # asks None like any value
        symbol = predicate.symbol
        known = keys.types is not None and queries.types is not None
    elif isinstance(predicate, fn.TracrComparison):
        symbol = predicate.value
        known = not (keys.may_be_none or queries.may_be_none)
    else:
        return None
    ordered = (keys.numeric and queries.numeric) or (keys.strings and queries.strings)
    return symbol if known and (symbol not in fn.ORDER or ordered) else None


def _selector_and(expr: sel.SelectorAnd, parts: Sequence[Part], longest: int | None) -> Part:
    both = parts[0].selects_itself and parts[1].selects_itself
    return Part(parts[0].handle & parts[1].handle, selects_itself=both)


def _selector_or(expr: sel.SelectorOr, parts: Sequence[Part], longest: int | None) -> Part:
    either = parts[0].selects_itself or parts[1].selects_itself
    return Part(parts[0].handle | parts[1].handle, selects_itself=either)


def _selector_not(expr: sel.SelectorNot, parts: Sequence[Part], longest: int | None) -> Part:
    return Part(~parts[0].handle)


# Aggregates


def _selector_width(expr: sops.SelectorWidth, parts: Sequence[Part], longest: int | None) -> Part:
    values = None if longest is None else tuple(range(longest + 1))
    return Part(parts[0].handle.width(), KnownValues(values, frozenset({int})))


def _aggregate(expr: sops.TracrAggregate, parts: Sequence[Part], longest: int | None) -> Part:
    selector, x = parts
    keep = KEEP_BOOLS if x.facts.types is None or bool in x.facts.types else None  # one bool stays one, as in Tracr
    if longest is None:
        return Part(_mean(selector, x, constant(expr.default), keep))
    facts = x.facts if selector.selects_itself else x.facts.either(KnownValues.of([expr.default]))
    if x.facts.types is not None and any(issubclass(t, (int, float)) for t in x.facts.types):
        facts = KnownValues(None, (facts.types or frozenset()) | {float})
    # A default that is never the result is best of the type of the others.
    unused = 0 if selector.selects_itself and x.facts.numeric else expr.default
    return Part(_mean(selector, x, constant(unused), keep), facts)


def _mean(selector: Part, x: Part, default: SOp, keep: str | None) -> SOp:
    return SOp(node(Op.MEAN, selector.handle.expr, x.handle.expr, default.expr, arg=keep))


# Functions of the program


def _plain(f: Callable[..., Any]) -> Callable[..., Any]:
    """f as Python functions alone, so that functions that are built alike count as the same."""
    if isinstance(f, fn.WithConstant):
        return _bound(fn.PYTHON[f.symbol], f.constant, first=f.constant_first)
    if isinstance(f, fn.Composition):
        return _composed(_plain(f.outer), _plain(f.inner))
    if isinstance(f, fn.BinaryOperator):
        return fn.PYTHON[f.symbol]
    if isinstance(f, fn.WeightedSum):
        return _linear(f.fst_fac, f.snd_fac)
    if isinstance(f, fn.Negation):
        return lambda x: not x
    if isinstance(f, fn.Gathered):
        return lambda xs, x: (*xs, x)
    return f


def _plain_predicate(predicate: fn.PairFunction) -> fn.PairFunction:
    """The same for a predicate."""
    if isinstance(predicate, fn.BinaryOperator):
        return fn.PYTHON[predicate.symbol]
    return predicate


def _bound(f: Callable[..., Any], constant: Any, *, first: bool) -> Callable[..., Any]:
    return (lambda x: f(constant, x)) if first else (lambda x: f(x, constant))


def _composed(outer: Callable[..., Any], inner: Callable[..., Any]) -> Callable[..., Any]:
    return lambda x: outer(inner(x))


def _linear(p: float, q: float) -> Callable[..., Any]:
    return lambda x, y: p * x + q * y


def _skipping_none(f: Callable[..., Any]) -> Callable[..., Any]:
    """f, or None where an argument is None."""
    return lambda *args: None if None in args else f(*args)


_MEANING: dict[type, Callable[[Any, Sequence[Part], int | None], Part]] = {
    sops.Map: _map,
    sops.SequenceMap: _sequence_map,
    sops.LinearSequenceMap: _sequence_map,
    sops.Full: _full,
    sops.ConstantSOp: _constant_sop,
    sops.SelectorWidth: _selector_width,
    sops.TracrAggregate: _aggregate,
    sel.Select: _select,
    sel.SelectorAnd: _selector_and,
    sel.SelectorOr: _selector_or,
    sel.SelectorNot: _selector_not,
    sel.ConstantSelector: _constant_selector,
}
"""By exact type: a subclass of a program's own has no meaning, as in Tracr."""

KINDS = frozenset(_MEANING)
"""The kinds of expressions that `meaning` knows."""
