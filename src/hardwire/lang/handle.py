"""The base class of sops, selectors, keys and queries: handles of an expression, which are not Python containers.

Python gives `if`, `and`, `in`, `len` and the like a meaning for every object. None of these is right while a program is
being built, so each of them raises an error with the code to write instead.
"""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

import numpy as np

from ..errors import BuildError
from .drawn import Drawn
from .expr import Expr, Flat, Op, flatten, node, unflatten
from .misuse import OPERATORS, attribute_remedy, ufunc_name, ufunc_remedy
from .text import constant, formula
from .values import NotAValue, freeze

AGGREGATING = (*(op.symbol for op in Op if op.aggregate), "first", "last", "any", "all")
"""The methods of a selector that make a sop of it."""


class Handle(Drawn):
    """A part of a program under construction. `expr` is its expression.

    Compare two handles with `a.expr is b.expr`; `==` builds a program.
    """

    __slots__ = ("__weakref__", "expr")

    is_hardwire_handle: ClassVar[bool] = True
    word: ClassVar[str] = "sop"
    attribute_hints: ClassVar[dict[str, str]] = {}  # attributes of other kinds of handle: what to write
    expr: Expr

    def __init__(self, expr: Expr) -> None:
        if not isinstance(expr, Expr):
            raise BuildError(
                f"{type(self).__name__}({constant(expr)}) makes no {self.word}\n"
                "  Programs are built from tokens and indices by operators; raw([...]) is a sop of given values.",
                value=expr,
            )
        object.__setattr__(self, "expr", expr)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise BuildError(f"a {self.word} cannot be changed: {name} is fixed", expression=self)

    def __delattr__(self, name: str) -> NoReturn:
        raise BuildError(f"a {self.word} cannot be changed: {name} is fixed", expression=self)

    def __getattr__(self, name: str) -> NoReturn:
        public = [n for n in dir(type(self)) if not n.startswith("_")]
        remedy = attribute_remedy(name, public, self.attribute_hints, maps=self.word == "sop")
        hint = f"\n  {remedy}" if remedy else ""
        raise AttributeError(f"a {self.word} has no attribute {name!r}{hint}", name=name)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
        """`np.int64(1) + indices` is an operator of the language; any other function of NumPy is refused."""
        if method != "__call__" or ufunc not in OPERATORS or options:
            what = f"{ufunc_name(ufunc, method)} takes numbers, not a {self.word}"
            self._refuse(what, ufunc_remedy(ufunc, method, self.formula))
        return OPERATORS[ufunc](*(_from_numpy(x, f"np.{ufunc.__name__}") for x in inputs))

    def __array__(self, *_: object, **__: object) -> NoReturn:
        self._refuse(f"a {self.word} is not an array", "Run it: np.array(x('hello')).")

    # Copies are the handle itself; pickles are flat, so that depth does not matter.

    def __copy__(self) -> Handle:
        return self

    def __deepcopy__(self, memo: object) -> Handle:
        return self

    def __reduce__(self) -> Any:
        return _restore, (type(self), flatten(self.expr))

    @property
    def layers(self) -> int:
        """The number of attention layers of the program as written."""
        return self.expr.layers

    @property
    def size(self) -> int:
        """The number of distinct expressions in the program."""
        return sum(1 for _ in self.expr.walk())

    @property
    def formula(self) -> str:
        """The program on one line, shortened where it is long."""
        return formula(self.expr)

    # Operations that Python defines for every object, and that have no meaning here.

    def _refuse(self, what: str, remedy: str) -> NoReturn:
        shown = self.formula
        raise BuildError(f"{what}: {shown}\n  {remedy}", expression=self)

    def __bool__(self) -> bool:
        self._refuse(
            f"a {self.word} has no truth value while the program is being built",
            "Write & for and, | for or, ~ for not, where(c, a, b) for if; "
            "(a < x) & (x < b) for a < x < b; x.has([...]) for in"
            + ("; maximum(a, b) and minimum(a, b) for max and min." if self.expr.op.order else "."),
        )

    def __hash__(self) -> int:
        self._refuse(
            f"a {self.word} cannot be hashed, because == builds a program instead of comparing",
            "Use its expression as the key of a dict or the member of a set: {x.expr: ...}.",
        )

    def __contains__(self, item: object) -> bool:
        self._refuse(
            f"`in` has no answer while the program is being built ({constant(item)} in a {self.word})",
            "Write (x == value), x.has([...]) for several values, or full.any(x == value) for anywhere.",
        )

    def __len__(self) -> int:
        self._refuse(f"a {self.word} has no len", "The length of the input is the sop `length`.")

    def __iter__(self) -> Any:
        self._refuse(
            f"a {self.word} cannot be iterated",
            "Write full.value(x) for sum(x), full.max(x) for max(x), full.min(x) for min(x), programs.sort(x) for "
            "sorted(x); or run it first, list(x('hello')).",
        )

    def __getitem__(self, index: object) -> NoReturn:
        self._refuse(
            f"a {self.word} cannot be indexed ([{constant(index)}])",
            "Write x.at(i) for the value at position i, or x('hello')[i] for that of one run.",
        )

    def __setitem__(self, index: object, value: object) -> NoReturn:
        self._refuse(f"a {self.word} cannot be assigned to", "Write where(indices == i, value, x).")

    def _number(self) -> NoReturn:
        self._refuse(
            f"a {self.word} is not one number",
            "Write x.int() to turn each value into an int, x.map(math.sqrt) for a function of each value; "
            "or run the program and take the result's items.",
        )

    def __int__(self) -> int:
        self._number()

    def __float__(self) -> float:
        self._number()

    def __complex__(self) -> complex:
        self._number()

    def __index__(self) -> int:
        self._number()

    def __pos__(self) -> NoReturn:
        self._refuse(
            "unary + does nothing, so it is probably the second half of a broken line",
            "Put the whole sum in parentheses: (a\n   + b).",
        )


