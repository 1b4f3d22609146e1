"""The forward pass against a plain one, and models made by hand against what they are to compute."""

from __future__ import annotations

import itertools
import math
import pickle
import random
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from handmade import no_neurons, random_model, reverse
from hardwire import tokens
from hardwire.errors import ModelError
from hardwire.model import Certificate, Circuit, Head, HeadNote, Layer, NeuronNote, Transformer, forward
from hardwire.model.circuit import Claim
from hardwire.model.slots import ATTENTION, Slot


def plain(model: Transformer, text: str) -> np.ndarray[Any, Any]:
    """The logits by the definition, one number at a time."""
    rows = [0, *(model.vocab.index(c) + 1 for c in text)]
    assert model.positions is not None
    x = [model.embed[r].astype(float) + model.positions[i] for i, r in enumerate(rows)]
    for layer in model.layers:
        written = [np.zeros(model.d_model) for _ in x]
        for h in layer.heads:
            for i, query in enumerate(x):
                seen = x[: i + 1] if model.causal else x
                scores = [float((query @ h.w_q) @ (key @ h.w_k)) for key in seen]
                exps = [math.exp(s - max(scores)) for s in scores]
                mixed = sum(e / sum(exps) * (key @ h.w_v) for e, key in zip(exps, seen, strict=True))
                written[i] = written[i] + mixed @ h.w_o
        x = [a + b for a, b in zip(x, written, strict=True)]
        x = [a + np.maximum(a @ layer.w_in + layer.b_in, 0) @ layer.w_out for a in x]
    return np.array([a @ model.unembed for a in x[1:]])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("seed", range(5))
def test_the_forward_pass_is_its_definition(seed: int, causal: bool) -> None:
    model = random_model(seed, causal=causal)
    for text in ("x", "zy", "xyzzy", "zzzzzyyyyyxx"):
        np.testing.assert_allclose(model.logits(text), plain(model, text), rtol=1e-12, atol=1e-12)
        assert model(text) == [model.outputs[k] for k in plain(model, text).argmax(axis=1)]  # type: ignore[index]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_reverse_on_every_short_string(dtype: str) -> None:
    model = reverse(dtype=dtype)
    inputs = ["".join(t) for n in range(6) for t in itertools.product("abcde", repeat=n)]
    assert model.batch(inputs) == [list(x[::-1]) for x in inputs]
    assert all(model(x) == list(x[::-1]) for x in inputs[:200])


@pytest.mark.parametrize("max_len", [1, 7, 100, 1000])
def test_reverse_up_to_max_len(max_len: int) -> None:
    model = reverse(max_len=max_len)
    rng = random.Random(max_len)
    lengths = [max_len, max_len - 1, *(rng.randrange(max_len + 1) for _ in range(20))]
    inputs = ["".join(rng.choices("abcde", k=n)) for n in lengths]
    assert model.batch(inputs) == [list(x[::-1]) for x in inputs]
    logits = model.logits(inputs[0])
    assert (np.diff(np.sort(logits, axis=1), axis=1)[:, -1] > 0.9).all(), "the best logit leads by 1"


def test_sums_of_the_sink_are_exact() -> None:
    model = reverse(max_len=500)
    for n in (1, 99, 500):
        assert (model.residuals("a" * n)["layer 1 attention"][:, 5] == n).all()


def test_a_scalar_readout_gives_floats() -> None:
    answer = reverse(scalar=True)("abe")
    assert answer == pytest.approx([4.0, 1.0, 0.0], abs=1e-12)
    assert {type(x) for x in answer} == {float}


def test_outputs_keep_their_types() -> None:
    values = (True, 2, 3.5, None, (1, "a"), Fraction(1, 3), "ab")
    model = reverse(values)
    answer = model(list(values))
    assert answer == list(reversed(values))
    assert [type(x) for x in answer] == [type(x) for x in reversed(values)]


@pytest.mark.parametrize("model", [reverse(), reverse(scalar=True), reverse(causal=True), random_model(1, max_len=60)])
def test_a_batch_changes_no_answer(model: Transformer) -> None:
    rng = random.Random(0)
    inputs = ["".join(rng.choices(model.vocab, k=rng.randrange(60))) for _ in range(300)] + ["", "", model.vocab[0]]
    together = model.batch(inputs)
    assert together == [model(x) for x in inputs]
    assert [answer.input for answer in together] == inputs
    assert model.batch([]) == []
    assert model.batch(["", ""]) == [[], []]
    assert model.batch(iter(inputs[:3])) == together[:3]


