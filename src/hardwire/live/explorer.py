"""`explore`: a live page of a program and its model, as a file and in notebooks."""

from __future__ import annotations

import html
import inspect
from collections.abc import Callable
from functools import cached_property
from importlib.util import find_spec
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..compilation import compile
from ..draw import draw
from ..draw.example import example
from ..errors import BuildError, CertificateError, CompileError, InputError, ModelFileError
from ..lang.arguments import checked_options
from ..lang.origin import Origin, as_sop, causal_origin, check_callable
from ..lang.sop import SOp
from ..lang.text import constant
from ..model.files import whole, write
from ..model.transformer import Transformer
from ..programs.program import Program
from ..run.batch import read_input
from .content import Subject, described, page, weights
from .interpreted import run
from .listing import Listing, built, of_steps
from .page import page_html
from .shapes import Json

if TYPE_CHECKING:
    from .widget import ExplorerWidget

LEAST_LENGTH = 20
"""The least max_len of a program that is compiled for the tokens of its input."""
HEIGHT = 860
"""The height of the page in a notebook without anywidget, in pixels."""


@checked_options
def explore(
    x: Any,
    input: Any = None,
    *,
    vocab: Any = None,
    max_len: int | None = None,
    causal: bool = False,
    program: Any = None,
) -> Explorer:
    """Return a live page of a program or model: type an input, and every head, neuron and logit follows.

    A notebook shows the page, `save` writes it as one HTML file, which needs no network. `x` is a model, a sop, a
    program of the library, or a function without arguments that returns a sop; of the last two the page has the source,
    with the layers that each line became.

    The page computes with the weights of the model. A program is compiled for that, for `vocab` and `max_len`; without
    them for those of the library program, or else for the tokens of `input` and at least 20 positions. Where a program
    cannot be compiled, the page says why and shows the run of the interpreter; where the proof fails, it shows the
    model without a certificate. `program` is the program of a model that was loaded from a file, to show its source.
    Raises BuildError, InputError, ModelFileError, MissingExtraError.

    >>> import hardwire as hw
    >>> page = hw.explore(hw.programs.flip, "hello")
    >>> page
    <Explorer of flip: 2 layers, 2 heads, 0 neurons, 6 directions, 720 weights; exact up to length 100>
    >>> page.input, page.layer, page.selected
    ('hello', 1, None)
    """
    if isinstance(x, Transformer):
        return Explorer(_model_subject(x, program), input)
    sop, listing, title, about = _program(x)
    causal = causal or causal_origin(sop) is not None
    given = read_input(example(sop) if input is None else input)
    model, why = _compiled(sop, given, vocab, max_len, causal=causal)
    try:
        return Explorer(Subject(title, about, sop, model, listing, why), given, causal=causal)
    except ModelFileError as error:  # values that no file holds
        why = f"The model is not shown: {error.message}. This is the run of the interpreter."
        return Explorer(Subject(title, about, sop, None, listing, why), given, causal=causal)


def subject_of(x: Any) -> Subject:
    """Return a program with its listing, not compiled. Raises BuildError."""
    sop, listing, title, about = _program(x)
    return Subject(title, about, sop, None, listing)


def _model_subject(model: Transformer, program: Any) -> Subject:
    known = model.source if program is None else program
    if known is None:
        return Subject(model.program or "transformer", "", None, model, None)
    sop, listing, title, about = _program(known)
    return Subject(title, about, sop, model, listing)


def _program(x: Any) -> tuple[SOp, Listing, str, str]:
    """Return the sop, its listing, its title, and a sentence about it. Raises BuildError."""
    origin = x if isinstance(x, Origin) else x.origin if isinstance(x, SOp) else None
    if origin is not None:
        sop = as_sop(origin)
        again, listing = built(origin.build) if isinstance(origin, Program) else (sop, None)
        known = listing if listing is not None and again.expr is sop.expr else of_steps(sop)
        about = getattr(origin, "summary", "")
        return sop, known, origin.name, about[:1].upper() + about[1:]
    if isinstance(x, SOp):
        return x, of_steps(x), described(x), ""
    if callable(x) and not isinstance(x, type) and not hasattr(x, "expr"):
        check_callable(x)
        sop, listing = built(x)
        name = getattr(x, "__name__", "program").replace("<lambda>", "program")
        about = (inspect.getdoc(x) or "").split("\n")[0]
        return sop, listing or of_steps(sop), name, about
    raise BuildError(
        f"explore takes a model, a sop, or a function that returns a sop, not {constant(x)}; "
        "hw.draw shows selectors, keys and queries",
        value=x,
    )


def _compiled(
    sop: SOp, given: str | list[Any], vocab: Any, max_len: int | None, *, causal: bool
) -> tuple[Transformer | None, str]:
    """Return the model of a program, or None and the reason. Raises BuildError."""
    if sop.origin is None:
        vocab = list(dict.fromkeys(given)) if vocab is None else vocab
        max_len = max(LEAST_LENGTH, len(given)) if max_len is None else max_len
    if vocab is not None and not len(vocab):
        return None, "The program is not compiled: without tokens there is no vocabulary. Give an input, or vocab=."
    try:
        return compile(sop, vocab, max_len, causal=causal), ""
    except CertificateError:
        return compile(sop, vocab, max_len, causal=causal, certify=False), ""
    except CompileError as error:
        reason = error.message.splitlines()[0].rstrip(".")
        return None, f"The program is not compiled: {reason}. This is the run of the interpreter."


