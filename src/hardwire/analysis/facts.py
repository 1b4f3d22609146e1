"""All that is known of a program: one value, which asks the parts that know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..lang.expr import Expr
from ..lang.values import Value
from ..run.column import Column
from ..run.failure import FailureLog
from .assumptions import Assumptions, Rewriting
from .definedness import Definedness
from .dependencies import Dependencies
from .domain import Domain
from .domains import ColumnsByExpr, Domains
from .reaches import Reaches
from .selections import Selections
from .singles import Singles
from .tables import Tables, evaluate


@dataclass(frozen=True, eq=False)
class Facts:
    """Facts about the expressions of one program, for one vocabulary, greatest length and condition on inputs.

    A fact is computed when it is first requested, and stored; it does not depend on earlier requests.
    """

    vocab: tuple[Value, ...]
    max_len: int
    causal: bool = field(default=False, kw_only=True)
    assumptions: Assumptions = field(default_factory=Assumptions, kw_only=True)
    family: list[Facts] = field(default_factory=list, kw_only=True)
    """The facts under each of the assumptions that were met so far, those about the program as written first."""

    def __post_init__(self) -> None:
        self.family.append(self)

    def after(self, rewriting: Rewriting) -> Facts:
        """The facts about a rewritten program, each part of which has the value of the one it takes the place of."""
        assumptions = self.assumptions.after(rewriting)
        if assumptions is self.assumptions:
            return self
        for known in self.family:
            if known.assumptions == assumptions:
                return known
        new = replace(self, assumptions=assumptions)
        vars(new).update(log=self.log, _dependencies=self._dependencies, tables=self.tables)  # nothing is assumed there
        return new

    # The parts that know.

    @cached_property
    def log(self) -> FailureLog:
        return FailureLog()

    @cached_property
    def _dependencies(self) -> Dependencies:
        return Dependencies(causal=self.causal)

    @cached_property
    def tables(self) -> Tables:
        return Tables(self.vocab, self.max_len, self.log, causal=self.causal)

    @cached_property
    def domains(self) -> Domains:
        return Domains(self)

    @cached_property
    def selections(self) -> Selections:
        return Selections(self)

    @cached_property
    def singles(self) -> Singles:
        return Singles(self)

    @cached_property
    def reaches(self) -> Reaches:
        return Reaches(self)

    @cached_property
    def _definedness(self) -> Definedness:
        return Definedness(self)

    # What is asked most.

    def variables(self, e: Expr) -> tuple[Expr, ...]:
        """The leaves and aggregates whose values at a position decide the value of a sop there, in a fixed order."""
        return self._dependencies.variables(e)

    def basis(self, e: Expr) -> frozenset[Expr]:
        """The same as a set."""
        return frozenset(self.variables(e))

    def token_free(self, e: Expr) -> bool:
        """Whether position and length alone decide its values."""
        return self._dependencies.token_free(e)

    def uniform(self, e: Expr) -> bool:
        """Whether the value of a sop is the same at every position."""
        return self._dependencies.uniform(e)

    def domain(self, e: Expr) -> Domain:
        """Every value that a sop can have. Raises CompileError where that is too many to list."""
        return self.domains.of(e)

    def listed(self, e: Expr) -> Domain | None:
        """Every value that a sop can have; None where that is too many to list."""
        return self.domains.listed(e)

    def whole(self, e: Expr) -> bool:
        """Whether all values of a sop are known, and plain ints and bools."""
        domain = self.listed(e)
        return domain is not None and domain.whole

    def ordered(self, *sops: Expr) -> bool:
        """Whether the order of all values of some sops together is known to be total."""
        return self.domains.ordered(*sops)

    def mesh(self, variables: Sequence[Expr], *, failing: bool = False) -> ColumnsByExpr:
        """Every combination of the values of some sops (see `Domains.mesh`)."""
        return self.domains.mesh(variables, failing=failing)

    def evaluate(self, e: Expr, given: Mapping[Expr, Column]) -> Column:
        """A sop on columns of some of the expressions below it."""
        return evaluate(e, given, self.log)

    def width(self, selector: Expr) -> tuple[int, int]:
        """(least, most) positions that a query can select; sound, not always tight."""
        return self.selections.width(selector)

    def injective(self, e: Expr) -> bool:
        """Whether a sop has a different value at every position; sound, not tight."""
        return self.singles.injective(e)

    def sure(self, e: Expr) -> bool:
        """Whether a sop has a value at every position of every input, or a selector at every cell; sound, not tight."""
        return self._definedness.sure(e)
