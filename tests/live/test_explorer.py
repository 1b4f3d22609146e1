"""`hw.explore`: what it takes, what the page holds, and the lines of the source that parts of a model serve."""

from __future__ import annotations

import enum
import json
import re
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import hardwire as hw
from hardwire import before, indices, key, query, tokens, where
from hardwire.live.listing import built, of_steps
from hardwire.live.page import BUNDLE, POLICY

pytest.importorskip("safetensors")

MOST = 300_000
"""The greatest size of a page without its weights, in bytes."""


def data(page: hw.Explorer, name: str = "hardwire-page") -> str:
    """The content of a data element of a page."""
    found = re.search(rf'<script type="[^"]*" id="{name}">(.*?)</script>', page.html, re.DOTALL)
    assert found
    return found[1]


def fields(page: hw.Explorer) -> dict[str, Any]:
    found = json.loads(data(page))
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("name", ["flip", "add", "frac_prevs", "dyck"])
def test_a_page_is_one_small_file(name: str, tmp_path: Path) -> None:
    page = hw.explore(hw.programs.get(name))
    page.save(tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    assert len(text.encode()) - len(data(page, "hardwire-model")) <= MOST
    assert POLICY.startswith("default-src 'none'")
    assert f'content="{POLICY}"' in text
    outside = re.findall(r"""(?:src|href|import|fetch|url)\s*[=(]\s*["']?(?:https?:)?//[^"')\s]+""", text)
    assert outside == []
    assert text.count("</script>") == 3  # none inside the data or the bundle


def test_the_model_in_the_page_is_its_file(tmp_path: Path) -> None:
    import base64
    import gzip

    page = hw.explore(hw.programs.add, "1+1")
    assert page.model is not None
    page.model.save(tmp_path / "add.safetensors")
    file = gzip.decompress(base64.b64decode(data(page, "hardwire-model")))
    (tmp_path / "page.safetensors").write_bytes(file)
    again = hw.load(tmp_path / "page.safetensors")
    assert (again.digest, again("683+345")) == (page.model.digest, page.model("683+345"))
    assert file == (tmp_path / "add.safetensors").read_bytes()


def test_pages_are_the_same_every_time() -> None:
    assert hw.explore(hw.programs.flip).html == hw.explore(hw.programs.flip).html


def test_a_program_a_function_a_sop_and_a_model() -> None:
    flip = hw.programs.flip
    model = hw.compile(flip)
    for x in (flip, flip(), model):
        page = hw.explore(x, "hello")
        assert page.answer == ["o", "l", "l", "e", "h"]
        assert fields(page)["title"] == "flip"
        assert fields(page)["status"] == "exact up to length 100"

    def shifted() -> hw.SOp:
        """One to the right."""
        return tokens.shift(1, "-").name("shifted")

    page = hw.explore(shifted, "abc")
    assert page.answer == ["-", "a", "b"]
    assert (fields(page)["title"], fields(page)["about"]) == ("shifted", "One to the right.")
    assert page.model is not None
    assert (page.model.vocab, page.model.max_len) == (("a", "b", "c"), 20)
    wide = hw.explore(shifted, "abc", vocab="abcdef", max_len=7)
    assert wide.model is not None
    assert (wide.model.vocab, wide.model.max_len) == (tuple("abcdef"), 7)


def test_a_program_that_writes_text() -> None:
    page = hw.explore(hw.writers.add(), "683+345=")
    assert page.model is not None
    assert page.model.causal
    assert fields(page)["stop"] is None  # "." is an answer and no token, so nothing can follow it
    assert page.answer[-1] == hw.generate(hw.writers.add(), "683+345=").finish()[0]
    assert fields(hw.explore(hw.programs.flip))["stop"] is None


def test_a_model_from_a_file_and_one_made_by_hand(tmp_path: Path) -> None:
    hw.compile(hw.programs.flip, max_len=9).save(tmp_path / "flip.safetensors")
    page = hw.explore(hw.load(tmp_path / "flip.safetensors"))
    assert fields(page)["code"]["name"] == "The program, step by step"  # the file has no source
    assert page.input == "hello"  # the running example
    hw.compile(hw.programs.sort, certify=False).save(tmp_path / "sort.safetensors")
    page = hw.explore(hw.load(tmp_path / "sort.safetensors"))
    assert page.input == [0, 1, 2, 3, 4, 5]  # the start of its vocabulary
    from hardwire.recipes import models

    page = hw.explore(models.get("addition").build(), "683+345")
    assert page.answer == [0, 0, 0, 1, 0, 2, 8]
    assert fields(page)["status"] == ""


def test_every_layer_of_a_program_serves_a_line() -> None:
    page = fields(hw.explore(hw.programs.add))
    text = dict(page["code"]["lines"])
    heads = [[line for line in layer if line is not None] for layer in page["lines"]["heads"]]
    served = [{text[line].split("=")[0].strip() for line in layer} for layer in heads]
    assert len(served) == 3
    assert served[0] == served[1] == {"column"}
    assert served[2] <= {"gets", "carry"}
    assert not any('"""' in line or "@program" in line for line in text.values())


@pytest.mark.parametrize("name", sorted(hw.programs.LIBRARY))
def test_the_lines_are_lines_of_the_program(name: str) -> None:
    program = hw.programs.get(name)
    page = hw.explore(hw.compile(program, max_len=min(program.max_len, 12), certify=False))
    found = fields(page)
    numbers = {number for number, _ in found["code"]["lines"]}
    lines = found["lines"]
    used = [*(x for layer in lines["heads"] for x in layer), *lines["neurons"], *lines["readings"]]
    assert numbers >= {x for x in used if x is not None}
    assert page.model is not None
    assert len(lines["readings"]) == len(page.model.circuit.readings)
    heads = [x for layer in lines["heads"] for x in layer]
    assert not heads or sum(x is not None for x in heads) >= len(heads) / 2  # most heads are known to serve a line


def test_a_line_is_where_an_expression_was_first_built() -> None:
    def program() -> hw.SOp:
        first = (before & (key(tokens) == query(tokens))).width()
        parts = [first == 0, first + 1]
        for _ in range(2):
            parts = [*parts, parts[-1] * 2]
        return where(parts[0], parts[3], 0).name("end")

    sop, listing = built(program)
    assert listing is not None
    text = dict(listing.lines)

    def line(x: hw.SOp) -> str:
        return text[listing.places[x.expr]].strip()

    first = (before & (key(tokens) == query(tokens))).width()
    assert line(first).startswith("first = ")
    assert line(first + 1).startswith("parts = [first == 0")
    assert line((first + 1) * 2).startswith("parts = [*parts")
    assert line(sop).startswith("return")


def test_watching_a_function_leaves_no_trace() -> None:
    def watched(frame: FrameType, event: str, arg: Any) -> None: ...

    def fails() -> hw.SOp:
        raise RuntimeError("no")

    old = sys.gettrace()
    try:
        sys.settrace(watched)
        with pytest.raises(RuntimeError):
            built(fails)
        assert sys.gettrace() is watched
    finally:
        sys.settrace(old)


def test_a_program_without_source_is_listed_step_by_step() -> None:
    a = (tokens == "a").name("is_a")
    sop = where(a, indices, 0).name("place")
    listing = of_steps(sop)
    assert [line for _, line in listing.lines] == ["is_a = tokens == 'a'", "place = where(is_a, indices, 0)"]
    assert listing.places[a.expr] == 1
    assert listing.places[sop.expr] == 2
    page = fields(hw.explore(sop, "abc"))
    assert page["code"]["lines"] == [[number, text] for number, text in listing.lines]


def test_what_keys_and_queries_are() -> None:
    [[count], [turn]] = fields(hw.explore(hw.programs.flip))["selections"]
    assert count["says"] == [["key", "key(True)"], ["", " == "], ["query", "query(True)"]]
    assert turn["says"] == [["key", "key(length - indices - 1)"], ["", " == "], ["query", "query(indices)"]]
    [keys], [queries] = turn["keys"], turn["queries"]
    assert queries["tree"] == ["indices"]
    operator, minus, rest, one = keys["tree"]
    assert (operator, minus, one) == ("op", "-", ["const", 1])
    assert rest[:2] == ["op", "-"]
    assert rest[2][0] == "reading"
    assert rest[3] == ["indices"]


def test_a_program_that_cannot_be_compiled_shows_the_interpreter() -> None:
    wild = (key(tokens.map(lambda t: t * 1.5)) < query(0.1)).width().name("few")
    page = hw.explore(wild, [1, 2, -3], vocab=[1, 2, -3], max_len=10_000_000)
    assert page.model is None
    found = fields(page)
    assert found["why"].startswith("The program is not compiled: ")
    assert found["status"] == ""
    assert page.answer == [1, 1, 1]
    trace = found["trace"]
    assert [c["text"] for c in trace["answers"]] == ["1", "1", "1"]
    [head] = trace["stages"][1]["heads"]
    assert head["weights"] == [0, 0, 1] * 3
    assert [c["text"] for c in head["queries"][0]["cells"]] == ["0.1"] * 3
    assert data(page, "hardwire-model") == ""


def test_failures_are_shown_in_place() -> None:
    page = hw.explore(tokens.map(int).name("digit"), "1x2", vocab="")
    assert page.model is None
    answers = fields(page)["trace"]["answers"]
    assert [c.get("wrong", False) for c in answers] == [False, True, False]
    assert "failed at position 1 on 'x'" in answers[1]["full"]
    assert "failed at position 1" in fields(page)["trace"]["problem"]


class Suit(enum.Enum):
    CLUBS = 1
    HEARTS = 2


def test_values_that_no_file_holds() -> None:
    page = hw.explore(where(tokens == "c", "x", "y").map({"x": Suit.CLUBS, "y": Suit.HEARTS}), "chc")
    assert page.model is None
    assert "CLUBS" in fields(page)["why"] or "HEARTS" in fields(page)["why"]
    assert page.answer == [Suit.CLUBS, Suit.HEARTS, Suit.CLUBS]
    model = hw.compile(tokens.map({"a": Suit.CLUBS}), "a", 3)
    with pytest.raises(hw.errors.ModelFileError):
        hw.explore(model)


def test_texts_cannot_leave_their_element() -> None:
    evil = "</script><script>alert(1)</script>"
    page = hw.explore(where(tokens == evil, evil, "b").name(evil), [evil, "b"])
    assert page.html.count("</script>") == 3
    assert page.html.count("alert(1)") == page.html.count("\\u003cscript>alert(1)") + page.html.count(
        "&lt;script&gt;alert(1)"
    )


def test_input_layer_and_selection_are_checked() -> None:
    page = hw.explore(hw.programs.flip, "hello")
    seen: list[str] = []
    page.observe(seen.append)
    page.input = "hole"
    page.layer = 3
    page.selected = 2
    page.selected = 2  # no change
    assert seen == ["input", "layer", "selected"]
    assert (page.input, page.answer, page.layer, page.selected) == ("hole", list("eloh"), 3, 2)
    assert fields(page)["tokens"] == [1, 3, 2, 0]
    with pytest.raises(hw.errors.InputError, match="not in the vocabulary"):
        page.input = "xyz"
    with pytest.raises(hw.errors.InputError, match="the layers 0 to 3"):
        page.layer = 4
    for wrong in (-1, True, "1"):
        with pytest.raises(hw.errors.InputError, match="the selected position"):
            page.selected = wrong  # type: ignore[assignment]
    assert (page.input, page.layer, page.selected) == ("hole", 3, 2)


def test_what_cannot_be_explored() -> None:
    with pytest.raises(hw.errors.BuildError, match="a model, a sop, or a function"):
        hw.explore(before)
    with pytest.raises(hw.errors.BuildError, match="returns 3"):
        hw.explore(lambda: 3)
    with pytest.raises(hw.errors.InputError, match="not in the vocabulary"):
        hw.explore(hw.compile(hw.programs.flip), "xyz")
    with pytest.raises(hw.errors.BuildError, match=r"saved as \.html"):
        hw.explore(hw.programs.flip).save("page.png")


def test_a_proof_that_fails_leaves_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    from hardwire.live import explorer

    compile = explorer.compile

    def refuses(*args: Any, certify: bool = True, **options: Any) -> hw.Transformer:
        if certify:
            raise hw.errors.CertificateError("no proof")
        return compile(*args, certify=False, **options)

    monkeypatch.setattr(explorer, "compile", refuses)
    page = hw.explore(hw.programs.flip)
    assert page.model is not None
    assert fields(page)["status"] == ""
    assert repr(page).endswith("not certified>")


def test_the_bundle_is_a_module() -> None:
    text = BUNDLE.read_text("utf-8")
    assert "export" in text
    assert "http://" not in text.replace("http://www.w3.org", "")


def heads_without_a_line(name: str) -> list[str]:
    program = hw.programs.get(name)
    model = hw.compile(program, certify=False)
    found = hw.explore(model, program.example, program=program).content["lines"]["heads"]
    assert [len(layer) for layer in found] == [len(layer.heads) for layer in model.layers]
    return [
        f"{name}, layer {h.layer}: {h.expression}" for h in model.circuit.heads if found[h.layer - 1][h.head] is None
    ]


@pytest.mark.parametrize("name", ["flip", "add", "dyck", "run_lengths", "reverse_letters"])
def test_each_head_serves_a_line_of_the_program(name: str) -> None:
    assert heads_without_a_line(name) == []


@pytest.mark.nightly
def test_each_head_of_the_library_serves_a_line() -> None:
    assert [h for name in hw.programs.LIBRARY for h in heads_without_a_line(name)] == []
