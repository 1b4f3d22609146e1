"""Programs in Tracr's names, compiled by Tracr and by hardwire: `python -m bench tracr`.

Where Tracr is not installed it has no rows, and the title says so. A program of one's own is a function of the modules
`rasp` and `lib`: `compared(build, vocab, max_seq_len)` compares it.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bench.measure import shown
from rich.table import Table

Build = Callable[[Any, Any], Any]
"""From the modules `rasp` and `lib` to a program."""

INPUTS = 50
"""How many random inputs are run."""


@dataclass(frozen=True)
class Toolkit:
    """Tracr, or hardwire under Tracr's names."""

    rasp: Any
    lib: Any
    compiling: Any

    @classmethod
    def named(cls, package: str) -> Toolkit:
        """The modules of a package. Raises ImportError."""
        paths = ("rasp.rasp", "compiler.lib", "compiler.compiling")
        return cls(*(importlib.import_module(f"{package}.{path}") for path in paths))


@dataclass(frozen=True)
class Measured:
    """One program in one toolkit. `wrong` is how many answers differ from the toolkit's own interpreter, of `answers`
    that are not None; `refused` says why there is no model. `proved` is whether the model has a certificate."""

    layers: int = 0
    parameters: int = 0
    seconds: float = 0.0
    wrong: int = 0
    answers: int = 0
    proved: bool = False
    refused: str = ""


PROGRAMS: dict[str, tuple[Build, Sequence[Any], tuple[int, ...]]] = {
    "length": (lambda rasp, lib: lib.make_length(), "ab", (5, 20)),
    "reverse": (lambda rasp, lib: lib.make_reverse(rasp.tokens), "abcd", (5, 20)),
    "hist": (lambda rasp, lib: lib.make_hist(), "abcd", (5, 20)),
    "sort": (
        lambda rasp, lib: lib.make_sort(rasp.tokens, rasp.tokens, max_seq_len=5, min_key=1),
        (1, 2, 3),
        (5,),
    ),
    "frac_prevs": (lambda rasp, lib: lib.make_frac_prevs(rasp.tokens == "x"), "xyz", (5, 20)),
    "share above a half": (
        lambda rasp, lib: rasp.Map(lambda share: share > 0.5, lib.make_frac_prevs(rasp.tokens == "x")),
        "xyz",
        (5, 20),
    ),
    "pair_balance": (lambda rasp, lib: lib.make_pair_balance(rasp.tokens, "(", ")"), "()", (5,)),
    "shuffle_dyck": (lambda rasp, lib: lib.make_shuffle_dyck(["()"]), "()", (5,)),
    "previous token": (lambda rasp, lib: lib.shift_by(1, rasp.tokens), "abcd", (5, 20)),
    "detect_pattern": (lambda rasp, lib: lib.detect_pattern(rasp.tokens, "abc"), "abc", (5, 20)),
}


def installed() -> bool:
    """Whether Tracr can be imported."""
    found = importlib.util.find_spec("tracr")
    return found is not None and found.origin is not None  # as it is of a mere folder of that name


def tables() -> list[Table]:
    """The sizes and answers of every program."""
    title = "the same programs in Tracr and in hardwire: wrong answers are those that its own interpreter does not give"
    if not installed():
        title = "programs in Tracr's names in hardwire (Tracr is not installed here, and nothing is said of it)"
    table = Table(
        "program", "length", "by", "layers", "parameters", "compiled in", "wrong answers", "proved", title=title
    )
    for name, (build, vocab, lengths) in PROGRAMS.items():
        for n in lengths:
            tracr, own = compared(build, vocab, n)
            for toolkit, found in (("Tracr", tracr), ("hardwire", own)):
                if found is not None:
                    table.add_row(name, str(n), toolkit, *_cells(found))
    return [table]


def compared(build: Build, vocab: Sequence[Any], max_seq_len: int) -> tuple[Measured | None, Measured]:
    """A program in Tracr (None where that is not installed) and in hardwire."""
    tracr = measured(Toolkit.named("tracr"), build, vocab, max_seq_len) if installed() else None
    return tracr, measured(Toolkit.named("hardwire.tracr"), build, vocab, max_seq_len)


def measured(toolkit: Toolkit, build: Build, vocab: Sequence[Any], max_seq_len: int) -> Measured:
    """A program compiled and run in one toolkit."""
    program = build(toolkit.rasp, toolkit.lib)
    start = time.perf_counter()
    try:
        model = toolkit.compiling.compile_rasp_to_model(program, set(vocab), max_seq_len, compiler_bos="BOS")
    except Exception as error:
        return Measured(refused=f"{type(error).__name__}: {error}")
    seconds = time.perf_counter() - start
    own = getattr(model, "transformer", None)
    wrong = answers = 0
    rng = random.Random(0)
    for _ in range(INPUTS):
        xs = rng.choices(list(vocab), k=rng.randint(1, max_seq_len))
        for expected, got in zip(program(xs), model.apply(["BOS", *xs]).decoded[1:], strict=True):
            answers += expected is not None
            wrong += expected is not None and not _same(expected, got)
    return Measured(
        layers=model.model_config.num_layers if own is None else own.depth,
        parameters=_size(model.params) if own is None else own.parameters,
        seconds=seconds,
        wrong=wrong,
        answers=answers,
        proved=own is not None and own.certificate is not None,
    )


def _size(params: Any) -> int:
    return sum(int(np.size(x)) for arrays in params.values() for x in arrays.values())


def _same(expected: Any, got: Any) -> bool:
    if isinstance(expected, float) and isinstance(got, int | float):
        return abs(expected - got) < 1e-2
    return bool(expected == got)


def _cells(x: Measured) -> list[str]:
    if x.refused:
        return ["", "", "", x.refused.splitlines()[0][:60], "no"]
    wrong = f"{x.wrong} of {x.answers}"
    return [str(x.layers), f"{x.parameters:,}", shown(x.seconds), wrong, "yes" if x.proved else "no"]
