"""Programs that continue a text by what stands in it, or in another text."""

from __future__ import annotations

import random
from collections import Counter

from ..errors import InputError
from ..lang.sop import SOp
from ..lang.surface import full, key, maximum, query, tokens, where
from .sequences import LETTERS
from .text_program import STOP, TextProgram, string, writer

PAIRS = {"(": ")", "[": "]", "{": "}"}


@writer
def brackets(most: int = 20) -> TextProgram:
    """The brackets that close those that are open, the last one first.

    A bracket is open at depth d if it is the last one that led to depth d, so the next bracket closes the last opening
    bracket at the present depth.
    """
    step = tokens.map({**dict.fromkeys(PAIRS, 1), **dict.fromkeys(PAIRS.values(), -1)})
    depth = maximum(full.value(step), 0).stored().name("depth")
    opening = ((key(depth) == query(depth)) & (key(step) == query(1))).last(tokens, STOP).name("opening")
    program = where(depth == 0, STOP, opening.map({**PAIRS, **dict.fromkeys((*PAIRS.values(), STOP), STOP)}))

    def reference(x: str) -> str:
        stack: list[str] = []
        for t in x:
            if t in PAIRS:
                stack.append(PAIRS[t])
            else:
                stack.pop()
        return "".join(reversed(stack))

    def draw(rng: random.Random) -> str:
        start = rng.choice(list(PAIRS))
        text, stack = start, [PAIRS[start]]
        for _ in range(rng.randrange(most)):
            if stack and rng.random() < 0.45:
                text += stack.pop()
            else:
                new = rng.choice(list(PAIRS))
                text, stack = text + new, [*stack, PAIRS[new]]
        return text

    return TextProgram(
        "brackets",
        "the brackets that close those that are open",
        program,
        vocab=(*PAIRS, *PAIRS.values()),
        max_len=2 * most,
        example="([{}",
        prompts=f"up to {most} brackets, none closed before it is opened",
        reference=reference,
        draw=draw,
        edges=("(", "()", "[" * most, "{}" * (most // 2), "([{" * (most // 3), "(" + "[]" * (most // 2 - 1) + "{"),
    )


PANGRAM = "a quick brown fox jumps over the lazy dog"


@writer
def ngram(text: str = PANGRAM, most: int = 60) -> TextProgram:
    """Another text, continued from two of its characters: a trigram model, in which the most frequent one follows.

    The table of trigrams is part of the weights. After two characters that do not follow each other in the text, and
    at its end, the new text ends.
    """
    if not isinstance(text, str) or len(text) < 2:
        raise InputError(f"ngram: text is a string of two characters or more, not {text!r}", value=text)
    ended = text + STOP
    counts: dict[str, Counter[str]] = {}
    for i in range(len(ended) - 2):
        counts.setdefault(ended[i : i + 2], Counter())[ended[i + 2]] += 1
    follows = {pair: found.most_common(1)[0][0] for pair, found in counts.items()}
    program = SOp.zip(lambda a, b: follows.get(a + b, STOP), tokens.shift(1, STOP), tokens)

    def reference(x: str) -> str:
        new = ""
        while (token := follows.get((x + new)[-2:], STOP)) != STOP:
            new += token
        return new

    known = sorted(set(text))
    return TextProgram(
        "ngram",
        f"{text!r}, continued from two of its characters",
        program,
        vocab=tuple(known),
        max_len=most,
        example=text[:2],
        prompts="at least one character of the text",
        reference=reference,
        draw=lambda rng: rng.choice(list(counts)) if rng.random() < 0.7 else rng.choice(known) + string(known, rng, 9),
        edges=(*list(counts), text[:1], text, text[0] * 3),
    )


@writer
def induction(most: int = 60) -> TextProgram:
    """A text in which each token is followed by what followed it last: an induction head.

    A token that has not occurred before ends the text. A text that repeats itself has no end: `max_new` sets it.
    """
    program = (key(tokens.shift(1, STOP)) == query(tokens)).last(tokens, STOP)

    def reference(x: str) -> str:
        new = ""
        while len(x + new) <= most:
            so_far = x + new
            at = so_far[:-1].rfind(so_far[-1])
            if at < 0:
                break
            new += so_far[at + 1]
        return new

    return TextProgram(
        "induction",
        "what followed the last token when it occurred before",
        program,
        vocab=tuple(LETTERS),
        max_len=most,
        example="abcda",
        prompts="letters",
        reference=reference,
        draw=lambda rng: rng.choice(LETTERS[:6]) + string(LETTERS[: rng.choice([2, 6])], rng, most // 3),
        edges=("a", "aa", "ab", "aba", LETTERS, LETTERS + "a"),
    )
