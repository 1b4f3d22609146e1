"""What proofs cost beside the compiling of the same program, and the narrowest margin of each."""

from __future__ import annotations

import time
from collections.abc import Iterator

from rich.table import Table

import hardwire as hw
from hardwire.compiler import compile as compile_model
from hardwire.programs import LIBRARY


def tables() -> Iterator[Table]:
    table = Table("program", "max_len", "compiled in ms", "proved in ms", "narrowest margin", title="proofs")
    hw.certify(compile_model(hw.programs.flip(), "ab", 4))  # what is imported once is not measured
    sums = [0.0, 0.0]
    for name, program in LIBRARY.items():
        start = time.perf_counter()
        model = compile_model(program(), program.vocab, program.max_len)
        made = time.perf_counter()
        certificate = hw.certify(model)
        proved = time.perf_counter()
        times = [1e3 * (made - start), 1e3 * (proved - made)]
        sums = [a + b for a, b in zip(sums, times, strict=True)]
        worst = certificate.tightest
        used = "" if worst is None else f"{worst.error / worst.limit:.1%}, {worst.kind}"
        table.add_row(name, f"{program.max_len:,}", f"{times[0]:.1f}", f"{times[1]:.1f}", used)
    table.add_row("all", "", f"{sums[0]:.0f}", f"{sums[1]:.0f}", "", style="bold")
    yield table
