"""A head and its selector in blocks: dimensions and conditions that depend on separate variables.

A score is a sum over the dimensions of a head, and a selector often a conjunction. Where some dimensions and conditions
share no variable with the rest, neither of keys nor of queries, a few small tables of pairs replace the table of all
combinations. A dimension that is the same for all keys is a sum of what each variable of the query adds, and may be in
several blocks; so is one that is the same for all queries. (Blocks that do share variables are sound too, only less
tight.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr
from ..lang.selectors import comparisons
from ..numeric.floats import Floats
from ..numeric.grids import terms
from ..run.failure import Bools, Ints
from .affine import AffineForm
from .decomposition import Decomposition, decompose, exactly_summed
from .evaluate import evaluate
from .evidence import Setting
from .selection import within_reach
from .states import StateSpace

Exprs = frozenset[Expr]
NONE: Exprs = frozenset()


@dataclass(frozen=True, eq=False)
class BlockItem:
    """Dimensions (or the share of some coordinates in them) or a condition, with the variables of keys and of queries
    that they depend on; or neither, to keep these variables in one block."""

    keys: Exprs
    queries: Exprs
    dims: tuple[int, ...] = ()
    coordinates: Bools | None = None
    condition: Expr | None = None

    @property
    def splits(self) -> bool:
        """Whether it is a sum of what each variable adds."""
        return bool(self.dims) and not (self.keys and self.queries) and len(self.keys | self.queries) > 1


@dataclass(frozen=True, eq=False)
class HeadBlock:
    """Some dimensions and conditions, the states of keys and queries that they distinguish, and the affine forms there.
    `weights`, (d_model, dimensions), are the forms of keys."""

    dims: Ints
    weights: Floats
    conditions: tuple[Expr, ...]
    keys: StateSpace
    queries: StateSpace
    key: AffineForm
    query: AffineForm


@dataclass(frozen=True, eq=False)
class _Group:
    keys: Exprs = NONE
    queries: Exprs = NONE
    items: tuple[BlockItem, ...] = ()

    def __add__(self, other: _Group) -> _Group:
        return _Group(self.keys | other.keys, self.queries | other.queries, self.items + other.items)


def dimensions(query: Decomposition, key: Decomposition) -> list[BlockItem]:
    """The dimensions of a head by the variables on either side."""
    found: dict[tuple[Exprs, Exprs], list[int]] = {}
    for d, sides in enumerate(zip(key.deciding(), query.deciding(), strict=True)):
        found.setdefault(sides, []).append(d)
    return [BlockItem(k, q, tuple(dims)) for (k, q), dims in found.items()]


def blocks(
    items: Iterable[BlockItem], setting: Setting, query: Decomposition, key: Decomposition, *, split: bool = False
) -> list[HeadBlock]:
    """Items that share variables, directly or through others, in one block; those without variables in the first.

    `query` and `key` are the forms that the head reads. With `split`, nothing is returned where all items are in one
    block. Raises CertificateError.
    """
    items = list(items)
    kept, sums = [i for i in items if not i.splits], [i for i in items if i.splits]
    if sums and len(_grouped(kept)) > 1:
        sums = [piece for i in sums for piece in _pieces(i, setting, query if i.queries else key)]
    groups = _grouped([*kept, *sums])
    if split and len(groups) == 1:
        return []
    found = []
    for g in groups:
        of_query, of_key, dims = query, key, np.arange(query.weights.shape[1])
        if len(groups) > 1:
            dims = np.unique(np.array([d for item in g.items for d in item.dims], np.int64))
            of_query = _part(query, g, dims, setting, of_query=True)
            of_key = _part(key, g, dims, setting, of_query=False)
        wanted = [item.condition for item in g.items if item.condition is not None]
        of_query, of_key = of_query.with_variables(g.queries), of_key.with_variables(g.keys)
        found.append(block(setting, wanted, of_query, of_key, dims))
    return found


def block(
    setting: Setting,
    conditions: Sequence[Expr],
    query: Decomposition,
    key: Decomposition,
    dims: Ints | None = None,
) -> HeadBlock:
    """One block, by default of all dimensions."""
    keys, queries = setting.space(key.variables), setting.space(query.variables)
    compared = [c.src[1] for condition in conditions for c in comparisons(condition)]
    queries = within_reach(queries, compared, setting.facts)
    of_key, of_query = evaluate(setting, key, keys), evaluate(setting, query, queries)
    dims = np.arange(query.weights.shape[1]) if dims is None else dims
    return HeadBlock(dims, key.weights, tuple(conditions), keys, queries, of_key, query=of_query)


def _grouped(items: Iterable[BlockItem]) -> list[_Group]:
    groups: list[_Group] = []
    free = _Group()
    for item in items:
        new = _Group(item.keys, item.queries, (item,))
        if not (new.keys or new.queries):
            free += new
            continue
        separate = []
        for g in groups:
            if g.keys & new.keys or g.queries & new.queries:
                new = g + new
            else:
                separate.append(g)
        groups = [*separate, new]
    if not groups:
        return [free]
    return [groups[0] + free, *groups[1:]]


def _pieces(item: BlockItem, setting: Setting, decomposed: Decomposition) -> Iterator[BlockItem]:
    """The share of each coordinate in some dimensions, by the variables that decide it; constant coordinates go with
    the first."""
    used = np.flatnonzero((decomposed.weights[:, item.dims] != 0).any(axis=1))
    try:
        deciding = decompose(setting, np.eye(len(decomposed.weights))[:, used], decomposed.slot).deciding()
    except CertificateError:  # several coordinates store one part
        yield item
        return
    by_variables: dict[Exprs, Bools] = {}
    for c, variables in zip(used, deciding, strict=True):
        by_variables.setdefault(variables, np.zeros(len(decomposed.weights), bool))[c] = True
    constant = by_variables.pop(NONE, None)
    if not by_variables:
        yield item
    for variables, mask in by_variables.items():
        coordinates = mask if constant is None else mask | constant
        constant = None
        if item.queries:
            yield replace(item, queries=variables, coordinates=coordinates)
        else:
            yield replace(item, keys=variables, coordinates=coordinates)


def _part(decomposed: Decomposition, group: _Group, dims: Ints, setting: Setting, *, of_query: bool) -> Decomposition:
    """The forms that a group reads of queries, or of keys."""
    forms = decomposed.weights[:, dims]
    kept = np.ones(forms.shape, bool)
    split = [(i, i.coordinates) for i in group.items if i.coordinates is not None and bool(i.queries) == of_query]
    for item, _ in split:
        kept[:, np.searchsorted(dims, item.dims)] = False
    for item, coordinates in split:
        kept[:, np.searchsorted(dims, item.dims)] |= coordinates[:, None]
    whole = (kept | (forms == 0)).all(axis=0) | exactly_summed(setting, decomposed)[dims]
    part = decompose(setting, np.where(kept, forms, 0.0), decomposed.slot)
    return replace(part, total_terms=np.where(whole, 0, terms(forms)))
