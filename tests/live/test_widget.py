"""The widget's side of Python: its traits follow the explorer, and the explorer follows what a page sends."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

import hardwire as hw
from hardwire import key, query, tokens

pytest.importorskip("anywidget", reason="the explore extra is not installed: anywidget")
pytest.importorskip("safetensors")


def sent(widget: Any, **state: Any) -> None:
    """What the widget does with a message of its page."""
    widget.set_state(state)


def test_the_page_gets_the_model_and_the_texts() -> None:
    explorer = hw.explore(hw.programs.flip, "hello")
    widget = explorer.widget
    assert explorer.widget is widget
    state = widget.get_state()
    assert gzip.decompress(state["_weights"])[8:9] == b"{"
    assert json.loads(state["_page"])["title"] == "flip"
    assert (state["_tokens"], state["layer"], state["selected"], state["_trace"]) == ([1, 0, 2, 2, 3], 1, None, "")
    assert "input" not in state  # the page knows places in the vocabulary, not values
    assert "_esm" in state
    assert "export" in state["_esm"]


def test_what_is_typed_arrives() -> None:
    explorer = hw.explore(hw.programs.flip, "hello")
    widget = explorer.widget
    seen: list[Any] = []
    widget.observe(lambda change: seen.append((change["name"], change["new"])), ["input", "layer", "selected"])
    sent(widget, _tokens=[1, 3])
    sent(widget, layer=2)
    sent(widget, selected=1)
    assert seen == [("input", "ho"), ("layer", 2), ("selected", 1)]
    assert (explorer.input, explorer.layer, explorer.selected, explorer.answer) == ("ho", 2, 1, ["o", "h"])
    sent(widget, selected=None)
    assert explorer.selected is None


@pytest.mark.parametrize("at", ["widget", "explorer"])
def test_what_is_set_is_shown(at: str) -> None:
    explorer = hw.explore(hw.programs.sort, [3, 1, 2])
    widget = explorer.widget
    side = widget if at == "widget" else explorer
    side.input = [2, 0]
    side.layer = 3
    side.selected = 1
    state = widget.get_state()
    assert (state["_tokens"], state["layer"], state["selected"]) == ([2, 0], 3, 1)
    assert (widget.input, explorer.input) == ([2, 0], [2, 0])
    sent(widget, _tokens=[9, 8])
    assert explorer.input == [9, 8]


def test_what_is_wrong_is_refused_and_taken_back() -> None:
    explorer = hw.explore(hw.programs.flip, "hello")
    widget = explorer.widget
    with pytest.raises(hw.errors.InputError, match="not in the vocabulary"):
        widget.input = "xyz"
    with pytest.raises(hw.errors.InputError, match="layers 0 to 3"):
        widget.layer = 9
    assert (widget.input, widget.layer, explorer.input, explorer.layer) == ("hello", 1, "hello", 1)


def test_a_program_without_a_model_is_run_as_one_types() -> None:
    wild = (key(tokens) < query(tokens)).width().name("less")
    explorer = hw.explore(wild, [2, 1], vocab=[2, 1], max_len=10_000_000)
    widget = explorer.widget
    assert explorer.model is None
    sent(widget, _typed="3 1 2")
    assert explorer.input == [3, 1, 2]
    trace = json.loads(widget.get_state()["_trace"])
    assert [c["text"] for c in trace["answers"]] == ["2", "0", "1"]
    explorer.input = [5]
    assert widget.get_state()["_typed"] == "5"


def test_notebooks_show_the_widget() -> None:
    explorer = hw.explore(hw.programs.flip)
    data, _ = explorer._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/plain"] == repr(explorer)
    assert explorer._display_() is explorer.widget
