"""Where a compiled model stores the named values of its program, and which of them can be set.

A value with directions of its own is *stored* if the compiler, told that the value may be anything whatever the others
are, makes the very same weights: then what reads it is right for each of its values. Otherwise it is *tied*: something
that reads it relies on how it goes together with other values.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from .assemble.schedule import Schedule, schedule
from .compiler import BuildSettings, Compiled, OutputKind, emit, prepare, replan, run_stages
from .constructions.form import Direction, Form
from .constructions.hardness import LOSSES, SHARP, Sharpness
from .constructions.sources import Embedding
from .errors import CompileError, InterventionError
from .lang.cut import cut
from .lang.expr import Expr
from .lang.text import formula
from .lang.values import Value, leave
from .model.slots import ATTENTION, MLP, Slot
from .model.transformer import Transformer
from .model.variables import CONSTANT, DERIVED, MERGED, STORED, TIED, UNUSED, ModelVariable, Variables
from .rewrite import Analysed
from .run.trace import step_names

SAME = 1e-9
"""Coefficients that differ by less than this share of them are equal."""

Terms = dict[Direction, float]
"""A form by directions that have coordinates."""


def variables(model: Transformer, compiled: Compiled | None = None) -> Variables:
    """The named sops of a model's program; `compiled`: what the compiler found on the way to the model. Raises
    InterventionError where that or the program is not known."""
    if model.source is None or model.circuit.computes is None:  # which the compiler always says
        raise InterventionError(
            "the model does not say which program it was compiled from: it was made by hand, or saved long ago"
        )
    return Variables(list(_Finding(model, compiled or _recompiled(model)).all()))


def _recompiled(model: Transformer) -> Compiled:
    """What the compiler found on the way to a model. Raises InterventionError if it makes other weights today."""
    assert model.source is not None
    assert model.max_len is not None
    keep, temperature = model.circuit.keep, model.circuit.temperature
    sharp = [Sharpness.at(temperature, loss) for loss in LOSSES] if temperature else [SHARP]
    program = prepare(model.source, model.vocab, model.max_len, causal=model.causal, given=model.given, keep=keep)
    outputs: tuple[OutputKind, ...] = ("auto", "number" if model.outputs is None else "values")
    ways = itertools.product(outputs, (False, True), (None, 2), (False, True), (False, True), sharp)
    for output, provable, digits, steady, reuse, sharpness in ways:
        how = BuildSettings(
            model.dtype,
            reuse=reuse,
            steady=steady,
            output=output,
            sharpness=sharpness,
            digits=digits,
            provable=provable,
        )
        try:
            found = run_stages(program.analysed, how, program.shared)
        except CompileError:
            continue
        if _same(emit(found, model.source), model):
            return found
    raise InterventionError(
        "this version compiles the program to other weights than the model's, so the places of its values are not known"
    )


def _same(one: Transformer, other: Transformer) -> bool:
    """Whether two models have the same weights and answers; functions may make answers that are equal, but new objects
    in each run."""
    if one.digest == other.digest:
        return True
    return one.outputs == other.outputs and replace(one, outputs=other.outputs).digest == other.digest


@dataclass(frozen=True)
class _Finding:
    model: Transformer
    compiled: Compiled

    @cached_property
    def kept(self) -> tuple[str, ...]:
        """The names of the parts that the program keeps."""
        return self.model.circuit.keep

    def all(self) -> Iterator[ModelVariable]:
        found = {name: self._found(e, name) for e, name in self.names.items()}
        own = {v.name: self._direction(v) for v in found.values() if v.status == STORED and not v.kept}
        free = self._free(list(own))
        alone = self._alone({name: d for name, d in own.items() if name in free})
        for e, name in self.names.items():
            if name not in own or name in alone:
                yield found[name]
            elif name in free:
                why = "something else reads its direction, for the value that the input gives it"
                yield replace(found[name], status=TIED, reason=why)
            else:
                yield replace(found[name], status=TIED, reason=self._tie(e))

    def _direction(self, v: ModelVariable) -> Direction:
        """The direction by which a variable is set."""
        at, slot = int(np.flatnonzero(v.basis)[0]), Slot.of(v.time)
        index = self.compiled.matrices.coordinates.index  # where directions are used again, several have one place
        return max((d for d, i in index.items() if i == at and d.slot <= slot), key=lambda d: d.slot)

    @cached_property
    def names(self) -> dict[Expr, str]:
        """The named sops of the program as written."""
        return {e: name for e, name in step_names(self.compiled.program.root).items() if not e.selector}

    @cached_property
    def titles(self) -> dict[Expr, str]:
        """The program's own names of the parts of the rewritten one."""
        rewritten = self.compiled.program.rewritten
        return {rewritten[e]: name for e, name in self.names.items() if e in rewritten}

    def _found(self, e: Expr, name: str) -> ModelVariable:
        """A variable, stored if it has a direction that nothing else uses."""
        inside = self.compiled.program.rewritten.get(e)
        text = formula(e.src[0])
        if name in self.kept and not any(x.op.barrier and x.arg == name for x in self.compiled.program.final.walk()):
            return _without(name, text, UNUSED, "the result does not depend on it")
        if inside is None:
            return _without(name, text, MERGED, self._dropped(e))
        values = self.compiled.encodings(inside)
        if len(values) == 1 and not inside.op.barrier:
            return _without(name, text, CONSTANT, f"it is {leave(values[0][1])!r} wherever it has a value")
        form = self.compiled.plan.form_of(inside)
        if form is None or not self.compiled.matrices.holds(form):
            return _without(name, text, MERGED, self._consumers(inside))
        return self._placed(e, inside, form)

    def _placed(self, e: Expr, inside: Expr, form: Form) -> ModelVariable:
        """A variable that the stream has as a form."""
        read, labels, moving = self.compiled.matrices.column(form), self.compiled.encodings(inside), self._moving(form)
        basis, linear, kept = np.zeros(len(read)), self._linear(form), inside.op.barrier
        shared = {d: self._shared(e, inside, d) for d in moving if self._exclusive(d, moving, form.slot)}
        own = [d for d, other in shared.items() if not other]
        if own:
            at = self.compiled.matrices.coordinates.index[max(own, key=lambda d: abs(moving[d]))]
            basis[at] = 1 / read[at]
            status, reason = STORED, "kept" if kept else "nothing else uses its direction"
        elif len(linear) == 1 and linear[0][1] == 1.0 and any(shared.values()):
            status, reason = MERGED, f"{next(filter(None, shared.values()))} has the same direction"
        else:
            status, reason = DERIVED, f"= {cut(_line(linear), 100)}, whose directions other parts use too"
        known = self._values_of(e)
        labels = [(x, v) for x, v in labels if all(leave(v) in values for values in known)]
        encodings, values = np.array([x for x, _ in labels]), tuple(v for _, v in labels)
        return ModelVariable(
            self.names[e],
            formula(e.src[0]),
            status,
            reason,
            form.slot.index,
            read,
            basis=basis,
            encodings=encodings,
            values=values,
            linear=linear if status == DERIVED else (),
            kept=kept,
        )

    def _values_of(self, e: Expr) -> list[frozenset[Value]]:
        """All values of each sop that a named one becomes, where these are few enough to be listed. A value that one of
        them does not have may mean anything to what is made of it."""
        program, found = self.compiled.program, list[frozenset[Value]]()
        for x in program.forms.get(e, ()):
            with suppress(CompileError):
                found.append(frozenset(map(leave, program.facts.domain(x).values)))
        return found

    def _linear(self, form: Form) -> tuple[tuple[str, float], ...]:
        """A form by the expressions of its directions; that of a constant is "1"."""
        found, constant = list[tuple[str, float]](), 0.0
        for d, c in form.terms.items():
            if isinstance(d.source, Embedding) and not d.own and _is_constant(d):
                constant += c * sum(float(table[0]) for table in d.source.tables)
            else:
                found.append((d.expression or d.name, c))
        return tuple([*found, ("1", constant)] if constant else found)

    # Directions.

    def _bases(self, form: Form) -> Terms:
        at = self.compiled.matrices.coordinates
        found: Terms = {}
        for d, c in form.terms.items():
            for base, factor in at.bases(d).items():
                found[base] = found.get(base, 0.0) + c * factor
        return {d: c for d, c in found.items() if c}

    def _moving(self, form: Form) -> Terms:
        """A form without its constant."""
        return {d: c for d, c in self._bases(form).items() if d.own or not _is_constant(d)}

    @cached_property
    def _readers(self) -> list[tuple[Slot, Terms]]:
        """Every form that is read, with the slot after which it is."""
        return [(slot, self._bases(form)) for slot, form, _ in _readers(self.compiled.schedule)]

    def _exclusive(self, d: Direction, moving: Terms, slot: Slot) -> bool:
        """Whether every reader of a direction reads the whole form that it belongs to, once this is complete."""
        for when, terms in self._readers:
            share = terms.get(d, 0.0) / moving[d]
            off = max(abs(terms.get(x, 0.0) / c - share) for x, c in moving.items())
            if share and (when < slot or off > SAME * abs(share)):
                return False
        return True

    def _shared(self, e: Expr, inside: Expr, d: Direction) -> str:
        """Another part that has this direction without being a function of the named one; empty if none has."""
        program = self.compiled.program
        same = {x for x in program.root.walk() if program.rewritten.get(x) is inside}
        above = {x for x in same if any(y is e for y in x.walk())}
        for user in program.root.walk():
            if user not in same and any(s in same and s not in above for s in user.src):
                return f"{formula(user, 60)}, which uses it without the name,"
        for c in self.compiled.plan.choices:
            if c.expr is not inside and d in self._bases(c.form) and all(x is not inside for x in c.expr.walk()):
                return self._title(c.expr)
        return ""

    # Ties.

    def _free(self, candidates: Sequence[str]) -> frozenset[str]:
        """Those of some names whose values the compiler does not rely on: told that they may be anything, it makes the
        same weights."""
        if not candidates or self._unchanged(candidates):
            return frozenset(candidates)
        return frozenset(name for name in candidates if len(candidates) > 1 and self._unchanged([name]))

    def _unchanged(self, names: Sequence[str]) -> bool:
        try:
            other = replan(self._keeping(names), self.compiled, in_place=frozenset(names))
        except CompileError:
            return False
        own = self.compiled.plan.readout
        return other.outputs == own.outputs and [c.key for c in other.columns] == [c.key for c in own.columns]

    def _keeping(self, names: Sequence[str]) -> Analysed:
        """The program with further parts kept. Raises CompileError."""
        model, kept = self.model, self.kept
        assert model.source is not None
        assert model.max_len is not None
        options: dict[str, Any] = {"causal": model.causal, "given": model.given, "keep": (*kept, *names)}
        like = self.compiled.program
        return prepare(model.source, model.vocab, model.max_len, without=like.without, like=like, **options).analysed

    def _alone(self, own: Mapping[str, Direction]) -> frozenset[str]:
        """Those whose direction nobody reads any more once they are kept in another one."""
        if not own:
            return frozenset()
        try:
            read = list(_readers(schedule(replan(self._keeping(list(own)), self.compiled).columns)))
        except CompileError:
            if len(own) == 1:
                return frozenset()
            return frozenset().union(*(self._alone({name: d}) for name, d in own.items()))
        return frozenset(name for name, d in own.items() if all(d not in f.terms or by == name for _, f, by in read))

    def _tie(self, e: Expr) -> str:
        """What the model relies on."""
        facts, inside = self.compiled.program.facts, self.compiled.program.rewritten[e]
        if facts.token_free(inside):
            return "what reads it relies on its being decided by position and length"
        if facts.uniform(inside):
            return "what reads it relies on its being the same at every position"
        if facts.injective(inside):
            return "what reads it relies on its being different at every position"
        return "what reads it relies on which values go together in the program"

    # What is not stored.

    def _title(self, e: Expr) -> str:
        return formula(e, 60, self.titles)

    def _consumers(self, inside: Expr) -> str:
        """What is computed in one step with a part that has no directions."""
        program, plan, m = self.compiled.program, self.compiled.plan, self.compiled.matrices
        users = _users(program.final)
        found: dict[str, None] = {}
        waiting, seen = [inside], {inside}
        while waiting:
            e = waiting.pop()
            if e is program.final:
                found["the unembedding"] = None
            for user in users.get(e, ()):
                form = None if user.selector else plan.form_of(user)
                if form is not None and m.holds(form):
                    found[self._title(user)] = None
                elif user not in seen:
                    seen.add(user)
                    waiting.append(user)
        into = ", ".join(list(found)[:4]) or "nothing that the result needs"
        return f"computed in one step with {into}"

    def _dropped(self, e: Expr) -> str:
        """The part that is computed another way, so that this one is not needed."""
        users, rewritten = _users(self.compiled.program.root), self.compiled.program.rewritten
        waiting, seen = [e], {e}
        while waiting:
            for user in users.get(waiting.pop(0), ()):
                if user in rewritten:
                    return f"{formula(user, 60)} is computed another way, without it"
                if user not in seen:
                    seen.add(user)
                    waiting.append(user)
        return "the result is computed another way, without it"


