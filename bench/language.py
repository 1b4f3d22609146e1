"""Programs run by the interpreter."""

from __future__ import annotations

import operator
import statistics
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import numpy as np
from rich.table import Table

from hardwire import SOp, indices, key, programs, query, same_token, tokens
from hardwire.lang.expr import Expr, Op

from .measure import child, median, medians_in_turn, memory, shown

RASPY = {7: "0.3 ms", 101: "6.2 ms", 501: "146 ms"}
"""What RASPy's own interpreter takes for its addition of so many characters, on a machine of the same kind."""

_BINARY: dict[Op, Callable[..., Any]] = {
    Op.ADD: operator.add, Op.SUB: operator.sub, Op.MUL: operator.mul, Op.MOD: operator.mod,
    Op.FLOORDIV: operator.floordiv, Op.EQ: operator.eq, Op.NE: operator.ne, Op.LT: operator.lt, Op.LE: operator.le,
    Op.GT: operator.gt, Op.GE: operator.ge, Op.AND: operator.and_, Op.OR: operator.or_, Op.XOR: operator.xor,
    Op.WHERE: lambda c, a, b: a if c else b,
}  # fmt: skip


def plainly(program: SOp, text: str) -> list[Any]:
    """The program by lists of Python values and of lists of bools, as a person would write it down."""
    n, held = len(text), dict[Expr, Any]()

    def aggregate(e: Expr, q: int) -> Any:
        keys = [k for k in range(n) if held[e.src[0]][q][k]]
        if e.op is Op.WIDTH:
            return len(keys)
        x, default = held[e.src[-2]], held[e.src[-1]]
        if not keys:
            return default[q]
        if e.op in (Op.MAX, Op.MIN):
            best = max if e.op is Op.MAX else min
            return x[best(keys, key=held[e.src[1]].__getitem__)]
        total = x[keys[0]] if len(keys) == 1 else sum(x[k] for k in keys)
        return Fraction(total, len(keys)) if e.op is Op.MEAN and len(keys) > 1 else total

    for e in program.expr.walk():
        src = [held[s] for s in e.src]
        if e.op is Op.TOKENS:
            held[e] = list(text)
        elif e.op is Op.INDICES:
            held[e] = list(range(n))
        elif e.op is Op.CONST:
            held[e] = [e.arg] * n
        elif e.op is Op.NAME:
            held[e] = src[0]
        elif e.op is Op.COMPARE:
            held[e] = [[_BINARY[e.arg](k, q) for k in src[0]] for q in src[1]]
        elif e.selector:
            held[e] = [[_BINARY[e.op](a, b) for a, b in zip(*rows, strict=True)] for rows in zip(*src, strict=True)]
        elif e.op is Op.MAP:
            held[e] = [e.arg(*args) for args in zip(*src, strict=True)]
        elif e.op in _BINARY:
            held[e] = [_BINARY[e.op](*args) for args in zip(*src, strict=True)]
        else:
            held[e] = [aggregate(e, q) for q in range(n)]
    return list(held[program.expr])


def tables() -> Iterator[Table]:
    table = Table("what", "figure", "plain Python", "times", "RASPy", title="running programs")
    for row in rows():
        table.add_row(*row)
    yield table


def importing() -> float:
    """The time of `import hardwire` after that of NumPy, in fresh processes."""
    code = "import numpy, time; start = time.perf_counter(); import hardwire; print(time.perf_counter() - start)"
    return statistics.median(child(code) for _ in range(7))


def sum_of(n: int) -> str:
    """Two numbers with n characters between them, and carries that run all the way."""
    return "9" * (n // 2) + "+" + "1".rjust(n - n // 2 - 1, "0")


def rows() -> list[tuple[str, ...]]:
    rng = np.random.default_rng(0)
    add = programs.add()
    table: list[tuple[str, ...]] = [("import hardwire, NumPy being loaded", shown(importing()))]
    for n in (7, 101, 501, 10_001):
        text = sum_of(n)
        if n not in RASPY:
            table.append((f"add, {n:,} characters", shown(median(lambda text=text: add(text)))))
            continue
        assert plainly(add, text) == add(text)
        ours, plain = medians_in_turn(lambda text=text: add(text), lambda text=text: plainly(add, text))
        table.append((f"add, {n:,} characters", shown(ours), shown(plain), f"{plain / ours:.3g}", RASPY[n]))
    table.append(("add, 10,001 characters, peak memory", f"{memory(lambda: add(sum_of(10_001))):.1f} MiB"))
    many = [f"{a}+{b}" for a, b in rng.integers(100, 1000, (10_000, 2)).tolist()]
    table.append(("add, 10,000 inputs of 7 characters, one batch", shown(median(lambda: add.batch(many)))))
    text = "".join(map(chr, rng.integers(97, 123, 100_000).tolist()))
    table.append(("histogram, 100,000 tokens", shown(median(lambda: same_token.width()(text)))))
    dense = dense_selector()
    text = text[:10_000]
    table.append(("a dense selector, 10,000 tokens", shown(median(lambda: dense(text)))))
    return table


def dense_selector() -> SOp:
    """A selector that no ranges describe, so that every one of the n x n cells is worked out."""
    scattered = key(indices) < query(indices * 7 % 1000)
    return ((key(tokens) == query(tokens)) ^ scattered).width()
