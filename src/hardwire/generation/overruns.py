"""Prompts of a program after which a text is longer than a model can read, looked for when it is compiled."""

from __future__ import annotations

from typing import Any

from ..errors import HardwireError
from ..lang.generation import STOP
from ..lang.origin import causal_origin
from ..lang.sop import SOp
from .program import ProgramGeneration

MOST_PROMPTS = 20
"""How many edge cases of a program are tried, after its example."""
MOST_TOKENS = 5_000
"""After so many new tokens in all no more are tried."""


def overrun(program: SOp, max_len: int) -> Any:
    """A prompt of a program of `hw.writers` after which its text does not end within `max_len` tokens, None if none is
    known. The example and edge cases are tried, so other prompts may have longer texts."""
    origin, written = causal_origin(program), 0
    for prompt in () if origin is None else (origin.example, *origin.edges[:MOST_PROMPTS]):
        if len(prompt) > max_len or written > MOST_TOKENS:
            continue
        text = ProgramGeneration(program, prompt, origin.stop if origin else None, max_len + 1 - len(prompt))
        try:
            text.finish()
        except HardwireError:
            continue
        written += len(text.tokens)
        if text.ended != STOP:
            return prompt
    return None
