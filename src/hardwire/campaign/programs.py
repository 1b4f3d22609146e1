"""The programs of a campaign: a seed draws a program of the widest kinds, and everything else with it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..attempts import OutputKind, attempt
from ..lang.expr import KEEP_BOOLS, node
from ..lang.selector import Selector
from ..lang.sop import SOp
from ..lang.surface import before, full, indices, key, length, query, tokens, where
from ..model.transformer import Transformer
from ..random_programs import STEPS, VOCABULARIES, Options, Parts, Signature, grown, idiom, random_program
from ..random_programs.options import FUNCTIONS, PREDICATES
from ..random_programs.steps import added
from .values import (
    ANY,
    BIG,
    BOOLS,
    FLOATS,
    MEMBERS,
    NUMPY,
    ONE,
    OTHERS,
    OWN,
    POINTS,
    RATIOS,
    RELATIONS,
    SMALL,
    TABLES,
    TUPLES,
    TWO,
    WORDS,
    either,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class CampaignCase:
    """A program to compile, certify and attack, with the options to compile it with.

    `kind` is the family that it was drawn from; `stop` the token that ends the texts of a program that writes text.
    """

    name: str
    program: SOp
    vocab: tuple[Any, ...]
    max_len: int
    causal: bool = False
    given: SOp | None = None
    reuse: bool = False
    dtype: str = "float32"
    output: OutputKind = "auto"
    sample: Any = None
    kind: str = ""
    stop: tuple[Any, ...] | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.program.formula} over {self.vocab}, length {self.max_len}, {self.changed}"

    @property
    def options(self) -> dict[str, Any]:
        """The options of `hw.compile`."""
        return {
            "causal": self.causal, "given": self.given, "reuse": self.reuse, "dtype": self.dtype, "output": self.output,
        }  # fmt: skip

    @property
    def changed(self) -> dict[str, Any]:
        """The options that are not those by default, for people."""
        plain = CampaignCase("", tokens, (), 0).options
        return {
            k: v.formula if isinstance(v, SOp) else v
            for k, v in self.options.items()
            if v is not plain[k] and (isinstance(v, SOp) or v != plain[k])
        }

    def compiled(self) -> Transformer:
        """Return the model without a proof. Raises CompileError."""
        return attempt(self.program, self.vocab, self.max_len, certify=False, **self.options)

    def proved(self) -> Transformer:
        """Return the model with its certificate. Raises CompileError and CertificateError."""
        return attempt(self.program, self.vocab, self.max_len, **self.options)


def kept(p: Parts) -> tuple[str, SOp]:
    """A sum or mean that leaves a single Boolean what it is; rewriting makes such."""
    kind, made = added(p)
    return kind, SOp(node(made.expr.op, *made.expr.src, arg=KEEP_BOOLS))


WILD = Options(
    vocab=("a", "b", "1"),
    constants={
        "int": (*SMALL * 100, *BIG, *FLOATS, *RATIOS, True),
        "real": (*SMALL * 5, *FLOATS, *RATIOS),
        "bool": (True, False),
        "any": (*ANY, *NUMPY),
    },
    functions=(
        *FUNCTIONS,
        *(Signature(("",), "any", f) for f in (*ONE, *TABLES)),
        *(Signature(("", ""), "any", f) for f in TWO * 2),
        Signature(("", "", ""), "any", either),
    ),
    predicates=(*PREDICATES, *(Signature(("", ""), "", f) for f in RELATIONS)),
    members=tuple(MEMBERS),
    steps=(*STEPS, kept),
    mixed=0.1,
    lists=True,
    bounded=False,
)


def to_compile(rng: random.Random, vocab: Sequence[Any]) -> SOp:
    """A random program, more often than not of a shape which a compiler rewrites; of a selector its width."""
    parts = grown(rng, rng.randrange(1, 8), replace(WILD, vocab=tuple(vocab)))
    if rng.random() < 0.6:
        return idiom(parts)[1]
    made = parts.made[-1]
    return made.width() if isinstance(made, Selector) else made


def vocabulary(rng: random.Random) -> list[Any]:
    """One to four values of one kind or of many, no two of which are equal."""
    mixed = [*SMALL, *FLOATS, *RATIOS, *BOOLS]
    pools: list[list[Any]] = [
        SMALL, [0, 1, 2], BOOLS, FLOATS, FLOATS, BIG, RATIOS, WORDS, list("ab10"), TUPLES, OTHERS, POINTS, OWN,
        mixed, mixed, [1, True, 1.0, "1", None], ANY,
    ]  # fmt: skip
    pool = rng.choice(pools)
    found: list[Any] = []
    for _ in range(rng.choice([1, 2, 2, 3, 3, 4])):
        v = rng.choice(pool)
        if not any(v == other for other in found):
            found.append(v)
    return found


def conditions(vocab: Sequence[Any]) -> list[SOp]:
    """Conditions on inputs, to draw from."""
    first = tokens == vocab[0]
    same = key(tokens) == query(tokens)
    return [
        same.width() == 1,
        full.value(first) <= 2,
        tokens.at(0, vocab[0]) == vocab[0],
        (key(indices) < query(indices)).value(first) <= 3,
        first | (indices % 2 == 1),
        (length >= 2) & ~(full.all(first)),
    ]


def wild(seed: int) -> CampaignCase:
    """A program over values of every kind, with functions of users, which need not compile."""
    rng = random.Random(seed)
    vocab, max_len = vocabulary(rng), rng.choice([1, 2, 3, 3, 4, 5])
    dtype = rng.choice(["float32"] * 9 + ["float64"])
    return CampaignCase(
        f"seed {seed}", to_compile(rng, vocab), tuple(vocab), max_len,
        causal=rng.random() < 0.3, reuse=rng.random() < 0.1, dtype=dtype, kind="wild",
    )  # fmt: skip


def tame(seed: int, sizes: tuple[int, int] = (2, 10), lengths: tuple[int, int] = (4, 12)) -> CampaignCase:
    """A larger program, most of which compile."""
    rng = random.Random(f"attack {seed}")
    vocab = VOCABULARIES[rng.choice(["letters"] * 4 + list(VOCABULARIES))]
    if len(vocab) > 4:
        vocab = vocab[: rng.randint(2, 6)]
    program = random_program(seed, rng.randint(*sizes), vocab)
    causal = rng.random() < 0.35
    given = rng.choice(conditions(vocab)) if not causal and rng.random() < 0.3 else None
    dtype = "float64" if rng.random() < 0.2 else "float32"
    return CampaignCase(
        f"generated {seed}", program, vocab, rng.randint(*lengths),
        causal=causal, given=given, reuse=rng.random() < 0.3, dtype=dtype, kind="tame",
    )  # fmt: skip


def writing(seed: int) -> CampaignCase:
    """A program that writes text: its value at the last position is a token of its vocabulary."""
    rng = random.Random(f"writing {seed}")
    vocab = VOCABULARIES[rng.choice(("letters", "digits", "ints", "signed", "words", "mixed", "floats"))]
    vocab = tuple(rng.sample(vocab, min(len(vocab), rng.randint(2, 4))))
    if rng.random() < 0.5:
        program = random_program(seed, rng.randint(2, 7), vocab)
    else:
        program = to_compile(rng, vocab)
    a, b = rng.choice(vocab), rng.choice(vocab)

    def token(value: Any) -> Any:
        return vocab[len(str(value)) % len(vocab)]

    last = rng.choice(
        (before.last(tokens, a), before.first(tokens, b), tokens.map(dict(zip(vocab, vocab[::-1], strict=True))))
    )
    written = rng.choice((program.map(token), where(program == rng.choice(vocab), last, a), where(program, last, b)))
    return CampaignCase(
        f"text {seed}", written, vocab, rng.randint(3, 9),
        causal=True, reuse=rng.random() < 0.2, dtype=rng.choice(("float32", "float32", "float64")), kind="writing",
        stop=(vocab[0],),
    )  # fmt: skip


FAMILIES = (wild,) * 5 + (tame,) * 3 + (writing,) * 2
"""The families of programs, each as often as it is drawn."""


def drawn(seed: int) -> CampaignCase:
    """The program of a seed: half of them wild, three in ten tame, two in ten that write text."""
    rng = random.Random(f"campaign {seed}")
    made = rng.choice(FAMILIES)(seed)
    if made.given is None and not made.causal and rng.random() < 0.3:
        made = replace(made, given=rng.choice(conditions(made.vocab)))
    if rng.random() < 0.2:
        made = replace(made, output=rng.choice(("values", "number")))
    return replace(made, name=f"seed {seed}", reuse=made.reuse or rng.random() < 0.1)
