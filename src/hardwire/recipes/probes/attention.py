"""Heads and scores: every recipe at its longest input and largest values, in every order of summation."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ...constructions import hardness, heads, lookups
from ...constructions.attention import UNIT, Pattern, Score, average, equality, key_bit, pick, query_bit, table
from ...constructions.form import Floats, Form, wires
from ...constructions.registry import bound_of
from .. import position
from . import simulated
from .measured import Measured, probe

ONE, INDEX, I2, Q, V, BIT, SIGN = wires("one i i2 q v bit sign")
ROWS = 16
"""How many queries are tried of a long input."""


@dataclass(frozen=True)
class Look:
    """A head on one input: the directions by name, the output that is expected of its `value`, and the arguments of
    the recipe's bound. `more` are the circumstances other than the number of keys."""

    pattern: Pattern
    values: Mapping[str, npt.ArrayLike]
    right: npt.ArrayLike
    bound: Sequence[Any] = ()
    more: str = ""
    value: Form = V
    causal: bool = False

    @property
    def n(self) -> int:
        """The number of keys."""
        return max(map(np.size, self.values.values()))


def attack(name: str, case: Look, kind: str = "softmax") -> Measured:
    """The worst error over queries and orders; by hard attention in place of soft, if a kind of it is named."""
    n, at = case.n, f"n {case.n:,}{case.more}"
    rng = np.random.default_rng(zlib.crc32(f"{name} {at}".encode()))
    values = {k: np.asarray(v, np.float64) for k, v in case.values.items()}
    rows = some_of(n, rng)
    right = np.broadcast_to(np.asarray(case.right, np.float64), (n,))[rows]
    worst, pattern = 0.0, case.pattern
    if pattern.variant.kind == "softmax":
        pattern = replace(pattern, variant=replace(pattern.variant, kind=kind))
    for machine in simulated.machines(int(rng.integers(2**32))):
        found = simulated.head(machine, pattern, case.value, values, causal=case.causal, rows=rows)
        worst = max(worst, float(np.abs(found.astype(np.float64) - right).max()))
    d = len(case.pattern.pairs) + 1
    cost = f"d_qk {d + d % 2 if case.pattern.variant.rotary else d}"
    return Measured(name, at, n, bound_of(name)(*case.bound), worst, cost)


