"""Heads and scores: every recipe at its longest input and largest values, in every order of summation."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator, Mapping
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
    """A head on one input: its value and the directions by name, the output that is expected, and the claimed bound."""

    pattern: Pattern
    value: Form
    values: Mapping[str, npt.ArrayLike]
    right: npt.ArrayLike
    claimed: float
    at: str
    x: float
    causal: bool = False


def attack(name: str, case: Look, kind: str = "softmax") -> Measured:
    """The worst error over queries and orders; by hard attention in place of soft, if a kind of it is named."""
    rng = np.random.default_rng(zlib.crc32(f"{name} {case.at}".encode()))
    values = {k: np.asarray(v, np.float64) for k, v in case.values.items()}
    n = max(map(np.size, values.values()))
    rows = np.arange(n) if n <= ROWS else np.unique(np.r_[0, 1, n - 1, rng.integers(0, n, ROWS)])
    right = np.broadcast_to(np.asarray(case.right, np.float64), (n,))[rows]
    worst, pattern = 0.0, case.pattern
    if pattern.variant.kind == "softmax":
        pattern = replace(pattern, variant=replace(pattern.variant, kind=kind))
    for machine in simulated.machines(int(rng.integers(2**32))):
        found = simulated.head(machine, pattern, case.value, values, causal=case.causal, rows=rows)
        worst = max(worst, float(np.abs(found.astype(np.float64) - right).max()))
    return Measured(name, case.at, case.x, case.claimed, worst, _cost(case.pattern))


def _cost(pattern: Pattern) -> str:
    d = len(pattern.pairs) + 1
    return f"d_qk {d + d % 2 if pattern.variant.rotary else d}"


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
        signs = wires(" ".join(f"s{k}" for k in range(b)))
        score = lookups.agreement(signs, signs, ONE, UNIT * 2.0**17)
        held = {f"s{k}": rng.choice((-1.0, 1.0), 50) for k in range(b)}
        yield _exact("score_agreement", score, held, f"codes of {b} signs", b)
    bits = {"bit": rng.integers(0, 2, 50).astype(float)}
    yield _exact("score_key_bit", key_bit(BIT, ONE), bits, "50 keys", 50)
    yield _exact("score_query_bit", query_bit(BIT, ONE), bits, "50 keys", 50)
    names = [f"c{k}" for k in range(6)]
    codes = wires(" ".join(names))
    x = rng.integers(0, 6, 50)
    hot = {name: (x == k).astype(float) for k, name in enumerate(names)}
    rows = [(q, -1 * k) for q, k in itertools.pairwise(codes)]
    yield _exact("score_table", table(rows), hot, "6 classes", 6)
    score = heads.dnf_score(lambda k, q: (k * q) % 3 == 1, codes, codes, ONE)
    yield _exact("dnf_score", score, hot, "6 classes", 6)


# Picking one.


@probe("pick")
def picking() -> Iterator[Measured]:
    for n in (10, 100, 1000):
        for size in (1.0, 1000.0):
            v = of_values(n, size)
            bits = np.zeros(n)
            bits[n // 2] = 1
            claimed = bound_of("pick")(n, size, UNIT, 0.0, UNIT / 2)
            case = Look(
                pick(key_bit(BIT, ONE), ONE),
                V,
                {"bit": bits, "v": v},
                v[n // 2],
                claimed,
                f"n {n:,}, values {size:g}",
                n,
            )
            yield attack("pick", case)


@probe("lookup_one_hot", "lookup_distance", "lookup_almost_orthogonal")
def by_codes() -> Iterator[Measured]:
    for n in (10, 50, 150):
        v = of_values(n, 10.0)
        q = np.random.default_rng(n).integers(0, n, n)
        qs, ks = wires(" ".join(f"q{k}" for k in range(n))), wires(" ".join(f"k{k}" for k in range(n)))
        hot = {f"q{k}": (q == k).astype(float) for k in range(n)} | {
            f"k{k}": (np.arange(n) == k) * 1.0 for k in range(n)
        }
        yield attack(
            "lookup_one_hot",
            Look(
                lookups.lookup_one_hot(qs, ks, ONE),
                V,
                hot | {"v": v},
                v[q],
                bound_of("lookup_one_hot")(n, 10.0, UNIT, 0.0, UNIT / 2),
                f"n {n}",
                n,
            ),
        )
        over = {f"q{k}": (q > k) * 1.0 for k in range(n)} | {f"k{k}": (np.arange(n) > k) * 1.0 for k in range(n)}
        yield attack(
            "lookup_distance",
            Look(
                lookups.lookup_distance(qs[:-1], ks[:-1], ONE),
                V,
                over | {"v": v},
                v[q],
                bound_of("lookup_distance")(n, 10.0, UNIT),
                f"n {n}",
                n,
            ),
        )
        eps = 0.375
        codes = lookups.almost_orthogonal(n, eps)
        m = codes.shape[1]
        qs, ks = wires(" ".join(f"q{k}" for k in range(m))), wires(" ".join(f"k{k}" for k in range(m)))
        few = {f"q{k}": codes[q, k] for k in range(m)} | {f"k{k}": codes[:, k] for k in range(m)} | {"v": v}
        claimed = bound_of("lookup_almost_orthogonal")(n, 10.0, m, eps)
        yield attack(
            "lookup_almost_orthogonal",
            Look(
                lookups.lookup_almost_orthogonal(qs, ks, ONE, eps), V, few | {"v": v}, v[q], claimed, f"n {n}, m {m}", n
            ),
        )


@probe("lookup_latest")
def by_address() -> Iterator[Measured]:
    """Reads of a memory in which addresses near each other are written often."""
    for n, b in ((10, 3), (1000, 10), (20_000, 16)):
        rng = np.random.default_rng(n)
        address, v = rng.integers(0, min(n // 3, 2**b), n), of_values(n, 10.0)
        signs = wires(" ".join(f"s{k}" for k in range(b)))
        codes = {f"s{k}": 2.0 * (address >> k & 1) - 1 for k in range(b)}
        given = codes | {"i": np.arange(n, dtype=np.float64), "v": v}
        latest = {int(a): int(j) for j, a in enumerate(address)}
        right = v[[latest[int(a)] for a in address]]
        pattern = lookups.lookup_latest(signs, signs, INDEX, ONE, n)
        claimed = bound_of("lookup_latest")(n, 10.0)
        yield attack("lookup_latest", Look(pattern, V, given, right, claimed, f"{n:,} writes, {b} bits", n))


@probe("lookup_quadratic", "predecessor", "itself", "predecessor_hard")
def by_position() -> Iterator[Measured]:
    for n in (10, 100, 1000, 2000):
        v, i = of_values(n, 10.0), indices(n)
        q = np.random.default_rng(n).integers(-1, n, n)
        right = np.where(q < 0, 0.0, v[q])
        for noise in (0.0, 0.125):
            rng = np.random.default_rng(1)
            given = i | {"v": v, "q": simulated.noisy(q.astype(float), noise, rng)}
            claimed = bound_of("lookup_quadratic")(n, 10.0, noise)
            if claimed > 10.0:
                continue  # that says nothing
            case = Look(
                lookups.lookup_quadratic(Q, INDEX, I2, ONE),
                V,
                given,
                right,
                claimed,
                f"n {n:,}" + (f", noise {noise}" if noise else ""),
                n,
            )
            yield attack("lookup_quadratic", case)
        claimed = bound_of("predecessor")(n, 10.0)
        yield attack(
            "predecessor",
            Look(heads.predecessor(INDEX, I2, ONE), V, i | {"v": v}, np.r_[0.0, v[:-1]], claimed, f"n {n:,}", n),
        )
        yield attack(
            "itself",
            Look(heads.itself(INDEX, I2, ONE), V, i | {"v": v}, v, bound_of("itself")(n, 10.0), f"n {n:,}", n),
        )
        hard = Look(heads.predecessor_hard(ONE), V, {"v": v}, np.r_[0.0, v[:-1]], 0.0, f"n {n:,}", n)
        yield attack("predecessor_hard", hard)


@probe("lookup_hash", "lookup_sinusoids", "lookup_two_periods", "predecessor_rotary")
def by_angles() -> Iterator[Measured]:
    for n in (5, 10, 20, 24):
        v, j = of_values(n, 1.0), np.arange(n)
        q = np.random.default_rng(n).integers(0, n, n)
        norm = np.sqrt(j * j + 1.0)
        scale = lookups.hash_scale(n)
        x, h, a, b = wires("x h a b")
        given = {"x": (j / norm)[q], "h": (1 / norm)[q], "a": j / norm, "b": 1 / norm, "v": v}
        claimed = bound_of("lookup_hash")(n, 1.0)
        case = Look(lookups.lookup_hash([x, h], [a, b], ONE, scale), V, given, v[q], claimed, f"n {n}", n)
        yield attack("lookup_hash", case)
    for n in (10, 100, 1000):
        v, j = of_values(n, 1.0), np.arange(n)
        q = np.random.default_rng(n).integers(0, n, n)
        turns = [2 * math.pi / 7, 2 * math.pi / 31, 2 * math.pi / 61, 2 * math.pi / 1201]
        gap = lookups.sinusoid_gap(turns, n)
        scale = hardness.temperature(n, 1e-6, gap)
        claimed = bound_of("lookup_sinusoids")(n, 1.0, turns, scale)
        case = Look(*_pairs(lookups.lookup_sinusoids, turns, scale, j, q, v), claimed, f"n {n:,}", n)
        yield attack("lookup_sinusoids", case)
        period = lookups.two_periods(n)
        turns = [2 * math.pi / period, 2 * math.pi / (period + 1)]
        made = _pairs(lambda a, b, one, _, n=n: lookups.lookup_two_periods(a, b, one, n), turns, 1.0, j, q, v)
        yield attack("lookup_two_periods", Look(*made, bound_of("lookup_two_periods")(n, 1.0), f"n {n:,}", n))
    for n in (10, 100):
        v = of_values(n, 1.0)
        turns = [2 * math.pi / 7, 2 * math.pi / 211]
        gap = lookups.sinusoid_gap(turns, 211 - n)
        scale = hardness.temperature(n, 1e-6, lookups.sinusoid_gap(turns, 211) / 2)
        pattern = position.predecessor_rotary(ONE, turns, scale)
        claimed = bound_of("predecessor_rotary")(n, 1.0, turns, scale)
        case = Look(pattern, V, {"v": v}, np.r_[0.0, v[:-1]], claimed, f"n {n}", n)
        yield attack("predecessor_rotary", case)


def _pairs(make: Any, turns: list[float], scale: float, j: Any, q: Any, v: Floats) -> tuple[Pattern, Form, Any, Any]:
    """(pattern, value, directions, right) of a look-up by the (cos, sin) of each frequency."""
    names = [(f"c{f}", f"s{f}") for f in range(len(turns))]
    key = [wires(f"k{c} k{s}") for c, s in names]
    query = [wires(f"q{c} q{s}") for c, s in names]
    given: dict[str, Floats] = {"v": v}
    for (c, s), w in zip(names, turns, strict=True):
        given |= {f"k{c}": np.cos(w * j), f"k{s}": np.sin(w * j), f"q{c}": np.cos(w * q), f"q{s}": np.sin(w * q)}
    return make(query, key, ONE, scale), V, given, v[q]


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
                claimed = bound_of(name)(n, unit)
                at = f"n {n:,}, t {unit:g}"
                yield attack(name, Look(pattern, V, {"i": j, "v": ends}, 1.0, claimed, at, n))
        for slope in (1.0, 24.0):
            bits = (np.random.default_rng(n).random(n) < 0.3) * 1.0
            seen = np.maximum.accumulate(np.where(bits > 0, j, -1.0))
            v = of_values(n, 1.0)
            right = np.where(seen < 0, 0.0, v[seen.astype(int)])
            claimed = bound_of("nearest")(n, 1.0, slope)
            pattern = position.nearest(key_bit(BIT, ONE), ONE, n, slope)
            at = f"n {n:,}, slope {slope:g}"
            yield attack("nearest", Look(pattern, V, {"bit": bits, "v": v}, right, claimed, at, n, causal=True))
            v = np.where(j == n - 1, 1.0, -1.0)  # the last against all others
            given = {"bit": np.ones(n), "v": v}
            yield attack("nearest", Look(pattern, V, given, v, claimed, f"{at}, all selected", n, causal=True))


# Means and sums.


@probe("average", "uniform", "share_of_bos", "first_position", "identity_attention")
def means() -> Iterator[Measured]:
    bound = bound_of("uniform")
    for n in (10, 100, 1000, 4000):
        for size, v in ((1.0, of_values(n, 1.0)), (100.0, of_values(n, 100.0)), (0.7, np.full(n, np.float32(0.7)))):
            bits = (np.arange(n) % 3 == 0) * 1.0
            at = f"n {n:,}, values {size:g}"
            selected = average(key_bit(BIT, ONE), ONE)
            mean = math.fsum(v * bits) / bits.sum()
            yield attack("average", Look(selected, V, {"bit": bits, "v": v}, mean, bound_of("average")(n, size), at, n))
            prefix = np.asarray(np.cumsum(v), np.float64) / np.arange(1, n + 1)
            case = Look(heads.uniform(ONE), V, {"v": v}, prefix, bound(n, size), at, n, causal=True)
            yield attack("uniform", case)
        every = np.arange(n)
        claimed = bound_of("share_of_bos")(n, 1.0)
        share = Look(
            heads.share_of_bos(ONE), ONE, {"v": 0.0 * every}, 1 - 1 / (every + 2), claimed, f"n {n:,}", n, True
        )
        yield attack("share_of_bos", share)
        signs = position.alternating(n)
        right = -np.cumsum(signs) / (every + 1.0)
        claimed = bound_of("first_position")(n)
        first = Look(heads.first_position(SIGN, ONE), -1 * SIGN, {"sign": signs}, right, claimed, f"n {n:,}", n, True)
        yield attack("first_position", first)
    yield attack(
        "identity_attention", Look(heads.identity_attention(ONE), 0 * V, {"v": np.ones(9)}, 0.0, 0.0, "n 9", 9)
    )


@probe("sink_sum", "digit_prefix")
def sums() -> Iterator[Measured]:
    for n, size in ((100, 1), (100, 99), (1000, 1), (1000, 9), (1000, 99), (4000, 1), (4000, 9)):
        skewed = np.full(n, np.float64(np.float32(0.7 * size)))  # every addition rounds the same way, for a while
        for what, v in (
            ("random", of_values(n, size, whole=True)),
            ("whole", np.full(n, float(size))),
            ("equal", skewed),
        ):
            claimed = bound_of("sink_sum")(n, float(np.abs(v).sum()), size, n)
            case = Look(
                heads.sink_sum(Score(), ONE), V, {"v": v}, v.sum(), claimed, f"n {n:,}, {what} values to {size}", n
            )
            yield attack("sink_sum", case)
    for n, base in ((36, 6), (100, 10), (1000, 32)):
        yield _prefix(n, base)


def _prefix(n: int, base: int) -> Measured:
    """Both heads of a prefix sum over positions of two digits, against sums before each position."""
    rng = np.random.default_rng(n)
    v, j = of_values(n, 9.0, whole=True), np.arange(n)
    digits, at_least = wires(" ".join(f"d{c}" for c in range(base))), wires(" ".join(f"t{c}" for c in range(base)))
    p, p2 = wires("p p2")
    worst = 0.0
    rows = np.unique(np.r_[0, 1, n - 1, rng.integers(0, n, ROWS)])
    pattern = heads.digit_prefix(p, p2, digits, at_least, ONE)
    for machine in simulated.machines(n):
        total = np.zeros(n)
        for level in range(2):
            higher, digit = (j // base, j % base) if level == 0 else (j * 0, j // base)
            given = {"p": higher, "p2": higher**2, "v": v}
            given |= {f"d{c}": (digit == c) * 1.0 for c in range(base)}
            given |= {f"t{c}": (digit >= c) * 1.0 for c in range(base)}
            total[rows] += simulated.head(machine, pattern, V, given, rows=rows)
        worst = max(worst, float(np.abs(total - (np.cumsum(v) - v))[rows].max()))
    claimed = bound_of("digit_prefix")(n, float(np.abs(v).sum()), 9.0, 2)
    return Measured("digit_prefix", f"n {n:,}, base {base}", n, claimed, worst, f"2 heads of d_qk {base + 4}")


@probe("part_of_mean")
def shared_means() -> Iterator[Measured]:
    """Two heads that share the keys before a query out by a bit, in a causal model."""
    for n in (10, 100, 1000):
        v = of_values(n, 10.0)
        bits = (np.arange(n) % 3 == 0) * 1.0
        own = np.stack([np.cumsum(bits), np.cumsum(1 - bits)])
        others = np.where(own[::-1] > 0, np.log(np.maximum(own[::-1], 1)), -60.0)
        right = np.cumsum(v) / own.sum(axis=0)
        (log,) = wires("log")
        worst = 0.0
        rng = np.random.default_rng(n)
        rows = np.unique(np.r_[0, 1, n - 1, rng.integers(0, n, ROWS)])
        for machine in simulated.machines(n):
            total = np.zeros(len(rows))
            for bit, weight in ((BIT, others[0]), (ONE - BIT, others[1])):
                pattern = heads.part_of_mean(key_bit(bit, ONE), log, ONE)
                given = {"bit": bits, "v": v, "log": weight}
                total += simulated.head(machine, pattern, V, given, causal=True, rows=rows)
            worst = max(worst, float(np.abs(total - right[rows]).max()))
        claimed = bound_of("part_of_mean")(n, 10.0)
        yield Measured("part_of_mean", f"n {n:,}", n, claimed, worst, "2 heads of d_qk 2")
