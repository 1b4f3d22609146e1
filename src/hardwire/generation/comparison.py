"""The texts of a model and of its program side by side, on many prompts. It is independent of the proof."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import BuildError, GenerationError, ModelError
from ..lang.arguments import checked_options
from ..lang.generation import MAX_LEN, MAX_NEW
from ..lang.origin import as_sop, causal_origin, stop_of
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import exact
from ..model.generation import ModelGeneration
from ..model.transformer import Transformer
from .program import ProgramGeneration

NO_VALUE = "no value"
TOGETHER = 512
FEW = 5_000
"""Every short prompt is tried if there are at most so many of a length."""


@dataclass(frozen=True)
class TextDifference:
    """A prompt after which the model does not write what the program writes, as far as that goes."""

    prompt: Any
    expected: Any
    got: Any

    def __repr__(self) -> str:
        return f"after {constant(self.prompt, 60)} the program writes {self.expected!r}, the model {self.got!r}"


@dataclass(frozen=True)
class TextVerification:
    """The counts and the result of a comparison of texts: true if they agree as far as the program has values.

    `longest` is the length of the longest transcript, and `ends` says how often texts ended for which reason: "stop",
    "max_new", "max_len", or "no value", where the program has none for the next token.
    """

    prompts: int
    tokens: int
    longest: int
    ends: dict[str, int]
    difference: TextDifference | None

    def __bool__(self) -> bool:
        return self.difference is None

    def __repr__(self) -> str:
        ends = ", ".join(f"{n:,} by {why}" for why, n in self.ends.items())
        what = f"{self.prompts:,} prompts ({self.tokens:,} new tokens, transcripts of up to {self.longest:,}; {ends})"
        return f"differs: {self.difference!r} (after {what})" if self.difference else f"writes the same after {what}"


@checked_options
def verify_text(
    model: Transformer,
    program: Any = None,
    *,
    prompts: Iterable[Any] | None = None,
    stop: Any = ...,
    max_new: int | None = None,
    samples: int = 1_000,
    seed: int = 0,
) -> TextVerification:
    """Let a model and its program continue the same prompts, and compare their texts, and why they end.

    Without `prompts` these are the edge cases and `samples` random prompts of a program of `hw.writers`; of another
    program all short prompts, and random ones up to half of max_len. Where the program has no value the comparison of
    a text ends. Raises BuildError and ModelError.

    >>> import hardwire as hw
    >>> hw.verify_text(hw.compile(hw.writers.caesar()), prompts=["xyz=", "="])
    writes the same after 2 prompts (3 new tokens, transcripts of up to 7; 2 by stop)
    """
    program = as_sop(program)
    if not isinstance(model, Transformer) or not model.causal or model.max_len is None:
        raise ModelError(
            "verify_text takes a causal model with a max_len; compile the program with causal=True", value=model
        )
    program = model.source if program is None else program
    if not isinstance(program, SOp):
        raise BuildError("a model loaded from a file is compared with a program: verify_text(model, program)")
    stop = stop_of(program, stop)
    ends: Counter[str] = Counter()
    count = tokens = longest = 0
    chosen = _prompts(model, program, samples, seed) if prompts is None else iter(prompts)
    while some := list(itertools.islice(chosen, TOGETHER)):
        for text in model.generate_batch(some, stop=stop, max_new=max_new, errors="keep"):
            own, why = _by_program(program, text, stop)
            count, tokens, longest = count + 1, tokens + len(own.tokens), max(longest, len(own.transcript))
            ends[why] += 1
            if not _agrees(own, why, text):
                return TextVerification(
                    count, tokens, longest, dict(ends), TextDifference(text.prompt, own.text, text.text)
                )
    return TextVerification(count, tokens, longest, dict(ends), None)


def _by_program(program: SOp, text: ModelGeneration, stop: Any) -> tuple[ProgramGeneration, str]:
    """The program's text up to the length that the model has, and why it ends."""
    assert text.max_len is not None
    room = text.max_len + 1 - len(text.prompt)
    own = ProgramGeneration(program, text.prompt, stop, room if text.max_new is None else min(room, text.max_new))
    try:
        own.finish()
    except GenerationError:
        return own, NO_VALUE
    assert own.ended is not None
    return own, MAX_LEN if own.ended == MAX_NEW and len(own.tokens) != text.max_new else own.ended


def _agrees(own: ProgramGeneration, why: str, text: ModelGeneration) -> bool:
    mine, other = list(map(exact, own.tokens)), list(map(exact, text.tokens))
    if why == NO_VALUE:
        return mine == other[: len(mine)]
    if text.failure is not None and why != MAX_LEN:  # the program goes on after a token that the model cannot read
        return mine[: len(other)] == other and len(other) < len(mine)
    return mine == other and (text.failure is not None or why == text.ended)


def _prompts(model: Transformer, program: SOp, samples: int, seed: int) -> Iterator[Any]:
    rng = random.Random(seed)
    assert model.max_len is not None
    origin = causal_origin(program)
    if origin is not None:
        yield from origin.edges
        yield from (origin.sample(rng, model.max_len) for _ in range(samples))
        return
    half = max(1, model.max_len // 2)
    for n in range(1, half + 1):
        if len(model.vocab) ** n > FEW:
            break
        yield from map(list, itertools.product(model.vocab, repeat=n))
    yield from (rng.choices(model.vocab, k=rng.randint(1, half)) for _ in range(samples))
