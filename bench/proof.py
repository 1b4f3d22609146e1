"""What proofs cost beside the compiling of the same program, and the narrowest margin of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from rich.table import Table

import hardwire as hw
from hardwire.certification import certify_compiled
from hardwire.compiler import build, prepare
from hardwire.programs import LIBRARY, Program

SECONDS = 0.5
"""How long one program is compiled and proved again and again, but at least three times."""


def tables() -> Iterator[Table]:
    heads = ("program", "max_len", "compiled in ms", "proved in ms", "ratio", "narrowest margin")
    table = Table(*heads, title="proofs: medians of some runs")
    sums, slower = [0.0, 0.0], 0
    for name, program in LIBRARY.items():
        compiled, proved, certificate = measured(program)
        sums, slower = [sums[0] + compiled, sums[1] + proved], slower + (proved > compiled)
        worst = certificate.tightest
        used = "" if worst is None else f"{worst.error / worst.limit:.1%}, {worst.kind}"
        times = f"{compiled:.2f}", f"{proved:.2f}", f"{proved / compiled:.2f}"
        table.add_row(name, f"{program.max_len:,}", *times, used)
    ratio = f"{sums[1] / sums[0]:.2f}"
    table.add_row("all", "", f"{sums[0]:.0f}", f"{sums[1]:.0f}", ratio, f"{slower} proved slower", style="bold")
    yield table


def measured(program: Program) -> tuple[float, float, hw.Certificate]:
    """(ms to compile, ms to prove, the certificate)"""
    times: list[tuple[float, float]] = []
    while True:
        start = time.perf_counter()
        known = prepare(program(), program.vocab, program.max_len)
        model = build(known)
        made = time.perf_counter()
        certificate = certify_compiled(model, known.analysed)
        times.append((1e3 * (made - start), 1e3 * (time.perf_counter() - made)))
        if len(times) >= 3 and sum(map(sum, times)) > 1e3 * SECONDS:
            compiled, proved = (statistics.median(t) for t in zip(*times, strict=True))
            return compiled, proved, certificate
