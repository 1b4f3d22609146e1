"""A causal model that writes text: greedy decoding, one position a step."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GenerationError, InputError, ModelError
from ..lang.expr import Op
from ..lang.generation import Generation
from ..lang.text import constant
from ..lang.values import Value
from .decoding import Decoder, PackedModel, WholeDecoder
from .forward import Forward
from .inputs import Inputs

if TYPE_CHECKING:
    from .transformer import Transformer

TOGETHER = 512
"""How many texts a batch writes at a time, so that the caches stay small."""


class ModelGeneration(Generation):
    """The text that a model writes after a prompt; `trace` has the named values decoded from its residual stream."""

    def __init__(
        self, greedy: GreedyModel, prompt: Any, stop: Any, max_new: int | None, number: int | None = None
    ) -> None:
        self.number = number
        self.rows = greedy.inputs.rows_of(prompt, "the prompt" if number is None else f"prompt {number}")
        super().__init__(prompt if isinstance(prompt, str) else list(prompt), stop, max_new, greedy.model.max_len)
        self.greedy = greedy
        self.given: tuple[Value] | None = None  # the next token, where a batch has computed it
        self._decoder: Decoder | WholeDecoder | None = None
        self._read = 0

    def following(self) -> Value:
        """The answer at the last position. Raises GenerationError."""
        self._read = len(self.prompt) + len(self.tokens)
        if self.given is not None:
            return self.given[0]
        if self._decoder is None:
            self._decoder = self.greedy.decoder([self.rows])
        else:
            self._decoder.step(np.array([self.last_row()]))
        return self.greedy.answers(self._decoder)[0]

    def last_row(self) -> int:
        """The row of the embedding of the last new token. Raises GenerationError if the model cannot read it."""
        row = self.greedy.inputs.row(self.tokens[-1])
        if row is None:
            raise self.error(
                f"the model has written {constant(self.tokens[-1])}, which is not in its vocabulary\n"
                "  Make it a stop token, or add it to the vocabulary.",
                value=self.tokens[-1],
            )
        return row

    def watched(self) -> tuple[dict[str, list[Any]], list[Any]]:
        """The named values, decoded from the residual stream, and the answer at every position read."""
        seen = self.greedy.model.trace([*self.prompt, *self.tokens][: self.greedy.model.max_len])
        return {s.name: s.values for s in seen.steps if self.greedy.is_named(s.name)}, list(seen.result)

    @property
    def trace(self) -> dict[str, Any]:
        """The value of each named part at the last position read, decoded from the residual stream, by name."""
        if not self._read:
            return {}
        so_far = [*self.prompt, *self.tokens][: self._read]
        steps = self.greedy.model.trace(so_far).steps
        return {step.name: step.values[-1] for step in steps if self.greedy.is_named(step.name)}


class GreedyModel:
    """A causal model, and how it continues prompts."""

    def __init__(self, model: Transformer, forward: Forward, inputs: Inputs) -> None:
        """Raises ModelError for a model that is not causal."""
        if not model.causal:
            raise ModelError(
                "a model that is not causal cannot write text: each token changes its answers before it\n"
                "  Compile the program with causal=True.",
                value=model,
            )
        self.model, self.forward, self.inputs = model, forward, inputs
        self.packed = PackedModel(forward) if model.plain else None

    def is_named(self, step: str) -> bool:
        """Whether a step of a trace has a name that the program gave it, not a formula."""
        name = step.partition("#")[0]
        if self.model.source is None:
            return name.isidentifier()
        return any(e.op is Op.NAME and e.arg == name for e in self.model.source.expr.walk())

    def decoder(self, prompts: Sequence[Sequence[int]]) -> Decoder | WholeDecoder:
        """A decoder that has read some prompts, given as rows of the embedding."""
        if self.packed is None:
            return WholeDecoder(self.forward, prompts)
        return Decoder(self.packed, prompts)

    def answers(self, decoder: Decoder | WholeDecoder) -> list[Value]:
        """The answer at the last position of each input."""
        return self.model.answers_of(decoder.last)

    def batch(self, prompts: Iterable[Any], stop: Any, max_new: int | None, *, keep: bool) -> list[ModelGeneration]:
        """Write all texts to their ends; `keep` leaves errors in place. Raises InputError, GenerationError."""
        if isinstance(prompts, (str, bytes)) or not isinstance(prompts, Iterable):
            kind = "the one string " if isinstance(prompts, (str, bytes)) else ""
            raise InputError(f"a batch is a list of prompts, not {kind}{constant(prompts)}", value=prompts)
        texts = [ModelGeneration(self, p, stop, max_new, i) for i, p in enumerate(prompts)]
        by_length = sorted(texts, key=lambda t: len(t.rows))
        for start in range(0, len(texts), TOGETHER):
            self._write(by_length[start : start + TOGETHER], keep=keep)
        return texts

    def _write(self, going: list[ModelGeneration], *, keep: bool) -> None:
        going = [t for t in going if not t.is_over()]
        decoder = self.decoder([t.rows for t in going]) if going else None
        while decoder is not None:
            kept: list[tuple[int, int]] = []
            for i, (text, answer) in enumerate(zip(going, self.answers(decoder), strict=True)):
                text.given = (answer,)
                next(text, None)
                try:
                    if not text.is_over():
                        kept.append((i, text.last_row()))
                except GenerationError as error:
                    if not keep:
                        raise
                    text.failure = error
            if not kept:
                return
            if len(kept) < len(going):
                decoder.keep(np.array([i for i, _ in kept]))
                going = [going[i] for i, _ in kept]
            decoder.step(np.array([row for _, row in kept]))
