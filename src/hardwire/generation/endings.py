"""Proofs that texts end: a program is followed from the forms of its prompts, with all tokens that may come next.

A form gives for each position of a prompt a token, or the set of tokens that may be there. From there on, the set of
possible next tokens is computed step by step (`run/possible.py`); those that stop are left out. If none is left after
some step, then every text from a prompt of this form has ended by then, whatever it is.
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
from ..run.possible import FAIL, Known, Possible


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
        done = f"{many} prompts of {self.forms:,} form{'s' * (self.forms != 1)}"
        if self.open:
            return f"not proved: that texts end by then: {self.open}"
        return f"proved: after {done}, every text has ended by {self.longest:,} tokens"


def endings(program: SOp, forms: Iterable[Any], stop: frozenset[Any], vocab: Iterable[Value], max_len: int) -> Endings:
    """Follow a program from every form. `stop`: the keys of stop tokens. Raises InputError for what is no form."""
    readable = {exact(t) for t in vocab}
    known: Known = {}
    count = prompts = longest = 0
    for form in forms:
        sets = _sets(form, readable)
        try:
            end, why = _end(Possible(program.expr, known), sets, stop, readable, max_len)
        except CertificateError as error:
            end, why = 0, error.message
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


def _end(
    state: Possible, sets: list[list[Value]], stop: frozenset[Any], readable: set[Any], max_len: int
) -> tuple[int, str]:
    """(the length of the longest transcript, why there is none): every text has ended there."""
    if len(sets) > max_len:
        return 0, f"the prompt has {len(sets):,} tokens, and the model reads {max_len:,}"
    for some in sets:
        following = state.append(some)
    while True:
        more = {k: v for k, v in following.items() if k not in stop}
        if not more:
            return state.size, ""
        if FAIL in more:
            return 0, f"the program may have no value after {state.size} tokens"
        if not more.keys() <= readable:
            other = next(v for k, v in more.items() if k not in readable)
            return 0, f"it may write {constant(other)}, which the model cannot read"
        if state.size >= max_len:
            return 0, f"a text may go on at {max_len:,} tokens"
        following = state.append(more.values())
