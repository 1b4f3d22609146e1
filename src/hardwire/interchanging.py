"""Interchange interventions: does a model that is given another value of a variable follow the program that is?

After Geiger et al. (2021), "Causal abstractions of neural networks": a variable of the program takes its value from
another input; the model, in which the number that stores it is set to that value's encoding, must answer as the program
does.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from . import sampling
from .errors import BuildError
from .lang.arguments import checked_options
from .lang.origin import Origin, as_sop
from .lang.sop import SOp
from .lang.text import constant
from .model.patching import patched
from .model.transformer import Transformer
from .model.variables import ModelVariable
from .run import Failure, run_batch_exact, run_batch_set
from .run.interventions import named_sop
from .sampling import Tokens

Source = Literal["inputs", "positions", "domain"]
SOURCES = ("inputs", "positions", "domain")
TOGETHER = 256
"""How many inputs are run at a time."""
ATTEMPTS = 20
"""How many inputs are drawn for each one that is wanted, where some are not valid or have no partner."""


@dataclass(frozen=True)
class Departure:
    """An input on which the model does not follow the program when a variable is set."""

    input: Any
    values: list[Any]
    position: int
    expected: Any
    got: Any

    def __repr__(self) -> str:
        return (
            f"on {constant(self.input, 60)} set to {constant(self.values, 60)}, at position {self.position}: "
            f"the program gives {self.expected!r}, the model {self.got!r}"
        )


@dataclass(frozen=True)
class Interchange:
    """How often a model follows its program when a variable is set.

    `agreed` of `positions` answers are the program's; `changed` is the number of positions at which setting the
    variable changes the program's value. Positions without a value are not counted.
    """

    name: str
    inputs: int
    positions: int
    agreed: int
    changed: int
    source: str
    seed: int
    first: Departure | None

    @property
    def accuracy(self) -> float:
        """The share of positions at which the model follows the program."""
        return self.agreed / self.positions if self.positions else 1.0

    def __bool__(self) -> bool:
        return self.first is None

    def __repr__(self) -> str:
        line = (
            f"{self.name}: follows the program at {self.agreed:,} of {self.positions:,} positions of {self.inputs:,} "
            f"inputs ({self.changed:,} changed), values by {self.source}, seed {self.seed}"
        )
        return line if self.first is None else f"{line}\n  first departure: {self.first!r}"


@checked_options
def interchange(
    model: Transformer,
    name: str,
    *,
    program: SOp | Origin | None = None,
    given: SOp | None = None,
    samples: int = 200,
    seed: int = 0,
    source: Source = "inputs",
    max_len: int | None = None,
) -> Interchange:
    """Set a variable of the program and of the model to other values, and compare their answers.

    `source` says where the values come from: "inputs", from another input of the same length, at all positions;
    "positions", the same at about half of the positions, chosen at random; "domain", any of the variable's values at
    each position. Inputs are those of the program's own generator (the library's programs have one) or random ones, on
    which `given` is true everywhere. `program` and `given` are needed only for a model that does not know its own.

    Raises UnknownNameError; and InterventionError, with the reason, for a variable that the model does not store.

    >>> import hardwire as hw
    >>> model = hw.compile(hw.programs.sort, max_len=8)
    >>> hw.interchange(model, "rank", samples=50).accuracy
    1.0
    """
    own, condition = as_sop(program), as_sop(given)
    if own is None and isinstance(model, Transformer):
        own = model.source
    if not isinstance(model, Transformer) or not isinstance(own, SOp):
        raise BuildError("interchange takes a model and its program: interchange(model, name, program=p)", value=model)
    if source not in SOURCES:
        raise BuildError(f"source is one of {', '.join(SOURCES)}, not {constant(source)}", value=source)
    for what, number in (("samples", samples), ("max_len", 1 if max_len is None else max_len)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise BuildError(f"{what} is a whole number, 1 or more, not {constant(number)}", value=number)
    condition = model.given if condition is None else condition
    longest = model.max_len if max_len is None else max_len
    if longest is None:
        raise BuildError("the model takes inputs of any length; give a max_len")
    variable = model.variables.settable(name)
    run = _Comparing(model, own, variable)
    rng = random.Random(seed)
    for some in _by_length(_inputs(model, own, condition, rng, longest, samples), samples):
        run.compare(some, source, rng)
    return Interchange(name, run.inputs, run.positions, run.agreed, run.changed, source, seed=seed, first=run.first)


def _inputs(
    model: Transformer, program: SOp, given: SOp | None, rng: random.Random, longest: int, samples: int
) -> Iterator[Tokens]:
    """Valid inputs, without end but for the attempts."""
    origin = program.origin
    own = origin.sample if origin is not None and set(origin.vocab) <= set(model.vocab) else None
    for _ in range(ATTEMPTS):
        drawn: list[Tokens] = []
        for i in range(samples):
            n = longest if i % 4 == 0 else rng.randint(1, longest)
            drawn.append(list(own(rng, n)) if own is not None and i % 2 == 0 else _random(model.vocab, n, rng))
        truth = [[True]] * len(drawn) if given is None else given.batch(drawn, errors="keep")
        yield from (x for x, row in zip(drawn, truth, strict=True) if x and all(v is True or v == 1 for v in row))


def _random(vocab: Sequence[Any], n: int, rng: random.Random) -> Tokens:
    """A random input; half of them have few different tokens, which make ties."""
    pool = vocab if rng.random() < 0.5 else rng.sample(list(vocab), min(len(vocab), rng.randint(1, 3)))
    return rng.choices(pool, k=n)


def _by_length(inputs: Iterator[Tokens], samples: int) -> Iterator[list[Tokens]]:
    """Groups of at least two inputs of one length, about so many inputs in all."""
    waiting: dict[int, list[Tokens]] = defaultdict(list)
    found = 0
    for x in inputs:
        group = waiting[len(x)]
        group.append(x)
        found += len(group) == 2 or (len(group) > 2)
        if len(group) == TOGETHER:
            yield waiting.pop(len(x))
        if found >= samples:
            break
    yield from (group for group in waiting.values() if len(group) > 1)


class _Comparing:
    """The counts of a comparison so far."""

    def __init__(self, model: Transformer, program: SOp, variable: ModelVariable) -> None:
        self.model, self.program, self.variable = model, program, variable
        self.part = SOp(named_sop(program.expr, variable.name))
        self.inputs = self.positions = self.agreed = self.changed = 0
        self.first: Departure | None = None

    def compare(self, inputs: list[Tokens], source: Source, rng: random.Random) -> None:
        """Set the variable on inputs of one length."""
        causal, name = self.model.causal, self.variable.name
        own = run_batch_exact(self.part, inputs, causal=causal)  # a float is not the ratio that the program has
        pairs = [(x, v) for x, v in zip(inputs, self._values(own, source, rng), strict=True) if v is not None]
        if not pairs:
            return
        kept, values = [x for x, _ in pairs], [{name: v} for _, v in pairs]
        wanted = run_batch_set(self.program, kept, values, causal=causal)
        before = self.program.batch(kept, causal=causal, errors="keep")
        for x, v, want, old, got in zip(kept, values, wanted, before, patched(self.model, kept, values), strict=True):
            self.inputs += 1
            for i, (a, b) in enumerate(zip(want, got, strict=True)):
                if isinstance(a, Failure):
                    continue
                self.positions += 1
                self.changed += isinstance(old[i], Failure) or bool(old[i] != a)
                if self.model.same(a, b):
                    self.agreed += 1
                elif self.first is None:
                    self.first = Departure(sampling.as_text(x), v[name], i, a, b)

    def _values(self, own: list[list[Any]], source: Source, rng: random.Random) -> Iterator[list[Any] | None]:
        """For each input the values to set; None where there is no value to take."""
        domain = self.variable.values
        for i, mine in enumerate(own):
            if source == "domain" and domain:
                yield rng.choices(domain, k=len(mine))
                continue
            other = own[(i + 1) % len(own)]
            if source == "positions":
                other = [b if rng.random() < 0.5 else a for a, b in zip(mine, other, strict=True)]
            filled = [a if isinstance(b, Failure) else b for a, b in zip(mine, other, strict=True)]
            yield None if any(isinstance(v, Failure) for v in filled) else filled


__all__ = ["Departure", "Interchange", "interchange"]
