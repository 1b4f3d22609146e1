"""Languages of brackets: Dyck-1, bounded depth with several kinds, shuffled."""

from __future__ import annotations

from collections.abc import Sequence

from ...constructions.attention import Pattern, Score, Variant
from ...constructions.feedforward import Piece, threshold
from ...constructions.form import ZERO, total
from ...constructions.hardness import leftmost, rightmost
from ...constructions.heads import sink_sum, uniform
from ...model.transformer import Transformer
from ..net import Net
from . import programs
from .registry import model


def is_dyck(x: str, pairs: Sequence[str] = ("()", "[]"), depth: int | None = None) -> bool:
    """Whether brackets match, nested at most `depth` deep."""
    stack: list[str] = []
    for c in x:
        close = next((p[1] for p in pairs if c == p[0]), None)
        if close is not None:
            stack.append(close)
            if depth is not None and len(stack) > depth:
                return False
        elif not stack or stack.pop() != c:
            return False
    return not stack


def is_shuffle(x: str, pairs: Sequence[str] = ("()", "[]")) -> bool:
    """Whether the brackets of each kind match, whatever the others do."""
    return all(is_dyck("".join(c for c in x if c in p), [p]) for p in pairs)


@model(lambda x: [is_dyck(x[: i + 1]) for i in range(len(x))], "(())()", 10, program=programs.dyck1)
def dyck1(max_len: int = 100) -> Transformer:
    """Whether the brackets up to here match, by two layers of uniform soft attention.

    Exact: for every input of up to `max_len` brackets, to 700 in any float32 arithmetic: means of whole numbers
    are 1 / n apart, and known to 3e-7 + 2e-7 n.
    Proved: by structure, at 100 and to 200.
    Source: Cookbook 9.2.1, after Bhattamishra et al. 2020; thresholds at 1 / max_len are ours.
    Cost: 2 layers, 2 heads, 8 neurons, no position embeddings.

    >>> dyck1()("(())()")
    [False, False, False, True, False, True]
    """
    net = Net("()", max_len, causal=True)
    least = 1 / max_len
    balance = net.head(uniform(net.one), net.token({"(": 1, ")": -1}), "balance / n")
    below = net.neurons(threshold(-balance, 0, least, net.one), "below 0")
    ever = net.head(uniform(net.one), below, "share below 0")
    wrong = [net.neurons(threshold(x, 0, least, net.one), n) for x, n in ((ever, "dipped"), (balance, "open"))]
    return net.model([total((*wrong, below)), 0.5 * net.one], outputs=(False, True), program="dyck-1")


def _rounds(net: Net, pairs: Sequence[str], depth: int, hard: str) -> Transformer:
    """Rounds in which every bracket looks for its nearest active neighbours, and a pair that matches is taken out."""
    one, opens, closes = net.one, [net.bit(p[0]) for p in pairs], [net.bit(p[1]) for p in pairs]
    active = one

    def look(side: str) -> Pattern:
        """Attention to the nearest active bracket before or after; to BOS if no bracket is active."""
        if hard == "unique":
            kind = "rightmost" if side == "before" else "leftmost"
            return Pattern(((2 * one, active),), one, variant=Variant(kind, side), recipe="nearest active")
        assert net.max_len is not None
        i, _ = net.indices()
        tie = (rightmost if side == "before" else leftmost)(i, one, 1.0)
        score = Score(((2 * net.max_len * one, active),)) + tie
        bos = (net.max_len + 0.5) * one
        return Pattern(score.pairs, bos, variant=Variant("average", side), recipe="nearest active")

    for r in range(1, depth + 1):
        before = net.heads(look("before"), opens, f"before {r}")
        after = net.heads(look("after"), closes, f"after {r}")
        found = [*zip(opens, after, strict=True), *zip(closes, before, strict=True)]
        neurons = tuple((active + here + there - 2 * one, 1.0) for here, there in found)
        active = active - net.neurons(Piece(ZERO, neurons), f"matched {r}", "conjunctions")
    anything = Pattern(((2 * one, active),), one, variant=Variant("average"), recipe="any active")
    left = net.head(anything, one, "left over")
    return net.model([left, 0.5 * one], outputs=(False, True), program=f"dyck-{len(pairs)} to depth {depth}")


def match(x: str, pairs: Sequence[str] = ("()", "[]"), depth: int = 3) -> list[bool]:
    """At every position whether the whole input matches."""
    return [is_dyck(x, pairs, depth)] * len(x)


