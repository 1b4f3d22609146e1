"""Certifying: a model and its program are made a task for the proof, and its result a certificate."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .analysis.conditions import check_condition
from .analysis.guard import guarded
from .effort import MEMORY, limited, memory_limit, seconds_left
from .errors import BuildError, CertificateError, CompileError
from .lang.arguments import checked_options
from .lang.expr import Expr, Op
from .lang.origin import as_sop
from .lang.sop import SOp
from .lang.text import constant, formula
from .model.certificate import Certificate
from .model.circuit import Claim
from .model.expressions import with_functions
from .model.slots import ATTENTION, MLP, Slot
from .model.transformer import Transformer
from .proof.exhaustive import Specification, Validity, certify_every
from .proof.sealing import sealed
from .proof.strategy import DEFAULT_LIMITS, Limits
from .proof.structure import Task, prove_structure
from .rewrite import Analysed, analysed, claimable, normal_form, without_stored
from .rewrite.verify import MalformedExpression, verify

PRODUCTS_A_SECOND = 8e9
"""The products of neurons that a proof computes in a second, roughly."""
MOST_LAYERS = 100
"""The most layers in a proof by structure, whose decompositions recur once for each layer."""


@checked_options
def certify(
    model: Transformer,
    program: Specification | None = None,
    *,
    given: Validity = None,
    max_len: int | None = None,
    timeout: float | None = None,
    memory: float | None = None,
    progress: bool | None = None,
) -> Certificate:
    """Prove from the weights of a model that it computes a program, and return the certificate.

    `program` and `given`, the condition that valid inputs meet, may be left out for a compiled model, which knows its
    own, in a file too. `model.certified(...)` is the model with its certificate. Raises CertificateError, which says
    which part of the program could not be proved, and why.

    In a model made by hand, a direction is taken to store the part of the program that has the same name. If this does
    not lead to a proof, if the model has norms or other activations, or if `max_len` is given, the proof tries every
    input of at most `max_len` tokens. Then the program may also be a function from an input (a string if all tokens are
    characters, else a list) to the list of its answers, and `given` a function from an input to whether it is valid.
    Complete models know both themselves.

    `timeout` limits the seconds and `memory` (by default 1) the gigabytes, as for `compile`: beyond them the proof ends
    with TimeLimitError or MemoryLimitError. What takes longer than two seconds shows its `progress`.

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
    with limited("certify", timeout=timeout, memory=memory, progress=progress):
        return _certified(model, program, given, max_len)


def _certified(model: Transformer, program: Specification | None, given: Validity, max_len: int | None) -> Certificate:
    """The same within the limits that were set."""
    own = program is None
    program = model.source if own else program
    given = model.given if given is None else given
    if isinstance(given, SOp):
        check_condition(given, model.vocab, model.max_len if max_len is None else max_len)
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


def certify_compiled(model: Transformer, program: Analysed) -> Certificate:
    """A proof for a model that was just compiled from a program, which need not be analysed again."""
    assert model.source is not None
    with np.errstate(all="ignore"):
        return _by_structure(model, model.source, model.given, program)


def _limits() -> Limits:
    """How much work a proof may take: as much as the time and the memory that are left allow, and by default as much as
    anybody would wait for."""
    left = seconds_left()
    products = DEFAULT_LIMITS.products if left == float("inf") else PRODUCTS_A_SECOND * left
    numbers = int(DEFAULT_LIMITS.numbers * max(1.0, memory_limit() / MEMORY))
    return replace(DEFAULT_LIMITS, products=products, numbers=numbers)


def _check_types(model: object, program: object, given: object) -> None:
    """Raises BuildError."""
    if not isinstance(model, Transformer):
        raise BuildError(
            f"certify takes a model, not {constant(model)}; compile(...) makes one, with its proof", value=model
        )
    for what, x in (("the program", program), ("given", given)):
        if x is not None and not isinstance(x, SOp) and not callable(x):
            raise BuildError(f"{what} is a sop or a function of an input, not {constant(x)}", value=x)


