"""How long things take here: `python -m bench` from the root of the repository, or `make bench`.

Every figure is the median of several runs, each in a state as fresh as its first user would find it.
"""

from __future__ import annotations

import platform
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from hardwire import SOp, indices, key, programs, query, same_token, tokens

from . import export

RASPY = {7: "0.3 ms", 101: "6.2 ms", 501: "146 ms"}
"""What RASPy's own interpreter takes for its addition of so many characters, on a machine of the same kind."""


def median(work: Callable[[], object], seconds: float = 1.0) -> float:
    """The median time of one run, of as many as fit into a second but at least three."""
    work()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < seconds and len(times) < 200):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def shown(seconds: float) -> str:
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e3:.2f} ms"


def child(code: str) -> float:
    """The number that a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def importing() -> float:
    """The time of `import hardwire` after that of NumPy, in fresh processes."""
    code = "import numpy, time; start = time.perf_counter(); import hardwire; print(time.perf_counter() - start)"
    return statistics.median(child(code) for _ in range(7))


def memory(work: Callable[[], object]) -> float:
    """The most memory that one run holds at a time, in MiB."""
    work()
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20


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


def main() -> None:
    table = Table(
        "what", "figure", "RASPy", title=f"hardwire on Python {platform.python_version()}, {platform.machine()}"
    )
    table.columns[1].justify = table.columns[2].justify = "right"
    for row in rows():
        table.add_row(*row)
    console = Console(width=None if sys.stdout.isatty() else 130)
    for each in (table, *export.tables()):
        console.print(each)


if __name__ == "__main__":
    main()
