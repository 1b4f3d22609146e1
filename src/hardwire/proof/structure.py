"""The proof by structure, from the first layer to the last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..analysis import Facts
from ..analysis.definedness import fails_with
from ..errors import CertificateError
from ..lang.expr import INDICES, Expr, Op, unnamed
from ..model.certificate import Margin
from ..model.circuit import Claim
from ..model.slots import ATTENTION, EMBEDDING, MLP, Slot, slots
from ..model.transformer import Transformer
from .bos import bos_after, bos_row
from .evidence import Evidence, PartSum, Setting, outputs_of
from .magnitudes import Magnitudes
from .obligations import has_added_default
from .prover import prove_claim
from .readout import prove_readout
from .spaces import StateSpaces
from .states import Variable, distinct_values, is_identity, places_of, values_in
from .strategy import DEFAULT_LIMITS, Limits
from .tracking import with_erased
from .weights import ModelWeights

Claims = Sequence[tuple[Expr, Claim]]


@dataclass(frozen=True, eq=False)
class Task:
    """A proof to be made: that a model computes `program`, a rewritten program with these facts, given the claims of
    the model's circuit. `originals` maps parts of it to the user's expressions."""

    model: Transformer
    program: Expr
    facts: Facts
    claims: Claims
    originals: Mapping[Expr, Expr]
    limits: Limits = DEFAULT_LIMITS


def prove_structure(task: Task) -> tuple[float, tuple[Margin, ...]]:
    """(how far a number may be off that the model answers as it is, the margins). Raises CertificateError."""
    *_, setting = proof_steps(task)
    evidence = setting.evidence
    evidence.magnitudes.check_overflow(setting.weights, evidence.bos)
    try:
        bound, margins = prove_readout(task.program, setting)
    except CertificateError as error:
        error.of_output = True
        raise
    nearest = setting.meter.nearest
    return bound, (*evidence.margins, *([] if nearest is None else [nearest]), *margins)


def proof_steps(task: Task) -> Iterator[Setting]:
    """The setting of the proof at the beginning, after every claim, and after every slot. Raises CertificateError."""
    setting = _beginning(task)
    yield setting
    needed = _needed(task, setting.spaces.parts)
    for slot in slots(EMBEDDING, Slot(task.model.depth, MLP)):
        setting = _before_claims(setting, slot)
        here = [(e, c) for e, c in task.claims if c.slot == slot]
        # A sum with a default that neurons add is a function of the sum without.
        for e, c in sorted(here, key=lambda x: has_added_default(task.facts, *x)):
            setting = _after_claim(setting, e, c, always_defined=e in needed)
            yield setting
        setting = _after_claims(setting, slot)
        yield setting


def _before_claims(setting: Setting, slot: Slot) -> Setting:
    """The setting with the row of BOS after a layer, or with magnitudes after its neurons and what they erase."""
    if slot == EMBEDDING:
        return setting
    evidence, layer = setting.evidence, slot.layer
    if slot.sublayer is ATTENTION:
        return setting.with_evidence(replace(evidence, bos=(*evidence.bos, bos_after(setting, layer))))
    magnitudes = evidence.magnitudes.after_neurons(setting.weights, layer)
    setting = setting.with_evidence(replace(evidence, magnitudes=magnitudes))
    return setting.with_evidence(with_erased(setting, layer))


def _after_claims(setting: Setting, slot: Slot) -> Setting:
    """The setting with magnitudes after heads, which claims bound, with those of kept parts, and with sums."""
    if slot.sublayer is ATTENTION:
        outputs = outputs_of(setting, slot.layer)
        magnitudes = setting.evidence.magnitudes.after_heads(setting.weights, slot.layer, outputs)
        setting = setting.with_evidence(replace(setting.evidence, magnitudes=magnitudes))
    setting = _with_kept_bounds(setting, slot)
    return setting if slot == EMBEDDING else setting.with_evidence(_with_sums(setting))


def _beginning(task: Task) -> Setting:
    weights = ModelWeights.of(task.model)
    outputs = tuple(np.full(len(layer.w_o), np.inf) for layer in weights.layers)
    spaces = StateSpaces(task.facts, task.program, task.limits, task.originals)
    evidence = Evidence(spaces, Magnitudes.embedded(weights), outputs, (bos_row(weights),))
    return Setting(weights, task.facts, evidence, limits=task.limits)


def _after_claim(setting: Setting, e: Expr, claim: Claim, *, always_defined: bool) -> Setting:
    """The setting with a claim proved. What neurons compute may also be computed where it is used, and need not be
    proved."""
    try:
        return setting.with_evidence(prove_claim(setting, e, claim, always_defined=always_defined))
    except CertificateError:
        if e.op.variable:
            raise
        return setting


def _with_kept_bounds(setting: Setting, slot: Slot) -> Setting:
    """The setting with bounds of coordinates that hold for every value of the kept parts that a slot completes."""
    magnitudes, largest = setting.evidence.magnitudes, setting.largest(slot)
    for p in setting.evidence.proved:
        if not p.expr.op.barrier or p.slot != slot:
            continue
        domain = setting.facts.listed(p.expr)
        if domain is None:
            continue  # too many values: numbers, which have the bounds of what computes them
        encodings = [abs(p.variable.encoding(v)) for v in domain.values]
        sizes = np.abs(p.vector)
        others = float(sizes @ largest - sizes[p.pivot] * largest[p.pivot])
        bound = (max(encodings, default=0.0) + others) / float(sizes[p.pivot])
        magnitudes = magnitudes.with_bound(slot, p.pivot, max(magnitudes.at[slot, p.pivot], bound))
    if magnitudes is setting.evidence.magnitudes:
        return setting
    return setting.with_evidence(replace(setting.evidence, magnitudes=magnitudes))


def _with_sums(setting: Setting) -> Evidence:
    """The evidence with sums and differences of parts that are proved."""
    evidence, facts = setting.evidence, setting.facts
    for e in setting.spaces.parts:
        if e.op not in (Op.ADD, Op.SUB):
            continue
        proved = evidence.spaces.proved
        a, b = map(unnamed, e.src)
        if e in proved or a is b or a not in proved or b not in proved or not all(map(facts.whole, (e, *e.src))):
            continue
        x, y = proved[a], proved[b]
        if x.fallback or y.fallback or not (is_identity(x.encoding) and is_identity(y.encoding)):
            continue  # the fallback of a sum is not the sum of fallbacks
        error = evidence.errors[a] + evidence.errors[b]
        found = PartSum(e, (a, b), 1.0 if e.op is Op.ADD else -1.0, error)
        values = places = None
        if x.places is not None and y.places is not None:  # which sums are possible may depend on the position
            space = evidence.spaces.of({a, b, INDICES})
            column = values_in(e, facts, space)
            values = distinct_values(column)
            places = places_of(column, values, space, facts.max_len, setting.limits.places)
        evidence = evidence.learn_sum(found, Variable(float, values, places))
    return evidence


def _needed(task: Task, parts: tuple[Expr, ...]) -> set[Expr]:
    """Aggregates that are the same at every position and without which the program is undefined: whatever the stream
    stores where they are undefined, no answer depends on it."""
    claimed = {e: unnamed(e.src[0]) if e.op.barrier else e for e, _ in task.claims}  # a kept one is its source
    uniform = [e for e, part in claimed.items() if part.op.aggregate and task.facts.uniform(part)]
    return {e for e in uniform if fails_with(parts, e)}