@pytest.mark.parametrize("causal", [False, True])
def test_padding_reaches_no_logit(causal: bool) -> None:
    model = random_model(3, causal=causal)
    tokens = np.array([[0, 1, 2, 0, 0, 0], [0, 1, 2, 3, 3, 3], [0, 3, 1, 1, 2, 3]])
    lengths = np.array([2, 2, 5])
    x = model._forward.residual(tokens, lengths)
    np.testing.assert_allclose(x[0, 1:3] @ model.unembed, model.logits("xy"), rtol=1e-12)
    np.testing.assert_allclose(x[2, 1:] @ model.unembed, model.logits("zxxyz"), rtol=1e-12)
    assert (x[0, :3] == x[1, :3]).all()


@pytest.mark.parametrize("cells", [1, 50, 1 << 30])
def test_blocks_change_no_answer(cells: int, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = ["abc", "", "edcba" * 20, "a" * 99]
    for causal in (False, True):
        model = reverse(causal=causal)
        expected = [model(x) for x in inputs]
        with monkeypatch.context() as patch:
            patch.setattr(forward, "MOST_CELLS", cells)
            patch.setattr("hardwire.model.transformer.MOST_CELLS", cells)
            assert model.batch(inputs) == expected
            assert [model(x) for x in inputs] == expected


def test_causal_answers_do_not_see_what_follows() -> None:
    model = random_model(5, causal=True)
    np.testing.assert_allclose(model.logits("xyzzx")[:3], model.logits("xyz"), rtol=1e-12)
    other = random_model(5)
    assert not np.allclose(other.logits("xyzzx")[:3], other.logits("xyz"), rtol=1e-3)
    # In the causal mask the length that position i counts is i + 1.
    assert reverse(causal=True).trace("abcab")["length"] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("causal", [False, True])
def test_attention(causal: bool) -> None:
    layers = random_model(2, causal=causal).attention("xyzzy")
    assert [list(heads) for heads in layers] == [["a", "a#2", "b"], [], ["c"]]
    for heads in layers:
        for name, w in heads.items():
            assert w.shape == (6, 6), name
            np.testing.assert_allclose(w.sum(axis=1), 1, rtol=1e-12)
            assert (w >= 0).all()
            assert not causal or (np.triu(w, 1) == 0).all()
    np.testing.assert_allclose(layers[2]["c"][-1], 1 / 6)  # a head of width 0 attends to all alike
    look_up = reverse().attention("abc")[1]["look up"]
    np.testing.assert_allclose(look_up[1:, 1:], np.eye(3)[::-1], atol=1e-6)


def test_residuals_add_up() -> None:
    model = random_model(4)
    x = model.residuals("zzyx")
    assert list(x) == ["embedding", *(f"layer {k} {part}" for k in (1, 2, 3) for part in ("attention", "neurons"))]
    assert model.positions is not None
    np.testing.assert_allclose(x["embedding"], model.embed[[0, 3, 3, 2, 1]] + model.positions[:5])
    assert (x["layer 2 attention"] == x["layer 1 neurons"]).all(), "a layer without heads"
    np.testing.assert_allclose(x["layer 3 neurons"][1:] @ model.unembed, model.logits("zzyx"))


def test_trace() -> None:
    trace = reverse().trace("abe")
    assert trace["length"] == [3, 3, 3]
    assert trace["q"] == [2.0, 1.0, 0.0]
    assert trace["result"] == trace.result == list("eba")
    assert all(step.distance < 1e-4 for step in trace.steps)
    assert "length" in trace
    assert "lenght" not in trace
    with pytest.raises(LookupError, match=r"there is no step named 'lenght'\. Did you mean 'length'"):
        trace["lenght"]
    assert repr(trace) == (
        "'abe'\n  layer 1   length  [3, 3, 3]\n  layer 1   q       [2.0, 1.0, 0.0]\n"
        "  layer 2   result  ['e', 'b', 'a']\n  result            ['e', 'b', 'a']"
    )
    assert reverse().trace("")["length"] == []


def test_the_empty_input() -> None:
    model = reverse()
    assert model("") == model([]) == []
    assert model.logits("").shape == (0, 5)
    assert model.attention("")[0]["length"].shape == (1, 1)
    assert model.residuals("")["embedding"].shape == (1, 7)


def test_a_model_without_layers_or_positions() -> None:
    model = Transformer(
        tuple("ab"), None, False, np.eye(3), None, (), np.eye(3)[:, 1:], ("A", "B"), "float32", Circuit()
    )
    assert model("abba" * 500) == list("ABBA" * 500)
    assert model.attention("ab") == []
    assert repr(model) == (
        "Transformer(0 layers, 0 heads, d_model 3, d_ff 0, 15 parameters, any length, not certified)"
    )


def test_sizes() -> None:
    model = random_model(0)
    assert (model.d_model, model.depth, model.heads, model.d_ff) == (6, 3, 4, 9)
    heads = 6 * (2 * 2 + 2 * 3) + 6 * (2 + 2) + 6 * (6 + 4) + 6 * 4
    neurons = (2 * 6 + 1) * 9
    ends = 4 * 6 + 13 * 6 + 6 * 4
    assert model.parameters == ends + heads + neurons
    assert model.parameters_uniform == ends + 3 * (3 * 4 * 6 * 3 + (2 * 6 + 1) * 5)
    assert reverse().parameters == 6 * 7 + 101 * 7 + 7 * 4 + 7 * 6 + 7 * 5


def test_texts() -> None:
    model = reverse(causal=True)
    model = model.certified(Certificate(100, 0.0).sealed(model.digest, None))
    assert repr(model) == (
        "Transformer(2 layers, 2 heads, d_model 7, d_ff 0, 854 parameters, max_len 100, causal, exact up to length 100)"
    )
    assert (
        reverse(max_len=5).summary()
        == """\
(key(length - indices - 1) == query(indices)).value(tokens)
2 layers, 2 heads, d_model 7, d_ff 0, 189 parameters (231 with uniform heads and layers)
vocabulary 'abcde'; inputs of at most 5 tokens; each token sees all; float32; not certified

where            what             how                reads -> writes
embedding        bos              bos
embedding        1                constant
embedding        tokens           scalar
embedding        indices          scalar
embedding        indices          square
layer 1  head 0  full.width()     sum with a sink    bos, real -> length
layer 2  head 0  the program      quadratic look-up  length, indices, indices², tokens -> moved
unembedding      one of 5 values  greatest logit"""
    )
    assert "a number" in reverse(scalar=True).summary()
    assert Certificate(10, 1e-5).status == "within 1e-05 up to length 10"


def test_models_pickle_and_do_not_change() -> None:
    model = reverse()
    assert pickle.loads(pickle.dumps(model))("abc") == list("cba")
    assert type(pickle.loads(pickle.dumps(model("abc")))) is list
    with pytest.raises(ValueError, match="read-only"):
        model.embed[0, 0] = 2
    with pytest.raises(ValueError, match="read-only"):
        model.layers[0].heads[0].w_q[0, 0] = 2
    with pytest.raises(AttributeError):
        model.dtype = "float64"  # type: ignore[misc]


def test_weights_are_copied_and_cast_once() -> None:
    mine = np.ones((2, 1))
    head = Head("h", mine, mine, mine, mine.T)
    mine[0] = 5
    assert (head.w_q == 1).all()
    assert {a.dtype.name for a in reverse()._arrays()} == {"float32"}
    assert {a.dtype.name for a in reverse(dtype="float64")._arrays()} == {"float64"}


def test_numpy_may_raise_on_underflow() -> None:
    with np.errstate(all="raise"):
        assert reverse()("abc" * 30) == list("cba" * 30)


def test_what_a_blas_reports_of_memory_beside_a_matrix_is_not_shown() -> None:
    seen: list[dict[str, str]] = []
    with np.errstate(all="raise"):
        reverse().final_residual([[1, 2]], {Slot(1, ATTENTION): [lambda x: seen.append(np.geterr())]})
    assert [(found["invalid"], found["over"]) for found in seen] == [("ignore", "raise")]


def test_an_overflow_is_reported() -> None:
    large = model_with(embed=reverse().embed * np.float32(1e30), unembed=reverse().unembed * np.float32(1e30))
    with pytest.warns(RuntimeWarning, match="overflow"):
        large.logits("ab")


def head(d: int = 7, **other: Any) -> Head:
    good = {"w_q": np.ones((d, 2)), "w_k": np.ones((d, 2)), "w_v": np.ones((d, 1)), "w_o": np.ones((1, d))}
    return Head("h", **(good | other))


def model_with(**other: Any) -> Transformer:
    good = reverse()
    parts = {f.name: getattr(good, f.name) for f in fields(good)}
    return Transformer(**(parts | other))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: head(w_k=np.ones((7, 3))), "w_k of head 'h' has shape (7, 3), but (7, 2) fits the other weights"),
        (lambda: head(w_o=np.ones((2, 7))), "w_o of head 'h' has shape (2, 7), but (1, 7) fits the other weights"),
        (lambda: head(w_q=np.ones(7)), "w_q of head 'h' has shape (7,); it must be (d_model, d_qk)"),
        (lambda: head(w_q=[["a", "b"]]), "w_q of head 'h' is not an array of numbers"),
        (lambda: head(w_q=[[1], [1, 2]]), "w_q of head 'h' is not an array of numbers"),
        (lambda: head(w_v=np.full((7, 1), np.nan)), "w_v of head 'h' holds a number that is not finite"),
        (lambda: Layer((head(3),), **no_neurons()), "w_q of head 'h' has shape (3, 2), but (7, 2) fits"),
        (lambda: Layer((), np.ones((7, 2)), np.ones(3), np.ones((2, 7))), "b_in has shape (3,), but (2,) fits"),
        (lambda: model_with(dtype="float16"), "dtype is 'float16'; it is one of float32, float64"),
        (lambda: model_with(vocab=tuple("ab")), "embed has shape (6, 7), but (3, 7) fits"),
        (lambda: model_with(outputs=tuple("ab")), "unembed has shape (7, 5), but (7, 2) fits"),
        (lambda: model_with(outputs=None), "unembed has shape (7, 5), but (7, 1) fits"),
        (lambda: model_with(outputs=(), unembed=np.ones((7, 0))), "a model has at least one output value"),
        (lambda: model_with(max_len=99), "positions has shape (101, 7), but (100, 7) fits"),
        (lambda: model_with(max_len=None), "a model with position embeddings has a max_len"),
        (lambda: model_with(max_len=-1), "max_len is -1"),
        (lambda: model_with(layers=(Layer((), **no_neurons(3)),)), "w_in of layer 1 has shape (3, 0), but (7, 0) fits"),
        (lambda: model_with(layers=()), "the circuit has a head 0 in layer 1, which the model does not have"),
        (lambda: model_with(embed=np.full((6, 7), 1e300)), "embed holds 1e+300, which is too large for float32"),
        (lambda: model_with(vocab=(1, True, 2, 3, 4)), "the vocabulary holds two equal values: 1 and True"),
        (
            lambda: model_with(vocab=([1], 2, 3, 4, 5)),
            "the vocabulary has a member that is not a value: a list is not a value",
        ),
        (
            lambda: model_with(circuit=Circuit(neurons=(NeuronNote(1, 0, 2, "x", "y"),))),
            "the circuit has neurons 0-1 in layer 1, which the model does not have",
        ),
        (
            lambda: model_with(circuit=Circuit(heads=(HeadNote(1, 1, "x", "y", (), ()),))),
            "the circuit has a head 1 in layer 1, which the model does not have",
        ),
    ],
)
def test_parts_that_do_not_fit(make: Any, message: str) -> None:
    with pytest.raises(ModelError) as caught:
        make()
    assert str(caught.value).startswith(message)


