"""Models: the attention that they really pay, their residual stream, and what they do beside their program."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from reading import Picture, Strip

import hardwire as hw
from hardwire import Failure, indices, programs, tokens, where
from hardwire.draw.matrix import VISIBLE
from hardwire.errors import BuildError, InputError


@pytest.fixture(scope="module")
def flip() -> hw.Transformer:
    return hw.compile(programs.flip(), "ehlo", 12)


@pytest.fixture(scope="module")
def mean() -> hw.Transformer:
    return hw.compile(programs.frac_prevs(), "ax", 60)


def rows(picture: Picture, kind: str) -> list[Strip]:
    return [s for s in picture.strips if s.kind == kind and not s.down]


def test_a_model_shows_the_attention_of_every_head(mean: hw.Transformer) -> None:
    picture = Picture(hw.draw(mean, "xaxx").svg)
    heads = [w for layer in mean.attention("xaxx") for w in layer.values()]
    assert len(picture.grids) == len(heads) == mean.heads
    for grid, weights in zip(picture.grids, heads, strict=True):
        large = np.argwhere(weights >= VISIBLE)
        for i, j in large.tolist():
            assert grid.filled[i, j] == pytest.approx(max(0.08, float(weights[i, j])), abs=6e-4)
    assert picture.row("key").cells == ["BOS", "x", "a", "x", "x"]
    assert picture.row("query").cells == ["BOS", "x", "a", "x", "x"]
    for share in (".5", ".33", ".25"):
        assert picture.says(share)


def test_tiny_weights_that_count_are_discs(flip: hw.Transformer) -> None:
    """The head that counts pays nearly all attention to BOS; what it pays to each token is what it counts."""
    picture = Picture(hw.draw(flip, "hello").svg)
    counting = picture.grids[0]
    real = {(i, j) for i in range(1, 6) for j in range(1, 6)}
    assert set(counting.filled) == real | {(i, 0) for i in range(6)}
    assert any(t.content.startswith("tiny weights (discs), times ") for t in picture.texts)


def test_a_model_shows_its_residual_stream_by_layer(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello").svg)
    stream = flip.residuals("hello")
    tables = [e for e in picture.root.iter() if e.get("class") == "hw-residual"]
    shown = [[t.text for t in table.iter() if t.tag.endswith("text")] for table in tables]
    written = [d for d in flip.circuit.directions if d.layer == 0 and stream["embedding"][:, d.index].any()]
    for d in written:
        assert picture.says(d.name)
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
    for heading in ("embedding", "layer 1", "layer 2"):
        assert picture.says(heading)


def test_neurons_are_described() -> None:
    model = hw.compile(programs.add(), "0123456789+", 9)
    picture = Picture(hw.draw(model, "683+345").svg)
    for n in model.circuit.neurons[:8]:
        which = f"neuron {n.start}:" if n.stop - n.start == 1 else f"neurons {n.start}-{n.stop - 1}:"
        assert any(t.content.startswith(which) for t in picture.texts), which


def test_program_and_model_side_by_side_agree(flip: hw.Transformer) -> None:
    picture = Picture(hw.draw(flip, "hello", beside=programs.flip()).svg)
    assert "they agree at every position" in picture.words
    assert all(s.wrong == 0 for s in picture.strips)
    assert len(picture.grids) == 2 + flip.heads
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
    assert (picture.grids, [h["rows"] for h in picture.heatmaps]) == ([], ["51"] * mean.heads)
    assert [*picture.overlapping(), *picture.outside()] == []


@pytest.mark.parametrize("input", ["", "h"])
def test_a_model_on_a_short_input(flip: hw.Transformer, input: str) -> None:
    for beside in (None, programs.flip()):
        picture = Picture(hw.draw(flip, input, beside=beside).svg)
        assert [*picture.overlapping(), *picture.outside()] == []


def test_a_model_without_a_circuit_is_drawn_too(flip: hw.Transformer) -> None:
    bare = dataclasses.replace(flip, circuit=type(flip.circuit)(), source=None)
    picture = Picture(hw.draw(bare, "hello").svg)
    assert len(picture.grids) == 2
    assert picture.says("direction 0")


def test_a_model_is_drawn_on_an_input_that_it_takes(flip: hw.Transformer) -> None:
    assert Picture(hw.draw(flip).svg).row("input").cells == list("hello")
    other = hw.compile(programs.flip(), "xyz", 2)
    assert Picture(hw.draw(other).svg).row("input").cells == ["x", "y"]
    with pytest.raises(InputError, match="not in the vocabulary"):
        hw.draw(other, "ab")


def test_a_program_goes_only_beside_a_model(flip: hw.Transformer) -> None:
    some: Any = tokens
    with pytest.raises(BuildError, match="drawn beside a model, not beside a sop"):
        hw.draw(some, "abc", beside=some)
    with pytest.raises(BuildError, match="draw takes a sop, a selector"):
        hw.draw(3)
