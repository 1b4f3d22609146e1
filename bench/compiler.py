"""What the compiler makes: sizes beside their bounds, every library program, and how fast models run."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
from bench.measure import median, shown
from rich.table import Table

import hardwire as hw
from hardwire.programs import LIBRARY


@dataclass(frozen=True)
class Bound:
    """The most layers and parameters that a model may have, and what others need for the same, measured."""

    name: str
    program: hw.SOp
    vocab: object
    max_len: int
    layers: int
    parameters: int
    others: str = ""


BOUNDS = (
    Bound("reverse, 4 letters", hw.programs.flip(), "abcd", 100, 2, 900, "Tracr 51,624,935"),
    Bound("reverse, 4 letters, long", hw.programs.flip(), "abcd", 1000, 2, 8_200, ""),
    Bound("histogram, 10 letters", hw.programs.histogram(), "abcdefghij", 100, 1, 700, "by hand 480"),
    Bound("sort, ten digits", hw.programs.sort(), range(10), 32, 2, 5_500, "Tracr 2,390,373; by hand 4,331"),
    Bound("shuffle-Dyck of 2", hw.programs.shuffle_dyck(), "()[]", 32, 2, 1_847, "Tracr 17,885,000; by hand 1,847"),
    Bound("addition as published", hw.programs.add(), "0123456789+", 41, 3, 4_400, "by hand 6,186"),
    Bound("addition by carry look-up", hw.programs.add_in_three(), "0123456789+", 41, 3, 2_900, "by hand 2,980"),
    Bound(
        "fraction of previous", hw.programs.frac_prevs(), LIBRARY["frac_prevs"].vocab, 100, 1, 4_200, "by hand 3,840"
    ),
)
"""Asserted by the tests of the compiler."""


def tables() -> list[Table]:
    return [bounds(), library(), speed()]


def bounds() -> Table:
    table = Table("program", "layers", "at most", "parameters", "at most", "used again", "elsewhere", title="sizes")
    for b in BOUNDS:
        model = hw.compile(b.program, b.vocab, b.max_len)
        again = hw.compile(b.program, b.vocab, b.max_len, reuse=True)
        table.add_row(
            f"{b.name}, {b.max_len:,}", str(model.depth), str(b.layers), f"{model.parameters:,}", f"{b.parameters:,}",
            f"{again.parameters:,}", b.others,
        )  # fmt: skip
    return table


def library() -> Table:
    headings = ("program", "layers", "of the program", "heads", "d_model", "neurons", "parameters", "used again")
    table = Table(*headings, "compiled in", "inputs verified", title="the library at its defaults")
    for name, program in LIBRARY.items():
        start = time.perf_counter()
        model = hw.compile(program(), program.vocab, program.max_len)
        took = time.perf_counter() - start
        again = hw.compile(program(), program.vocab, program.max_len, reuse=True)
        found = hw.verify(model, sample=program.sample, samples=1000, progress=False)
        verified = f"{found.inputs:,}{' (all)' if found.exhaustive else ''}" if found else "WRONG"
        sizes = (model.depth, program().layers, model.heads, model.d_model, model.d_ff, model.parameters)
        row = [name, *(f"{x:,}" for x in (*sizes, again.parameters)), shown(took), verified]
        table.add_row(*row)
    return table


def speed() -> Table:
    """Addition at 41 characters: one input, and 256 at a time."""
    program = LIBRARY["add"]
    model = hw.compile(program(), program.vocab, 41)
    rng = np.random.default_rng(0)
    inputs = ["".join(map(str, rng.integers(0, 10, 41))) for _ in range(256)]
    inputs = [f"{x[:20]}+{x[21:]}" for x in inputs]
    table = Table("add as a model, 41 characters", "time", "at most", title="forward passes")
    table.add_row("one input", shown(median(lambda: model(inputs[0]))), "2 ms")
    table.add_row("an input of 256 together", shown(median(lambda: model.batch(inputs)) / 256), "0.2 ms")
    table.add_row(
        "compile reverse at 1,000", shown(median(lambda: hw.compile(hw.programs.flip(), "abcd", 1000))), "2 s"
    )
    return table
