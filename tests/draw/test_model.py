"""Models: the attention that they really pay, their residual stream, and what they do beside their program."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from reading import Grid, Picture, Strip

import hardwire as hw
from hardwire import Failure, indices, programs, tokens, where
from hardwire.draw.weights import VISIBLE
from hardwire.errors import BuildError, InputError


@pytest.fixture(scope="module")
def flip() -> hw.Transformer:
    return hw.compile(programs.flip(), "ehlo", 12)


@pytest.fixture(scope="module")
def mean() -> hw.Transformer:
    return hw.compile(programs.frac_prevs(), "ax", 60)


def rows(picture: Picture, kind: str) -> list[Strip]:
    return [s for s in picture.strips if s.kind == kind and not s.down]


def attended(picture: Picture) -> list[tuple[Grid, Grid]]:
    """The grids of every head of a model: what the queries pay to BOS, and to the tokens."""
    return list(zip(*[iter([g for g in picture.grids if g.columns == 1 or g.rows > 1])] * 2, strict=True))


def numbers(picture: Picture, kind: str) -> list[list[str | None]]:
    """The numbers of every row or column of a kind in a model's picture."""
    found = [e for e in picture.root.iter() if e.get("data-numbers") and kind in (e.get("class") or "").split()]
    return [[t.text for t in e.iter() if t.tag.endswith("text")] for e in found]


def test_a_model_shows_the_attention_of_every_head(mean: hw.Transformer) -> None:
    picture = Picture(hw.draw(mean, "xaxx").svg)
    heads = [w for layer in mean.attention("xaxx") for w in layer.values()]
    assert len(attended(picture)) == len(heads) == mean.heads
    for (bos, others), weights in zip(attended(picture), heads, strict=True):
        assert (bos.rows, bos.columns, others.rows, others.columns) == (4, 1, 4, 4)
        large = np.argwhere(weights[1:] >= VISIBLE).tolist()
        assert len(large) == len(bos.filled) + len(others.filled)
        for i, j in large:
            shade = others.filled[i, j - 1] if j else bos.filled[i, 0]
            assert shade == pytest.approx(max(0.08, float(weights[i + 1, j])), abs=6e-4)
    assert [s.cells for s in picture.strips if s.kind == "key"][:2] == [["BOS"], ["x", "a", "x", "x"]]
    assert picture.row("query").cells == ["x", "a", "x", "x"]
    for share in (".5", ".33", ".25"):
        assert picture.says(share)


def test_everything_of_a_token_stands_in_its_column() -> None:
    model = hw.compile(programs.add(), "0123456789+", 9)
    picture = Picture(hw.draw(model, "683+345").svg)
    rows = [s for s in picture.strips if not s.down and len(s.areas) == 7]
    assert {s.kind for s in rows} == {"input", "key", "result"}
    columns = [(a.left, a.right) for a in rows[0].areas]
    assert all([(a.left, a.right) for a in s.areas] == columns for s in rows)
    for bos, others in attended(picture):
        assert bos.area.right < others.area.left == pytest.approx(columns[0][0])
        assert others.area.right == pytest.approx(columns[-1][1])
    ends = {(round(r.area.left, 2), round(r.area.right, 2)) for r in picture.rects if "hw-residual" in r.classes}
    assert len(ends) <= 8  # BOS and seven tokens
    assert picture.width < 800


def test_tiny_weights_that_count_are_discs(flip: hw.Transformer) -> None:
    """The head that counts pays nearly all attention to BOS; what it pays to each token is what it counts."""
    picture = Picture(hw.draw(flip, "hello").svg)
    bos, others = attended(picture)[0]
    assert set(others.filled) == {(i, j) for i in range(5) for j in range(5)}
    assert set(bos.filled) == {(i, 0) for i in range(5)}
    assert "discs: tiny weights, which count " in picture.words.replace("\n", " ")


