"""Proofs that texts end: a program is followed from the forms of its prompts, with all tokens that may come next.

A form gives for each position of a prompt a token, or the set of tokens that may be there. From there on, the set of
possible next tokens is computed step by step (`run/possible.py`); those that stop are left out. If none is left after
some step, then every text from a prompt of this form has ended by then, whatever it is.

Tokens that selectors tell apart, such as the end of a line, may be followed one by one: each class of them as a text of
its own. Sets of tokens before and after such an end would mix what belongs to different lengths.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import CertificateError, InputError
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value, exact, freeze
from ..run.possible import Possible
from ..run.tables import FAIL, ValueOptions

MOST_STEPS = 20
"""So many longest transcripts of one form are followed, where classes of tokens are followed one by one."""
TOO_MANY = "there are too many different texts to follow"


@dataclass(frozen=True)
class Endings:
    """What is proved of the ends of texts: `prompts` prompts of `forms` forms end within `longest` tokens.

    `open` says for which form, and why, there is no proof; "" if all texts from all forms end at a stop token.
    """

    forms: int
    prompts: int
    longest: int
    open: str = ""

    def __bool__(self) -> bool:
        return not self.open

    def __repr__(self) -> str:
        many = f"{self.prompts:,}" if self.prompts < 10**12 else f"{self.prompts:.1e}"
        forms = f"{many} prompts of {self.forms:,} form{'s' * (self.forms != 1)}"
        if self.open:
            return f"not proved: that texts end by then: {self.open}"
        return f"proved: after {forms}, every text has ended by {self.longest:,} tokens"


def endings(program: SOp, forms: Iterable[Any], stop: frozenset[Any], vocab: Iterable[Value], max_len: int) -> Endings:
    """Follow a program from every form. `stop`: the keys of stop tokens. Raises InputError for what is no form."""
    readable = {exact(t) for t in vocab}
    count = prompts = longest = 0
    texts = None
    for form in forms:
        sets = _sets(form, readable)
        try:
            texts = texts or _FollowedTexts(Possible(program.expr), stop, readable, max_len)
        except CertificateError as error:
            return Endings(0, 0, 0, error.message)
        end, why = texts.end(sets)
        if why:
            return Endings(count, prompts, longest, f"after {_shown(sets)}, {why}")
        count, prompts, longest = count + 1, prompts + math.prod(map(len, sets)), max(longest, end)
    return Endings(count, prompts, longest)


def _sets(form: Any, readable: set[Any]) -> list[list[Value]]:
    """The possible tokens at each position of a form. Raises InputError."""
    if not isinstance(form, Iterable):
        raise InputError("a form of prompts is a string, or a list of tokens and of sets of tokens", value=form)
    sets = [[freeze(t) for t in (x if isinstance(x, (set, frozenset, list)) else (x,))] for x in form]
    if not sets or not all(sets):
        raise InputError("a form of prompts has at least one position, and each at least one token", value=form)
    for t in (t for some in sets for t in some):
        if exact(t) not in readable:
            raise InputError(f"{constant(t)} in a form of prompts is not in the vocabulary", value=form)
    return sets


def _shown(sets: list[list[Value]]) -> str:
    return "".join(str(s[0]) if len(s) == 1 else f"[{len(s)}]" for s in sets)


@dataclass
class _FollowedTexts:
    """The texts of a program. `apart`: whether classes of tokens are followed one by one, as the last form needed."""

    state: Possible
    stop: frozenset[Any]
    readable: set[Any]
    max_len: int
    apart: bool = False

    def end(self, sets: list[list[Value]]) -> tuple[int, str]:
        """(the length of the longest transcript, why there is none): every text has ended there."""
        if len(sets) > self.max_len:
            return 0, f"the prompt has {len(sets):,} tokens, and the model reads {self.max_len:,}"
        found = self._end(sets, apart=self.apart)
        if not found[1] or all(len(s) == 1 for s in sets):
            return found
        other = self._end(sets, apart=not self.apart)
        if not other[1]:
            self.apart = not self.apart
            return other
        together, apart = (other, found) if self.apart else (found, other)
        return together if apart[1] == TOO_MANY else apart

    def _end(self, sets: list[list[Value]], *, apart: bool) -> tuple[int, str]:
        try:
            return self._followed(sets, apart=apart)
        except CertificateError as error:
            return 0, error.message

    def _followed(self, sets: list[list[Value]], *, apart: bool) -> tuple[int, str]:
        self.state.cut(0)
        for some in sets[:-1]:
            self.state.append(some)
        longest, steps, waiting = 0, MOST_STEPS * self.max_len, [(len(sets) - 1, sets[-1])]
        while waiting:
            before, some = waiting.pop()
            if before < self.state.size:
                self.state.cut(before)
            following, size, steps = self.state.append(some), before + 1, steps - 1
            classes = self.state.classes() if apart and len(some) > 1 and size > len(sets) else []
            if len(classes) > 1:
                waiting += ((before, tokens) for tokens in classes)
                continue
            longest = max(longest, size)
            more = {k: v for k, v in following.items() if k not in self.stop}
            why = self._open(more, size) if more else ""
            if why or not steps:
                return 0, why or TOO_MANY
            if more:
                waiting.append((size, list(more.values())))
        return longest, ""

    def _open(self, more: ValueOptions, size: int) -> str:
        """Why texts may have no proper end that may go on with these tokens."""
        if FAIL in more:
            return f"the program may have no value after {size} tokens"
        if not more.keys() <= self.readable:
            other = next(v for k, v in more.items() if k not in self.readable)
            return f"it may write {constant(other)}, which the model cannot read"
        return f"a text may go on at {self.max_len:,} tokens" if size >= self.max_len else ""
