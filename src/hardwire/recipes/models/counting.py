"""Counting: parity, counting modulo m, majority; no position embeddings."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from ...constructions.attention import Score
from ...constructions.feedforward import function
from ...constructions.heads import sink_sum, uniform
from ...model.transformer import Transformer
from ..net import Net
from ..norm import amplify
from . import programs
from .registry import model


def ones_modulo(x: str, m: int = 3) -> list[int]:
    """The ones so far, modulo m."""
    return [k % m for k in accumulate(int(c) for c in x)]


@model(lambda x: ones_modulo(x, 2), "10110", 10, program=programs.parity)
def parity(max_len: int = 100) -> Transformer:
    """Whether the number of ones so far is odd, without position embeddings.

    Exact: for every input of up to `max_len` bits, to 100 in any float32 arithmetic; to 2,000 in NumPy's, where counts
    are exact. In between, 2 max_len neurons of up to 2 max_len are added up, and their order begins to show.
    Proved: by structure, at 100 and to 200.
    Source: Cookbook 4.1, 5.1.2; the sum by one head is ours.
    Cost: 1 layer, 1 head, max_len neurons.

    >>> parity()("10110")
    [1, 1, 0, 1, 1]
    """
    net = Net("01", max_len, causal=True)
    ones = net.head(sink_sum(Score(), net.one), net.bit("1"), "ones")
    odd = net.neurons(function(ones, [(k, k % 2) for k in range(max_len + 1)], net.one), "odd")
    return net.model(odd, outputs=(0, 1), program="parity")


@model(ones_modulo, "1011011", 10, program=programs.mod)
def mod(m: int = 3, max_len: int = 100) -> Transformer:
    """The number of ones so far modulo m, without position embeddings.

    Exact: for every input of up to `max_len` bits, to 100 in any float32 arithmetic; to 2,000 in NumPy's, as `parity`.
    Proved: by structure, at 100 and to 200.
    Source: as `parity`; the line of slope 1 between the multiples of m costs nothing.
    Cost: 1 layer, 1 head, 2 max_len / m neurons.

    >>> mod(3)("1011011")
    [1, 1, 2, 0, 0, 1, 2]
    """
    net = Net("01", max_len, causal=True)
    ones = net.head(sink_sum(Score(), net.one), net.bit("1"), "ones")
    rest = net.neurons(function(ones, [(k, k % m) for k in range(max_len + 1)], net.one), f"ones % {m}")
    return net.model(rest, outputs=range(m), program=f"ones % {m}")


def second_leads(x: str, vocab: Sequence[str] = "ab") -> list[bool]:
    """Whether more than half of the tokens are the second one."""
    return [2 * x.count(vocab[1]) > len(x)] * len(x)


@model(second_leads, "abbab", 9, program=programs.majority)
def majority(max_len: int = 100, vocab: Sequence[str] = "ab") -> Transformer:
    """Whether the second token is more frequent than the first.

    Exact: for every input of up to `max_len` tokens, to 1,000 in any float32 arithmetic: the mean is at least
    1 / n from 0 unless it is 0, and known to 3e-7 + 2e-7 n.
    Proved: by structure, at 100 and to 200.
    Source: Cookbook 5.1.2, 4.7; Perez et al. 2019.
    Cost: 1 layer, 1 head, no neurons: the unembedding compares with 1 / (2 max_len).

    >>> majority()("abbab"), majority()("abab")
    ([True, True, True, True, True], [False, False, False, False])
    """
    net = Net(vocab, max_len)
    lead = net.head(uniform(net.one), net.token({vocab[0]: -1, vocab[1]: 1}), "lead")
    return net.model([0 * net.one, lead - (0.5 / max_len) * net.one], outputs=(False, True), program="majority")


@model(lambda x: [(2 * x.count("b") > len(x)) - (2 * x.count("b") < len(x))] * len(x), "abbab", 9)
def majority_by_norm(max_len: int = 100) -> Transformer:
    """Who leads, -1, 0 or 1, by a layer norm that makes a sign of the mean.

    Exact: for every input of up to `max_len` tokens while max_len^2 is far below 1e12 and the mean's own error,
    2e-7 n, below the norm's sqrt(eps) where it ought to be 0: to 100 in float64.
    Proved: by every input of up to 9 tokens, and with `max_len=17` of 17.
    Source: Cookbook 6.4.
    Cost: 1 layer, 1 head, 4 neurons, a projected norm.

    >>> majority_by_norm()("abbab"), majority_by_norm()("ab")
    ([1, 1, 1, 1, 1], [0, 0])
    """
    net = Net("ab", max_len)
    lead = net.head(uniform(net.one, 200.0), net.token({"a": -1, "b": 1}), "lead")
    return net.model(amplify(net, lead), whole=True, dtype="float64", program="sign of the mean")
