"""Shrinking: the smallest program that shows the same defect, as a seed and a list of edits.

A program may have functions and values that no file can store, so it is never sent anywhere: each process draws it
from its seed and makes the same edits.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from ..lang.expr import Expr, again, rebuild, walk
from ..lang.sop import SOp
from ..lang.surface import indices, tokens
from .programs import CampaignCase, drawn
from .settings import Edit

LEAVES = (tokens.expr, indices.expr)
PLAIN: dict[str, Any] = {
    "given": None,
    "causal": False,
    "reuse": False,
    "dtype": "float32",
    "output": "auto",
    "stop": None,
}


def rebuilt_case(seed: int, edits: Sequence[Sequence[Any]] = ()) -> CampaignCase:
    """Return the program of a seed, with its options; a report of a finding has the edits that make it small."""
    case = drawn(seed)
    for name, *arguments in edits:
        case = EDITS[name](case, *arguments)
    return case


# Edits. Parts of a program are numbered as `Expr.walk` yields them.


def _shorter(case: CampaignCase, max_len: int) -> CampaignCase:
    return replace(case, max_len=max_len)


def _fewer_tokens(case: CampaignCase, i: int) -> CampaignCase:
    return replace(case, vocab=case.vocab[:i] + case.vocab[i + 1 :])


def _plain(case: CampaignCase, option: str) -> CampaignCase:
    return replace(case, **{option: PLAIN[option]})


def _part(case: CampaignCase, i: int) -> CampaignCase:
    return replace(case, program=SOp(_parts(case)[i]))


def _put(case: CampaignCase, i: int, j: int) -> CampaignCase:
    parts = _parts(case)
    return _exchanged(case, parts[i], parts[j])


def _leaf(case: CampaignCase, i: int, j: int) -> CampaignCase:
    return _exchanged(case, _parts(case)[i], LEAVES[j])


EDITS: dict[str, Callable[..., CampaignCase]] = {
    "max_len": _shorter, "without token": _fewer_tokens, "plain": _plain, "part": _part, "put": _put, "leaf": _leaf,
}  # fmt: skip


def _parts(case: CampaignCase) -> list[Expr]:
    return list(case.program.expr.walk())


def _exchanged(case: CampaignCase, old: Expr, new: Expr) -> CampaignCase:
    """With a part in place of another."""
    made = rebuild(case.program.expr, lambda expr, src: new if expr is old else again(expr, src))
    return replace(case, program=SOp(made))


def size(case: CampaignCase) -> tuple[int, int, int, int]:
    """The parts of a program, its options, its length and its tokens: what shrinks."""
    options = sum(getattr(case, name) != plain for name, plain in PLAIN.items() if name != "given")
    return len(_parts(case)), options + (case.given is not None), case.max_len, len(case.vocab)


def edits(case: CampaignCase) -> Iterator[Edit]:
    """Yield edits that make a program smaller, the large ones first."""
    parts = _parts(case)
    for i, expr in enumerate(parts[:-1]):
        if not expr.selector:
            yield ("part", i)
    for option, plain in PLAIN.items():
        if getattr(case, option) is not plain and (option == "given" or getattr(case, option) != plain):
            yield ("plain", option)
    for n in dict.fromkeys((1, case.max_len // 2, case.max_len - 1)):
        if 0 < n < case.max_len:
            yield ("max_len", n)
    for i in range(len(case.vocab)) if len(case.vocab) > 1 else ():
        yield ("without token", i)
    for i in reversed(range(len(parts))):
        inner = set(walk(parts[i])) - {parts[i]}
        for j, below in enumerate(parts):
            if below in inner and below.selector == parts[i].selector:
                yield ("put", i, j)
        if not parts[i].selector and parts[i].src:
            yield from (("leaf", i, j) for j in range(len(LEAVES)))


def shrunk(seed: int, same: Callable[[list[Edit]], bool], seconds: float) -> list[Edit]:
    """Return the edits that make the smallest program found for which `same` is still true, in about so much time."""
    end = time.monotonic() + seconds
    made: list[Edit] = []
    case, smaller = drawn(seed), True
    while smaller:
        smaller = False
        for edit in edits(case):
            if time.monotonic() > end:
                return made
            try:
                other = EDITS[edit[0]](case, *edit[1:])
            except Exception:  # an edit may make a program that cannot be built
                continue
            if size(other) < size(case) and same([*made, edit]):
                made, case, smaller = [*made, edit], other, True
                break
    return made
