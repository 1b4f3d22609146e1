"""Models made by hand, so that the transformer is tested without the compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

from hardwire.model import Circuit, DirectionNote, Head, HeadNote, Layer, Reading, Transformer

SINK = 27.001968
"""The score of BOS in a sum; exp(-SINK) is 33 * 2^-44 in float32."""
B = 2.0**44 / 33
T = 32.0

BOS, REAL, LABEL, INDEX, SQUARE, LENGTH, MOVED = range(7)


def column(**entries: float) -> np.ndarray[Any, Any]:
    """(7,) with numbers at named directions."""
    out = np.zeros(7)
    for name, x in entries.items():
        out[globals()[name.upper()]] = x
    return out


def matrix(*columns: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.stack(columns, axis=1)


def no_neurons(d_model: int = 7) -> dict[str, Any]:
    return {"w_in": np.zeros((d_model, 0)), "b_in": np.zeros(0), "w_out": np.zeros((0, d_model))}


def reverse(
    vocab: tuple[Any, ...] = tuple("abcde"),
    max_len: int = 100,
    *,
    dtype: str = "float32",
    scalar: bool = False,
    causal: bool = False,
    **more: Any,
) -> Transformer:
    """The tokens backwards: a head counts them (the sink), a head looks up position n - 1 - i.

    Token k of the vocabulary has the label k, which moves; scalar: the answer is the label itself.
    """
    labels = np.arange(len(vocab))
    embed = np.stack([column(bos=1), *(column(real=1, label=k) for k in labels)])
    index = np.arange(-1, max_len)  # BOS is the position -1, which no query looks for
    positions = np.outer(index, column(index=1)) + np.outer(index**2, column(square=1))
    count = Head(
        "length",
        w_q=matrix(column(bos=1, real=1)),
        w_k=matrix(column(bos=SINK)),
        w_v=matrix(column(real=1)),
        w_o=B * matrix(column(length=1)).T,
    )
    # -T (q - j)^2 without the query's own square, q = n - 1 - i
    look_up = Head(
        "look up",
        w_q=matrix(column(length=2 * T, real=-2 * T, index=-2 * T), column(real=-T)),
        w_k=matrix(column(index=1), column(square=1)),
        w_v=matrix(column(label=1)),
        w_o=matrix(column(moved=1)).T,
    )
    unembed = matrix(*(column(moved=2 * k, real=-(k**2)) for k in labels))  # 2 v s - v^2
    facts: dict[str, Any] = {
        "circuit": circuit(vocab, max_len),
        "program": "(key(length - indices - 1) == query(indices)).value(tokens)",
        **more,
    }
    return Transformer(
        vocab=vocab,
        max_len=max_len,
        causal=causal,
        embed=embed,
        positions=positions,
        layers=(Layer((count,), **no_neurons()), Layer((look_up,), **no_neurons())),
        unembed=matrix(column(moved=1)) if scalar else unembed,
        outputs=None if scalar else vocab,
        dtype=dtype,
        **facts,
    )


def circuit(vocab: tuple[Any, ...], max_len: int) -> Circuit:
    numbers = tuple(range(max_len + 1))
    moved = np.array(column(moved=1))
    return Circuit(
        directions=(
            DirectionNote(BOS, "bos", "", "bos", None, 0, 1),
            DirectionNote(REAL, "real", "1", "constant", (1,), 0, 3),
            DirectionNote(LABEL, "tokens", "tokens", "scalar", vocab, 0, 2),
            DirectionNote(INDEX, "indices", "indices", "scalar", numbers, 0, 2),
            DirectionNote(SQUARE, "indices²", "indices", "square", numbers, 0, 2),
            DirectionNote(LENGTH, "length", "full.width()", "scalar", numbers, 1, 2),
            DirectionNote(MOVED, "moved", "the program", "scalar", vocab, 2, 3),
        ),
        heads=(
            HeadNote(1, 0, "full.width()", "sum with a sink", ("bos", "real"), ("length",)),
            HeadNote(2, 0, "the program", "quadratic look-up", ("length", "indices", "indices²", "tokens"), ("moved",)),
        ),
        readings=(
            Reading("length", "full.width()", 1, column(length=1), np.arange(max_len + 1), numbers),
            Reading("q", "length - indices - 1", 1, column(length=1, index=-1, real=-1), np.zeros(0), ()),
            Reading("result", "the program", 2, moved, np.arange(len(vocab)), vocab),
        ),
    )


def random_model(seed: int, *, causal: bool = False, dtype: str = "float64", max_len: int = 12) -> Transformer:
    """Small random weights in every part: several heads, of several widths, one layer without any, neurons."""
    rng = np.random.default_rng(seed)
    d = 6

    def some(*shape: int) -> np.ndarray[Any, Any]:
        return rng.normal(size=shape) * 0.5

    def head(name: str, d_qk: int, d_v: int) -> Head:
        return Head(name, some(d, d_qk), some(d, d_qk), some(d, d_v), some(d_v, d))

    return Transformer(
        vocab=tuple("xyz"),
        max_len=max_len,
        causal=causal,
        embed=some(4, d),
        positions=some(max_len + 1, d),
        layers=(
            Layer((head("a", 2, 3), head("a", 1, 1), head("b", 3, 2)), some(d, 5), some(5), some(5, d)),
            Layer((), some(d, 4), some(4), some(4, d)),
            Layer((head("c", 0, 2),), **no_neurons(d)),
        ),
        unembed=some(d, 4),
        outputs=(1, 2, "three", (4,)),
        dtype=dtype,
        circuit=Circuit(),
    )
