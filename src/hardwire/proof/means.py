"""Means: what is selected weighs the same, all else next to nothing."""

from __future__ import annotations

import numpy as np

from ..errors import CertificateError
from ..lang.expr import INDICES
from ..lang.values import is_number
from ..model.weights import Floats
from .forms import Plan, Read
from .heads import pieces
from .pairs import Scores, Truth, behind, shaken
from .pairs import sides as variables_of
from .picks import Pick
from .situations import most


class Mean(Pick):
    """The mean of what is selected.

    There is room for weights of the model that are off by a unit in the last place, of which scores make the most.
    """

    adds = True

    def error(self, offset: float, own: Plan | None) -> float:
        if own is not None:
            raise CertificateError("a mean comes from more than its heads")
        if len(self.parts) > 1:
            return self._split_mean(offset)
        part = self.only_part()
        x, default = self.e.src[1], self.e.src[-1]
        self.partial = not all(map(is_number, self.facts.domain(x).values))  # several of which have no mean
        keys, queries = self.sides(extra=(x,), asked=(default,))
        truth = Truth(self.selector, self.facts, keys.at, queries.at)
        target = self.labels(self.values(x, keys.at)) - offset
        value = keys.reads[1]
        mix = part.mix
        v, v_error = value.value @ mix, value.noise(self.stream.errors) @ np.abs(mix)
        span = max(float(v.max(initial=0)), 0.0) - min(float(v.min(initial=0)), 0.0)
        k, kind = self.kinds(keys, truth.columns[0], reads=slice(1))
        q, _ = self.kinds(queries, truth.columns[1])
        wrong = most(np.where(np.isnan(target), 0.0, np.abs(v - np.nan_to_num(target)) + v_error), kind, len(k))
        empty = self.labels(self.values(default, queries.at)) - offset
        worst = 0.0
        n = self.keys_total
        for rows in pieces(np.arange(len(q)), len(k)):
            selected, failed = truth.of(k, q[rows])
            self.partial = self.partial or bool(failed.any()) or bool(np.isnan(target).any())
            ignored = failed | self.unrelated(keys.at, queries.at, k, q[rows])
            selected = selected & ~ignored
            others = ~selected & ~ignored
            scores = self.scores(part, queries.reads[0].take(q[rows]), keys.read(0, k))
            some = selected.any(axis=1)
            reference = np.where(some, scores.value[np.arange(len(rows)), selected.argmax(axis=1)], 0.0)[:, None]
            spread = np.where(selected, np.abs(scores.value - reference) + scores.error, 0.0).max(axis=1)
            low = np.where(selected, scores.value - scores.error, np.inf).min(axis=1)
            high = np.where(others, scores.value + scores.error, -np.inf).max(axis=1)
            gap = np.minimum(low - high, np.where(some, low, np.inf))
            error = np.where(selected, wrong[None, :], 0.0).max(axis=1)
            unsure = ~self.surely(keys.at, queries.at, k, q[rows], selected)
            gap = np.where(unsure, np.minimum(gap, -high), gap)
            error = np.maximum(error, np.where(unsure, np.abs(np.nan_to_num(empty[q[rows]])), 0.0))
            if not (gap > 0).all():
                raise CertificateError(f"a key that is not selected weighs as much: scores {gap.min():.3g} apart")
            spread = spread + np.where(
                selected, shaken(queries.reads[0].take(q[rows]), keys.read(0, k), self.format), 0.0
            ).max(axis=1)
            # Weights within a factor exp(spread) of one, either way, move a mean by tanh(spread / 2) of the span.
            uneven = np.tanh(spread / 2) + 2 * self.format.exp_error + 2 * self.format.gamma(n + 1)
            error = error + (uneven + 2 * n * np.exp(-gap)) * span
            worst = max(worst, float(error.max(initial=0.0)))
        self.note("mean", worst)
        return worst + self._rounded(value.value, mix)

    def _rounded(self, values: Floats, mix: Floats) -> float:
        """What the outputs of a head, each of which is a mean, are rounded by; of one alone only what is not said of
        it elsewhere."""
        terms = 8 if len(mix) == 1 else 2 * self.keys_total + 8
        return float(self.format.gamma(terms) * (np.abs(values) @ np.abs(mix)).max(initial=0.0))

    def _split_mean(self, offset: float) -> float:
        """A mean over several heads, in each of which BOS has the weight of the keys of the others: their outputs add
        up to the sum of all over their number. Of positions alone, all of them before the query.
        """
        stream, n = self.stream, self.keys_total
        key_variables, query_variables = variables_of(self.selector, self.world, flat=True)
        if key_variables | query_variables != {INDICES}:
            raise CertificateError("a mean over several heads is one of positions alone")
        at = self.world.of({INDICES})
        truth = Truth(self.selector, self.facts, at, at)
        everything = np.arange(at.size)
        selected, failed = truth.of(everything, everything)
        if failed.any() or (selected & behind(at, at, everything, everything)).any():
            raise CertificateError("a mean over several heads reads what may not be there")
        count = selected.sum(axis=1, keepdims=True)
        wanted = np.where(selected, 1.0 / np.maximum(count, 1), 0.0)
        share, swing, span, wrong, outputs = np.zeros_like(wanted), np.zeros(at.size), 0.0, 0.0, 0.0
        for part in self.parts:
            query, key = (stream.read(stream.plan(w, part.slot), at) for w in (part.weights.q, part.weights.k))
            bos_key = self.prover.bos[part.layer - 1] @ part.weights.k
            scores = self.scores(part, query, key)
            leading = scores.value.argmax(axis=1)
            ahead = scores.value[np.arange(at.size), leading] > 0
            best = np.where(ahead[:, None], key.value[leading], bos_key)  # the key to which scores are compared
            scores = Scores.relative(query, key, best, stream.errors, self.format)
            bos = Scores.relative(query, Read.known(bos_key), best, stream.errors, self.format)
            weight, own = np.exp(scores.value), np.exp(bos.value)
            total = own + weight.sum(axis=1, keepdims=True)
            share += weight / total
            # Each weight may be off by so much of its own.
            noise = np.expm1(scores.error + shaken(query, key, self.format)) + self.format.exp_error
            noise_of_bos = np.expm1(bos.error + shaken(query, Read.known(bos_key), self.format)) + self.format.exp_error
            off = ((weight * noise).sum(axis=1) + (own * noise_of_bos)[:, 0]) / total[:, 0]
            plan = stream.plan(part.values, part.slot)
            x = self.e.src[1]
            keys = self.world.of(plan.variables | self.world.variables(x, flat=stream.flat))
            read = stream.read(plan, keys)
            mix = part.mix
            v = read.value @ mix
            target = self.labels(self.values(x, keys)) - offset
            self.partial = self.partial or bool(np.isnan(target).any())
            # What is too much here is too little there: values are mixed up by no more than their distance, times half
            # of what their shares change by in all, which is twice what weights are off by on average.
            if not (off < 1).all():
                raise CertificateError("scores are not known well enough for a mean")
            swing += off / (1 - off) * (max(float(v.max(initial=0.0)), 0.0) - min(float(v.min(initial=0.0)), 0.0))
            amiss = np.abs(v - np.nan_to_num(target)) + read.noise(stream.errors) @ np.abs(mix)
            wrong = max(wrong, float(np.where(np.isnan(target), 0.0, amiss).max(initial=0.0)))
            span = max(span, float(np.abs(v).max(initial=0.0)))
            outputs += self._rounded(read.value, mix)
        summed = np.abs(share - wanted) + 2 * self.format.gamma(n + 1) * share
        error = float((summed.sum(axis=1) * span + swing).max(initial=0.0)) + wrong
        empty = self.labels(self.values(self.e.src[-1], at)) - offset
        error += float(np.where(count[:, 0] == 0, np.abs(np.nan_to_num(empty)), 0.0).max(initial=0.0))
        self.note("mean", error)
        return error + outputs
