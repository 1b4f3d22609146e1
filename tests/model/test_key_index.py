"""A text written with an index of keys is the one that all keys give: what is left out has no weight."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import Transformer, indices, key, query, tokens, writers
from hardwire.model import decoding
from hardwire.model.key_index import MANY, SHARE, KeyIndex, KeyShape, key_shapes
from hardwire.numeric.floats import model_arithmetic
from hardwire.writers.machines import INCREMENT

FLOAT32 = np.dtype(np.float32)
COUNT = INCREMENT | {
    ("carry", "0"): ("1", "L", "back"),
    ("carry", "_"): ("1", "L", "back"),
    ("back", "0"): ("0", "L", "back"),
    ("back", "1"): ("1", "L", "back"),
    ("back", "_"): ("_", "R", "right"),
}
"""Counts in binary without an end."""


@pytest.fixture(autouse=True)
def _as_in_a_forward_pass() -> Iterator[None]:
    with model_arithmetic():
        yield


def written(model: Transformer, tokens: list[Any], index_from: int, monkeypatch: pytest.MonkeyPatch) -> Any:
    """(the last residual at each position, the decoder) of a transcript that is read token by token."""
    monkeypatch.setattr(decoding, "INDEX_FROM", index_from)
    rows = model.encode(tokens)
    decoder = model._greedy.decoder([rows[:1]])
    found = [decoder.last[0]]
    for row in rows[1:]:
        decoder.step(np.array([row]))
        found.append(decoder.last[0])
    return np.array(found), decoder


@pytest.mark.parametrize("name", ["turing", "tape_machine", "universal_turing", "stack_machine", "induction", "add"])
def test_texts_by_an_index_are_those_by_all_keys(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    program, rng = writers.get(name), random.Random(name)
    model = hw.compile(program, certify=False)
    read = 0
    for _ in range(2):
        tokens = program.transcript(rng, program.max_len)
        everything, _ = written(model, tokens, 10**9, monkeypatch)
        by_index, decoder = written(model, tokens, 4, monkeypatch)
        assert model.decode(by_index @ model.unembed) == model.decode(everything @ model.unembed)
        scale = np.abs(everything).max()
        assert np.abs(by_index - everything).max() <= 1e-4 * scale
        read += sum(not index.over for layer in decoder.layers for index in layer.indexes)
    assert read  # some heads were not read in full


def test_a_machine_reads_as_many_keys_after_a_long_text_as_after_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "INDEX_FROM", 64)
    program = writers.tape_machine(COUNT, cells=12, steps=3_000)
    model = hw.compile(program)
    assert model.certificate is not None
    text = model.generate("=", max_new=3_000)
    own = hw.generate(program, "=", max_new=3_000).finish()
    seen = []
    for i, token in enumerate(text):
        assert token == own[i]
        if i in (1_000, 2_999):
            assert text._decoder is not None
            (index,) = text._decoder.layers[0].indexes
            assert not index.over
            assert index.mixed(np.zeros(len(index.sizes), FLOAT32)) is None  # no lead: all keys would be read
            seen.append(len(index.counts) * index.shape.kept)
    assert seen[0] <= seen[1] <= 13 * 11  # cells and BOS, of each the last few writes


@pytest.mark.nightly
def test_positions_are_looked_up_by_their_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With more positions than squares can number, a look-up reads BOS and one key."""
    model = hw.compile(tokens.shift(3, "a"), "ab", 5_200, causal=True, certify=False)
    x = random.Random(0).choices("ab", k=700)
    _, decoder = written(model, x, MANY, monkeypatch)
    (index,) = decoder.layers[0].indexes
    assert index.signs
    assert not index.over
    at = 600
    asked = (model.embed[1] + model.positions[at]) @ decoder.layers[0].packed.reads[:, : len(index.sizes)]
    rows, others = index._by_signs(asked)
    assert rows.tolist() == [0, at - 3]  # key 0 is BOS's, and each position has a class
    assert others <= float(index.keys[rows[1]] @ asked) - 110
    scores = decoder.layers[0].keys[0, 0].T @ asked
    assert np.sort(scores)[-3] <= others
    assert index.mixed(asked)[0] == pytest.approx(decoder.layers[0].values[0, 0, at - 3, 0], abs=1e-30)


def by_all(keys: np.ndarray, values: np.ndarray, asked: np.ndarray) -> np.ndarray:
    scores = keys.astype(np.float64) @ asked
    weights = np.exp(scores - scores.max())
    return (weights @ values) / weights.sum()


