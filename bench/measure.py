"""How the benchmarks measure: every figure is the median of several runs, each as fresh as its first user finds it."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable


def median(work: Callable[[], object], seconds: float = 1.0) -> float:
    """The median time of one run, of as many as fit into a second but at least three."""
    work()
    times: list[float] = []
    while len(times) < 3 or (sum(times) < seconds and len(times) < 200):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def medians_in_turn(first: Callable[[], object], second: Callable[[], object], rounds: int = 20) -> list[float]:
    """The median processor times of one run of each of two works, which are run for a twentieth of a second in turn, so
    that a slower moment of the machine meets both."""
    times: list[list[float]] = [[], []]
    for _ in range(rounds):
        for work, found in zip((first, second), times, strict=True):
            work()
            start = time.process_time()
            runs = 0
            while not runs or time.process_time() - start < 0.05:
                work()
                runs += 1
            found.append((time.process_time() - start) / runs)
    return [statistics.median(found) for found in times]


def shown(seconds: float) -> str:
    for unit, factor in (("s", 1), ("ms", 1e3)):
        if seconds * factor >= 1:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds * 1e3:.2f} ms"


def child(code: str) -> float:
    """The number that a fresh Python prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def memory(work: Callable[[], object]) -> float:
    """The most memory that one run holds at a time, in MiB."""
    work()
    tracemalloc.start()
    work()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 2**20