def _readers(found: Schedule) -> Iterator[tuple[Slot, Form, str]]:
    """(the slot after which it is read, a form that a head, neuron or the unembedding reads, the name of the kept part
    that alone is computed from it)"""
    for h in found.heads:
        before = Slot(h.spec.layer, ATTENTION).previous
        yield from ((before, f, "") for f in h.spec.inputs)
        yield from ((before, v, d.own) for v, d in h.values)
    for g in found.groups:
        before = Slot(g.layer, MLP).previous
        yield from ((before, f, g.output.own) for f in (*(f for f, _ in g.neurons), *g.gates))
    yield from ((Slot(found.depth, MLP), f, "") for f in found.columns)


def _users(root: Expr) -> Mapping[Expr, list[Expr]]:
    found: dict[Expr, list[Expr]] = {}
    for e in root.walk():
        for s in e.src:
            found.setdefault(s, []).append(e)
    return found


def _is_constant(d: Direction) -> bool:
    return isinstance(d.source, Embedding) and all(not np.ptp(table) for table in d.source.tables)


def _line(linear: Sequence[tuple[str, float]]) -> str:
    parts = [f"{c:g}" if what == "1" else what if c == 1 else f"{c:g} * ({what})" for what, c in linear]
    return " + ".join(parts)


def _without(name: str, expression: str, status: str, reason: str) -> ModelVariable:
    """A variable that the stream does not store."""
    none = np.zeros(0)
    return ModelVariable(name, expression, status, reason, -1, none, basis=none, encodings=none, values=())


__all__ = ["variables"]