def some_of(n: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """The queries that are tried of n: all of a few, else the ends and some between."""
    return np.arange(n) if n <= ROWS else np.unique(np.r_[0, 1, n - 1, rng.integers(0, n, ROWS)])


def named(letter: str, count: int) -> tuple[Form, ...]:
    """Directions that are named by a letter and a number each."""
    return wires(" ".join(f"{letter}{k}" for k in range(count)))


def by_name(letter: str, columns: Iterable[npt.ArrayLike]) -> dict[str, Any]:
    """The values of such directions."""
    return {f"{letter}{k}": column for k, column in enumerate(columns)}


def of_values(n: int, size: float, *, whole: bool = False) -> Floats:
    """Values up to a size, the greatest among them."""
    rng = np.random.default_rng(n)
    v = rng.integers(-int(size), int(size) + 1, n).astype(float) if whole else rng.uniform(-size, size, n)
    v[0] = size
    return np.asarray(np.float32(v), np.float64)


def indices(n: int) -> dict[str, Floats]:
    i = np.arange(n, dtype=np.float64)
    return {"i": i, "i2": i * i}


# Scores: exact.


def _exact(name: str, score: Score, values: Mapping[str, Any], at: str, x: float) -> Measured:
    """How far the scores of float32 are from exact ones."""
    worst = 0.0
    for machine in simulated.machines():
        found = simulated.score(machine, score, values)
        exact = score(**values) + np.reshape(score.level(**values), (-1, 1))
        worst = max(worst, float(np.abs(found - exact).max()))
    return Measured(name, at, x, bound_of(name)(), worst, f"d_qk {len(score.pairs)}")


@probe("score_agreement", "score_equality", "score_key_bit", "score_query_bit", "score_table", "dnf_score")
def scores() -> Iterator[Measured]:
    rng = np.random.default_rng(0)
    for size in (10, 100, 1000, 2300):
        x = np.r_[-size, size, size - 1, rng.integers(-size, size + 1, 40)].astype(float)
        score = equality(INDEX, I2, INDEX, I2, ONE)
        yield _exact("score_equality", score, {"i": x, "i2": x * x}, f"numbers to {size:,}", size)
    for b in (4, 16, 64):
        score = lookups.agreement(named("s", b), named("s", b), ONE, UNIT * 2.0**17)
        held = by_name("s", [rng.choice((-1.0, 1.0), 50) for _ in range(b)])
        yield _exact("score_agreement", score, held, f"codes of {b} signs", b)
    bits = {"bit": rng.integers(0, 2, 50).astype(float)}
    yield _exact("score_key_bit", key_bit(BIT, ONE), bits, "50 keys", 50)
    yield _exact("score_query_bit", query_bit(BIT, ONE), bits, "50 keys", 50)
    codes, x = named("c", 6), rng.integers(0, 6, 50)
    hot = by_name("c", [(x == k).astype(float) for k in range(6)])
    rows = [(q, -1 * k) for q, k in itertools.pairwise(codes)]
    yield _exact("score_table", table(rows), hot, "6 classes", 6)
    score = heads.dnf_score(lambda k, q: (k * q) % 3 == 1, codes, codes, ONE)
    yield _exact("dnf_score", score, hot, "6 classes", 6)


# Picking one.


@probe("pick")
def picking() -> Iterator[Measured]:
    for n in (10, 100, 1000):
        for size in (1.0, 1000.0):
            v, bits = of_values(n, size), (np.arange(n) == n // 2) * 1.0
            bound = (n, size, UNIT, 0.0, UNIT / 2)
            pattern = pick(key_bit(BIT, ONE), ONE)
            yield attack("pick", Look(pattern, {"bit": bits, "v": v}, v[n // 2], bound, f", values {size:g}"))


@probe("lookup_one_hot", "lookup_distance", "lookup_almost_orthogonal")
def by_codes() -> Iterator[Measured]:
    for n in (10, 50, 150):
        v, j, eps = of_values(n, 10.0), np.arange(n)[:, None], 0.375
        q = np.random.default_rng(n).integers(0, n, n)
        almost = lookups.almost_orthogonal(n, eps)
        m = almost.shape[1]
        for name, pattern, codes, bound, more in (  # codes: (n, m), a row for each position
            ("lookup_one_hot", lookups.lookup_one_hot, j == j.T, (n, 10.0, UNIT, 0.0, UNIT / 2), ""),
            ("lookup_distance", lookups.lookup_distance, (j > j.T)[:, :-1], (n, 10.0, UNIT), ""),
            ("lookup_almost_orthogonal", lookups.lookup_almost_orthogonal, almost, (n, 10.0, m, eps), f", m {m}"),
        ):
            queries, keys = named("q", codes.shape[1]), named("k", codes.shape[1])
            given = by_name("q", codes[q].T * 1.0) | by_name("k", codes.T * 1.0) | {"v": v}
            made = pattern(queries, keys, ONE, *((eps,) if more else ()))
            yield attack(name, Look(made, given, v[q], bound, more))


@probe("lookup_latest")
def by_address() -> Iterator[Measured]:
    """Reads of a memory in which addresses near each other are written often."""
    for n, b in ((10, 3), (1000, 10), (20_000, 16)):
        rng = np.random.default_rng(n)
        address, v = rng.integers(0, min(n // 3, 2**b), n), of_values(n, 10.0)
        codes = by_name("s", [2.0 * (address >> k & 1) - 1 for k in range(b)])
        given = codes | {"i": np.arange(n, dtype=np.float64), "v": v}
        latest = {int(a): int(j) for j, a in enumerate(address)}
        right = v[[latest[int(a)] for a in address]]
        pattern = lookups.lookup_latest(named("s", b), named("s", b), INDEX, ONE, n)
        yield attack("lookup_latest", Look(pattern, given, right, (n, 10.0), f", {b} bits"))


@probe("lookup_quadratic", "predecessor", "itself", "predecessor_hard")
def by_position() -> Iterator[Measured]:
    for n in (10, 100, 1000, 2000):
        v, i = of_values(n, 10.0), indices(n)
        q = np.random.default_rng(n).integers(-1, n, n)
        right = np.where(q < 0, 0.0, v[q])
        for noise in (0.0, 0.125):
            rng = np.random.default_rng(1)
            given = i | {"v": v, "q": simulated.noisy(q.astype(float), noise, rng)}
            if bound_of("lookup_quadratic")(n, 10.0, noise) > 10.0:
                continue  # that says nothing
            pattern, more = lookups.lookup_quadratic(Q, INDEX, I2, ONE), f", noise {noise}" if noise else ""
            yield attack("lookup_quadratic", Look(pattern, given, right, (n, 10.0, noise), more))
        back = np.r_[0.0, v[:-1]]
        yield attack("predecessor", Look(heads.predecessor(INDEX, I2, ONE), i | {"v": v}, back, (n, 10.0)))
        yield attack("itself", Look(heads.itself(INDEX, I2, ONE), i | {"v": v}, v, (n, 10.0)))
        yield attack("predecessor_hard", Look(heads.predecessor_hard(ONE), {"v": v}, back))


@probe("lookup_hash", "lookup_sinusoids", "lookup_two_periods", "predecessor_rotary")
def by_angles() -> Iterator[Measured]:
    for n in (5, 10, 20, 24):
        v, j = of_values(n, 1.0), np.arange(n)
        q = np.random.default_rng(n).integers(0, n, n)
        norm = np.sqrt(j * j + 1.0)
        scale = lookups.hash_scale(n)
        x, h, a, b = wires("x h a b")
        given = {"x": (j / norm)[q], "h": (1 / norm)[q], "a": j / norm, "b": 1 / norm, "v": v}
        yield attack("lookup_hash", Look(lookups.lookup_hash([x, h], [a, b], ONE, scale), given, v[q], (n, 1.0)))
    for n in (10, 100, 1000):
        v, j = of_values(n, 1.0), np.arange(n)
        q = np.random.default_rng(n).integers(0, n, n)
        turns = [2 * math.pi / 7, 2 * math.pi / 31, 2 * math.pi / 61, 2 * math.pi / 1201]
        gap = lookups.sinusoid_gap(turns, n)
        scale = hardness.temperature(n, 1e-6, gap)
        made = _pairs(lookups.lookup_sinusoids, turns, scale, j, q, v)
        yield attack("lookup_sinusoids", Look(*made, (n, 1.0, turns, scale)))
        period = lookups.two_periods(n)
        turns = [2 * math.pi / period, 2 * math.pi / (period + 1)]
        made = _pairs(lambda a, b, one, _, n=n: lookups.lookup_two_periods(a, b, one, n), turns, 1.0, j, q, v)
        yield attack("lookup_two_periods", Look(*made, (n, 1.0)))
    for n in (10, 100):
        v = of_values(n, 1.0)
        turns = [2 * math.pi / 7, 2 * math.pi / 211]
        scale = hardness.temperature(n, 1e-6, lookups.sinusoid_gap(turns, 211) / 2)
        pattern = position.predecessor_rotary(ONE, turns, scale)
        yield attack("predecessor_rotary", Look(pattern, {"v": v}, np.r_[0.0, v[:-1]], (n, 1.0, turns, scale)))


def _pairs(make: Any, turns: list[float], scale: float, j: Any, q: Any, v: Floats) -> tuple[Pattern, Any, Any]:
    """(pattern, directions, right) of a look-up by the (cos, sin) of each frequency."""
    names = [(f"c{f}", f"s{f}") for f in range(len(turns))]
    key = [wires(f"k{c} k{s}") for c, s in names]
    query = [wires(f"q{c} q{s}") for c, s in names]
    given: dict[str, Floats] = {"v": v}
    for (c, s), w in zip(names, turns, strict=True):
        given |= {f"k{c}": np.cos(w * j), f"k{s}": np.sin(w * j), f"q{c}": np.cos(w * q), f"q{s}": np.sin(w * q)}
    return make(query, key, ONE, scale), given, v[q]


# Ties and temperatures.


@probe("temperature", "rightmost", "leftmost", "nearest")
def ties() -> Iterator[Measured]:
    for n in (2, 10, 100, 1000):
        for gap in (0.25, 1.0, 32.0):
            scale = hardness.temperature(n, 0.01, gap)
            # The worst scores: every other key just a gap below.
            share = (n - 1) * math.exp(-scale * gap) / (1 + (n - 1) * math.exp(-scale * gap))
            claimed = bound_of("temperature")(n, scale, gap)
            yield Measured("temperature", f"n {n:,}, gap {gap:g}, eps 0.01", n, claimed * (1 + 1e-12), share, "nothing")
    for n in (10, 100, 1000):
        last, j = (np.arange(n) == n - 1) * 1.0, np.arange(n, dtype=np.float64)
        for name, make in (("rightmost", hardness.rightmost), ("leftmost", hardness.leftmost)):
            for unit in (1.0, 4.0, 24.0):
                ends = last if name == "rightmost" else last[::-1]
                pattern = Pattern(make(INDEX, ONE, unit).pairs, -2 * unit * n * ONE)
                yield attack(name, Look(pattern, {"i": j, "v": ends}, 1.0, (n, unit), f", t {unit:g}"))
        for slope in (1.0, 24.0):
            bits = (np.random.default_rng(n).random(n) < 0.3) * 1.0
            seen = np.maximum.accumulate(np.where(bits > 0, j, -1.0))
            v = of_values(n, 1.0)
            right = np.where(seen < 0, 0.0, v[seen.astype(int)])
            pattern, bound = position.nearest(key_bit(BIT, ONE), ONE, n, slope), (n, 1.0, slope)
            more = f", slope {slope:g}"
            yield attack("nearest", Look(pattern, {"bit": bits, "v": v}, right, bound, more, causal=True))
            v = np.where(j == n - 1, 1.0, -1.0)  # the last against all others
            given = {"bit": np.ones(n), "v": v}
            yield attack("nearest", Look(pattern, given, v, bound, f"{more}, all selected", causal=True))


# Means and sums.


@probe("average", "uniform", "share_of_bos", "first_position", "identity_attention")
def means() -> Iterator[Measured]:
    for n in (10, 100, 1000, 4000):
        for size, v in ((1.0, of_values(n, 1.0)), (100.0, of_values(n, 100.0)), (0.7, np.full(n, np.float32(0.7)))):
            bits = (np.arange(n) % 3 == 0) * 1.0
            more = f", values {size:g}"
            selected = average(key_bit(BIT, ONE), ONE)
            mean = math.fsum(v * bits) / bits.sum()
            yield attack("average", Look(selected, {"bit": bits, "v": v}, mean, (n, size), more))
            prefix = np.asarray(np.cumsum(v), np.float64) / np.arange(1, n + 1)
            yield attack("uniform", Look(heads.uniform(ONE), {"v": v}, prefix, (n, size), more, causal=True))
        every = np.arange(n)
        share = heads.share_of_bos(ONE), {"v": 0.0 * every}, 1 - 1 / (every + 2), (n, 1.0)
        yield attack("share_of_bos", Look(*share, value=ONE, causal=True))
        signs = position.alternating(n)
        first = heads.first_position(SIGN, ONE), {"sign": signs}, -np.cumsum(signs) / (every + 1.0), (n,)
        yield attack("first_position", Look(*first, value=-1 * SIGN, causal=True))
    nothing = Look(heads.identity_attention(ONE), {"v": np.ones(9)}, 0.0, value=0 * V)
    yield attack("identity_attention", nothing)


@probe("sink_sum", "digit_prefix")
def sums() -> Iterator[Measured]:
    for n, size in ((100, 1), (100, 99), (1000, 1), (1000, 9), (1000, 99), (4000, 1), (4000, 9)):
        skewed = np.full(n, np.float64(np.float32(0.7 * size)))  # every addition rounds the same way, for a while
        for what, v in (
            ("random", of_values(n, size, whole=True)),
            ("whole", np.full(n, float(size))),
            ("equal", skewed),
        ):
            bound = (n, float(np.abs(v).sum()), size, n)
            pattern = heads.sink_sum(Score(), ONE)
            yield attack("sink_sum", Look(pattern, {"v": v}, v.sum(), bound, f", {what} values to {size}"))
    for n, base in ((36, 6), (100, 10), (1000, 32)):
        yield _prefix(n, base)


def _prefix(n: int, base: int) -> Measured:
    """Both heads of a prefix sum over positions of two digits, against sums before each position."""
    rng = np.random.default_rng(n)
    v, j = of_values(n, 9.0, whole=True), np.arange(n)
    p, p2 = wires("p p2")
    pattern = heads.digit_prefix(p, p2, named("d", base), named("t", base), ONE)
    parts = []
    for higher, digit in ((j // base, j % base), (j * 0, j // base)):
        given = {"p": higher, "p2": higher**2, "v": v}
        given |= by_name("d", [(digit == c) * 1.0 for c in range(base)])
        given |= by_name("t", [(digit >= c) * 1.0 for c in range(base)])
        parts.append((pattern, given))
    worst = _together(parts, np.cumsum(v) - v, some_of(n, rng))
    claimed = bound_of("digit_prefix")(n, float(np.abs(v).sum()), 9.0, 2)
    return Measured("digit_prefix", f"n {n:,}, base {base}", n, claimed, worst, f"2 heads of d_qk {base + 4}")


def _together(
    parts: Sequence[tuple[Pattern, Mapping[str, Any]]], right: Floats, rows: npt.NDArray[np.int64], **how: bool
) -> float:
    """The worst error of the sum of several heads, (pattern, values of the directions) each."""
    worst = 0.0
    for machine in simulated.machines(len(right)):
        found = [simulated.head(machine, pattern, V, given, rows=rows, **how) for pattern, given in parts]
        worst = max(worst, float(np.abs(np.sum(found, axis=0, dtype=np.float64) - right[rows]).max()))
    return worst


@probe("part_of_mean")
def shared_means() -> Iterator[Measured]:
    """Two heads that share the keys before a query out by a bit, in a causal model."""
    for n in (10, 100, 1000):
        v = of_values(n, 10.0)
        bits = (np.arange(n) % 3 == 0) * 1.0
        own = np.stack([np.cumsum(bits), np.cumsum(1 - bits)])
        others = np.where(own[::-1] > 0, np.log(np.maximum(own[::-1], 1)), -60.0)
        (log,) = wires("log")
        parts = [
            (heads.part_of_mean(key_bit(bit, ONE), log, ONE), {"bit": bits, "v": v, "log": weight})
            for bit, weight in ((BIT, others[0]), (ONE - BIT, others[1]))
        ]
        worst = _together(parts, np.cumsum(v) / own.sum(axis=0), some_of(n, np.random.default_rng(n)), causal=True)
        claimed = bound_of("part_of_mean")(n, 10.0)
        yield Measured("part_of_mean", f"n {n:,}", n, claimed, worst, "2 heads of d_qk 2")