@model(match, "([])()", 6)
def dyck_unique_hard(pairs: Sequence[str] = ("()", "[]"), depth: int = 3) -> Transformer:
    """Whether brackets of several kinds match, nested at most `depth` deep, by unique-hard attention.

    Exact: for every input of any length: all numbers are 0, 1 and 2, and hard attention copies them.
    Proved: by every input of up to 6 brackets, and with `max_len=8` of 8.
    Source: Cookbook 9.2.3, after Yao et al. 2021 (arXiv:2105.11115).
    Cost: depth + 1 layers, 2 depth + 1 heads, 2 neurons a layer and kind, no position embeddings.

    >>> dyck_unique_hard()("([])"), dyck_unique_hard()("([)]")
    ([True, True, True, True], [False, False, False, False])
    """
    return _rounds(Net("".join(pairs), None), pairs, depth, "unique")


@model(match, "([])()", 6)
def dyck_average_hard(pairs: Sequence[str] = ("()", "[]"), depth: int = 3, max_len: int = 100) -> Transformer:
    """Whether brackets of several kinds match, nested at most `depth` deep, by average-hard attention.

    Exact: for every input of up to `max_len` brackets, to 2^22: all scores are whole or half numbers below 2^24.
    Proved: by every input of up to 6 brackets, and with `max_len=8` of 8.
    Source: Cookbook 9.2.3 and 5.6: the position breaks ties.
    Cost: depth + 1 layers, 2 depth + 1 heads, 2 neurons a layer and kind, 1 position direction.

    >>> dyck_average_hard()("([])"), dyck_average_hard()("([)]")
    ([True, True, True, True], [False, False, False, False])
    """
    return _rounds(Net("".join(pairs), max_len), pairs, depth, "average")


@model(lambda x: match(x, ["()"], 2), "(())()", 10)
def dyck_1_2() -> Transformer:
    """Whether brackets of one kind match, nested at most 2 deep, by active matching.

    Exact: for every input of any length: all numbers are 0, 1 and 2, and hard attention copies them.
    Proved: by every input of up to 10 brackets, and with `max_len=13` of 13.
    Source: Cookbook 9.2.2 (Dyck-1-2); the rounds of `dyck_unique_hard` with one kind of brackets.
    Cost: 3 layers, 5 heads, 4 neurons, no position embeddings: each layer takes out the brackets whose nearest active
    neighbour fits, and the last one looks for any that are left.

    >>> dyck_1_2()("(())()"), dyck_1_2()("((()))")
    ([True, True, True, True, True, True], [False, False, False, False, False, False])
    """
    return _rounds(Net("()", None), ["()"], 2, "unique")


def shuffled(x: str, pairs: Sequence[str] = ("()", "[]")) -> list[bool]:
    """At every position whether the brackets up to there match, kind by kind."""
    return [is_shuffle(x[: i + 1], pairs) for i in range(len(x))]


@model(shuffled, "([)]", 7, program=programs.shuffle_dyck)
def shuffle_dyck(pairs: Sequence[str] = ("()", "[]"), max_len: int = 100) -> Transformer:
    """Whether the brackets of each kind match up to here, whatever the other kinds do between them.

    Exact: for every input of up to `max_len` brackets, to 1,000 in any float32 arithmetic: depths are
    sums known to 1/4.
    Proved: by structure, at 100 and to 200.
    Source: Bhattamishra et al. 2020 (arXiv:2009.11264); sums by the sink are ours.
    Cost: 2 layers, 2 heads, 4 neurons a kind and 2, no position embeddings.

    >>> shuffle_dyck()("([)]")
    [False, False, False, True]
    """
    net = Net("".join(pairs), max_len, causal=True)
    everything = sink_sum(Score(), net.one)
    depths = [net.head(everything, net.token({p[0]: 1, p[1]: -1}, p), f"depth of {p}") for p in pairs]
    below = [net.neurons(threshold(-d, 0, 1, net.one), f"{p} below 0") for d, p in zip(depths, pairs, strict=True)]
    dips = net.head(everything, total(below), "positions below 0")
    wrong = [net.neurons(threshold(d, 0, 1, net.one), f"{p} open") for d, p in zip(depths, pairs, strict=True)]
    wrong.append(net.neurons(threshold(dips, 0, 1, net.one), "dipped"))
    return net.model([total(wrong), 0.5 * net.one], outputs=(False, True), program=f"shuffle-dyck-{len(pairs)}")
