"""The planning of one program: the facts about it, and the choices made so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from ..analysis import Facts
from ..constructions import feedforward as ff
from ..constructions.attention import Pattern, merged
from ..constructions.form import Form
from ..constructions.ranges import Ranges
from ..constructions.sources import NeuronOutput
from ..constructions.stream import Stream
from ..effort import working_on
from ..errors import CompileError
from ..lang.expr import Expr
from ..lang.selectors import Literal
from .choice import Choice, Rejected
from .codes import Codes
from .need import Need, Scored
from .settings import DEFAULT, BuildSettings
from .shared import Shared


class _Construction(Protocol):
    @property
    def construction(self) -> str: ...


AnOffer = TypeVar("AnOffer", bound=_Construction)


@dataclass(frozen=True)
class Rules:
    """How choices are made: `free`, for an expression that takes no neurons of its own (None for any other), and
    `choose`, for those others. They call the planning again for the parts of the expression."""

    free: Callable[[Planning, Expr], Choice | None]
    choose: Callable[[Planning, Expr], Choice]


class Planning:
    """Chooses, for each expression of one program, the form that stores its encoding.

    A choice depends on the expression alone, never on what has been chosen before. A kept part has a direction of its
    own, unless its name is among `in_place`: then it is read where it is computed. Plans of one program have much
    `shared`.
    """

    def __init__(
        self,
        facts: Facts,
        shared: Shared,
        stream: Stream,
        how: BuildSettings = DEFAULT,
        *,
        rules: Rules,
        in_place: Collection[str] = (),
    ) -> None:
        self.facts, self.labels, self.stream, self.in_place = facts, shared.labels, stream, in_place
        self.steady, self.digits, self.avoid, self.provable = how.steady, how.digits or 2, how.avoid, how.provable
        self.reads, self.title, self.bias = shared.reads, shared.titles.of, stream.real
        self.ranges = Ranges(stream.real, stream.max_len, stream.format)
        self.codes = Codes(facts, shared.labels, stream.real, self.ranges, shared.tables)
        self.scored: dict[tuple[Literal, Need], Scored] = {}
        self._rules = rules
        self._free: dict[Expr, Choice | None] = {}
        self._chosen: dict[Expr, Choice] = {}
        self._refused: dict[Expr, CompileError] = {}

    # Choices.

    def choose(self, e: Expr) -> Choice:
        """How an expression is computed. Raises CompileError."""
        if e in self._refused:
            raise self._refused[e]
        if e not in self._chosen:
            working_on("planning", lambda: self.title(e, 60))
            try:
                self._chosen[e] = self.free(e) or self._rules.choose(self, e)
            except CompileError as error:
                self._refused[e] = error
                raise
        return self._chosen[e]

    def form(self, e: Expr) -> Form:
        """The form that stores an expression's encoding. Raises CompileError."""
        return self.choose(e).form

    def free(self, e: Expr) -> Choice | None:
        """The choice for an expression that takes no neurons of its own; None for any other."""
        if e not in self._free:
            self._free[e] = self._rules.free(self, e)
        return self._free[e]

    def free_form(self, e: Expr) -> Form | None:
        """The form of an expression that takes no neurons of its own."""
        found = self.free(e)
        return None if found is None else found.form

    @property
    def choices(self) -> dict[Expr, Choice]:
        """All choices so far, in the order in which they were made."""
        free = {e: c for e, c in self._free.items() if c is not None}
        return {**free, **self._chosen}

    # Making forms.

    def choice(
        self, e: Expr, construction: str, form: Form, alternatives: tuple[Rejected, ...] = (), passed: float = 0.0
    ) -> Choice:
        """A choice for an expression."""
        return Choice(e, self.title(e), construction, form, alternatives, passed)

    def neurons(self, piece: ff.Piece, e: Expr, recipe: str, passed: float = 0.0, least: float = 0.0) -> Form:
        """The result of a piece; its error is the error that it passes on and its own rounding, `least` or more."""
        error = passed + max(least, self.ranges.rounding(piece.neurons))
        return self.stream.neurons(piece, self.title(e, 32), recipe, expression=self.title(e), error=error)

    def head(self, e: Expr, pattern: Pattern, value: Form, error: float) -> Form:
        """What a head writes of a value."""
        pattern = replace(pattern, pairs=merged(pattern.pairs, self.stream.format))
        return self.stream.head(self.title(e, 32), pattern, value, expression=self.title(e), error=error)

    # Expressions and their encodings.

    def encodings(self, e: Expr) -> list[float]:
        """The encodings that an expression may have, rising."""
        known = self.codes.known.encodings
        if e not in known:
            known[e] = sorted({*self.labels.of(self.facts.domain(e))})
        return known[e]

    def magnitude(self, form: Form, most: float) -> float:
        """A bound of the magnitudes that are added up in a form whose value is at most `most`. A direction of neurons
        contributes at most the value and the rest; where there are several, `steady` bounds each neuron by itself."""
        neurons = {d: d.source.neurons for d in form.terms if isinstance(d.source, NeuronOutput)}
        rest = self.ranges.size(Form({d: c for d, c in form.terms.items() if d not in neurons}))
        if len(neurons) > 1 and self.steady:
            return rest + sum(abs(form.terms[d]) * self.ranges.total(some) for d, some in neurons.items())
        own = self.ranges.size(Form({d: form.terms[d] for d in neurons}))
        return rest + (min(own, most + rest) if len(neurons) == 1 else own)

    def span(self, e: Expr) -> float:
        """The difference between the greatest and the least encoding of an expression."""
        try:
            found = self.encodings(e)
        except CompileError:
            return float(self.facts.max_len)
        return found[-1] - found[0] if found else 0.0

    def unavoided(self, e: Expr, offers: Sequence[AnOffer]) -> list[AnOffer]:
        """The ways to compute an expression that are not avoided; all of them where every one is avoided."""
        return [o for o in offers if (e, o.construction) not in self.avoid] or list(offers)

    def size(self, e: Expr) -> float:
        """The largest magnitude of an encoding of an expression."""
        return max(map(abs, self.encodings(e)), default=0.0)
