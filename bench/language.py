"""Programs run by the interpreter."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

import numpy as np
from rich.table import Table

from hardwire import SOp, indices, key, programs, query, same_token, tokens

from .measure import child, median, memory, shown

RASPY = {7: "0.3 ms", 101: "6.2 ms", 501: "146 ms"}
"""What RASPy's own interpreter takes for its addition of so many characters, on a machine of the same kind."""


def tables() -> Iterator[Table]:
    table = Table("what", "figure", "RASPy", title="running programs")
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


def rows() -> list[tuple[str, str, str]]:
    rng = np.random.default_rng(0)
    add = programs.add()
    table = [("import hardwire, NumPy being loaded", shown(importing()), "")]
    for n in (7, 101, 501, 10_001):
        text = sum_of(n)
        table.append((f"add, {n:,} characters", shown(median(lambda text=text: add(text))), RASPY.get(n, "")))
    table.append(("add, 10,001 characters, peak memory", f"{memory(lambda: add(sum_of(10_001))):.1f} MiB", ""))
    many = [f"{a}+{b}" for a, b in rng.integers(100, 1000, (10_000, 2)).tolist()]
    table.append(("add, 10,000 inputs of 7 characters, one batch", shown(median(lambda: add.batch(many))), ""))
    text = "".join(map(chr, rng.integers(97, 123, 100_000).tolist()))
    table.append(("histogram, 100,000 tokens", shown(median(lambda: same_token.width()(text))), ""))
    dense = dense_selector()
    text = text[:10_000]
    table.append(("a dense selector, 10,000 tokens", shown(median(lambda: dense(text))), ""))
    return table


def dense_selector() -> SOp:
    """A selector that no ranges describe, so that every one of the n x n cells is worked out."""
    scattered = key(indices) < query(indices * 7 % 1000)
    return ((key(tokens) == query(tokens)) ^ scattered).width()