def _restore(kind: type[Handle], flat: Flat, *more: Any) -> Handle:
    return kind(unflatten(flat), *more)


def _from_numpy(x: Any, where: str) -> Any:
    """Convert NumPy's scalars and arrays to Python's, whose operators defer to the handle. Raises BuildError."""
    if isinstance(x, np.ndarray) and x.ndim == 1:
        return list(x)
    if isinstance(x, (np.ndarray, np.generic)) and x.ndim == 0:
        item = float(x) if isinstance(x, np.longdouble) else x.item()
        if not isinstance(item, np.generic):
            return item
    return x if not isinstance(x, (np.ndarray, np.generic)) else constant_or_raw(x, where)  # which refuses it


def constant_or_raw(x: object, where: str) -> Expr:
    """Return the expression of a Python operand: a value is a constant, a list, range or 1-D array is `raw`.

    Raises BuildError, which says `where` the operand is used.
    """
    if isinstance(x, (list, range)) or (isinstance(x, np.ndarray) and x.ndim == 1):
        return raw_expr(x, where)
    try:
        return node(Op.CONST, arg=freeze(x))
    except NotAValue as error:
        remedy = "Use x.map(d) for a dict and x.has(s) for a set." if isinstance(x, (dict, set, frozenset)) else ""
        if isinstance(x, np.ndarray):
            remedy = f"A sequence has one axis; this array has shape {x.shape}."
        if callable(x):
            remedy = "Did you forget to call it?"
        raise BuildError(f"{error}, in {where}. {remedy}".rstrip(), value=x) from None


def raw_expr(seq: Any, where: str) -> Expr:
    """Return the expression with the items of seq as its values. Raises BuildError."""
    values = []
    for i, item in enumerate(seq):
        try:
            values.append(freeze(item))
        except NotAValue as error:
            raise BuildError(f"{error}, at position {i} of the list in {where}", position=i, value=item) from None
    return node(Op.RAW, arg=tuple(values))
