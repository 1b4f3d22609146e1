"""A text that is being written, token by token: the prompt, the new tokens, and when to stop.

The interpreter (`hw.generate`) and a model (`model.generate`) each say which token follows; all else is here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from ..errors import BuildError, GenerationError, InputError
from .text import constant
from .values import NotAValue, Value, exact, freeze

STOP, MAX_NEW, MAX_LEN = "stop", "max_new", "max_len"
"""Why a text has ended: at a stop token, after `max_new` tokens, at the longest transcript."""
LONGEST = 100_000
"""The most tokens that `finish` writes where neither `max_new` nor a longest transcript ends the text."""
SHOWN = 8
"""How many different tokens an error lists."""


class Generation(Iterator[Any]):
    """The tokens that continue a prompt, as an iterator that computes each when it is asked for.

    `prompt` is the input, `tokens` are the new tokens so far, without the stop token, and `transcript` is both. `ended`
    is None while more tokens may come, then "stop", "max_new" or "max_len". `finish()` runs to the end. `number` is the
    index of the prompt in a batch, and `failure` the error with which its text ended, where errors are kept.
    """

    number: int | None = None
    failure: GenerationError | None = None

    def __init__(self, prompt: str | list[Value], stop: Any, max_new: int | None, max_len: int | None = None) -> None:
        """Raises BuildError for options that are none, and InputError for an empty prompt."""
        self.prompt = prompt
        self.tokens: list[Value] = []
        self.ended: str | None = None
        self.max_new, self.max_len = max_new, max_len
        self._stop, self._stops = stop_tokens(stop), constant(stop, 60)
        self._must_stop = stop is not None or max_new is not None
        if max_new is not None and (isinstance(max_new, bool) or not isinstance(max_new, int) or max_new < 0):
            raise BuildError(f"max_new is a whole number, 0 or more, not {constant(max_new)}", value=max_new)
        if not len(prompt):
            which = "the prompt" if self.number is None else f"prompt {self.number}"
            raise InputError(f"{which} is empty; the first new token is the value at its last position", value=prompt)

    def following(self) -> Value:
        """The next token. Raises GenerationError."""
        raise NotImplementedError

    def watched(self) -> tuple[dict[str, list[Any]], list[Any]]:
        """(named values, next token) at every position of the transcript so far; both are lists by position."""
        raise NotImplementedError

    def __next__(self) -> Any:
        if self.failure is not None:
            raise self.failure
        if self.is_over():
            raise StopIteration
        token = self.following()
        if exact(token) in self._stop:
            self.ended = STOP
            raise StopIteration
        self.tokens.append(token)
        return token

    def is_over(self) -> bool:
        """Whether no more tokens come; then `ended` says why.

        Raises GenerationError where the transcript is longer than max_len and should have ended.
        """
        if self.ended is None and len(self.tokens) == self.max_new:
            self.ended = MAX_NEW
        if self.ended is None and self.max_len is not None and len(self.prompt) + len(self.tokens) > self.max_len:
            if self._must_stop:
                raise self.error(
                    f"the transcript is longer than max_len, {self.max_len:,} tokens, and has not ended\n"
                    "  Compile for a larger max_len, or give a smaller max_new."
                )
            self.ended = MAX_LEN
        return self.ended is not None

    def finish(self) -> Any:
        """Write to the end, and return the new tokens: a string where they and the prompt are characters, else a list.

        Raises GenerationError, also for a text that only a stop token can end and that has 100,000 new tokens.
        """
        for _ in self:
            if len(self.tokens) >= LONGEST and self.max_new is None and self.max_len is None:
                raise self._endless()
        return self.text

    def _endless(self) -> GenerationError:
        different = list(dict.fromkeys(self.tokens))
        more = ", …" if len(different) > SHOWN else ""
        return self.error(
            f"the text has {len(self.tokens):,} new tokens, and none is the stop token {self._stops}\n"
            f"  Its tokens are {', '.join(map(constant, different[:SHOWN]))}{more}. Check stop=, or give max_new= "
            "for a longer text."
        )

    @property
    def text(self) -> Any:
        """The new tokens so far: a string where they and the prompt are characters, else a list."""
        return joined(self.prompt, self.tokens)[1]

    @property
    def transcript(self) -> Any:
        """The prompt and the new tokens so far: a string where all are characters, else a list."""
        prompt, text = joined(self.prompt, self.tokens)
        return prompt + text

    def error(self, message: str, **facts: Any) -> GenerationError:
        """An error at this step, which says how far the text has come."""
        step, so_far = len(self.tokens) + 1, self.transcript
        which = "the text" if self.number is None else f"text {self.number}"
        return GenerationError(
            f"step {step} of {which}, after {constant(so_far, 60)}: {message}", step=step, transcript=so_far, **facts
        )

    def __repr__(self) -> str:
        more = "…" if self.ended is None else f" (ended by {self.ended})"
        return f"{constant(self.transcript, 200)}{more}"


def joined(prompt: str | list[Value], tokens: list[Value]) -> tuple[Any, Any]:
    """The prompt and the new tokens, both as strings or both as lists."""
    if isinstance(prompt, str) and all(isinstance(t, str) and len(t) == 1 for t in tokens):
        return prompt, "".join(tokens)
    return list(prompt), list(tokens)


def stop_tokens(stop: Any) -> frozenset[Any]:
    """The keys (`exact`) of a stop token, or of a list or a set of them; empty for None. Raises BuildError."""
    tokens: Collection[Any] = () if stop is None else stop if isinstance(stop, (list, set, frozenset)) else (stop,)
    try:
        return frozenset(exact(freeze(t)) for t in tokens)
    except NotAValue as error:
        raise BuildError(f"stop is a token, or a list of tokens: {error}", value=stop) from None
