"""What complete models compute, as programs: every part has the name of the direction that holds it in the model.

So a proof can take the model layer by layer, up to lengths of which no one could try all inputs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...lang.selector import Selector
from ...lang.sop import SOp
from ...lang.surface import full, indices, key, query, tokens


def parity() -> SOp:
    return (full.value(tokens.map({"0": 0, "1": 1})).name("ones") % 2).name("odd")


def mod(m: int = 3) -> SOp:
    return (full.value(tokens.map({"0": 0, "1": 1})).name("ones") % m).name(f"ones % {m}")


def majority(vocab: Sequence[str] = "ab") -> SOp:
    return full.mean(tokens.map({vocab[0]: -1, vocab[1]: 1})).name("lead").map(_above)


def dyck1() -> SOp:
    balance = full.mean(tokens.map({"(": 1, ")": -1})).name("balance / n")
    below = balance.map(_below).name("below 0")
    dipped = full.mean(below.int()).name("share below 0").map(_above).name("dipped")
    return ~(dipped | balance.map(_above).name("open") | below)


def shuffle_dyck(pairs: Sequence[str] = ("()", "[]")) -> SOp:
    wrong, dips = None, None
    for p in pairs:
        depth = full.value((tokens == p[0]).int() - (tokens == p[1]).int()).name(f"depth of {p}")
        below, still = (depth < 0).name(f"{p} below 0").int(), (depth > 0).name(f"{p} open")
        wrong, dips = still if wrong is None else wrong | still, below if dips is None else dips + below
    return ~(wrong | (full.value(dips).name("positions below 0") > 0).name("dipped"))


def induction(vocab: Sequence[Any] = "abc") -> SOp:
    matches: Selector | None = None
    for k, t in enumerate(vocab):
        before = (key(indices) == query(indices - 1)).value(tokens == t).name(f"before[{k}]")
        match = (key(before) == query(True)) & (key(t) == query(tokens))
        matches = match if matches is None else matches | match
    assert matches is not None
    label = tokens.map({t: k + 1 for k, t in enumerate(vocab)})
    return matches.last(label, 0).name("follower").map(dict(enumerate((None, *vocab))))


# Functions, since a mean that is compared with a number would be rewritten as a count, which the models do not hold.


def _above(x: float) -> bool:
    return x > 0


def _below(x: float) -> bool:
    return x < 0