class Explorer:
    """A live page.

    `input`, `layer` and `selected` say what the page shows; in a notebook, setting them changes the page, and using the
    page changes them.
    `input` is a string or a list of tokens; `layer` counts from 0, the embedding, to the layers and the answer after
    them; `selected` is a position of the input, or None.
    """

    @checked_options
    def __init__(self, of: Subject, input: Any, *, causal: bool = False) -> None:
        """Raises InputError for an input that the model does not take."""
        self.model = of.model
        self._of = of
        self._causal = causal or of.causal
        self._files = weights(of.model)  # raises for a model that has no file
        self._input: Any = self._read(self._first() if input is None else input)
        self._layer = min(1, self.last)
        self._selected: int | None = None
        self._observers: list[Callable[[str], None]] = []

    @property
    def last(self) -> int:
        """The greatest `layer`."""
        if self.model is not None:
            return self.model.depth + 1
        return 0 if self._of.sop is None else self._of.sop.layers

    @property
    def input(self) -> Any:
        return self._input

    @input.setter
    def input(self, x: Any) -> None:
        self._change("_input", self._read(x))

    @property
    def layer(self) -> int:
        return self._layer

    @layer.setter
    def layer(self, k: int) -> None:
        if isinstance(k, bool) or not isinstance(k, int) or not 0 <= k <= self.last:
            raise InputError(f"the layer is {k!r}; this page has the layers 0 to {self.last}", value=k)
        self._change("_layer", k)

    @property
    def selected(self) -> int | None:
        return self._selected

    @selected.setter
    def selected(self, at: int | None) -> None:
        if at is not None and (isinstance(at, bool) or not isinstance(at, int) or at < 0):
            raise InputError(f"the selected position is {at!r}; it is an int from 0, or None", value=at)
        self._change("_selected", at)

    def observe(self, call: Callable[[str], None]) -> None:
        """Call a function whenever "input", "layer" or "selected" changes, with this name."""
        self._observers.append(call)

    @property
    def answer(self) -> list[Any]:
        """The answer to the input: of the model, or of the program if there is no model."""
        if self.model is not None:
            return list(self.model(self._input))
        assert self._of.sop is not None
        return list(self._of.sop(self._input, causal=self._causal, errors="keep"))

    @property
    def html(self) -> str:
        """The page as one HTML file."""
        return page_html(self._of.title, self.content | {"trace": self.trace}, self._files)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to a file, whose name ends in .html. Raises BuildError, FileError.

        >>> import hardwire as hw
        >>> hw.explore(hw.programs.flip).save("page.svg")
        Traceback (most recent call last):
            ...
        hardwire.errors.BuildError: a live page is saved as .html, not as page.svg; hw.draw makes pictures
        """
        path = Path(path)
        if path.suffix.lower() not in (".html", ".htm"):
            raise BuildError(f"a live page is saved as .html, not as {path}; hw.draw makes pictures", value=str(path))
        text = self.html
        with whole(path) as temporary:
            write(temporary, text)

    @cached_property
    def widget(self) -> ExplorerWidget:
        """The page as a widget of anywidget. Raises MissingExtraError."""
        from .widget import widget

        return widget(self)

    @property
    def content(self) -> Json:
        """The texts of the page, with the input."""
        return page(self._of) | {"tokens": self.tokens, "typed": self.typed, "trace": None}

    @property
    def files(self) -> bytes:
        """The compressed file of the model."""
        return self._files

    @property
    def tokens(self) -> list[int] | None:
        """The input as places in the vocabulary; None without a model."""
        return None if self.model is None else [row - 1 for row in self.model.encode(self._input)]

    @property
    def typed(self) -> str:
        """The input as one types it, for a program without a model."""
        if self.model is not None:
            return ""
        return self._input if isinstance(self._input, str) else " ".join(map(str, self._input))

    @property
    def trace(self) -> Json | None:
        """The run of the interpreter, for a program without a model."""
        if self.model is not None or self._of.sop is None:
            return None
        return run(self._of.sop, self._input, self._of.listing, causal=self._causal)

    def _read(self, x: Any) -> Any:
        """Raises InputError."""
        given = read_input(x)
        if self.model is not None:
            self.model.encode(given)
        return given

    def _first(self) -> Any:
        """Return the example of the program if the model takes it, or else tokens of the vocabulary."""
        given = example(self._of.sop)
        if self.model is None:
            return given
        try:
            self.model.encode(given)
        except InputError:
            most = self.model.max_len
            return list(self.model.vocab[: 6 if most is None else min(6, most)])
        return given

    def _change(self, name: str, value: Any) -> None:
        if getattr(self, name) != value or type(getattr(self, name)) is not type(value):
            setattr(self, name, value)
            for call in tuple(self._observers):
                call(name[1:])

    def __repr__(self) -> str:
        facts = self.content
        status = facts["status"] or ("not compiled" if self.model is None else "not certified")
        return f"<Explorer of {self._of.title}: {facts['facts']}; {status}>"

    def _repr_mimebundle_(self, **options: Any) -> Any:
        if find_spec("anywidget") is not None:
            forms, facts = self.widget._repr_mimebundle_(**options)
            picture = draw(self.model or self._of.sop, self._input).svg  # what is left where no widget runs
            return {**forms, "image/svg+xml": picture, "text/plain": repr(self)}, facts
        return {"text/plain": repr(self), "text/html": self._frame()}

    def _display_(self) -> Any:
        """Return the object for marimo: the widget, or the page in a frame."""
        if find_spec("anywidget") is not None:
            return self.widget
        return _Frame(self._frame())

    def _frame(self) -> str:
        style = f"width:100%;height:{HEIGHT}px;border:0;border-radius:10px"
        return (
            f'<iframe title="{html.escape(self._of.title)}" style="{style}" srcdoc="{html.escape(self.html)}"></iframe>'
        )


class _Frame:
    """A page inside another, for marimo."""

    def __init__(self, text: str) -> None:
        self.text = text

    def _mime_(self) -> tuple[str, str]:
        return "text/html", self.text