def _by_structure(
    model: Transformer,
    program: SOp,
    given: SOp | None,
    known: Analysed | None = None,
) -> Certificate:
    if not model.vocab or model.depth > MOST_LAYERS:
        raise CertificateError(
            f"a model with no vocabulary, or of more than {MOST_LAYERS} layers, has no proof by structure"
        )
    if not model.max_len:
        raise CertificateError("a model that has no max_len, or one of 0, has no longest input to prove")
    try:
        condition = None if given is None else given.expr
        with guarded(program):
            if known is None:
                keep = model.circuit.keep
                known = analysed(
                    program.expr, model.vocab, model.max_len, causal=model.causal, given=condition, keep=keep
                )
            found = _certify(model, known, "" if given is None else formula(given.expr, 200), _limits())
        return sealed(found, model, program, given)
    except CompileError as error:
        raise CertificateError(
            f"the program cannot be analysed: {error.message}", expression=error.expression, remedies=error.remedies
        ) from None
    except CertificateError as error:
        error.expression = SOp(error.expression) if isinstance(error.expression, Expr) else error.expression
        raise


def _certify(model: Transformer, known: Analysed, given: str, limits: Limits) -> Certificate:
    bound, margins = prove_structure(task_of(model, known, limits))
    assert model.max_len is not None
    return Certificate(model.max_len, bound, margins, model.dtype, given)


def task_of(model: Transformer, known: Analysed, limits: Limits = DEFAULT_LIMITS) -> Task:
    """The proof to be made for a model, given its program. Raises CertificateError."""
    known = _computed(model, known)
    claims = _claimed(model, known) if model.circuit.claims else _named(model, known)
    originals: dict[Expr, Expr] = {}
    for e, new in known.rewritten.items():
        if new not in originals or e.op is Op.NAME:
            originals[new] = e
    return Task(model, known.final, known.facts, claims, originals, limits)


def _computed(model: Transformer, known: Analysed) -> Analysed:
    """The program with the form that the circuit says it computes as the rewritten one.

    That is what this version's passes make of the program, or another form with the same normal form, which fails
    nowhere else: a model stays provable when passes are added or change places. What the compiler stores by itself is
    left out of the form. Raises CertificateError.
    """
    circuit = model.circuit
    computes = None if circuit.computes is None else with_functions(circuit.computes, known.root)
    if computes is None or computes is known.final:
        return known
    facts = known.facts
    try:
        verify(computes, "a file", set())
        same = any(
            normal_form(e, facts.vocab, facts.max_len, causal=facts.causal, given=known.given) is known.final
            for e in dict.fromkeys((computes, without_stored(computes)))
        )
    except (MalformedExpression, CompileError):
        same = False
    if not same:
        raise CertificateError(
            f"the model was compiled from another program: it computes {formula(computes, 100)}\n"
            "  Give the program that it was compiled from, or compile this one.",
        )
    return replace(known, rewritten={**known.rewritten, known.root: computes})


def _claimed(model: Transformer, known: Analysed) -> list[tuple[Expr, Claim]]:
    """The claims of the circuit, each with its part of the program. Raises CertificateError."""
    numbered = claimable(known.final)
    parts, claims = frozenset(numbered), dict[Expr, Claim]()
    for c in model.circuit.claims:
        e = None if c.expr is None else with_functions(c.expr, known.root)
        if e is None and 0 <= c.part < len(numbered):
            e = numbered[c.part]
        if e is None or e not in parts:
            raise CertificateError(f"the model claims to store {c.expression}, which is not a part of the program")
        if e.op.leaf:
            raise CertificateError(f"the model claims to compute {c.expression}, which it is given")
        if e in claims:
            raise CertificateError(f"the model claims twice to store {c.expression}")
        claims[e] = c if c.expr is e else replace(c, expr=e)
    return list(claims.items())


def _named(model: Transformer, known: Analysed) -> list[tuple[Expr, Claim]]:
    """The claims of a model made by hand: a direction stores the part of the program that has the same name."""
    readings = {r.name: r for r in model.circuit.readings if r.layer}
    claims: dict[Expr, Claim] = {}
    for e in known.root.walk():
        if e.op is not Op.NAME or e.selector or e.arg not in readings or e not in known.rewritten:
            continue
        r, part = readings[e.arg], known.rewritten[e]
        heads = any((h.w_o @ r.vector).any() for h in model.layers[r.layer - 1].heads)
        neurons = (model.layers[r.layer - 1].w_out @ r.vector).any()
        if heads or neurons:
            slot = Slot(r.layer, MLP if neurons else ATTENTION)
            claims.setdefault(part, Claim(part, slot, r.vector, r.labels, r.values))
    return sorted(claims.items(), key=lambda c: c[1].slot)


__all__ = ["certify", "certify_compiled", "task_of"]
