"""Copying: induction, n-grams, look-up by position."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from ...constructions.attention import Pattern, Score, pick
from ...constructions.feedforward import Piece
from ...constructions.form import ZERO, Form, total
from ...constructions.hardness import rightmost
from ...constructions.heads import predecessor
from ...constructions.lookups import lookup_quadratic
from ...model.transformer import Transformer
from ..net import Net
from . import programs
from .registry import model


def after_last(x: Sequence[Any]) -> list[Any]:
    """For each token what followed it when it last occurred, or None."""
    found: list[Any] = []
    for i, token in enumerate(x):
        before = [j for j in range(i) if x[j] == token]
        found.append(x[before[-1] + 1] if before else None)
    return found


@model(after_last, "abcab", 6, program=programs.induction)
def induction(vocab: Sequence[Any] = "abc", max_len: int = 100) -> Transformer:
    """What followed this token when it last occurred; None if it is new: the induction head.

    Exact: for every input of up to `max_len` tokens, to 2,000 in any float32 arithmetic.
    Proved: by structure, at 100 and to 1,000.
    Source: Cookbook 9.1, after Elhage et al. 2021; None by BOS and the tie by position (5.6) are ours.
    Cost: 2 layers, 2 heads, no neurons: of every token the one before; then the last key whose one before is mine.

    >>> induction()("abcab")
    [None, None, None, 'b', 'c']
    """
    net = Net(vocab, max_len, causal=True)
    (i, square), token = net.indices(), net.one_hot()
    before = net.heads(predecessor(i, square, net.one), token, "before")
    label = net.token({t: k + 1 for k, t in enumerate(vocab)}, "label")
    follower = net.head(_last_match(net, i, token, before), label, "follower")
    return net.model(follower, outputs=(None, *vocab), program="induction")


def after_last_or_same(x: Sequence[Any]) -> list[Any]:
    """For each token what followed it when it last occurred, or the token itself."""
    return [token if found is None else found for token, found in zip(x, after_last(x), strict=True)]


@model(after_last_or_same, "abcab", 6)
def induction_or_same(vocab: Sequence[Any] = "abc", max_len: int = 100) -> Transformer:
    """What followed this token when it last occurred; the token itself if it is new.

    Exact: for every input of up to `max_len` tokens, to 2,000 in any float32 arithmetic.
    Proved: by every input of up to 6 tokens, and with `max_len=8` of 8.
    Source: Cookbook 9.1, which answers the current symbol where there is none before; the tie by position is 5.6.
    Cost: 2 layers, 2 heads, no neurons: a logit is 1 for the follower, and 1/2 for the token itself.

    >>> induction_or_same()("abcab")
    ['a', 'b', 'c', 'b', 'c']
    """
    net = Net(vocab, max_len, causal=True)
    (i, square), token = net.indices(), net.one_hot()
    before = net.heads(predecessor(i, square, net.one), token, "before")
    follower = net.heads(_last_match(net, i, token, before), token, "follower")
    logits = [found + 0.5 * own for found, own in zip(follower, token, strict=True)]
    return net.model(logits, outputs=vocab, program="induction or same")


def _last_match(net: Net, i: Form, token: Sequence[Form], before: Sequence[Form]) -> Pattern:
    """Attention to the last position after an equal token, or to BOS."""
    assert net.max_len is not None
    wide = 24.0 * (net.max_len + 2)  # more than all positions can make up for
    match = Score(tuple((wide * here, there) for here, there in zip(token, before, strict=True)), wide * net.one)
    return pick(match + rightmost(i, net.one), net.one)


TEXT = "the cat sat on the mat and the rat sat on the cat"


def most_likely(x: str, text: str = TEXT, n: int = 3) -> list[str]:
    """The most frequent follower of each n - 1 tokens in the text, the first in order of those that tie."""
    table = _counts(text, n)
    vocab = sorted(set(text))
    found = []
    for i in range(len(x)):
        seen = table.get(x[i + 2 - n : i + 1] if i + 2 >= n else "", Counter(text))
        found.append(max(vocab, key=lambda t: (seen[t], -vocab.index(t))))
    return found


def _counts(text: str, n: int) -> dict[str, Counter[str]]:
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for i in range(len(text) - n + 1):
        table[text[i : i + n - 1]][text[i + n - 1]] += 1
    return table


@model(most_likely, "the cat", 3)
def ngram(text: str = TEXT, n: int = 3, max_len: int = 60) -> Transformer:
    """The n-gram model of a text: logits are log-probabilities of the next token, by the n - 1 last ones.

    Exact: the answer is the likeliest token for every input of up to `max_len` tokens, to 2,000; logits within 1e-4
    of the log-probabilities that the text gives. What it has not seen it answers by the frequency of tokens alone.
    Proved: by every input of up to 3 tokens, and with `max_len=4` of 4.
    Source: Svete and Cotterell 2024 (arXiv:2404.14994); Cookbook 5.4, 4.8.
    Cost: 1 layer, n - 2 heads, one neuron for each context in the text; contexts without a count get e^-30.

    >>> model = ngram()
    >>> model("the cat")[-1], round(float(np.exp(model.logits("the cat")[-1, model.outputs.index("s")])), 2)
    (' ', 0.0)
    """
    vocab, table = sorted(set(text)), _counts(text, n)
    net = Net(vocab, max_len, causal=True)
    (i, square), last = net.indices(), net.one_hot()
    recent = [last]
    for back in range(1, n - 1):
        recent.insert(0, net.heads(lookup_quadratic(i - back * net.one, i, square, net.one), last, f"{back} before"))
    seen = []  # 1 where the last tokens are the context, else -1 or less
    for context in table:
        bits = [codes[vocab.index(t)] for codes, t in zip(recent, context, strict=True)]
        seen.append((2 * total(bits) - (2 * n - 3) * net.one, context))
    logits = []
    for k, t in enumerate(vocab):
        alone = _log(Counter(text)[t], len(text))
        weights = ((f, _log(table[c][t], table[c].total()) - alone) for f, c in seen)
        first = 8e-5 * k / len(vocab)  # of those that tie the first, by more than rounding
        logits.append(
            (alone - first) * net.one + net.neurons(Piece(ZERO, tuple(weights)), f"logit of {t!r}", "contexts")
        )
    return net.model(logits, outputs=vocab, program=f"{n}-grams")


def _log(count: int, of: int) -> float:
    return math.log(count / of) if count else -30.0


@model(lambda x: [x[min(v, len(x) - 1)] for v in x], [2, 0, 1, 1], 5)
def table_lookup(size: int = 5, max_len: int = 100) -> Transformer:
    """Every token is a position; the answer is the token at that position. The input is its own table.

    Exact: for every input of up to `max_len` of the tokens 0 .. size - 1, to 2,000 in any float32 arithmetic. A token
    beyond the end points at the last one.
    Proved: by every input of up to 5 tokens, and with `max_len=7` of 7.
    Source: Cookbook 5.3.4.
    Cost: 1 layer, 1 head, no neurons, 2 position directions.

    >>> table_lookup()([2, 0, 1, 1])
    [1, 2, 0, 0]
    """
    net = Net(range(size), max_len)
    i, square = net.indices()
    pointer = net.token(float, "pointer")
    found = net.head(lookup_quadratic(pointer, i, square, net.one), pointer, "found")
    return net.model(found, outputs=range(size), program="x[x]")