def test_a_head_shows_the_values_that_it_reads_and_what_it_adds(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello").svg)
    assert numbers(picture, "hw-value") == [["0", "1", "1", "1", "1", "1"], ["0", "1", "0", "2", "2", "3"]]
    assert numbers(picture, "hw-result") == [["5"] * 5, ["1.33", "3", "2", "2", "0", "1"]]  # first a mean, at BOS


def test_what_a_head_adds_is_what_the_stream_gains(mean: hw.Transformer) -> None:
    from hardwire.draw.model import Seen, _heads

    for model, text in ((mean, "xaxx"), (hw.compile(programs.add(), "0123456789+", 9), "683+345")):
        seen = Seen(model, text)
        for k in range(1, model.depth + 1):
            gained = seen.streams[f"layer {k} attention"] - seen.after(k - 1)
            added = np.zeros(gained.shape)
            for head in _heads(seen, k):
                for index in head.written:
                    added[:, index] += head.added(index)
            assert added == pytest.approx(gained, abs=1e-3)


def test_bos_is_a_query_where_the_head_adds_something_there(flip: hw.Transformer) -> None:
    head = flip.layers[1].heads[0]
    away = dataclasses.replace(head, w_q=np.zeros_like(head.w_q))  # everyone attends to all alike, BOS too
    layer = dataclasses.replace(flip.layers[1], heads=(away,))
    model = dataclasses.replace(flip, layers=(flip.layers[0], layer))
    picture = Picture(hw.draw(model, "hello").svg)
    assert [s.cells for s in picture.strips if s.kind == "query"] == [list("hello"), ["BOS", *"hello"]]
    assert attended(picture)[1][1].rows == 6


def test_a_model_shows_its_residual_stream_by_layer(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello").svg)
    stream = flip.residuals("hello")
    shown = numbers(picture, "hw-residual")
    written = [d for d in flip.circuit.directions if d.layer == 0 and stream["embedding"][:, d.index].any()]
    for d in written:
        assert picture.says(d.name) or d.name == "bos"  # which shares the coordinate of a result
    length = next(d for d in flip.circuit.directions if d.name == "length")
    assert stream["layer 1 neurons"][1:, length.index].tolist() == [5] * 5
    assert ["0", "5", "5", "5", "5", "5"] in shown
    assert len(shown) == sum(
        int((np.abs(b - a) > 1e-5 * (1 + np.abs(a))).any(axis=0).sum())
        for a, b in (
            (np.zeros_like(stream["embedding"]), stream["embedding"]),
            (stream["embedding"], stream["layer 1 neurons"]),
            (stream["layer 1 neurons"], stream["layer 2 neurons"]),
        )
    )


def test_what_can_be_read_off_the_stream_is_shown(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello").svg)
    assert ["5"] * 5 in [s.cells for s in rows(picture, "input")]
    assert rows(picture, "result")[-1].cells == list("olleh")
    for heading in ("embedding", "layer 1", "layer 2", "logits"):
        assert picture.says(heading)


def test_neurons_are_described_and_counted() -> None:
    model = hw.compile(programs.add(), "0123456789+", 9)
    picture = Picture(hw.draw(model, "683+345").svg)
    stream = model.residuals("683+345")
    shown = numbers(picture, "hw-residual")
    for n in model.circuit.neurons:
        which = f"neuron {n.start}" if n.stop - n.start == 1 else f"neurons {n.start}-{n.stop - 1}"
        assert picture.says(which)
        assert n.recipe in picture.words
        layer = model.layers[n.layer - 1]
        active = (stream[f"layer {n.layer} attention"] @ layer.w_in + layer.b_in > 0)[:, n.start : n.stop]
        assert [f"{k}/{n.stop - n.start}" if k else "0" for k in active.sum(axis=1).tolist()] in shown


def test_logits_have_the_winner_marked(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello").svg)
    lines = [e for e in picture.root.iter() if e.get("class") == "hw-logits"]
    assert flip.outputs is not None
    assert [int(e.get("data-winners", 0)) for e in lines] == ["olleh".count(str(v)) for v in flip.outputs]
    best = flip.logits("hello").max(axis=1)
    won = [t.content for t in picture.texts if "hw-logits" in t.classes and "hw-onto" in t.classes]
    assert sorted(map(float, won)) == pytest.approx(sorted(best.tolist()), rel=5e-3, abs=5e-3)


def test_of_many_output_values_those_that_win_are_shown() -> None:
    model = hw.compile(programs.frac_prevs(), "ax", 20)
    picture = Picture(hw.draw(model, "xaxx").svg)
    lines = [e for e in picture.root.iter() if e.get("class") == "hw-logits"]
    assert len(lines) == 8
    assert sum(int(e.get("data-winners", 0)) for e in lines) == 4
    assert model.outputs is not None
    assert picture.says(f"… {len(model.outputs) - 8} more output values, which win nowhere")


def test_program_and_model_side_by_side_agree(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello", beside=programs.flip()).svg)
    assert "they agree at every position" in picture.words
    assert all(s.wrong == 0 for s in picture.strips)
    assert len(picture.grids) == 2 + 2 * flip.heads
    first, second = picture.grids[:2]
    assert first.area.right < second.area.left  # the program at the left of the model
    assert [s.cells for s in rows(picture, "result")] == [list("olleh")] * 2


def test_where_they_differ_is_marked(flip: hw.Transformer) -> None:
    other = where(indices == 2, "x", programs.flip())
    picture = Picture(hw.draw(flip, "hello", beside=other).svg)
    program, model = rows(picture, "result")
    assert (program.cells, model.cells) == (list("olxeh"), list("olleh"))
    assert (program.wrong, model.wrong) == (0, 1)
    assert "they differ at 2" in picture.words
    assert picture.says("≠")


def test_a_step_that_differs_is_marked_too(flip: hw.Transformer) -> None:
    """A program whose step of the same name has other values than the model's."""
    other = where(indices.name("length") >= 0, programs.flip(), "h")
    picture = Picture(hw.draw(flip, "hello", beside=other).svg)
    assert "they agree at every position" in picture.words
    (step,) = [s for s in picture.strips if s.wrong]
    assert (step.cells, step.wrong) == (["5"] * 5, 5)


def test_where_the_program_has_no_value_nothing_is_wrong() -> None:
    program = tokens.int().name("number")
    model = hw.compile(program, "12x", 5)
    assert isinstance(program("1x2", errors="keep")[1], Failure)
    picture = Picture(hw.draw(model, "1x2", beside=program).svg)
    assert "they agree at every position" in picture.words
    assert all(s.wrong == 0 for s in picture.strips)


@pytest.mark.parametrize(
    "name", ["sort", "histogram", "frac_prevs", "induction", "reverse_words", "dyck1", "add_in_three"]
)
def test_library_programs_agree_with_their_models_at_every_step(name: str) -> None:
    program = programs.get(name)
    model = hw.compile(program(), program.vocab, max(12, len(program.example)))
    picture = Picture(hw.draw(model, program.example, beside=program()).svg)
    assert "they agree at every position" in picture.words
    assert [s for s in picture.strips if s.wrong] == []
    assert [*picture.overlapping(), *picture.outside()] == []
    alone = Picture(hw.draw(model, program.example).svg)
    assert [*alone.overlapping(), *alone.outside()] == []


def test_a_model_on_a_long_input(mean: hw.Transformer) -> None:
    picture = Picture(hw.draw(mean, "xa" * 25).svg)
    sizes = [(h["rows"], h["columns"]) for h in picture.heatmaps]
    assert (picture.grids, sizes) == ([], [("50", "1"), ("50", "50")] * mean.heads)
    assert "".join(picture.row("key", 1).cells) == "xa" * 25
    ticks = [t.content for t in picture.texts if "hw-tick" in t.classes]
    assert ticks[:5] == ["0", "10", "20", "30", "40"]
    assert [*picture.overlapping(), *picture.outside()] == []


def test_a_model_on_a_very_long_input() -> None:
    model = hw.compile(programs.histogram(), "ab", 120)
    picture = Picture(hw.draw(model, "ab" * 55).svg)
    assert [h["rows"] for h in picture.heatmaps] == ["110"] * model.heads
    ticks = [t.content for t in picture.texts if "hw-tick" in t.classes]
    assert ticks.count("0") >= 2
    assert "109" not in ticks
    assert picture.says("BOS")
    assert [*picture.overlapping(), *picture.outside()] == []


@pytest.mark.parametrize("input", ["", "h"])
def test_a_model_on_a_short_input(flip: hw.Transformer, input: str) -> None:
    for beside in (None, programs.flip()):
        picture = Picture(hw.draw(flip, input, beside=beside).svg)
        assert [*picture.overlapping(), *picture.outside()] == []


def test_a_model_without_a_circuit_is_drawn_too(flip: hw.Transformer) -> None:
    bare = dataclasses.replace(flip, circuit=type(flip.circuit)(), source=None)
    picture = Picture(hw.draw(bare, "hello").svg)
    assert len(picture.grids) == 4
    assert picture.says("direction 0")


def test_a_model_is_drawn_on_an_input_that_it_takes(flip: hw.Transformer) -> None:
    assert Picture(hw.draw(flip).svg).row("input", 1).cells == list("hello")
    other = hw.compile(programs.flip(), "xyz", 2)
    assert Picture(hw.draw(other).svg).row("input", 1).cells == ["x", "y"]
    with pytest.raises(InputError, match="not in the vocabulary"):
        hw.draw(other, "ab")


def test_a_program_goes_only_beside_a_model(flip: hw.Transformer) -> None:
    some: Any = tokens
    with pytest.raises(BuildError, match="drawn next to a model, not next to a sop"):
        hw.draw(some, "abc", beside=some)
    with pytest.raises(BuildError, match="draw takes a sop, a selector"):
        hw.draw(3)


def test_what_is_no_program_beside_a_model() -> None:
    with pytest.raises(BuildError, match=r"^beside= takes the program of a model, a sop, not 5\.$"):
        hw.draw(hw.compile(hw.tokens, "ab", 2), "ab", beside=5)  # type: ignore[arg-type]
