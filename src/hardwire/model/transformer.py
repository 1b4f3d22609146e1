"""A transformer: its weights, what they mean, and how to run it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from os import PathLike
from typing import Any

import numpy as np

from ..errors import CertificateError, ModelError
from ..lang.drawn import Drawn
from ..lang.values import Value
from ..numeric.floats import float_format
from .binding import digest, mismatch
from .certificate import STORED, Certificate
from .circuit import WIDEST, Circuit, ModelTrace, Step, columns
from .forward import MOST_CELLS, Forward, Ints, Record, chunks, distinct
from .inputs import Inputs, vocabulary
from .reference import Reference
from .weights import Floats, Head, Layer, Norm, cast, expect, weights

__all__ = ["Head", "Layer", "Output", "Transformer"]


class Output(list[Any]):
    """What a model answers: a list in every way, one value a token. `input` is what it was given."""

    def __init__(self, values: Iterable[Value], input: Any) -> None:
        super().__init__(values)
        self.input = input

    def toseq(self) -> list[Any]:
        """The values as a plain list."""
        return list(self)

    def __reduce__(self) -> Any:
        return list, (list(self),)


@dataclass(frozen=True, eq=False, repr=False)
class Transformer(Drawn):
    """An encoder (or, if causal, a decoder), run by NumPy.

    What is compiled is plain: softmax attention, ReLU neurons, no norms. `Head` and `Layer` tell what else there is;
    `final_norm` acts on the stream before the unembedding.

    embed: (1 + V, d_model), row 0 for BOS, which stands before the tokens; positions: (max_len + 1, d_model) with
    BOS first, or None; unembed: (d_model, O). The value of the greatest logit is the answer, `outputs[argmax]`;
    where `outputs` is None there is one logit, and that number is the answer: the nearest int if `whole`, else within
    `tolerance` of the program's. `source` is the sop that was compiled,
    and `given` the one that is true of valid inputs, where the model has not been in a file since; `reference` says
    what a complete model made by hand is to answer.

    Attention is softmax of q . k over BOS and the tokens; heads and neurons add to the residual stream. All
    arithmetic is in `dtype`. An answer does not depend on what else is in a batch; the last bits of a logit may.

    Models do not change: weights are copied, and nothing can write to the copies. A certificate given here for
    another model (as `dataclasses.replace` does where it changes one) is dropped, and the model says so.
    """

    vocab: tuple[Value, ...]
    max_len: int | None
    causal: bool
    embed: Floats
    positions: Floats | None
    layers: tuple[Layer, ...]
    unembed: Floats
    outputs: tuple[Value, ...] | None
    dtype: str
    circuit: Circuit
    certificate: Certificate | None = None
    program: str = ""
    whole: bool = False
    tolerance: float = 0.0
    final_norm: Norm | None = None
    source: Any = field(default=None, compare=False)
    given: Any = field(default=None, compare=False)
    reference: Reference | None = field(default=None, compare=False)

    _dropped = ""  # why there is no certificate where there was one; no field, set on an instance

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
        self._check()
        self._check_certificate()

    def _check(self) -> None:
        d_model = self.d_model
        expect(self.embed, (1 + len(self.vocab), d_model), "embed")
        expect(self.unembed, (d_model, 1 if self.outputs is None else len(self.outputs)), "unembed")
        if not self.unembed.shape[1]:
            raise ModelError("a model has at least one output value")
        if self.max_len is not None and self.max_len < 0:
            raise ModelError(f"max_len is {self.max_len}")
        if self.positions is not None:
            if self.max_len is None:
                raise ModelError("a model with position embeddings has a max_len")
            expect(self.positions, (self.max_len + 1, d_model), "positions")
        if self.final_norm is not None:
            expect(self.final_norm.gain, (d_model,), "final_norm")
        for number, layer in enumerate(self.layers, 1):
            expect(layer.w_in, (d_model, layer.d_ff), f"w_in of layer {number}")
        self._check_circuit()
        _ = self._inputs  # the vocabulary's own checks

    def _check_certificate(self) -> None:
        found = self.certificate
        if found is None:
            return
        if not isinstance(found, Certificate):
            raise ModelError(f"the certificate is a {type(found).__name__}; hw.certify makes one", value=found)
        why = mismatch(self, found)
        if why:
            self._drop(f"its certificate {why}")

    def _check_circuit(self) -> None:
        layers = dict(enumerate(self.layers, 1))
        for d in self.circuit.directions:
            if not 0 <= d.index < self.d_model:
                raise ModelError(f"the circuit has a direction {d.index} in a model of d_model {self.d_model}")
        for h in self.circuit.heads:
            if h.layer not in layers or not 0 <= h.head < len(layers[h.layer].heads):
                raise ModelError(f"the circuit has a head {h.head} in layer {h.layer}, the model has not")
        for n in self.circuit.neurons:
            if n.layer not in layers or not 0 <= n.start < n.stop <= layers[n.layer].d_ff:
                raise ModelError(
                    f"the circuit has neurons {n.start}-{n.stop - 1} in layer {n.layer}, the model has not"
                )
        for r in self.circuit.readings:
            if r.vector.shape != (self.d_model,) or not 0 <= r.layer <= self.depth:
                raise ModelError(f"the reading {r.name!r} does not fit the model")
        for c in self.circuit.claims:
            if c.vector.shape != (self.d_model,) or not 0 < c.time <= 2 * self.depth:
                raise ModelError(f"the claim {c.expression!r} does not fit the model")

    # Running

    def __call__(self, input: object) -> Output:
        """The model's answer, one value a token. Raises InputError.

        An input is a string (its characters are the tokens) or a list, tuple, range or 1-D array of tokens. A token
        must have the very type and value that the vocabulary has.
        """
        rows = self.encode(input)
        if not rows:
            return Output([], input)
        return Output(self._answers(self._final(rows)), input)

    def batch(self, inputs: Iterable[object]) -> list[Output]:
        """The answers to many inputs, computed together. Raises InputError."""
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
            values = self._answers(self._forward.residual(tokens, size)[:, 1:][real])
            at = 0
            for i, n in zip(some.tolist(), size.tolist(), strict=True):
                answers[i].extend(values[at : at + n])
                at += n
        return answers

    def same(self, value: Value, answer: Value) -> bool:
        """Whether an answer is right where the program gives `value`: equal, or near enough where it is a float."""
        if self.outputs is None and not self.whole and isinstance(value, (int, float)):
            return bool(abs(value - answer) <= self.tolerance)
        return bool(value == answer)

    def logits(self, input: object) -> Floats:
        """(n, O): the score of every output value at every token; (n, 1) numbers where `outputs` is None."""
        rows = self.encode(input)
        if not rows:
            return np.zeros((0, self.unembed.shape[1]), self.dtype)
        logits: Floats = self._final(rows) @ self.unembed
        return logits

    def encode(self, input: object) -> list[int]:
        """The rows of the embedding that stand for an input's tokens, without BOS, which is 0. Raises InputError."""
        return self._inputs.rows_of(input)

    def decode(self, logits: Floats) -> list[Value]:
        """The answers that logits (n, O) stand for, wherever they were computed."""
        if self.outputs is None:
            numbers = logits[:, 0].tolist()
            return list(map(round, numbers)) if self.whole else numbers
        answers: list[Value] = self._outputs[logits.argmax(axis=1)].tolist()
        return answers

    def attention(self, input: object) -> list[dict[str, Floats]]:
        """For each layer the attention of its heads by name, (n+1, n+1): row i is what i attends to, BOS first."""
        return [{name: w[0] for name, w in heads.items()} for heads in self._record(input).attention]

    def residuals(self, input: object) -> dict[str, Floats]:
        """The residual stream, (n+1, d_model): "embedding", then "layer 1 attention", "layer 1 neurons", ..."""
        return {name: x[0] for name, x in self._record(input).residuals.items()}

    def trace(self, input: object) -> ModelTrace:
        """Every named intermediate, decoded from the residual stream after its layer, beside the program's own."""
        residuals = self.residuals(input)
        after = [residuals["embedding"], *(residuals[f"layer {k} neurons"] for k in range(1, self.depth + 1))]
        names = distinct([r.name for r in self.circuit.readings])
        own = {} if self.source is None else self.source.trace(input, causal=self.causal).names
        steps = []
        for name, r in zip(names, self.circuit.readings, strict=True):
            values, distance = r.decode(after[r.layer][1:])
            steps.append(Step(name, r.expression, r.layer, values, distance, own.get(name)))
        return ModelTrace(input, steps, list(self(input)))

    @cached_property
    def _inputs(self) -> Inputs:
        return Inputs(self.vocab, self.max_len)

    @cached_property
    def _forward(self) -> Forward:
        return Forward(self.embed, self.positions, self.layers, self.causal, self.final_norm)

    @cached_property
    def _outputs(self) -> Any:
        """The output values as an array of objects, so that many are looked up at once."""
        assert self.outputs is not None
        table = np.empty(len(self.outputs), object)
        for i, v in enumerate(self.outputs):
            table[i] = v
        return table

    def _final(self, rows: list[int]) -> Floats:
        """The last residual of one input, (n, d_model)."""
        return self._forward.residual(*_single(rows))[0, 1:]

    def _record(self, input: object) -> Record:
        record = Record()
        self._forward.residual(*_single(self.encode(input)), record)
        return record

    def _answers(self, residual: Floats) -> list[Value]:
        """The answers at positions, (positions, d_model)."""
        step = max(1, MOST_CELLS // self.unembed.shape[1])
        blocks = [self.decode(residual[i : i + step] @ self.unembed) for i in range(0, len(residual), step)]
        return [v for block in blocks for v in block]

    # Size

    @property
    def plain(self) -> bool:
        """Whether it has softmax attention and ReLU neurons alone, and no norms."""
        return self.final_norm is None and all(layer.plain for layer in self.layers)

    @property
    def d_model(self) -> int:
        """The width of the residual stream."""
        return int(self.embed.shape[1])

    @property
    def depth(self) -> int:
        """The number of layers."""
        return len(self.layers)

    @property
    def heads(self) -> int:
        """The number of heads in all layers."""
        return sum(len(layer.heads) for layer in self.layers)

    @property
    def d_ff(self) -> int:
        """The number of neurons in all layers."""
        return sum(layer.d_ff for layer in self.layers)

    @property
    def parameters(self) -> int:
        """How many numbers the weights are, each head with its own d_qk and d_v."""
        return sum(array.size for array in self._arrays())

    @property
    def parameters_uniform(self) -> int:
        """The same for a host in which all heads have one width, and all layers as many heads and neurons."""
        widths = [max(h.d_qk, h.d_v) for layer in self.layers for h in layer.heads]
        heads = max((len(layer.heads) for layer in self.layers), default=0)
        d_ff = max((layer.d_ff for layer in self.layers), default=0)
        layer = heads * 4 * self.d_model * max(widths, default=0) + 2 * self.d_model * d_ff + d_ff
        positions = 0 if self.positions is None else self.positions.size
        return self.embed.size + positions + self.depth * layer + self.unembed.size

    def _arrays(self) -> Iterator[Floats]:
        yield self.embed
        if self.positions is not None:
            yield self.positions
        for layer in self.layers:
            yield from layer.arrays()
        if self.final_norm is not None:
            yield from self.final_norm.arrays()
        yield self.unembed

    # Text

    def __repr__(self) -> str:
        length = "any length" if self.max_len is None else f"max_len {self.max_len:,}"
        facts = [*self._size(), length, *(["causal"] if self.causal else []), self._status]
        return f"Transformer({', '.join(facts)})"

    def _size(self) -> list[str]:
        depth, heads = self.depth, self.heads
        return [
            f"{depth} layer{'s' if depth != 1 else ''}",
            f"{heads} head{'s' if heads != 1 else ''}",
            f"d_model {self.d_model}",
            f"d_ff {self.d_ff:,}",
            f"{self.parameters:,} parameters",
        ]

    @property
    def _status(self) -> str:
        if self.certificate is None:
            return f"not certified: {self._dropped}" if self._dropped else "not certified"
        found = self.certificate
        where = found.where if len(found.where) <= WIDEST else found.where[: WIDEST - 1] + "…"
        return found.status + where + (f" ({STORED})" if found.stored else "")

    def summary(self) -> str:
        """A page of plain text: the size of the model, and what each of its parts does."""
        length = "inputs of any length" if self.max_len is None else f"inputs of at most {self.max_len:,} tokens"
        seen = "each token sees itself and those before" if self.causal else "each token sees all"
        lines = [
            *([self.program] if self.program else []),
            ", ".join(self._size()) + f" ({self.parameters_uniform:,} with uniform heads and layers)",
            f"vocabulary {vocabulary(self.vocab)}; {length}; {seen}; {self.dtype}; {self._status}",
        ]
        rows = [*self.circuit.table(), ("unembedding", *self._readout(), "")]
        return "\n".join([*lines, "", *columns([("where", "what", "how", "reads -> writes"), *rows])])

    def _readout(self) -> tuple[str, str]:
        if self.outputs is None:
            return "a number", "the nearest int" if self.whole else f"read as it is, to {self.tolerance:.1g}"
        return f"one of {len(self.outputs):,} values", "greatest logit"

    # Certificates

    @cached_property
    def digest(self) -> str:
        """The SHA-256 that certificates are bound to, in hexadecimal: of the weights, the vocabulary and the outputs
        with their types, mask, max_len, dtype, and the text of the program. It is the same on every machine.
        """
        return digest(self)

    def certified(self, certificate: Certificate) -> Transformer:
        """Return the same model with the certificate of a proof. Raises CertificateError for one of another model,
        for one that was changed, and for one of another program than the model's own."""
        if not isinstance(certificate, Certificate):
            raise CertificateError(f"a certificate comes from hw.certify; this is {certificate!r}", value=certificate)
        why = mismatch(self, certificate)
        if why:
            raise CertificateError(f"the certificate {why}: hw.certify proves this model", value=certificate)
        return self._with(certificate, "")

    def uncertified(self, why: str = "") -> Transformer:
        """Return the same model without a certificate; `why` is what it says of that."""
        return self._with(None, why)

    def _with(self, certificate: Certificate | None, dropped: str) -> Transformer:
        model = object.__new__(type(self))  # nothing else is changed, and nothing has to be checked again
        vars(model).update(vars(self) | {"certificate": certificate, "_dropped": dropped})
        return model

    def _drop(self, why: str) -> None:
        object.__setattr__(self, "certificate", None)
        object.__setattr__(self, "_dropped", why)

    # Copies: a model does not change, so it is its own. An array that was pickled can be written to again, so that
    # unpickling goes through all checks.

    def __copy__(self) -> Transformer:
        return self

    def __deepcopy__(self, memo: object) -> Transformer:
        return self

    def __reduce__(self) -> Any:
        subject = None if self.certificate is None else self.certificate.subject
        return _unpickled, (type(self), {f.name: getattr(self, f.name) for f in fields(self)}, subject, self._dropped)

    # Files

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a safetensors file, with all that it knows of itself. Raises ModelFileError."""
        from .storage import save

        save(self, path)


def _unpickled(kind: type[Transformer], parts: dict[str, Any], subject: Any, dropped: str) -> Transformer:
    """Make a model of its fields; the program of its certificate is pickled beside that."""
    certificate = parts["certificate"]
    if certificate is not None:
        parts = parts | {"certificate": replace(certificate, subject=subject)}
    model = kind(**parts)
    return model.uncertified(dropped) if dropped else model


def _length(max_len: object) -> int:
    """max_len as Python's int. Raises ModelError."""
    if isinstance(max_len, bool) or not isinstance(max_len, int | np.integer):
        raise ModelError(f"max_len is {max_len!r}; it is an int, or None for inputs of any length", value=max_len)
    return int(max_len)


def _single(rows: list[int]) -> tuple[Ints, Ints]:
    """One input as a batch: (tokens with BOS first, lengths)."""
    return np.array([[0, *rows]], np.int64), np.array([len(rows)], np.int64)
