"""The operations of the language, and every fact about each of them: one table.

Other modules ask an `Op` for its facts (`op.aggregate`, `op.symbol`, `op.negated`) and keep no lists of operations.
What an operation computes is in `run/`: `scalar.py` for the elementwise ones, `reduce.py` for aggregates.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What sort of operation it is."""

    CONSTANT = "one value at every position"
    LEAF = "a value of its own at each position"
    ARITHMETIC = "elementwise, of numbers"
    COMPARISON = "elementwise, of two values"
    LOGIC = "elementwise, of truth values; of selectors, cell by cell"
    FUNCTION = "elementwise, of any values"
    SELECTOR = "keys and queries, compared"
    AGGREGATE = "the values at the selected positions, as one"
    NAME = "transparent"


class ResultKind(Enum):
    """What every result of an operation is, whatever its sources are."""

    BOOL = "a bool"
    NUMBER = "a number"


class Sure(Enum):
    """The values of its sources for which an elementwise operation is known to have a result."""

    OWN = "values of the language's own types"
    TRUTH = "False, True, 0 and 1"
    WHOLE = "whole numbers and bools, of which arithmetic makes a whole number"


@dataclass(frozen=True)
class Operation:
    """The facts about one operation: a row of the table."""

    symbol: str
    kind: Kind
    sources: tuple[str, ...] | None
    """The names of the sources in order; None for any number of them. An aggregate starts with its selector."""
    binds: int | None = None
    """How tightly an operator binds, as in Python; None for an operation that is written as a call."""
    result: ResultKind | None = None
    sure: Sure | None = None
    function: bool = False
    """Whether `arg` may be a function or a table, which has a key of its own."""
    linear: bool = False
    """Whether it is a linear combination of its sources if all of its factors but one are constants."""
    deciding: bool | None = None
    """Of logic: the truth value of one operand that decides the result, whatever the other one is."""
    signs: frozenset[int] = frozenset()
    """Of a comparison: k op q iff the sign of k - q is one of these."""
    adds: bool = False
    """Of an aggregate: whether it adds up several numbers, bools counting 0 and 1 (see `KEEP_BOOLS`)."""
    additive: bool = False
    """Of an aggregate: whether over disjoint selectors it is the sum of the aggregates over each."""
    picks: bool = False
    """Of an aggregate: whether the result is one of the selected values, unchanged, or the default."""
    counts: bool = False
    """Of an aggregate: whether it counts values, so that a single selected one gives 1."""
    single: bool = False
    """Of an aggregate: whether it fails where several positions are selected."""
    barrier: bool = False
    """Whether nothing may be concluded from how its value is computed: all that is known is the set of its values."""
    best: int = 0
    """Of an aggregate with a score: 1 where it picks the x with the greatest, -1 with the least."""


KEEP_BOOLS = "keep bools"
"""The argument of VALUE and MEAN where one selected bool stays a bool, as in original RASP; else it is 0 or 1."""

_CONSTANT, _LEAF, _ARITHMETIC, _COMPARISON, _LOGIC, _FUNCTION, _SELECTOR, _AGGREGATE, _NAME = Kind
_BOOL, _NUMBER = ResultKind
_OWN, _TRUTH, _WHOLE = Sure
_ONE, _TWO, _THREE = ("x",), ("a", "b"), ("condition", "then", "otherwise")
_PLAIN, _SCORED = ("selector", "x", "default"), ("selector", "score", "x", "default")
_L, _E, _G = -1, 0, 1  # less, equal, greater