def test_a_claim_has_a_label_for_each_value() -> None:
    with pytest.raises(ModelError, match="2 labels, 1 values"):
        Claim(tokens.expr, Slot(1, ATTENTION), np.ones(3), np.array([0.0, 1.0]), ("a",))
    with pytest.raises(ModelError, match="not a list of finite numbers"):
        Claim(tokens.expr, Slot(1, ATTENTION), np.array([np.nan]), np.zeros(0), ())
    claim = Claim(tokens.expr, Slot(1, ATTENTION), np.ones(3), np.zeros(1), ("a",))
    with pytest.raises(ValueError, match="read-only"):
        claim.vector[0] = 2


def test_one_token_in_blocks_of_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """BOS and a token are two rows of the mask."""
    model = random_model(5, causal=True)
    expected = [model(x) for x in ("x", "z")]
    monkeypatch.setattr(forward, "MOST_CELLS", 1)
    monkeypatch.setattr("hardwire.model.transformer.MOST_CELLS", 1)
    assert model.batch(["x", "z"]) == expected


def test_inputs_of_several_lengths_in_blocks_of_one_query(monkeypatch: pytest.MonkeyPatch) -> None:
    """Padding has one row of the mask for all queries."""
    model = reverse()
    inputs = ["abc", "edcba", "a"]
    expected = [model(x) for x in inputs]
    monkeypatch.setattr(forward, "MOST_CELLS", 1)
    assert model.batch(inputs) == expected


def test_a_number_that_is_not_finite_is_no_int() -> None:
    model = reverse((1, 2), scalar=True, whole=True)
    with pytest.raises(ModelError, match="not finite"):
        model.decode(np.array([[1.0], [np.nan]]))
    assert model.decode(np.array([[1.2], [-2.0]])) == [1, -2]
