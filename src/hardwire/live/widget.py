"""The page as a widget, for Jupyter, marimo, VS Code and Colab. anywidget is imported only here."""

from __future__ import annotations

import json
from typing import Any

from ..errors import HardwireError, MissingExtraError

try:
    import anywidget
    import traitlets
except ImportError:
    raise MissingExtraError("a live page as a widget", "explore") from None

from .explorer import Explorer
from .page import BUNDLE


class ExplorerWidget(anywidget.AnyWidget):
    """The widget of an explorer, whose `input`, `layer` and `selected` it shares with the page.

    Its own traits of these names can be observed and set, as those of any widget.
    """

    _esm = BUNDLE
    _page = traitlets.Unicode().tag(sync=True)
    _weights = traitlets.Bytes().tag(sync=True)
    _trace = traitlets.Unicode().tag(sync=True)
    _tokens = traitlets.List(traitlets.Int(), default_value=None, allow_none=True).tag(sync=True)
    _typed = traitlets.Unicode().tag(sync=True)
    layer = traitlets.Int(1).tag(sync=True)
    selected = traitlets.Int(None, allow_none=True).tag(sync=True)
    input = traitlets.Any()

    def __init__(self, of: Explorer) -> None:
        self._of = of
        super().__init__(
            _page=json.dumps(of.content, separators=(",", ":")),
            _weights=of.files,
            _trace=_dumped(of),
            _tokens=of.tokens,
            _typed=of.typed,
            layer=of.layer,
            selected=of.selected,
            input=of.input,
        )
        of.observe(self._follow)
        self.observe(self._changed, ["input", "layer", "selected", "_tokens", "_typed"])

    def _follow(self, name: str) -> None:
        """Show what the explorer was set to."""
        of = self._of
        if name == "input":
            self._tokens, self._typed, self._trace = of.tokens, of.typed, _dumped(of)
        setattr(self, name, getattr(of, name))

    def _changed(self, change: Any) -> None:
        """Tell the explorer what the page or the notebook changed."""
        of, name, new = self._of, change["name"], change["new"]
        if name == "_tokens":
            if of.model is not None and new is not None:
                of.input = _tokens(of, new)
        elif name == "_typed":
            if of.model is None and new != of.typed:
                self._typed_input(new)
        else:
            try:
                setattr(of, name, new)
            except HardwireError:
                setattr(self, name, change["old"])
                raise

    def _typed_input(self, text: str) -> None:
        """Read what was typed for a program without a model; a problem is shown on the page."""
        of = self._of
        try:
            of.input = text if isinstance(of.input, str) else [_word(word) for word in text.replace(",", " ").split()]
        except HardwireError as error:
            self._trace = json.dumps({"tokens": [], "answers": [], "stages": [], "problem": str(error)})


def widget(of: Explorer) -> ExplorerWidget:
    """Return the widget of an explorer."""
    return ExplorerWidget(of)


def _dumped(of: Explorer) -> str:
    trace = of.trace
    return "" if trace is None else json.dumps(trace, separators=(",", ":"))


def _tokens(of: Explorer, places: list[int]) -> Any:
    """Return the tokens at these places of the vocabulary: a string if the input was one."""
    assert of.model is not None
    found = [of.model.vocab[i] for i in places]
    text = all(isinstance(v, str) and len(v) == 1 for v in of.model.vocab)
    return "".join(found) if text and isinstance(of.input, str) else found


def _word(text: str) -> Any:
    """Return a typed token: JSON where it is a number, true, false or null, and otherwise its characters."""
    try:
        found = json.loads(text)
    except ValueError:
        return text.strip("'\"")
    return found if isinstance(found, (int, float, str)) or found is None else text
