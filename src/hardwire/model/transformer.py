"""The transformer: its weights, their meaning, and how to run it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from os import PathLike
from typing import Any, Literal

import numpy as np

from ..errors import BuildError, ModelError
from ..lang.arguments import checked_options
from ..lang.origin import stop_of
from ..lang.values import Value
from ..numeric.floats import float_format, model_arithmetic
from .checks import check
from .circuit import ModelTrace, Step
from .expressions import has_functions
from .forward import MOST_CELLS, NO_PATCHES, Forward, ForwardRecord, Ints, Patches, chunks, distinct
from .generation import GreedyModel, ModelGeneration
from .inputs import Inputs
from .movable import Movable
from .patching import patched
from .portable import portable
from .variables import Variables
from .weights import Floats, Head, Layer, cast, weights

__all__ = ["Head", "Layer", "Output", "Transformer"]


class Output(list[Any]):
    """The answer of a model: a list with one value per token. `input` is the input of the run."""

    def __init__(self, values: Iterable[Value], input: Any) -> None:
        super().__init__(values)
        self.input = input

    def toseq(self) -> list[Any]:
        """The values as a plain list."""
        return list(self)

    def __reduce__(self) -> Any:
        return list, (list(self),)


@dataclass(frozen=True, eq=False, repr=False)
class Transformer(Movable):
    """An encoder (or, if causal, a decoder), run by NumPy.

    Compiled models are plain: softmax attention, ReLU neurons, no norms. `Head` and `Layer` have further options;
    `final_norm` acts on the stream before the unembedding.

    embed: (1 + V, d_model), row 0 for BOS, which precedes the tokens; positions: (max_len + 1, d_model) with BOS first,
    or None; unembed: (d_model, O). The answer is the value of the greatest logit, `outputs[argmax]`. If `outputs` is
    None there is one logit, and this number is the answer: rounded to an int if `whole`, otherwise within `tolerance`
    of the program's value. `source` is the compiled sop and `given` the condition on inputs (in a file or a pickle
    with the author's functions as tables); `reference` has the right answers of a complete model made by hand.

    Attention is softmax of q . k over BOS and the tokens; heads and neurons add to the residual stream. All arithmetic
    is in `dtype`. An answer does not depend on the other inputs of a batch; the last bits of a logit may.

    Models are immutable: weights are copied, and the copies are read-only. A certificate of another model (for example
    after `dataclasses.replace`) is dropped, and the model says so.
    """

    def __post_init__(self) -> None:
        """Raises ModelError where the parts do not fit together."""
        float_format(self.dtype)  # raises ModelError for any other dtype
        fixed: dict[str, Any] = {
            "vocab": tuple(self.vocab),
            "outputs": None if self.outputs is None else tuple(self.outputs),
            "embed": cast(weights(self.embed, "1 + V, d_model", "embed"), self.dtype, "embed"),
            "unembed": cast(weights(self.unembed, "d_model, O", "unembed"), self.dtype, "unembed"),
            "layers": tuple(layer.cast(self.dtype) for layer in self.layers),
        }
        if self.final_norm is not None:
            fixed["final_norm"] = self.final_norm.cast(self.dtype)
        if self.positions is not None:
            table = weights(self.positions, "max_len + 1, d_model", "positions")
            fixed["positions"] = cast(table, self.dtype, "positions")
        if self.max_len is not None:
            fixed["max_len"] = _length(self.max_len)
        for name, x in fixed.items():
            object.__setattr__(self, name, x)
        check(self)
        _ = self._inputs  # which checks the vocabulary
        self._check_certificate()

    # Running

    def __call__(self, input: object) -> Output:
        """Return the model's answer, one value per token. Raises InputError.

        An input is a string (its characters are the tokens) or a list, tuple, range or 1-D array of tokens. The type
        and value of a token must be those in the vocabulary.
        """
        rows = self.encode(input)
        if not rows:
            return Output([], input)
        return Output(self.answers_of(self._final(rows)), input)

    def run(self, input: object, *, set: Mapping[str, Any] | None = None) -> Output:
        """Return the model's answer with some named values of the program set.

        `set` has one value for each token by the name of a variable of `variables`. The number that stores it is
        replaced where it is written, so everything that reads it computes with the new one. Raises InputError,
        UnknownNameError, and InterventionError for a variable that has no direction of its own.
        """
        return Output(patched(self, [input], [set])[0], input) if set else self(input)

    @cached_property
    def variables(self) -> Variables:
        """Where the model stores each named value of its program, and how to set it (docs/interventions.md)."""
        from ..lang.ports import variables

        known = self.circuit.variables
        found: Variables = variables(self) if known is None else Variables(known)
        return found

    def batch(self, inputs: Iterable[object]) -> list[Output]:
        """Return the answers to many inputs, computed together. Raises InputError."""
        given, flat, lengths = self._inputs.many(inputs)
        starts = np.cumsum(lengths) - lengths
        answers: list[Output] = [Output([], x) for x in given]
        for some in chunks(lengths, self._forward.width):
            size = lengths[some]
            longest = int(size.max())
            if not longest:
                continue
            real = np.arange(longest) < size[:, None]
            tokens = np.zeros((len(some), 1 + longest), np.int64)
            tokens[:, 1:][real] = np.concatenate([flat[starts[i] : starts[i] + lengths[i]] for i in some])
            values = self.answers_of(self._forward.residual(tokens, size)[:, 1:][real])
            at = 0
            for i, n in zip(some.tolist(), size.tolist(), strict=True):
                answers[i].extend(values[at : at + n])
                at += n
        return answers

    @checked_options
    def generate(self, prompt: object, *, stop: Any = ..., max_new: int | None = None) -> ModelGeneration:
        """Continue a prompt: the answer at the last position is the next token (greedy decoding).

        Returns an iterator over the new tokens, which computes each when it is asked for, in the time of one position:
        keys and values of earlier positions are kept. `.finish()` writes all of them and returns the text. It ends
        before a token of `stop` (one token, or a list or set of them; by default that of the program, for a model that
        was compiled from one of `hw.writers`; None for no stop token), after `max_new` tokens, or where the
        transcript is longer than `max_len`, which is an error if `stop` or `max_new` is given.

        Raises ModelError for a model that is not causal, InputError for a prompt, BuildError for options, and, at the
        step in question, GenerationError. A certified model writes what `hw.generate` writes with its program.
        """
        return ModelGeneration(self._greedy, prompt, stop_of(self.source, stop), max_new)

    @checked_options
    def generate_batch(
        self,
        prompts: Iterable[object],
        *,
        stop: Any = ...,
        max_new: int | None = None,
        errors: Literal["raise", "keep"] = "raise",
    ) -> list[ModelGeneration]:
        """Continue many prompts together, to their ends.

        Raises what `generate` raises; with errors="keep" a text has its GenerationError as `failure` instead.
        """
        if errors not in ("raise", "keep"):
            raise BuildError(f"errors is 'raise' or 'keep', not {errors!r}", value=errors)
        return self._greedy.batch(prompts, stop_of(self.source, stop), max_new, keep=errors == "keep")

    def same(self, value: Value, answer: Value) -> bool:
        """Return whether an answer is right where the program has `value`: equal, or for a float within `tolerance`."""
        if self.outputs is None and not self.whole and isinstance(value, (int, float)):
            return bool(abs(value - answer) <= self.tolerance)
        return bool(value == answer)

    def logits(self, input: object) -> Floats:
        """Return the score of every output value at every token, (n, O); numbers (n, 1) if `outputs` is None."""
        rows = self.encode(input)
        if not rows:
            return np.zeros((0, self.unembed.shape[1]), self.dtype)
        with model_arithmetic():
            logits: Floats = self._final(rows) @ self.unembed
        return logits

    def encode(self, input: object) -> list[int]:
        """Return the rows of the embedding for an input's tokens, without BOS, which is 0. Raises InputError."""
        return self._inputs.rows_of(input)

    def decode(self, logits: Floats) -> list[Value]:
        """Return the answers of logits (n, O), which another tool may have computed: nan where one of the logits is
        nan. Raises ModelError for a number that is not finite where the answers are ints, and for another shape."""
        logits = np.asarray(logits)
        if logits.ndim != 2 or logits.shape[1] != self.unembed.shape[1]:
            raise ModelError(f"logits have the shape (n, {self.unembed.shape[1]}), not {logits.shape}", value=logits)
        if self.outputs is None:
            numbers = logits[:, 0].tolist()
            if not self.whole:
                return list(numbers)
            if not np.isfinite(numbers).all():
                raise ModelError("a number that should be rounded to an int is not finite: the forward pass overflows")
            return list(map(round, numbers))
        answers = zip(self._outputs[logits.argmax(axis=1)].tolist(), np.isnan(logits.max(axis=1)), strict=True)
        return [np.nan if bad else v for v, bad in answers]

    def attention(self, input: object) -> list[dict[str, Floats]]:
        """Return the attention of each layer's heads by name, (n+1, n+1): row i has the weights of query i, BOS
        first."""
        return [{name: w[0] for name, w in heads.items()} for heads in self._record(input).attention]

    def residuals(self, input: object) -> dict[str, Floats]:
        """Return the residual stream, (n+1, d_model): "embedding", then "layer 1 attention", "layer 1 neurons", ..."""
        return {name: x[0] for name, x in self._record(input).residuals.items()}

    def trace(self, input: object) -> ModelTrace:
        """Return every named intermediate, decoded from the residual stream after its layer, with the program's
        value."""
        residuals = self.residuals(input)
        after = [residuals["embedding"], *(residuals[f"layer {k} neurons"] for k in range(1, self.depth + 1))]
        names = distinct([r.name for r in self.circuit.readings])
        own = {} if self.source is None else self.source.trace(input, causal=self.causal).names
        steps = []
        for name, r in zip(names, self.circuit.readings, strict=True):
            values, distance = r.decode(after[r.layer][1:])
            steps.append(Step(name, r.expression, r.layer, values, distance, own.get(name)))
        return ModelTrace(input, steps, list(self(input)), functools.partial(getattr, self, "variables"))

    def final_residual(self, rows: list[list[int]], patches: Patches = NO_PATCHES) -> Floats:
        """The last residual stream of inputs of one length, given as rows of the embedding: (inputs, n, d_model)."""
        tokens = np.array([[0, *row] for row in rows], np.int64)
        return self._forward.residual(tokens, np.full(len(rows), tokens.shape[1] - 1), None, patches)[:, 1:]

    @cached_property
    def _inputs(self) -> Inputs:
        return Inputs(self.vocab, self.max_len)

    @cached_property
    def _forward(self) -> Forward:
        return Forward(self.embed, self.positions, self.layers, self.final_norm, causal=self.causal)

    @cached_property
    def _greedy(self) -> GreedyModel:
        return GreedyModel(self, self._forward, self._inputs)

    @cached_property
    def _outputs(self) -> Any:
        """The output values as an array of objects, for fast look-up."""
        assert self.outputs is not None
        table = np.empty(len(self.outputs), object)
        for i, v in enumerate(self.outputs):
            table[i] = v
        return table

    def _final(self, rows: list[int]) -> Floats:
        """The last residual of one input, (n, d_model)."""
        return self._forward.residual(*_single(rows))[0, 1:]

    def _record(self, input: object) -> ForwardRecord:
        record = ForwardRecord()
        self._forward.residual(*_single(self.encode(input)), record)
        return record

    def answers_of(self, residual: Floats) -> list[Value]:
        """Return the answers of a last residual stream, (positions, d_model). Raises ModelError as `decode` does."""
        step = max(1, MOST_CELLS // self.unembed.shape[1])
        with model_arithmetic():
            blocks = [self.decode(residual[i : i + step] @ self.unembed) for i in range(0, len(residual), step)]
        return [v for block in blocks for v in block]

    # A model is immutable, so a copy is the model itself. An unpickled array is writable again, so unpickling runs all
    # checks.

    def __copy__(self) -> Transformer:
        return self

    def __deepcopy__(self, memo: object) -> Transformer:
        return self

    # The functions of the program are pickled as tables: the author's Python need not be there.

    def __reduce__(self) -> Any:
        subject = None if self.certificate is None else self.certificate.subject
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        if self.source is not None and has_functions(self.source.expr, self.given):
            more, subject = portable(self, subject)
            parts |= more
        return _unpickled, (type(self), parts, subject, self._dropped)

    # Files

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model with all its fields to a safetensors file. Raises ModelFileError."""
        from .storage import save

        save(self, path)


def _unpickled(kind: type[Transformer], parts: dict[str, Any], subject: Any, dropped: str) -> Transformer:
    """Make a model from its fields; the program of its certificate is pickled separately."""
    certificate = parts["certificate"]
    if certificate is not None:
        parts = parts | {"certificate": replace(certificate, subject=subject)}
    model = kind(**parts)
    return model.uncertified(dropped) if dropped else model


def _length(max_len: object) -> int:
    """Return max_len as a Python int. Raises ModelError."""
    if isinstance(max_len, bool) or not isinstance(max_len, int | np.integer):
        raise ModelError(f"max_len is {max_len!r}; it is an int, or None for inputs of any length", value=max_len)
    return int(max_len)


def _single(rows: list[int]) -> tuple[Ints, Ints]:
    """One input as a batch: (tokens with BOS first, lengths)."""
    return np.array([[0, *rows]], np.int64), np.array([len(rows)], np.int64)
