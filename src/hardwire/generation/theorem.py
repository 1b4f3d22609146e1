"""The theorem about whole texts: a certificate of single answers under the causal mask, by induction.

A certificate says that at every position at which the program has a value, on every input of at most max_len tokens,
the model's answer is that value. Under the causal mask the answer at the last position of a transcript is the next
token. So if model and program have written the same tokens so far, they write the same next token, as long as the
program has a value there and the transcript is not longer than max_len: the texts are the same.

`endings.py` proves that texts end.

Two things are checked here that a certificate leaves open. It compares answers by `==`, and a token also has a type, so
no two values of the program may be equal and have different types. And a model may write what it cannot read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..certification import certify
from ..errors import CertificateError, InputError, ModelError
from ..lang.arguments import checked_options
from ..lang.generation import stop_tokens
from ..lang.origin import as_sop, causal_origin, stop_of
from ..lang.sop import SOp
from ..lang.text import constant
from ..lang.values import Value, exact, leave
from ..model.certificate import Certificate
from ..model.transformer import Transformer
from ..rewrite import analysed
from .endings import Endings, endings

_ITSELF: set[type] = {str, type(None)}
"""Types whose values equal no value of another type of Python's own."""


@dataclass(frozen=True, repr=False)
class TextCertificate:
    """A proof that a model writes the text of its program.

    For every prompt over the vocabulary, as long as the program has a value at the last position, the model's next
    token is that value, with its type, until the transcript is longer than `max_len`. `stop` are the stop tokens;
    `unreadable` are further values that the model can write and not read, which end a text with an error. `given` is
    the condition that the transcript has to meet at each step. `certificate` is the proof for single answers, and
    `endings` what is proved of the ends of texts, where forms of prompts were given.
    """

    certificate: Certificate
    max_len: int
    stop: tuple[Value, ...]
    unreadable: tuple[Value, ...]
    given: str
    endings: Endings | None = None

    def __repr__(self) -> str:
        found = self.certificate
        where = f", where {self.given} holds at each step" if self.given else ""
        lines = [
            f"writes the program's text: for every prompt{where}, each next token is the program's value",
            f"  as long as it has one, in transcripts of up to {self.max_len:,} tokens",
            f"  {self._ends()}",
            *(["  by following all tokens that may come next, until only a stop token may"] if self.endings else []),
            f"  by induction from: {found.status}, in {found.arithmetic} arithmetic and any order of summation",
        ]
        return "\n".join(lines)

    def _ends(self) -> str:
        late = "not proved: that all end by then" if self.endings is None else repr(self.endings)
        late += "" if self.endings else " (a longer one is an error)"
        unreadable = "" if not self.unreadable else f", with an error at {_several(self.unreadable)}"
        if not self.stop:
            return f"no token ends a text{unreadable}: it runs to that length"
        return f"a text ends before {_several(self.stop)}{unreadable}; {late}"


def _several(values: tuple[Value, ...]) -> str:
    shown = [constant(v) for v in values[:6]] + (["…"] if len(values) > 6 else [])
    return " or ".join(shown)


@checked_options
def certify_text(
    model: Transformer,
    program: Any = None,
    *,
    stop: Any = ...,
    given: SOp | None = None,
    prompts: Any = ...,
) -> TextCertificate:
    """Prove that a causal model writes the text of its program, token by token.

    `program` and `given` may be left out for a model that was just compiled, whose certificate is used; a loaded model
    is proved again. `stop` is the token that ends a text, or a list or set of them; programs of `hw.writers` have one.

    `prompts` are forms of prompts, after which every text is proved to end: a form is a prompt in which a set, in place
    of a token, stands for any of its tokens. Left out, they are those that a program of `hw.writers` is for, if it has
    forms of them and the model reads their tokens; None for no such proof.
    Raises ModelError for a model that is not causal, and CertificateError, which says why there is no proof.

    >>> import hardwire as hw
    >>> hw.certify_text(hw.compile(hw.writers.reverse()))
    writes the program's text: for every prompt, each next token is the program's value
      as long as it has one, in transcripts of up to 41 tokens
      a text ends before '.'; proved: after 2.1e+28 prompts of 21 forms, every text has ended by 41 tokens
      by following all tokens that may come next, until only a stop token may
      by induction from: exact up to length 41, in float32 arithmetic and any order of summation
    """
    program, given = as_sop(program), as_sop(given)
    if not isinstance(model, Transformer) or not model.causal:
        raise ModelError("certify_text takes a causal model; compile the program with causal=True", value=model)
    found = model.certificate
    if found is None or found.stored or program is not None or given is not None:
        found = certify(model, program, given=given)
    program = model.source if program is None else program
    ends, readable = stop_tokens(stop_of(program, stop)), {exact(t) for t in model.vocab}
    prompts = _forms(program, readable) if prompts is ... else prompts
    if not isinstance(prompts, Iterable | None):
        raise InputError("prompts is a list of forms of prompts, each a string or a list", value=prompts)
    if prompts is not None and not isinstance(program, SOp):
        raise CertificateError("the ends of texts are proved from a program; give the sop", value=program)
    written = {exact(v): v for v in _written(model, found, program, model.given if given is None else given)}
    return TextCertificate(
        found,
        found.max_len,
        tuple(v for token, v in written.items() if token in ends),
        tuple(v for token, v in written.items() if token not in ends | readable),
        found.given,
        None if prompts is None else endings(program, prompts, ends, model.vocab, found.max_len),
    )


def _forms(program: Any, readable: set[Any]) -> tuple[Any, ...] | None:
    """The forms of the prompts that a program is for, over a vocabulary; None if it has none."""
    origin = causal_origin(program)
    forms = origin.forms if origin else ()
    tokens = {exact(t) for form in forms for x in form for t in (x if isinstance(x, frozenset) else (x,))}
    return forms if forms and tokens <= readable else None


def _written(model: Transformer, found: Certificate, program: Any, given: Any) -> tuple[Value, ...]:
    """The values that a model can write. Raises CertificateError where one may have another type than the program's."""
    if found.bound or model.outputs is None:
        raise CertificateError("a model whose answers are numbers read as they are does not write tokens", value=model)
    if not isinstance(program, SOp):
        if all(type(v) in _ITSELF for v in model.outputs):
            return model.outputs
        raise CertificateError("the types of its tokens are known from a program alone; give the sop", value=program)
    # The rewritten program has the same values, and no parts without a value that nothing needs. Rewriting may change
    # the type of a result, and does not where the result is stored.
    condition = given.expr if isinstance(given, SOp) else None
    known = analysed(program.stored().expr, model.vocab, found.max_len, causal=True, given=condition)
    domain = known.facts.listed(known.final)
    if domain is None:
        raise CertificateError(
            "the program has too many values to know the types of all its tokens", expression=program
        )
    types: dict[Value, Value] = {}
    for v in map(leave, domain.values):
        other = types.setdefault(v, v)
        if exact(other) != exact(v):
            raise CertificateError(
                f"the program may write {constant(other)} and {constant(v)}, which are equal and not the same token\n"
                "  Give its values one type, for instance by .int() or .str().",
                expression=program,
                value=v,
            )
    wrong = [v for v in model.outputs if exact(v) != exact(types.get(v, v))]
    if wrong:
        raise CertificateError(
            f"the model writes {constant(wrong[0])}, and the program {constant(types[wrong[0]])}", value=wrong[0]
        )
    return model.outputs