class Op(Enum):
    """Every operation of the language. The comments say what `arg` holds."""

    # fmt: off
    TOKENS = Operation("tokens", _LEAF, ())
    INDICES = Operation("indices", _LEAF, (), result=_NUMBER)
    RAW = Operation("raw", _LEAF, ())  # a tuple of values, one a position
    CONST = Operation("const", _CONSTANT, ())  # the value

    NEG = Operation("-", _ARITHMETIC, _ONE, 8, _NUMBER, _WHOLE, linear=True)
    ABS = Operation("abs", _ARITHMETIC, _ONE, None, _NUMBER, _WHOLE)
    ROUND = Operation("round", _ARITHMETIC, _ONE, None, _NUMBER)  # the number of digits, or None
    ADD = Operation("+", _ARITHMETIC, _TWO, 6, None, _WHOLE, linear=True)  # joins strings and tuples, too
    SUB = Operation("-", _ARITHMETIC, _TWO, 6, _NUMBER, _WHOLE, linear=True)
    MUL = Operation("*", _ARITHMETIC, _TWO, 7, _NUMBER, _WHOLE, linear=True)
    DIV = Operation("/", _ARITHMETIC, _TWO, 7, _NUMBER, linear=True)
    FLOORDIV = Operation("//", _ARITHMETIC, _TWO, 7, _NUMBER)
    MOD = Operation("%", _ARITHMETIC, _TWO, 7, _NUMBER)
    POW = Operation("**", _ARITHMETIC, _TWO, 9, _NUMBER)

    EQ = Operation("==", _COMPARISON, _TWO, 2, _BOOL, _OWN, signs=frozenset({_E}))
    NE = Operation("!=", _COMPARISON, _TWO, 2, _BOOL, _OWN, signs=frozenset({_L, _G}))
    LT = Operation("<", _COMPARISON, _TWO, 2, _BOOL, _WHOLE, signs=frozenset({_L}))
    LE = Operation("<=", _COMPARISON, _TWO, 2, _BOOL, _WHOLE, signs=frozenset({_L, _E}))
    GT = Operation(">", _COMPARISON, _TWO, 2, _BOOL, _WHOLE, signs=frozenset({_G}))
    GE = Operation(">=", _COMPARISON, _TWO, 2, _BOOL, _WHOLE, signs=frozenset({_E, _G}))

    NOT = Operation("~", _LOGIC, _ONE, 8, _BOOL, _TRUTH)
    AND = Operation("&", _LOGIC, _TWO, 5, _BOOL, _TRUTH, deciding=False)
    OR = Operation("|", _LOGIC, _TWO, 3, _BOOL, _TRUTH, deciding=True)
    XOR = Operation("^", _LOGIC, _TWO, 4, _BOOL, _TRUTH)

    HAS = Operation("has", _FUNCTION, _ONE, None, _BOOL, _OWN)  # a tuple of members
    WHERE = Operation("where", _FUNCTION, _THREE, None, None, _OWN)
    MAP = Operation("map", _FUNCTION, None, function=True)  # a Function or a Table

    # One of the six comparisons as an Op, or a Function predicate(key, query).
    COMPARE = Operation("compare", _SELECTOR, ("key", "query"), function=True)

    VALUE = Operation("value", _AGGREGATE, _PLAIN, adds=True, additive=True)  # None, or KEEP_BOOLS
    MEAN = Operation("mean", _AGGREGATE, _PLAIN, adds=True)  # None, or KEEP_BOOLS
    ONE = Operation("one", _AGGREGATE, _PLAIN, picks=True, single=True)
    MAX = Operation("max", _AGGREGATE, _SCORED, picks=True, best=1)  # the leftmost of equal scores
    MIN = Operation("min", _AGGREGATE, _SCORED, picks=True, best=-1)  # likewise
    COUNT_DISTINCT = Operation("count_distinct", _AGGREGATE, _PLAIN, counts=True)
    WIDTH = Operation("width", _AGGREGATE, ("selector",), None, _NUMBER, additive=True, counts=True)

    NAME = Operation("name", _NAME, _ONE)  # of a sop or a selector; the name
    # A sop that is stored in directions of its own and may be set to any of its values; the name under which compilers
    # keep it, or None.
    KEPT = Operation("kept", _NAME, _ONE, barrier=True)
    # fmt: on

    def __init__(self, row: Operation) -> None:
        """The facts as attributes of the operation, which are read often."""
        self.symbol, self.kind, self.sources = row.symbol, row.kind, row.sources
        self.binds, self.result, self.sure, self.function = row.binds, row.result, row.sure, row.function
        self.linear, self.signs, self.deciding = row.linear, row.signs, row.deciding
        self.integral = row.linear and row.sure is Sure.WHOLE  # sums and products of whole numbers
        self.adds, self.additive, self.picks = row.adds, row.additive, row.picks
        self.counts, self.single, self.best, self.barrier = row.counts, row.single, row.best, row.barrier
        self.transparent = row.kind is Kind.NAME  # it has the value of its source
        self.leaf = row.kind is Kind.LEAF
        self.comparison = row.kind is Kind.COMPARISON
        self.aggregate = row.kind is Kind.AGGREGATE
        self.elementwise = row.kind in (Kind.ARITHMETIC, Kind.COMPARISON, Kind.LOGIC, Kind.FUNCTION)
        # Its value is not a function of other values at the same position, or must not be taken for one.
        self.variable = self.leaf or self.aggregate or row.barrier
        self.joins = row.kind is Kind.LOGIC and self.sources == _TWO  # two truth values, or two selectors
        self.scored = self.aggregate and "score" in (row.sources or ())
        self.defaulted = self.aggregate and "default" in (row.sources or ())

    def __repr__(self) -> str:
        return self.name

    __hash__ = object.__hash__  # members are singletons; Enum's own hash is much slower

    @property
    def arity(self) -> int | None:
        """The number of sources; None where there may be any number."""
        return None if self.sources is None else len(self.sources)

    @property
    def equality(self) -> bool:
        """Whether it is `==` or `!=`, which compare any two values."""
        return self in (Op.EQ, Op.NE)

    @property
    def order(self) -> bool:
        """Whether it is a comparison by an order, which some pairs of values do not have."""
        return self.comparison and not self.equality

    # Comparisons of a key with a query, by the sign of their difference.

    @property
    def mirrored(self) -> Op:
        """The comparison for which b op a is a `self` b."""
        return comparison_for(frozenset(-s for s in self.signs))

    @property
    def negated(self) -> Op:
        """The comparison that holds where this one does not, of values with a total order."""
        return comparison_for(frozenset({_L, _E, _G}) - self.signs)

    @property
    def strict(self) -> Op:
        """`<` for `<=`, `>` for `>=`; an operation that excludes equal values is itself."""
        return comparison_for(self.signs - {_E})

    @property
    def weak(self) -> Op:
        """`<=` for `<`, `>=` for `>`; an operation that includes equal values is itself."""
        return comparison_for(self.signs | {_E})


COMPARISONS = tuple(op for op in Op if op.comparison)

_BY_SIGNS = {op.signs: op for op in COMPARISONS}


def comparison_for(signs: frozenset[int]) -> Op:
    """The comparison that holds for these signs of the difference. Raises KeyError for none and for all of them."""
    return _BY_SIGNS[signs]
