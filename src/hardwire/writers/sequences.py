"""Programs that write the prompt again, in another form."""

from __future__ import annotations

import random
from typing import Any

from ..lang.sop import SOp
from ..lang.surface import indices, key, query, tokens
from .text_program import STOP, TextProgram, at, place_of, string, total, writer

LETTERS = "abcdefghijklmnopqrstuvwxyz"
DIGITS = "0123456789"
END = "="
"""The token that ends a prompt."""


def _prompts(alphabet: str, most: int) -> dict[str, Any]:
    """What prompts of up to `most` characters and "=" have in common."""

    def draw(rng: random.Random) -> str:
        return string(rng.choice([alphabet, alphabet[:2], alphabet[::7]]), rng, most) + END

    edges = [
        "",
        alphabet[0],
        alphabet[-1],
        alphabet[0] * most,
        (alphabet * most)[:most],
        (alphabet[::-1] * most)[:most],
    ]
    return {
        "vocab": (*alphabet, END),
        "max_len": 2 * most + 1,
        "prompts": f'up to {most} characters, then "="',
        "draw": draw,
        "edges": tuple(x + END for x in dict.fromkeys(edges)),
        "forms": tuple((*[frozenset(alphabet)] * n, END) for n in range(most + 1)),
    }


@writer
def copy(most: int = 20) -> TextProgram:
    """The prompt once more.

    The n-th new token is the n-th token; "=", which ends the prompt, becomes the end of the text.
    """
    program = at(indices - place_of(END)).one(tokens, STOP).map({**{t: t for t in LETTERS + STOP}, END: STOP})
    return TextProgram(
        "copy", "the prompt once more", program, example="hello=", reference=lambda x: x[:-1], **_prompts(LETTERS, most)
    )


@writer
def reverse(most: int = 20) -> TextProgram:
    """The prompt from its end to its start. The new tokens read from "=" to the left; before the start is the end."""
    program = at(2 * place_of(END) - 1 - indices).one(tokens, STOP)
    return TextProgram(
        "reverse",
        "the prompt backwards",
        program,
        example="hello=",
        reference=lambda x: x[-2::-1],
        **_prompts(LETTERS, most),
    )


@writer
def caesar(shift: int = 3, most: int = 20) -> TextProgram:
    """The prompt with every letter moved on in the alphabet, from "z" to "a"."""
    moved = {t: LETTERS[(i + shift) % 26] for i, t in enumerate(LETTERS)}
    program = at(indices - place_of(END)).one(tokens, STOP).map({**moved, END: STOP, STOP: STOP})
    return TextProgram(
        "caesar",
        f"the prompt with every letter moved on by {shift}",
        program,
        example="hello=",
        reference=lambda x: "".join(moved[t] for t in x[:-1]),
        **_prompts(LETTERS, most),
    )


@writer
def sort(most: int = 20) -> TextProgram:
    """The digits of the prompt in order.

    The next digit is the least one of which, and of those below it, the prompt has more than have been written.
    """
    ended = (key(tokens) == query(END)).width().name("ended")
    written = (indices - place_of(END)).stored().name("written")

    def covered(digit: int) -> SOp:
        """1 where as many digits have been written as the prompt has up to this one."""
        low = tokens.has(DIGITS[: digit + 1])
        count = ((key(low) == query(True)) & (key(ended) == query(0))).width().name(f"up_to_{digit}")
        return (count <= written) * 1

    least = total(map(covered, range(10))).stored().name("least")
    program = least.map(dict(enumerate((*DIGITS, STOP))))
    return TextProgram(
        "sort",
        "the digits of the prompt in order",
        program,
        example="31415926=",
        reference=lambda x: "".join(sorted(x[:-1])),
        **_prompts(DIGITS, most),
    )
