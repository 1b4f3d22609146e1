"""`hw.optimize`: search for a model with fewer layers, then fewer parameters, each one compiled and certified.

The search climbs from the model that `hw.compile` makes. A move changes one thing: it leaves out one of the compiler's
passes, or takes it in again; it forbids the construction that was chosen for one expression, so that the next best is
taken; it splits prefixes of positions into another number of digits, uses residual directions again, or reads the
output in another way. The first move that gives fewer layers, or as many layers and fewer parameters, is made if the
model has a proof, and the search goes on from there until no move helps or the time is over.

A pass keeps the meaning of every program (`tests/rewrite` compares it before and after by the interpreter), and the
certificate is a proof for the program as it was given.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from .attempts import OutputKind, certified, checked_output, kinds, proved
from .certification import certify
from .compiler import BuildSettings, Compiled, Prepared, build, emit, prepare, run_stages
from .effort import doing, limited
from .errors import BuildError, CertificateError, CompileError, MemoryLimitError, TimeLimitError
from .lang.arguments import checked_options
from .lang.origin import Origin, as_sop, causal_origin, completed, mistaken
from .lang.sop import SOp
from .lang.text import constant
from .model.transformer import Transformer
from .rewrite import OPTIONAL
from .variables import variables

TIMEOUT = 60.0
"""The default limit of the search, in seconds."""
DIGITS = (2, 3, 4)
"""The numbers of digits that prefixes of positions are split into."""


@dataclass(frozen=True)
class Move:
    """A move of the search, and the size of the model after it."""

    what: str
    layers: int
    parameters: int


@dataclass(frozen=True, eq=False)
class Optimized:
    """The smallest model that was found, and how: `steps` starts with the model that `hw.compile` makes. `tried` counts
    the models that were compiled; `finished` says whether the search ended by itself, where no move helps."""

    model: Transformer
    steps: tuple[Move, ...]
    tried: int
    finished: bool

    def __repr__(self) -> str:
        """A table: layers, parameters, and what was done, one line a step."""
        rows = [f"{s.layers:6}  {s.parameters:10,}  {s.what}" for s in self.steps]
        end = "no move makes it smaller" if self.finished else "the time was over"
        return "\n".join(["layers  parameters", *rows, f"{self.tried:,} models compiled; {end}"])


@dataclass(frozen=True)
class SearchPoint:
    """A way to compile the program: passes that are left out, and settings."""

    without: frozenset[str] = frozenset()
    how: BuildSettings = BuildSettings()  # noqa: RUF009


@checked_options
def optimize(
    program: SOp | Origin,
    vocab: Any = None,
    max_len: int | None = None,
    *,
    causal: bool = False,
    dtype: str = "float32",
    given: SOp | None = None,
    output: OutputKind = "auto",
    timeout: float = TIMEOUT,
    memory: float | None = None,
    progress: bool | None = None,
) -> Optimized:
    """Return the model with the fewest layers, and of these with the fewest parameters, that a search finds.

    The arguments are those of `hw.compile`. The search starts with the model that `hw.compile` makes, and `timeout`
    limits its seconds. Each model that it keeps is certified for the original program, and answers no number less
    exactly. Raises the errors of `hw.compile`.

    >>> import hardwire as hw
    >>> found = hw.optimize(hw.programs.flip(), "abc", 6)
    >>> found.model("abc")
    ['c', 'b', 'a']
    """
    program, given = as_sop(program), as_sop(given)
    if not isinstance(program, SOp):
        raise BuildError(f"optimize takes a sop, not {mistaken(program)}", value=program)
    vocab, max_len = completed("optimize", program, vocab, max_len)
    if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        raise BuildError(f"timeout is a number of seconds above 0, not {constant(timeout)}", value=timeout)
    (kind,) = kinds(dtype)[:1]
    options = {"causal": causal or causal_origin(program) is not None, "given": given}
    search = _Climb(program, vocab, max_len, options, time.monotonic() + timeout)
    with limited("optimize", memory=memory, progress=progress):
        return search.run(SearchPoint(how=BuildSettings(kind, output=checked_output(output))))


class _Climb:
    """One search: what is prepared without which passes, and how many models were compiled."""

    def __init__(self, program: SOp, vocab: Any, max_len: int, options: dict[str, Any], end: float) -> None:
        self.program, self.vocab, self.max_len, self.options, self.end = program, vocab, max_len, options, end
        self.prepared: dict[frozenset[str], Prepared] = {}
        self.seen: set[tuple[str, int, int]] = set()
        self.tried = 0

    def run(self, point: SearchPoint) -> Optimized:
        """Climb from a point."""
        model = proved(self._prepare(point), point.how)
        steps = [Move("compiled", model.depth, model.parameters)]
        finished = False
        while not finished:
            finished = True
            for what, move in self._moves(point):
                found = self._better(move, model)
                if found is not None:
                    point, model, finished = move, found, False
                    steps.append(Move(what, model.depth, model.parameters))
                    break
                if time.monotonic() > self.end:
                    return Optimized(self._placed(point, model), tuple(steps), self.tried, finished=False)
        return Optimized(self._placed(point, model), tuple(steps), self.tried, finished=True)

    def _placed(self, point: SearchPoint, model: Transformer) -> Transformer:
        """A model with the places of its named values, which no other search would find."""
        program = self._prepare(point)
        compiled = run_stages(program.analysed, point.how, program.shared)
        if emit(compiled, program.source).digest != model.digest:  # where no move was made: found like any other
            return model
        found = tuple(variables(model, compiled).values())
        return replace(model, circuit=replace(model.circuit, variables=found))

    def _prepare(self, point: SearchPoint) -> Prepared:
        if point.without not in self.prepared:
            self.prepared[point.without] = prepare(
                self.program, self.vocab, self.max_len, without=point.without, **self.options
            )
        return self.prepared[point.without]

    def _better(self, point: SearchPoint, than: Transformer) -> Transformer | None:
        """The certified model of a point, if it is smaller."""
        doing(f"optimizing ({than.depth} layers, {than.parameters:,} parameters; {self.tried:,} models tried)")
        left = self.end - time.monotonic()
        if left <= 0:
            return None
        try:
            with limited("optimize", timeout=left):
                self.tried += 1
                program = self._prepare(point)
                model = build(program, point.how)
                key = model.digest, model.depth, model.parameters
                if (model.depth, model.parameters) >= (than.depth, than.parameters) or key in self.seen:
                    return None
                self.seen.add(key)
                model = certified(program, model)
                if point.without:
                    certify(model)  # whoever loads it proves it with all passes
        except (CompileError, CertificateError, TimeLimitError, MemoryLimitError):
            return None
        assert model.certificate is not None
        assert than.certificate is not None
        return model if model.certificate.bound <= than.certificate.bound else None

    def _moves(self, point: SearchPoint) -> Iterator[tuple[str, SearchPoint]]:
        """What can be changed, the cheapest to try first."""
        how = point.how
        if not how.reuse:
            yield "directions used again", replace(point, how=replace(how, reuse=True))
        for name in OPTIONAL:
            what = f"with the pass {name}" if name in point.without else f"without the pass {name}"
            yield what, replace(point, without=point.without ^ {name})
        for count in DIGITS:
            if how.digits != count:
                yield f"positions in {count} digits", replace(point, how=replace(how, digits=count))
        if how.output == "auto":
            yield "output read as a number", replace(point, how=replace(how, output="number"))
        for title, e, construction in self._choices(point):
            avoid = how.avoid | {(e, construction)}
            yield f"{title}: not by {construction}", replace(point, how=replace(how, avoid=avoid))

    def _choices(self, point: SearchPoint) -> list[tuple[str, Any, str]]:
        """The choices of the plan that had an alternative."""
        try:
            with limited("optimize", timeout=max(0.1, self.end - time.monotonic())):
                program = self._prepare(point)
                compiled: Compiled = run_stages(program.analysed, point.how, program.shared)
        except (CompileError, TimeLimitError, MemoryLimitError):
            return []
        read, final = compiled.plan.readout, compiled.program.final
        choices = [(c.title, c.expr, c.construction) for c in compiled.plan.choices if c.alternatives]
        return [("read-out", final, read.construction)] * bool(read.alternatives) + choices
