"""A head and its selector taken apart: dimensions and conditions that depend on variables of their own.

A score is a sum over the dimensions of a head, and a selector often a conjunction. Where some dimensions and conditions
share no variable with the rest, neither of keys nor of queries, a few small tables of pairs say what one table of all
combinations would. A dimension that is the same for all keys is a sum of what each variable of the query adds, and may
be in several blocks; so is one that is the same for all queries. (Blocks that are not apart would only bound less
well.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import CertificateError
from ..lang.expr import Expr
from ..model.weights import Floats
from ..numeric.grids import terms
from ..run.failure import Ints
from .forms import Mask, Plan, Read
from .situations import Situations, World
from .stream import Stream

Variables = frozenset[Expr]
NONE: Variables = frozenset()


@dataclass(frozen=True, eq=False)
class Item:
    """What depends on some variables of keys and of queries: dimensions, or what some coordinates of the stream are of
    them; a condition; or nothing, and its variables are to be together."""

    keys: Variables
    queries: Variables
    dims: tuple[int, ...] = ()
    coordinates: Mask | None = None
    condition: Expr | None = None

    @property
    def splits(self) -> bool:
        """Whether it is a sum of what each variable adds."""
        return bool(self.dims) and not (self.keys and self.queries) and len(self.keys | self.queries) > 1


@dataclass(frozen=True, eq=False)
class Block:
    """Some dimensions and conditions, with the situations of keys and queries that they tell apart, and what the head
    reads there; `forms`, (d_model, dimensions), is what it reads of keys."""

    dims: Ints
    forms: Floats
    conditions: tuple[Expr, ...]
    keys: Situations
    queries: Situations
    key: Read
    query: Read


@dataclass(eq=False)
class _Group:
    keys: set[Expr] = field(default_factory=set)
    queries: set[Expr] = field(default_factory=set)
    items: list[Item] = field(default_factory=list)

    def take(self, other: _Group) -> None:
        self.keys |= other.keys
        self.queries |= other.queries
        self.items += other.items


def dimensions(query: Plan, key: Plan) -> list[Item]:
    """The dimensions of a head by what decides them on either side."""
    of_query, of_key = query.made_of(), key.made_of()
    found: dict[tuple[Variables, Variables], list[int]] = {}
    for d in range(query.weights.shape[1]):
        found.setdefault((_deciding(of_key, d), _deciding(of_query, d)), []).append(d)
    return [Item(k, q, tuple(dims)) for (k, q), dims in found.items()]


def _deciding(of_forms: dict[Expr, Mask], form: int) -> Variables:
    return frozenset(e for e, used in of_forms.items() if used[form])


def blocks(
    items: Iterable[Item], stream: Stream, world: World, query: Plan, key: Plan, *, split: bool = False
) -> list[Block]:
    """Items that share variables, directly or through others, in one block; those of none in the first. `query` and
    `key` are what the head reads; `split`: nothing is returned where all are in one. Raises CertificateError."""
    kept = [i for i in items if not i.splits]
    sums = [i for i in items if i.splits]
    if sums and len(_grouped(kept)) > 1:
        sums = [piece for i in sums for piece in _pieces(i, stream, query if i.queries else key)]
    groups = _grouped([*kept, *sums])
    if split and len(groups) == 1:
        return []
    found = []
    for g in groups:
        plans, dims = (query, key), np.arange(query.weights.shape[1])
        if len(groups) > 1:
            dims = np.unique(np.array([d for item in g.items for d in item.dims], np.int64))
            plans = _part(query, g, dims, stream, of_query=True), _part(key, g, dims, stream, of_query=False)
        conditions = [item.condition for item in g.items if item.condition is not None]
        found.append(_block(dims, conditions, stream, world, (plans[0], g.queries), (plans[1], g.keys)))
    return found


def whole(
    conditions: Sequence[Expr], stream: Stream, world: World, query: tuple[Plan, set[Expr]], key: tuple[Plan, set[Expr]]
) -> Block:
    """A head and a selector as one block; plans with all variables."""
    return _block(np.arange(query[0].weights.shape[1]), conditions, stream, world, query, key)


def _block(
    dims: Ints,
    conditions: Sequence[Expr],
    stream: Stream,
    world: World,
    query: tuple[Plan, set[Expr]],
    key: tuple[Plan, set[Expr]],
) -> Block:
    queries, keys = (world.of(variables | plan.variables) for plan, variables in (query, key))
    reads = stream.read(key[0], keys), stream.read(query[0], queries)
    return Block(dims, key[0].weights, tuple(conditions), keys, queries, *reads)


def _grouped(items: Iterable[Item]) -> list[_Group]:
    groups: list[_Group] = []
    free = _Group()
    for item in items:
        new = _Group(set(item.keys), set(item.queries), [item])
        if not (new.keys or new.queries):
            free.take(new)
            continue
        apart = []
        for g in groups:
            if g.keys & new.keys or g.queries & new.queries:
                g.take(new)
                new = g
            else:
                apart.append(g)
        groups = [*apart, new]
    if not groups:
        return [free]
    groups[0].take(free)
    return groups


def _pieces(item: Item, stream: Stream, plan: Plan) -> Iterator[Item]:
    """What the coordinates of the stream add to some dimensions, by the variables that decide them; what is the same
    everywhere goes with one of them."""
    used = np.flatnonzero((plan.weights[:, item.dims] != 0).any(axis=1))
    try:
        made_of = stream.plan(np.eye(len(plan.weights))[:, used], plan.slot).made_of()
    except CertificateError:  # several coordinates hold one part
        yield item
        return
    by_variables: dict[Variables, Mask] = {}
    for i, c in enumerate(used):
        mask = by_variables.setdefault(_deciding(made_of, i), np.zeros(len(plan.weights), bool))
        mask[c] = True
    same = by_variables.pop(NONE, None)
    if not by_variables:
        yield item
    for variables, mask in by_variables.items():
        together = mask if same is None else mask | same
        same = None
        if item.queries:
            yield replace(item, queries=variables, coordinates=together)
        else:
            yield replace(item, keys=variables, coordinates=together)


def _part(plan: Plan, group: _Group, dims: Ints, stream: Stream, *, of_query: bool) -> Plan:
    """What a group reads of queries, or of keys."""
    forms = plan.weights[:, dims]
    kept = np.ones(forms.shape, bool)
    for item in group.items:
        if item.coordinates is not None and bool(item.queries) == of_query:
            kept[:, np.searchsorted(dims, item.dims)] = False
    for item in group.items:
        if item.coordinates is not None and bool(item.queries) == of_query:
            kept[:, np.searchsorted(dims, item.dims)] |= item.coordinates[:, None]
    count = np.where((kept | (forms == 0)).all(axis=0) | stream.exact(plan)[dims], 0, terms(forms))
    return replace(stream.plan(np.where(kept, forms, 0.0), plan.slot), among=count)


__all__ = ["Block", "Item", "blocks", "dimensions", "whole"]
