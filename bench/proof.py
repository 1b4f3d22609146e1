"""What part of compiling a program its proof is, and the narrowest margin of each."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

from rich.table import Table

import hardwire as hw
from hardwire.programs import LIBRARY, Program

SECONDS = 0.5
"""How long one program is compiled and proved again and again, but at least three times."""


def tables() -> Iterator[Table]:
    heads = ("program", "max_len", "compiled with proof in ms", "the proof alone", "share", "narrowest margin")
    table = Table(*heads, title="proofs: processor time, medians of some runs")
    whole, proofs = 0.0, 0.0
    for name, program in LIBRARY.items():
        compiled, proved, certificate = measured(program)
        whole, proofs = whole + compiled, proofs + proved
        worst = certificate.tightest
        used = "" if worst is None else f"{worst.error / worst.limit:.1%}, {worst.kind}"
        times = f"{compiled:.2f}", f"{proved:.2f}", f"{proved / compiled:.0%}"
        table.add_row(name, f"{program.max_len:,}", *times, used)
    table.add_row("all", "", f"{whole:.0f}", f"{proofs:.0f}", f"{proofs / whole:.0%}", "", style="bold")
    yield table


def measured(program: Program) -> tuple[float, float, hw.Certificate]:
    """(ms to compile with a proof, in as many variants as that takes; ms to prove the model again; the certificate)"""
    times: list[tuple[float, float]] = []
    while True:
        start = time.process_time()
        model = hw.compile(program)
        made = time.process_time()
        certificate = hw.certify(model)
        times.append((1e3 * (made - start), 1e3 * (time.process_time() - made)))
        if len(times) >= 3 and sum(map(sum, times)) > 1e3 * SECONDS:
            compiled, proved = (statistics.median(t) for t in zip(*times, strict=True))
            return compiled, proved, certificate
