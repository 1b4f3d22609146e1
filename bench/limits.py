"""How far things hold: `python -m bench.limits`, or `make limits`, measures anew and writes docs/limits.md.

Of every library program the largest max_len that certifies, and the length at which trying it out first shows a wrong
answer; of recipes the range in which their own bounds are small enough. It takes several minutes.
`python -m bench.limits add dyck` measures these programs, and keeps the other rows of the page.
"""

from __future__ import annotations

import math
import os
import random
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import hardwire as hw
from hardwire.constructions.attention import UNIT
from hardwire.constructions.feedforward import threshold
from hardwire.constructions.registry import bound_of
from hardwire.errors import CertificateError, CompileError
from hardwire.numeric.floats import FORMATS, FloatFormat
from hardwire.numeric.machine import Simulated
from hardwire.programs import LIBRARY
from hardwire.recipes import wires

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
import attack

PAGE = Path(__file__).parents[1] / "docs" / "limits.md"
LONGEST = 1000
"""Beyond this no length is tried."""
PROVING, TRYING = 4.0, 2.0
"""How many seconds of the processor one program has for each of the two searches, give or take the last step."""


# Programs.


@dataclass(frozen=True)
class Certified:
    """The largest max_len that was seen to certify, and the least that was seen not to, for the reason `why`; 0 where
    none was."""

    length: int
    refused: int
    why: str

    def __str__(self) -> str:
        if self.refused == self.length + 1:
            return f"{self.length:,}"
        return f"{self.length:,} to {self.refused - 1:,}" if self.refused else f"at least {self.length:,}"


def why_not(case: attack.Case) -> str:
    """The reason why a program does not compile or certify; nothing where it does."""
    try:
        case.proved()
    except CompileError as error:
        return f"compiler: {_first(error)}"
    except CertificateError as error:
        return f"proof: {_first(error)}"
    return ""


def _first(error: Exception) -> str:
    """What an error says first, in a cell of a table."""
    line = str(error).split("\n")[0].replace("|", "\\|")
    return f"`{line if len(line) <= 110 else line[:109] + '…'}`"


def certified(case: attack.Case, seconds: float) -> Certified:
    """Doubling while there is time, from the program's own length, or below that where it does not certify."""
    end = time.process_time() + seconds
    size, good, took = case.max_len, 0, 0.0
    while size <= LONGEST and time.process_time() + 3 * took < end:
        start = time.process_time()
        why = why_not(replace(case, max_len=size))
        took = time.process_time() - start
        if why:
            return _between(case, good, size, why, end)
        good, size = size, _next(size)
    return Certified(good, 0, "not searched further")


def _next(size: int) -> int:
    """Twice as long, but once as long as any."""
    return 2 * size if size >= LONGEST else min(2 * size, LONGEST)


