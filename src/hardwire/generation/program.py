"""A program that writes text, run by the interpreter one token at a time."""

from __future__ import annotations

from typing import Any

from ..errors import BuildError
from ..lang.arguments import checked_options
from ..lang.expr import Expr
from ..lang.generation import Generation, stop_tokens
from ..lang.origin import as_sop, causal_origin, mistaken, stop_of
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value
from ..run.batch import read_input
from ..run.failure import Failure
from ..run.incremental import Incremental
from ..run.messages import evaluation_error
from ..run.trace import step_names


class ProgramGeneration(Generation):
    """The text that a causal program writes after a prompt; `trace` has its named values at the last position."""

    def __init__(self, program: SOp, prompt: Any, stop: Any, max_new: int | None) -> None:
        super().__init__(read_input(prompt), stop, max_new)
        if stop is None and max_new is None:
            raise BuildError("generate needs stop= or max_new=: without them the text has no end", value=program)
        self.program = program
        self._state = Incremental(program.expr)
        self._names: dict[Expr, str] = step_names(program.expr)

    def following(self) -> Value:
        """The program's value at the last position. Raises GenerationError, with the failure, where it has none."""
        new = [*self.prompt, *self.tokens][self._state.size :] if self._state.size == 0 else self.tokens[-1:]
        for token in new:
            found = self._state.append(token)
        if not isinstance(found, Failure):
            return found
        why = evaluation_error(found, self.transcript, self.program.expr, None)
        facts = {"expression": why.expression, "position": why.position, "value": why.value}
        raise self.error(why.message, remedies=[r for r in why.remedies if not r.options], **facts) from why

    def watched(self) -> tuple[dict[str, list[Any]], list[Any]]:
        """The named values and the next token at every position; failures in place."""
        found = self.program.trace(self.transcript, causal=True)
        return {name: v for name, v in found.names.items() if name in self._shown}, found.result

    @property
    def _shown(self) -> list[str]:
        return [name for e, name in self._names.items() if not e.selector]

    @property
    def trace(self) -> dict[str, Any]:
        """The value of each named part of the program at the last position read, by name; failures in place."""
        if not self._state.size:
            return {}
        return {name: self._state.at(e) for e, name in self._names.items() if not e.selector}


@checked_options
def generate(program: Any, prompt: Any, *, stop: Any = ..., max_new: int | None = None) -> ProgramGeneration:
    """Let a causal program continue a prompt: its value at the last position is the next token.

    Returns an iterator over the new tokens, which computes each when it is asked for; `.finish()` writes all of them
    and returns the text. A step evaluates one position: look-ups, counts and sums by equality take the same time at
    every length, others one pass over the transcript.

    `stop` is the token that ends the text, or a list or set of tokens; it is not part of the text. `max_new` is the
    largest number of new tokens. One of the two is needed; programs of `hw.writers` have a stop token, which is the
    default; `stop=None` writes past it. Raises BuildError for options that do not fit, InputError for a prompt that is
    none, and, at the step in question, GenerationError where the program has no value. Without `max_new`, `.finish()`
    raises GenerationError after 100,000 tokens: a stop token that a program never writes ends no text.

    >>> from hardwire import indices, generate, tokens, where
    >>> countdown = where(tokens == "0", ".", (tokens.int() - 1).str())
    >>> generate(countdown, "5", stop=".").finish()
    '43210'
    >>> for token in generate(countdown, "2", stop="."):
    ...     print(token)
    1
    0
    """
    program = as_sop(program)
    if not isinstance(program, SOp):
        hint = "\n  A model has a method of its own: model.generate(prompt)." if hasattr(program, "generate") else ""
        raise BuildError(f"generate takes a program, a sop, not {mistaken(program)}{hint}", value=program)
    origin = causal_origin(program)
    given = frozenset() if stop is ... else stop_tokens(stop)
    if origin is not None and given and not given & stop_tokens([*origin.vocab, origin.stop]):
        raise BuildError(
            f"stop is {constant(stop, 60)}, and {origin.name} never writes that: its tokens are "
            f"{constant(origin.vocab, 80)}, and it ends with {constant(origin.stop)}",
            value=stop,
        )
    return ProgramGeneration(program, prompt, stop_of(program, stop), max_new)