@pytest.mark.parametrize("sign", [1, -1, 0])
def test_random_keys(sign: int) -> None:
    """Keys of random classes, with and without a clock, against the softmax over all of them."""
    rng = np.random.default_rng(sign + 1)
    answered = 0
    for _ in range(40):
        n, d, many = int(rng.integers(2, 200)), int(rng.integers(1, 5)), int(rng.integers(1, 12))
        classes = rng.integers(-3, 4, (many, d)).astype(np.float32)
        keys = np.concatenate([classes[rng.integers(0, many, n)], np.arange(n, dtype=np.float32)[:, None]], axis=1)
        keys[0] = 0
        values = rng.normal(size=(n, 2)).astype(np.float32)
        asked = rng.normal(size=d + 1).astype(np.float32) * 20
        asked[-1] = sign * 24
        shape = KeyShape(d, np.arange(n, dtype=float), 1.0, SHARE * 24 * sign, 11)
        if not sign:
            keys, asked = keys[:, :d], asked[:d]
            shape = KeyShape()
        index = KeyIndex(shape, len(asked), 2, FLOAT32)
        for at in range(n):
            index.add(keys[at], values[at], at)
        found = index.mixed(asked)
        assert found is not None
        answered += len(index.counts) * index.shape.kept < n
        np.testing.assert_allclose(found, by_all(keys, values, asked), rtol=1e-4, atol=1e-4)
    assert answered > 5


def test_random_signs() -> None:
    """Many codes of signs: what is answered is the softmax over all keys, also where no key has the wanted code."""
    rng = np.random.default_rng(3)
    answered = refused = 0
    for scale in (8, 60, 200):
        codes = np.unique(rng.choice([-1.0, 1.0], (700, 11)), axis=0).astype(np.float32)
        keys = np.concatenate([np.zeros((1, 11), np.float32), rng.permutation(codes)[: MANY + 150]])
        keys = np.concatenate([keys, keys[5:9]])  # some keys come twice
        keys = np.concatenate([keys, (np.arange(len(keys)) == 0)[:, None].astype(np.float32)], axis=1)
        values = rng.normal(size=(len(keys), 1)).astype(np.float32)
        index = KeyIndex(KeyShape(), 12, 1, FLOAT32)
        for at in range(len(keys)):
            index.add(keys[at], values[at], at)
        assert index.signs
        for code in (*rng.choice([-1.0, 1.0], (30, 11)), *keys[1:31, :11]):
            asked = np.append(scale * code * rng.uniform(1, 2, 11), rng.choice([0.0, 9.0, 12.0]) * scale)
            found = index.mixed(asked.astype(np.float32))
            refused += found is None
            if found is not None:
                answered += 1
                np.testing.assert_allclose(found, by_all(keys, values, asked), rtol=1e-4, atol=1e-5)
    assert answered > 60
    assert refused > 40  # at the least scale no weight is 0


def test_an_index_is_given_up_where_a_clock_does_not_advance_or_too_many_keys_matter() -> None:
    shape = KeyShape(1, np.arange(9.0), 1.0, 21.6, 11)
    index = KeyIndex(shape, 2, 1, FLOAT32)
    for at, clock in enumerate([0, 1, 2, 3]):
        index.add(np.array([5, clock], np.float32), np.ones(1, np.float32), at)
    assert not index.over
    index.add(np.array([5, 3.05], np.float32), np.ones(1, np.float32), 3)  # in the class of the last one
    assert index.over
    assert index.mixed(np.array([0, 24], np.float32)) is None
    many = KeyIndex(KeyShape(), 1, 1, FLOAT32)
    for at in range(MANY + 2):
        many.add(np.array([at], np.float32), np.ones(1, np.float32), at)
    assert many.over


def test_clocks_are_found_in_the_weights() -> None:
    last = (key(tokens) == query(tokens)).last(indices % 2, 0)
    model = hw.compile(last, "abcdef", 50, causal=True, certify=False)
    ((shape,),) = key_shapes(model.embed, model.positions, model.layers)
    assert shape.clock >= 0
    assert shape.pace > 0
    first = hw.compile((key(tokens) == query(tokens)).first(indices % 2, 0), "abcdef", 50, causal=True, certify=False)
    ((shape,),) = key_shapes(first.embed, first.positions, first.layers)
    assert shape.pace < 0
    count = hw.compile((key(tokens) == query(tokens)).width(), "abcdef", 50, causal=True, certify=False)
    assert [s.clock for shapes in key_shapes(count.embed, count.positions, count.layers) for s in shapes] == [-1]


def test_long_prompts_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    program = ((key(tokens) == query(tokens)).width() % 3).str()
    model = hw.compile(program, "012", 90, causal=True, certify=False)
    prompt = "".join(random.Random(0).choices("012", k=70))
    whole = model.generate(prompt).finish()
    monkeypatch.setattr(decoding, "READ_TOGETHER", 8)
    monkeypatch.setattr(decoding, "INDEX_FROM", 20)
    assert model.generate(prompt).finish() == whole == hw.generate(program, prompt, max_new=21).finish()


@pytest.mark.nightly
def test_a_hundred_thousand_tokens_of_a_machine() -> None:
    program = writers.tape_machine(COUNT, cells=20, steps=100_000)
    model = hw.compile(program)
    assert model.certificate is not None
    assert model.certificate.max_len == 100_020
    text = model.generate("=", max_new=100_000)
    assert text.finish() == hw.generate(program, "=", max_new=100_000).finish()
    assert text._decoder is not None
    (index,) = text._decoder.layers[0].indexes
    assert not index.over
    assert len(index.counts) * index.shape.kept < 300