def _between(case: attack.Case, good: int, bad: int, why: str, end: float) -> Certified:
    """Halving the interval while there is time, and in any case until it is a quarter of its lower end."""
    while bad - good > 1 and (time.process_time() < end or bad - good > max(1, good // 4)):
        middle = (good + bad) // 2
        reason = why_not(replace(case, max_len=middle))
        if reason:
            bad, why = middle, reason
        else:
            good = middle
    return Certified(good, bad, why)


def wrong_at(case: attack.Case, start: int, seconds: float) -> str:
    """The length at which attacks first show a wrong answer, or up to which there was none."""
    end = time.process_time() + seconds
    right, size, took = 0, max(start, 1), 0.0
    wrong = None
    while time.process_time() + 3 * took < end and size <= LONGEST:
        begin = time.process_time()
        try:
            model = replace(case, max_len=size).compiled()
        except CompileError:
            break
        if seen_wrong(case, model):
            wrong = size
            break
        right, size, took = size, _next(size), time.process_time() - begin
    if wrong is None:
        return f"none seen up to {right:,}" if right else "not tried"
    while wrong - right > max(1, wrong // 20) and time.process_time() < end:
        middle = (right + wrong) // 2
        if seen_wrong(case, replace(case, max_len=middle).compiled()):
            wrong = middle
        else:
            right = middle
    return f"{wrong:,}"


def seen_wrong(case: attack.Case, model: hw.Transformer) -> bool:
    """Whether inputs of the greatest length and about it are answered wrongly, as shipped or in another order."""
    n = model.max_len or 0
    rng = random.Random(0)
    sizes = [n] * 12 + [n - 1, n // 2] * 2
    inputs: list[Any] = [[v] * n for v in case.vocab[:4]]
    inputs += [
        rng.choices(rng.sample(list(case.vocab), min(len(case.vocab), 1 + i % 4)), k=k) for i, k in enumerate(sizes)
    ]
    inputs += [list(case.sample(rng, n)) for _ in range(12)]
    if case.given is not None:
        truth = case.given.batch(inputs, errors="keep")
        inputs = [x for x, t in zip(inputs, truth, strict=True) if all(v is True or v == 1 for v in t)]
    trial = attack.Trial(inputs, [list(w) for w in case.program.batch(inputs, errors="keep")], False)
    if trial.differs(model.batch, model.same):
        return True
    few = trial.part(6, rng)
    return bool(few.differs(Simulated.of(model), model.same))


def library(names: Sequence[str], known: Mapping[str, str]) -> Iterable[str]:
    """The rows of the table: those of `names` are measured, others are taken from `known` where it has them."""
    for name in LIBRARY:
        if name in known and name not in names:
            yield known[name]
            continue
        case = attack.library(name)
        found = certified(case, PROVING)
        wrong = wrong_at(case, max(found.length, 2), TRYING)
        row = line((f"`{name}`", f"{case.max_len}", str(found), wrong, found.why))
        print(row, flush=True)
        yield row


def rows_of(page: str) -> dict[str, str]:
    """The rows of the programs on the page, by name."""
    rows = (row for row in page.splitlines() if row.startswith("| `"))
    return {name: row for row in rows if (name := row.split("`")[1]) in LIBRARY}


# Recipes, by their own bounds.


def greatest(holds: Callable[[int], bool], most: int) -> int:
    """The greatest number up to `most` up to which something holds, by doubling and halving."""
    good, bad = 0, 1
    while good < bad <= most and holds(bad):
        good, bad = bad, min(2 * bad, most)
    if good == most:
        return good
    while bad - good > 1:
        middle = (good + bad) // 2
        if holds(middle):
            good = middle
        else:
            bad = middle
    return good


@dataclass(frozen=True)
class Range:
    """A use of a recipe, and up to which number its own bound is small enough, for a float format."""

    recipe: str
    use: str
    holds: Callable[[Callable[..., float], int, FloatFormat], bool]
    most: int = 2**50  # beyond it is not looked


def _exact(largest: float, fmt: FloatFormat) -> bool:
    """Whether whole numbers up to this size are exact."""
    return largest * fmt.unit <= 1


def _prefix(bound: Callable[..., float], n: int, fmt: FloatFormat) -> bool:
    return bound(n, n, 1, math.ceil(math.log(max(n, 8), 8)), fmt=fmt) < 0.25 and _exact(UNIT * (n / 8) ** 2, fmt)


def _step(bound: Callable[..., float], x: int, fmt: FloatFormat) -> bool:
    v, one = wires("v one")
    return bound(threshold(v, x - 0.75, x - 0.25, one), {"v": x, "one": 1.0}, 0.25, fmt) < 0.25


def _counts(bound: Callable[..., float], n: int, fmt: FloatFormat) -> bool:
    """Keys with the query's own count: 32 (2 q k - k²) with both numbers known as well as sums are."""
    e = bound_of("sink_sum")(n, n, 1.0, n, fmt=fmt)
    score = UNIT * (4 * n * e + 2 * e * e) + fmt.gamma(4) * UNIT * 3 * n * n
    return bound(n, 1.0, UNIT, score, fmt=fmt) < 0.25


RANGES = (
    Range("sink_sum", "a count of n keys, to 1/4", lambda bound, n, fmt: bound(n, n, 1, n, fmt=fmt) < 0.25),
    Range("sink_sum", "a sum of n digits up to 9, to 1/4",
          lambda bound, n, fmt: bound(n, 9 * n, 9, n, fmt=fmt) < 0.25),
    Range("sink_sum", "a sum of ten values up to v, to 1/4",
          lambda bound, v, fmt: bound(10, 10 * v, v, 10, fmt=fmt) < 0.25),
    Range("digit_prefix", "a count over the n positions before, by digits of base 8, to 1/4", _prefix),
    Range("uniform", "a mean of n bits, to 1e-4",
          lambda bound, n, fmt: bound(n, 1.0, fmt=fmt, never_empty=True) < 1e-4),
    Range("uniform", "a mean of n bits told from every other mean of so many",
          lambda bound, n, fmt: bound(n, 1.0, fmt=fmt, never_empty=True) < 1 / (2 * max(1, n * (n - 1)))),
    Range("lookup_quadratic", "one of n positions, centred, scores exact",
          lambda bound, n, fmt: _exact(UNIT * (n / 2) ** 2, fmt)),
    Range("lookup_two_periods", "one of n positions, values to 1e-4 of the largest",
          lambda bound, n, fmt: bound(n, 1.0, fmt=fmt) < 1e-4, 2**16),
    Range("lookup_hash", "one of n positions, values to 1e-4 of the largest",
          lambda bound, n, fmt: bound(n, 1.0, fmt=fmt) < 1e-4, 2**16),
    Range("pick", "keys with the query's own count, of n, to 1/4", _counts),
    Range("threshold", "a step at x, of a number known to 1/4", _step),
    Range("nearest_value", "a whole number up to v, known to 1/4, read off",
          lambda bound, v, fmt: bound(v, 0.25, fmt=fmt) > 0),
)  # fmt: skip


def recipes() -> Iterable[tuple[str, ...]]:
    for r in RANGES:
        bound = bound_of(r.recipe)
        sizes = [
            greatest(lambda n, fmt=fmt, r=r, bound=bound: n * fmt.unit < 0.5 and r.holds(bound, n, fmt), r.most)
            for fmt in FORMATS
        ]
        yield (f"`{r.recipe}`", r.use, *(_rounded(n, r.most) for n in sizes))


def _rounded(n: int, most: int) -> str:
    return f"at least {n:,}" if n == most else f"{n:,}" if n < 10**6 else f"{n:.1e}"


def line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def table(head: Sequence[str], align: str, rows: Iterable[str]) -> str:
    """A table in Markdown; `align` has l or r for each column."""
    return "\n".join([line(head), line("---:" if a == "r" else "---" for a in align), *rows])


PROGRAMS = ("program", "default", "certified up to", "wrong answers from", "what ends it")
TEXT = """# Limits

Made by `make limits`. How certificates come about is in [exactness.md](exactness.md).

## Programs

For each library program: the largest max_len with a proof, in float32, and the length at which a wrong answer was first
seen. "At least" means that the search stopped there, after {seconds:.0f} seconds or at {most:,}, without a failure. "60
to 70" means that 60 has a proof, 71 has none, and the lengths between were not tried. Not every smaller length needs to
have a proof. Beyond the certified length, models were compiled without a certificate and run on inputs of the greatest
length (all tokens alike, few kinds of tokens, random ones, the program's own), with sums in the usual order and in
random orders. That no wrong answer was seen on some forty inputs proves nothing.

{library}

## Recipes

How far each recipe reaches by its own bound (`docs/cookbook.md` has the formulas): the largest n, v or x.

{recipes}
"""


def main(names: Sequence[str]) -> None:
    known = rows_of(PAGE.read_text(encoding="utf-8")) if names else {}
    text = TEXT.format(
        seconds=PROVING,
        most=LONGEST,
        library=table(PROGRAMS, "lrrrl", library(names, known)),
        recipes=table(("recipe", "for", "float32", "float64"), "llrr", map(line, recipes())),
    )
    partial = PAGE.with_suffix(".tmp")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, PAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
