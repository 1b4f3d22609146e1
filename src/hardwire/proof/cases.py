"""Claims that neurons compute a function of many values, in cases rather than in every state.

`where(found, near, where(other, far, length))` has as many states as there are combinations of its five variables. But
for given values of the few-valued ones (a case) it is one of the others, the argument of each neuron is a sum of one
summand for each variable, and so is the output of a neuron that is on, or off, in the whole case. So the error of a
case is at most the sum of its errors in each variable; only variables on which one neuron that may switch depends are
combined.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr, Op
from ..lang.text import formula
from ..lang.values import EXACT
from ..model.slots import ATTENTION, Slot
from ..numeric.floats import FLOAT64, Floats
from ..numeric.grids import terms
from ..run.column import Column, codes_of
from ..run.failure import Bools, Ints
from .affine import HUGE, OWN_ROUNDING, AffineForm
from .decomposition import Decomposition, NeuronTerm
from .evaluate import evaluate
from .evidence import Setting
from .firing import Fired, fire
from .states import EncodingOf, StateSpace, encoded, is_identity, values_in

FEW, MOST_CASES = 64, 1_024
"""A variable with more values is wide; and at most so many combinations of the values of others are cases."""
NUMBERS = "ib"
"""The kinds of columns that have int or bool values alone."""


@dataclass(frozen=True, eq=False)
class Linear:
    """A sop in each case: a constant plus multiples of functions of one wide variable each, (cases,) each, and where
    that holds. `size`: a bound of all numbers that it is computed from, and whether these are ints (`whole`)."""

    constant: Floats
    shares: Mapping[Expr, Floats]
    ok: Bools
    size: float
    whole: bool = field(kw_only=True)

    @classmethod
    def of(cls, constant: Floats, shares: Mapping[Expr, Floats], ok: Bools, numbers: Floats) -> Linear:
        """Computed from these numbers, or from differences of two."""
        size, whole = 2 * float(np.abs(numbers).max(initial=0.0)), bool((numbers == np.rint(numbers)).all())
        return cls(constant, shares, ok, size, whole=whole)

    def plus(self, other: Linear, sign: float) -> Linear:
        none = np.zeros(len(self.ok))
        both = {**self.shares, **other.shares}
        shares = {v: self.shares.get(v, none) + sign * other.shares.get(v, none) for v in both}
        constant, size = self.constant + sign * other.constant, self.size + other.size
        return Linear(constant, shares, self.ok & other.ok, size, whole=self.whole and other.whole)

    def negated(self) -> Linear:
        return replace(self, constant=-self.constant, shares={v: -s for v, s in self.shares.items()})

    def where(self, some: Bools) -> Linear:
        """0 in other cases."""
        zeroed = {v: np.where(some, s, 0.0) for v, s in self.shares.items()}
        return replace(self, constant=np.where(some, self.constant, 0.0), shares=zeroed, ok=self.ok | ~some)


def error_by_cases(setting: Setting, e: Expr, decomposed: Decomposition, encoding: EncodingOf) -> tuple[float, float]:
    """(the error of a form that stores `e`, how large the form can be). Raises CertificateError where `e` or the form
    is not a sum of one summand for each variable in every case, or there are too many cases."""
    if decomposed.weights.shape[1] != 1 or not is_identity(encoding):
        raise CertificateError("only numbers that encode themselves are examined by cases")
    cases = _Cases.of(setting, e, decomposed)
    target = _linear(setting, e, cases)
    if target is None or not target.ok.all():
        raise CertificateError("it is not a sum of one summand for each variable in every case")
    numbers = cases.numbers(target)
    error = largest = 0.0
    for i in range(cases.few.size):
        off, size = cases.error(i, target, numbers)
        error, largest = max(error, off), max(largest, size)
    if not target.whole or target.size > FLOAT64.exact_integers:  # ratios and large ints are the nearest floats
        error += OWN_ROUNDING * max(largest, target.size)
    return error, largest


def _linear(setting: Setting, root: Expr, cases: _Cases) -> Linear | None:
    """What a sop is in each case; None where it is not linear in wide variables."""
    done: dict[Expr, Linear | None] = {}
    size, few = cases.few.size, frozenset(cases.few.columns)
    for e in root.walk():
        if e.selector:
            continue
        if setting.variables(e) <= few:
            done[e] = _number(values_in(e, setting.facts, cases.few))
        elif (column := cases.column(e)) is not None:
            done[e] = Linear.of(np.zeros(size), {e: np.ones(size)}, np.ones(size, bool), column)
        elif e.op is Op.WHERE and setting.variables(e.src[0]) <= few:
            condition = values_in(e.src[0], setting.facts, cases.few)
            done[e] = _choice(condition, done.get(e.src[1]), done.get(e.src[2]))
        else:
            done[e] = _combined(e, [done.get(s) for s in e.src])
    return done[root]


def _number(found: Column) -> Linear | None:
    numbers = _exact_numbers(found)
    if numbers is None:
        return None
    known = np.where(found.ok(), numbers, 0.0)
    return Linear.of(known, {}, found.ok(), known)


def _exact_numbers(found: Column) -> Floats | None:
    """(rows,) ints, bools and ratios as the nearest floats; None for any others."""
    if found.kind in NUMBERS:
        return found.data.astype(np.float64)
    exact = all(
        type(v) in EXACT and abs(v) < FLOAT64.exact_integers and float(v).is_integer() == (v.denominator == 1)
        for v in codes_of(found)[1]
    )
    return encoded(found, float) if exact else None


def _choice(condition: Column, yes: Linear | None, no: Linear | None) -> Linear | None:
    if yes is None or no is None or condition.kind not in NUMBERS:
        return None
    truth = condition.data.astype(bool)
    found = yes.where(truth).plus(no.where(~truth), 1.0)
    return replace(found, ok=found.ok & condition.ok())


def _combined(e: Expr, parts: list[Linear | None]) -> Linear | None:
    known = [p for p in parts if p is not None]
    if len(known) < len(parts) or not known:
        return None
    a, b = known[0], known[-1]
    if e.op is Op.NAME:
        return a
    if e.op is Op.NEG:
        return a.negated()
    if e.op in (Op.ADD, Op.SUB):
        return a.plus(b, 1.0 if e.op is Op.ADD else -1.0)
    return None


@dataclass(frozen=True, eq=False)
class _Cases:
    """The cases of a form: the states of its `few`-valued variables, and the values of its `wide` ones.

    A row has the form before the neurons of `term`, and behind it their arguments: `bases` in every case where each
    wide variable has its first value, and `summands` what its other values add to that, (values, 1 + neurons). `off`
    bounds the errors in every state, except for those of proved parts, which `coefficients` multiply.
    """

    setting: Setting
    few: StateSpace
    wide: Mapping[Expr, Column]
    weights: Floats
    slot: Slot
    term: NeuronTerm | None
    bases: Floats
    summands: Mapping[Expr, Floats]
    off: Floats
    coefficients: Mapping[Expr, Floats]

    @classmethod
    def of(cls, setting: Setting, e: Expr, decomposed: Decomposition) -> _Cases:
        """Raises CertificateError."""
        before = decomposed if decomposed.neurons is None else decomposed.neurons.below
        if before.embedded is None:
            raise CertificateError("neurons of several layers contribute")
        few, wide = _divided(setting, decomposed.variables | setting.variables(e))
        space, rows = _one_by_one(setting, few, wide)
        form = evaluate(setting, before, space)
        undefined = any(space.fallback_error(p.expr) is not None for p, _ in decomposed.parts)
        if undefined or form.sources.shape[1] or any(len(s) > 1 for s in form.coefficients.values()):
            raise CertificateError("a variable may be undefined")
        value, off = form.value.copy(), form.rounding.max(axis=0)
        off = off + setting.format.tiny * (before.weights != 0).sum(axis=0)
        coefficients = {x: s[0].copy() for x, s in form.coefficients.items()}
        if decomposed.neurons is not None:
            for p, share in decomposed.parts:  # stored after the neurons
                value[:, 0] += share[0] * space.encoded(p.expr)
                coefficients.setdefault(p.expr, np.zeros(value.shape[1]))[0] += share[0]
            if decomposed.remainder is not None:
                value[:, 0] += decomposed.remainder.value[0]
                off[0] += decomposed.remainder.error[0]
            value[:, 1:] += setting.weights.layers[decomposed.neurons.layer - 1].b_in[decomposed.neurons.neurons]
        if not np.abs(value).max() < HUGE:
            raise CertificateError("the numbers computed there may be too large")
        summands = {v: value[some] - value[0] for v, some in rows.items()}
        bases = value[: few.size]
        return cls(
            setting,
            few,
            wide,
            decomposed.weights,
            decomposed.slot,
            decomposed.neurons,
            bases,
            summands,
            off,
            coefficients,
        )

    def column(self, e: Expr) -> Floats | None:
        """(values,) a sop that is a function of one wide variable, for each value of that; None for any other, and
        where it is not always an exact number."""
        variables = self.setting.variables(e)
        v = next(iter(variables), None)
        if v is None or v not in self.wide or len(variables) > 1:
            return None
        values = self.wide[v] if e is v else self.setting.facts.evaluate(e, {v: self.wide[v]})
        numbers = _exact_numbers(values) if values.ok().all() and len(values) == len(self.wide[v]) else None
        return numbers if numbers is not None and np.abs(numbers).max() < FLOAT64.exact_integers else None

    def numbers(self, target: Linear) -> dict[Expr, tuple[Expr, Floats]]:
        """For each function in a sop: its variable, and its value for each value of that. Raises CertificateError."""
        found = {}
        for e in target.shares:
            column = self.column(e)
            if column is None:
                raise CertificateError("it is not a sum of one summand for each variable in every case")
            (variable,) = self.setting.variables(e)
            found[e] = variable, column
        return found

    def error(self, i: int, target: Linear, numbers: Mapping[Expr, tuple[Expr, Floats]]) -> tuple[float, float]:
        """(the error of the form in a case, how large it can be)

        It is the greatest difference of form and target, each summand of which depends on one wide variable, except
        for neurons that may switch; and all errors.
        """
        out = np.zeros(0) if self.term is None else self.term.out[:, 0]
        margin = self.off + sum(self.setting.errors[e] * np.abs(s) for e, s in self.coefficients.items())
        low = self.bases[i] + sum(s.min(axis=0) for s in self.summands.values()) - margin
        high = self.bases[i] + sum(s.max(axis=0) for s in self.summands.values()) + margin
        on, off = low[1:] > 0, high[1:] < 0
        passed = np.concatenate(([1.0], np.where(on, out, 0.0)))  # a neuron that is on adds its argument
        lowest, difference = self._difference(i, passed, target, numbers)
        highest, worst = lowest, float(self.off @ np.abs(passed))
        coefficients = {e: float(s @ passed) for e, s in self.coefficients.items()}
        switched: list[Fired] = []
        for some, neurons in self._switching(np.flatnonzero(~(on | off))):
            columns, fired = self._fired(i, some, neurons)
            joint = fired.value[:, 0] + sum(difference.pop(v)[at] for v, at in columns.items())
            more = fired.independent @ np.abs(out[neurons[fired.uncertain]])
            for e, s in fired.coefficients.items():
                more = more + self.setting.errors[e] * np.abs(s[:, 0] + coefficients.pop(e, 0.0))
            lowest, highest, worst = (
                lowest + float(joint.min()),
                highest + float(joint.max()),
                worst + float(more.max()),
            )
            switched.append(fired)
        worst += sum(self.setting.errors[e] * abs(c) for e, c in coefficients.items())
        lowest += sum(float(x.min()) for x in difference.values())
        highest += sum(float(x.max()) for x in difference.values())
        size = abs(float(target.constant[i])) + sum(
            float(np.abs(target.shares[e][i] * x).max(initial=0.0)) for e, (_, x) in numbers.items()
        )
        error = max(-lowest, highest) + worst + self._rounding(np.flatnonzero(on), high[1:], switched)
        return error, size + error

    def _difference(
        self, i: int, passed: Floats, target: Linear, numbers: Mapping[Expr, tuple[Expr, Floats]]
    ) -> tuple[float, dict[Expr, Floats]]:
        """(the constant part of form less target in a case, the summand of each wide variable, (values,)), where the
        form before the neurons and their arguments count as much as is `passed`."""
        constant = float(self.bases[i] @ passed) - float(target.constant[i])
        each = {v: self.summands[v] @ passed for v in self.wide}
        for e, (v, x) in numbers.items():
            share = float(target.shares[e][i])
            each[v] = each[v] - share * (x - x[0])
            constant -= share * float(x[0])
        return constant, each

    def _switching(self, neurons: Ints) -> Iterator[tuple[list[Expr], Ints]]:
        """Neurons that may switch in a case, with the wide variables that decide them."""
        groups: list[tuple[set[Expr], list[int]]] = []
        for n in neurons.tolist():
            variables, members = {v for v, s in self.summands.items() if s[:, 1 + n].any()}, [n]
            separate = []
            for other, theirs in groups:
                if other & variables or not variables:
                    variables, members = other | variables, theirs + members
                else:
                    separate.append((other, theirs))
            groups = [*separate, (variables, members)]
        for variables, members in groups:
            yield [v for v in self.wide if v in variables], np.array(sorted(members))

    @cached_property
    def _written(self) -> Ints:
        """The coordinates that the neurons write and the form reads."""
        assert self.term is not None
        w_out = self.setting.weights.layers[self.term.layer - 1].w_out[self.term.neurons]
        return np.flatnonzero((w_out != 0).any(axis=0) & (self.weights[:, 0] != 0))

    def _rounding(self, on: Ints, high: Floats, switched: list[Fired]) -> float:
        """The rounding of the coordinates that neurons write, and of reading the form. Neurons that are `on` have
        outputs of up to `high`; the others may switch."""
        setting, fmt, sizes = self.setting, self.setting.format, np.abs(self.weights[:, 0])
        rounded = float(fmt.gamma(terms(self.weights))[0] * (setting.largest(self.slot) @ sizes))
        rounded += fmt.tiny * float((sizes > 0).sum())
        if self.term is None:
            return rounded
        layer, used = self.term.layer, self._written
        written = np.abs(setting.weights.layers[layer - 1].w_out[self.term.neurons[on]][:, used])
        before = setting.largest(Slot(layer, ATTENTION))[used]
        count, total = (written > 0).sum(axis=0) + (before > 0.0), high[on] @ written + before
        erased = setting.evidence.erased.get(layer)
        if erased is not None:
            count, total = count + erased.count[used], total + erased.total[used]
        for fired in switched:
            count, total = count + fired.count.max(axis=0), total + fired.total.max(axis=0)
        return rounded + float((fmt.gamma(count) * total + fmt.tiny * count) @ sizes[used])

    def _fired(self, i: int, some: list[Expr], neurons: Ints) -> tuple[dict[Expr, Ints], Fired]:
        """(for each of some variables the index of its value in every state of them, neurons in these states)"""
        assert self.term is not None
        shape = [len(self.wide[v]) for v in some]
        if math.prod(shape) * (1 + len(neurons)) > self.setting.limits.combinations:
            raise CertificateError("neurons may switch in too many states of a case")
        at = dict(zip(some, (x.ravel() for x in np.indices(shape)), strict=True))
        arguments = self.bases[i][1 + neurons] + sum(self.summands[v][rows][:, 1 + neurons] for v, rows in at.items())
        arguments = np.atleast_2d(arguments)
        term, bias = self.term, self.setting.weights.layers[self.term.layer - 1].b_in[self.term.neurons[neurons]]
        form = AffineForm(
            arguments - bias,
            {e: s[None, 1 + neurons] for e, s in self.coefficients.items()},
            np.zeros((len(arguments), 0)),
            np.zeros((0, len(neurons))),
            self.off[None, 1 + neurons],
            self.setting.errors,
            sized=lambda: np.abs(arguments),
        )
        return at, fire(self.setting, term.some(neurons), form, 0, self._written)


def _divided(setting: Setting, variables: frozenset[Expr]) -> tuple[StateSpace, dict[Expr, Column]]:
    """(the cases, the values of every wide variable). Raises CertificateError."""
    many = {v: setting.spaces.combinations([v]) for v in variables}
    few: list[Expr] = []
    wide: dict[Expr, Column] = {}
    for v in sorted(variables, key=lambda v: (many[v], formula(v))):
        if many[v] <= FEW and math.prod(many[x] for x in few) * many[v] <= MOST_CASES:
            few.append(v)
            continue
        space = setting.space(frozenset([v]))
        wide[v] = space.columns[v]
        if wide[v].failed is not None or (v in space.proved and space.proved[v].fallback):
            raise CertificateError("a variable may be undefined")
    return setting.space(frozenset(few)), wide


def _one_by_one(setting: Setting, few: StateSpace, wide: Mapping[Expr, Column]) -> tuple[StateSpace, dict[Expr, Ints]]:
    """(the cases with the first value of every wide variable, and behind them every value of each wide variable, the
    others as in the first case; the rows of each)"""
    size = few.size + sum(map(len, wide.values()))
    case, start = np.concatenate((np.arange(few.size), np.zeros(size - few.size, np.int64))), few.size
    columns = {v: c.take(case) for v, c in few.columns.items()}
    rows, at = {}, {}
    for v, c in wide.items():
        at[v] = np.zeros(size, np.int64)
        rows[v] = np.arange(start, start + len(c))
        at[v][rows[v]] = np.arange(len(c))
        columns[v] = c.take(at[v])
        start += len(c)
    values = {v: x[case] for v, x in few.rows.items()}
    for v in wide:
        values |= {v: x[at[v]] for v, x in setting.space(frozenset([v])).rows.items()}
    return StateSpace(size, columns, setting.spaces.proved, values), rows
