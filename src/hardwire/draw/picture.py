"""`draw`: which objects can be drawn, and by which file. The SVG library is imported only when a picture is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..errors import BuildError, InputError
from ..lang.arguments import checked_options
from ..lang.generation import Generation
from ..lang.handle import Handle
from ..lang.origin import Origin, as_sop, mistaken
from ..lang.selector import Key, Query, Selector
from ..lang.sop import SOp
from ..lang.text import constant, formula
from ..run import Result, Trace, trace
from ..run.batch import read_input
from . import console
from .drawing import Drawing
from .example import example

if TYPE_CHECKING:
    from ..model.transformer import Transformer
    from .shapes import Box

MOST_TOKENS = 1000
"""The longest input that is drawn, since every selector is stored as a matrix."""
LONGEST = 200
"""The greatest length of the formula in a title, in characters."""


@checked_options
def draw(x: Any, input: Any = None, *, causal: bool = False, beside: SOp | Origin | None = None) -> Drawing:
    """Draw a sop, selector, key, query or model on an input, or a result or trace, or a text of `generate`.

    Without an input it is drawn on the running example, or a library program on its own example. The picture of a model
    shows its attention weights and its residual stream; with `beside=program` the program is drawn to its left, and
    differences are marked. A text that was generated has a column for each step: the token read, the named values,
    and the token written. Failures are shown in place. Raises BuildError, InputError.

    >>> from hardwire import before, draw
    >>> draw(before, "abc")
    before
          a b c
      a |
      b | 1
      c | 1 1
    """
    x, beside = as_sop(x), as_sop(beside)
    if isinstance(x, Result):
        return draw(x.of, x.input, causal=x.causal)
    if isinstance(x, Trace):
        return _traced(x)
    if isinstance(x, Generation):
        return _written(x)
    if not isinstance(x, Handle) and _is_model(x):
        if beside is not None and not isinstance(beside, SOp):
            raise BuildError(f"beside= takes the program of a model, a sop, not {mistaken(beside)}", value=beside)
        return _model(x, input, beside)
    if not isinstance(x, Handle):
        raise _refused(x)
    if beside is not None:
        raise BuildError(
            f"a program is drawn next to a model, not next to a {x.word}: draw(model, input, beside=program)"
        )
    given = read_input(example(x) if input is None else input)
    _check_length(len(given))
    if isinstance(x, (Key, Query)):
        return _side(x, trace(SOp(x.expr), given, causal=causal))
    return _traced(trace(x, given, causal=causal))


def _refused(x: object) -> BuildError:
    """Return the error for an object that cannot be drawn."""
    from ..model.circuit import ModelTrace

    what = "a sop, a selector, a key, a query, a result, a trace, a model or a text of generate"
    if isinstance(x, ModelTrace):
        hint = f"\n  It is only text; draw(model, {constant(x.input)}) draws the model with its intermediate values."
        return BuildError(f"draw takes {what}, not the trace of a model.{hint}", value=x)
    if callable(x) and hasattr(x, "__name__"):
        named = x.__name__ != "<lambda>"
        shown = f"the {'class' if isinstance(x, type) else 'function'} {x.__name__}" if named else "a lambda"
        call = f"draw({x.__name__ if named else 'f'}())"
        return BuildError(f"draw takes {what}, not {shown}.\n  Call it first: {call}.", value=x)
    return BuildError(f"draw takes {what}, not {mistaken(x)}", value=x)


def _is_model(x: object) -> bool:
    from ..model.transformer import Transformer

    return isinstance(x, Transformer)


def _check_length(n: int) -> None:
    if n > MOST_TOKENS:
        raise InputError(f"a picture has at most {MOST_TOKENS:,} positions, and the input has {n:,}: draw a part of it")


def _traced(run: Trace) -> Drawing:
    _check_length(len(run.input))
    if isinstance(run.of, Selector):
        words = console.selector_text(run.of, run.input, run.result)
    else:
        words = console.program_text(run)
    return _drawing(formula(run.of.expr, LONGEST), run.input, words, lambda: _box_of(run), causal=run.causal)


def _written(x: Generation) -> Drawing:
    from .transcript import transcript_picture, transcript_text

    _check_length(len(x.tokens))
    said = "" if x.ended is None else f", ended by {x.ended},"
    return _drawing(
        f"{len(x.tokens)} new tokens{said}", x.prompt, transcript_text(x), lambda: transcript_picture(x), word="after"
    )


def _side(x: Key | Query, run: Trace) -> Drawing:
    words = console.side_text(x, run.input, run.result)

    def box() -> Box:
        from .sequence import side

        return side(run, x.word)

    said = f"{x.word}({formula(x.expr, LONGEST)})"
    return _drawing(said, run.input, words, box, causal=run.causal)


def _box_of(run: Trace) -> Box:
    """Return the picture of a selector, of a sop that is one aggregate, or of a whole program."""
    from ..lang.expr import unnamed
    from .aggregate import aggregate
    from .program import program
    from .selector import selector

    if isinstance(run.of, Selector):
        return selector(run)
    return aggregate(run) if run.of.layers == 1 and unnamed(run.of.expr).op.aggregate else program(run)


def _model(model: Transformer, input: Any, program: SOp | None) -> Drawing:
    given = _accepted(model) if input is None else input
    seen = model.trace(given)
    _check_length(len(seen.result))
    run = None if program is None else trace(program, given, causal=model.causal)
    words = f"{model!r}\n{seen!r}" + (f"\n\n{console.program_text(run)}" if run is not None else "")

    def box() -> Box:
        from .model import compared, model_picture

        return model_picture(model, given) if run is None else compared(model, run)

    name = model.program or "transformer"
    return _drawing(f"{name}: {'the model' if run is None else 'program and model'}", given, words, box)


def _accepted(model: Transformer) -> Any:
    """Return the example of its program if the model accepts it, otherwise the first tokens of its vocabulary."""
    given = example(model.source)
    try:
        model(given)
    except InputError:
        n = 6 if model.max_len is None else min(6, model.max_len)
        return list(model.vocab[:n])
    return given


def _drawing(
    name: str, input: Any, words: str, box: Callable[[], Box], *, causal: bool = False, word: str = "on"
) -> Drawing:
    title = f"{name} {word} {constant(input, 120)}{', causal' if causal else ''}"

    def render() -> str:
        from . import shapes

        content = box()
        head = shapes.heading(title, max(content.width, 420))
        return shapes.picture(shapes.below([head, content], 12), title, words)

    return Drawing(title, words, render)


def bundle(x: Any) -> dict[str, str]:
    """Return the forms of an object for a notebook: its picture if it can be drawn, otherwise its repr.

    Never raises.
    """
    try:
        return {**draw(x)._repr_mimebundle_(), "text/plain": repr(x)}
    except Exception:
        return {"text/plain": repr(x)}
