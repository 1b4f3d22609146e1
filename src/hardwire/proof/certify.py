"""The proof from the first layer to the last."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..compiler.guard import guarded
from ..compiler.pipeline import Analysed, analysed, claimable
from ..errors import BuildError, CertificateError, CompileError
from ..lang.expr import INDICES, Expr, Op, unnamed
from ..lang.origin import as_sop
from ..lang.sop import SOp
from ..lang.text import formula
from ..model.certificate import Certificate, Margin
from ..model.circuit import Claim
from ..model.expressions import with_functions
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot, slots
from ..model.transformer import Transformer
from .bos import bos_after, bos_row
from .claims import Numbers, distinct_values, is_own, places_of, values
from .exhaustive import Given, Specification, certify_every
from .forms import Sum
from .prover import Prover
from .readout import prove_readout
from .sealing import sealed
from .situations import Variable, World
from .stream import Stream

MOST_LAYERS = 100
"""The most layers that a proof by structure goes through, each inside the next."""


def certify(
    model: Transformer, program: Specification | None = None, *, given: Given = None, max_len: int | None = None
) -> Certificate:
    """A proof from its weights that the model computes the program.

    `program` and `given`, the condition that valid inputs meet, may be left out for a model that was just compiled;
    a loaded one needs the program. `model.certified(...)` is the model with its certificate. Raises CertificateError,
    which says which part of the program could not be proved, and why.

    A model made by hand holds what the program computes under the same name. Where that does not prove it, or where
    it is not plain, and wherever `max_len` is given, the proof is by every input of at most so many tokens. Then the
    program may also be a function from an input (a string where all tokens are characters, else a list) to the list
    of its answers, and `given` one from an input to whether it counts. Complete models know both themselves.

    >>> import hardwire as hw
    >>> hw.certify(hw.compile(hw.programs.flip(), "ehlo", 20)).status
    'exact up to length 20'
    >>> def lengths(x):
    ...     return [len(x)] * len(x)
    >>> hw.certify(hw.compile(hw.programs.length(), "ab", 20), lengths, max_len=8).inputs
    510
    """
    program, given = as_sop(program), as_sop(given)
    _check_types(model, program, given)
    own = program is None
    program = model.source if own else program
    given = model.given if given is None else given
    if model.plain and max_len is None and isinstance(program, SOp) and isinstance(given, SOp | None):
        try:
            with np.errstate(all="ignore"):  # a bound that is infinite or no number refuses
                return _by_structure(model, program, given)
        except CertificateError:
            if model.circuit.claims or (own and model.reference is None):
                raise
    known = model.reference
    if own and known is not None:
        program, given, max_len = known.answers, known.given, known.max_len if max_len is None else max_len
    if program is None:
        raise CertificateError("a model loaded from a file is proved against a program: certify(model, program)")
    return certify_every(model, program, given, max_len)


def _check_types(model: object, program: object, given: object) -> None:
    """Raises BuildError."""
    if not isinstance(model, Transformer):
        raise BuildError(f"certify takes a model, not {model!r}; compile(...) makes one, with its proof", value=model)
    for what, x in (("the program", program), ("given", given)):
        if x is not None and not isinstance(x, SOp) and not callable(x):
            raise BuildError(f"{what} is a sop or a function of an input, not {x!r}", value=x)


def _by_structure(model: Transformer, program: SOp, given: SOp | None) -> Certificate:
    if not model.vocab or model.depth > MOST_LAYERS:
        raise CertificateError(f"a model with no vocabulary, or of more than {MOST_LAYERS} layers, is not proved so")
    if not model.max_len:
        raise CertificateError("a model that has no max_len, or one of 0, has no longest input to prove")
    try:
        condition = None if given is None else given.expr
        with guarded(program):
            known = analysed(program.expr, model.vocab, model.max_len, model.causal, condition)
            found = _certify(model, program.expr, known, "" if given is None else formula(given.expr, 200))
        return sealed(found, model, program, given)
    except CompileError as error:
        raise CertificateError(
            f"the program cannot be analysed: {error.message}", expression=error.expression, remedies=error.remedies
        ) from None
    except CertificateError as error:
        error.expression = SOp(error.expression) if isinstance(error.expression, Expr) else error.expression
        raise


def _certify(model: Transformer, root: Expr, known: Analysed, given: str) -> Certificate:
    facts, rewritten = known.facts, known.rewritten
    program = rewritten[root]
    claims = _claimed(model, program, root) if model.circuit.claims else _named(model, root, rewritten)
    stream, world = Stream(model), World(facts, program)
    added = [e for e in world.parts if e.op in (Op.ADD, Op.SUB)]
    needed = {e for e, _ in claims if e.op.aggregate and facts.uniform(e) and fails_with(world.parts, e)}
    bos = [bos_row(stream)]
    prover = Prover(stream, world, facts, bos, needed)
    for slot in slots(EMBEDDING.next, Slot(model.depth, MLP)):
        if slot.sublayer is ATTENTION:
            bos.append(bos_after(stream, bos[-1], slot.layer))
        else:
            stream.settle(slot)
            stream.forget(slot.layer, world)
        # A sum with a default is made of the sum without.
        for e, c in sorted((x for x in claims if x[1].slot == slot), key=lambda x: prover.defaulted(x[0])):
            _prove(prover, world, e, c)
        if slot.sublayer is ATTENTION:
            stream.settle(slot, prover.bound(slot.layer))
        _add_up(added, stream, world)
    stream.check_sizes(bos)
    bound, margins = prove_readout(program, stream, world, facts)
    assert model.max_len is not None
    nearest = stream.nearest
    if nearest.neuron >= 0:
        what = _neuron(model, nearest.layer, nearest.neuron)
        margins = [Margin(nearest.layer, what, "neuron threshold", nearest.error, nearest.distance), *margins]
    return Certificate(model.max_len, bound, (*prover.margins, *margins), model.dtype, given)


def _claimed(model: Transformer, program: Expr, root: Expr) -> list[tuple[Expr, Claim]]:
    """The parts of the program that the circuit claims the stream holds. Raises CertificateError."""
    numbered = claimable(program)
    parts, claims = frozenset(numbered), dict[Expr, Claim]()
    for c in model.circuit.claims:
        e = None if c.expr is None else with_functions(c.expr, root)
        if e is None and 0 <= c.part < len(numbered):
            e = numbered[c.part]
        if e is None or e not in parts:
            raise CertificateError(f"the model claims to hold {c.expression}, which is no part of the program")
        if e.op.leaf:
            raise CertificateError(f"the model claims to compute {c.expression}, which it is given")
        if e in claims:
            raise CertificateError(f"the model claims twice to hold {c.expression}")
        claims[e] = replace(c, expr=e)
    return list(claims.items())


def _named(model: Transformer, root: Expr, rewritten: dict[Expr, Expr]) -> list[tuple[Expr, Claim]]:
    """Of a model made by hand: what it holds under a name is what the program computes under that name."""
    readings = {r.name: r for r in model.circuit.readings if r.layer}
    claims: dict[Expr, Claim] = {}
    for e in root.walk():
        if e.op is not Op.NAME or e.selector or e.arg not in readings or e not in rewritten:
            continue
        r, part = readings[e.arg], rewritten[e]
        heads = any((h.w_o @ r.vector).any() for h in model.layers[r.layer - 1].heads)
        neurons = (model.layers[r.layer - 1].w_out @ r.vector).any()
        if heads or neurons:
            slot = Slot(r.layer, MLP if neurons else ATTENTION)
            claims.setdefault(part, Claim(part, slot, r.vector, r.labels, r.values))
    return sorted(claims.items(), key=lambda c: c[1].slot)


def _add_up(added: list[Expr], stream: Stream, world: World) -> None:
    """Sums and differences of parts that are proved are known too."""
    for e in added:
        if e in world.known:
            continue
        a, b = map(unnamed, e.src)
        if a is b or a not in world.known or b not in world.known or not _whole(e, world):
            continue
        x, y = world.known[a], world.known[b]
        sign = 1.0 if e.op is Op.ADD else -1.0
        if x.elsewhere or y.elsewhere or not (is_own(x.number) and is_own(y.number)):
            continue  # what stands there where one of them has no value is not a sum of two
        stream.add_sum(Sum(e, (a, b), sign, stream.errors[a] + stream.errors[b]))
        seen = places = None
        if x.places is not None and y.places is not None:  # which sums there are may depend on where
            at = world.of({a, b, INDICES})
            column = values(e, world.facts, at)
            seen = distinct_values(column)
            places = places_of(column, seen, at, world.facts.max_len)
        world.learn(e, Variable(float, seen, places))  # type: ignore[arg-type]


def _whole(e: Expr, world: World) -> bool:
    """Whether a sum and its parts are whole numbers, which are their own labels."""
    try:
        return all(world.facts.domain(x).whole for x in (e, *e.src))
    except CompileError:
        return False


def fails_with(program: tuple[Expr, ...], part: Expr) -> bool:
    """Whether a program, all its parts in order, has no value at a position where this part has none, as far as its
    form shows."""
    fails: dict[Expr, bool] = {}
    for e in program:
        inner = [fails[s] for s in e.src]
        if e is part:
            fails[e] = True
        elif e.op.aggregate:
            selector = unnamed(e.src[0])  # a comparison that fails for every key fails the row
            fails[e] = selector.op is Op.COMPARE and fails[selector]
        elif e.op is Op.WHERE:
            fails[e] = inner[0] or (inner[1] and inner[2])
        elif e.op in (Op.AND, Op.OR):
            fails[e] = all(inner)
        else:
            fails[e] = any(inner)
    return fails[program[-1]]


def _prove(prover: Prover, world: World, e: Expr, claim: Claim) -> None:
    """Proves a claim, and lets later ones use it. What neurons compute may also be worked out where it is read."""
    try:
        proved = prover.prove(e, claim)
    except CertificateError:
        if e.op.aggregate:
            raise
        return
    prover.stream.add(proved)
    world.learn(e, Variable(Numbers(claim), proved.values, proved.places, proved.elsewhere, proved.slack))


def _neuron(model: Transformer, layer: int, neuron: int) -> str:
    for note in model.circuit.neurons:
        if note.layer == layer and note.start <= neuron < note.stop:
            return note.expression
    return f"neuron {neuron}"


__all__ = ["certify"]
