"""A compiled model as code for Tracr uses it."""

from __future__ import annotations

import dataclasses
from collections.abc import ItemsView, Iterable, KeysView, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np

from ...errors import InputError, UnsupportedError
from ...model.certificate import Certificate
from ...model.transformer import Transformer
from ..absent import absent
from ..transformer.encoder import CategoricalEncoder, Encoder
from ..uniform import Array, CompiledTransformerOutput, Params, TransformerConfig, forward

__getattr__ = absent(__name__, "assemble_craft_model")


@dataclass(frozen=True)
class AssembledTransformerModelOutput:
    """The answers and activations of a model on one input.

    Arrays have a batch axis of 1 in front; T is the number of tokens with BOS.
    decoded: T values, BOS first; unembedded: (1, T) ids or numbers; residuals, layer_outputs: the stream after each
    attention and after each feed-forward part in turn, and what each of them added, (1, T, D); attn_logits: by layer,
    (1, H, T, T); transformer_output, input_embeddings: the last residual and the first.
    """

    decoded: list[Any]
    unembedded: Array
    layer_outputs: list[Array]
    residuals: list[Array]
    attn_logits: list[Array]
    transformer_output: Array
    input_embeddings: Array

    def __getitem__(self, name: str) -> Any:
        return self._fields()[name]

    def keys(self) -> KeysView[str]:
        """The names of the fields."""
        return self._fields().keys()

    def items(self) -> ItemsView[str, Any]:
        """The fields by name."""
        return self._fields().items()

    def replace(self, **changes: Any) -> AssembledTransformerModelOutput:
        """A copy with other values of these fields."""
        return dataclasses.replace(self, **changes)

    def to_tuple(self) -> tuple[Any, ...]:
        """The fields in order."""
        return tuple(self._fields().values())

    def _fields(self) -> dict[str, Any]:
        return {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}


@dataclass(frozen=True)
class AnswerForm:
    """How a model answers: the number of logits, whether each value is in a tuple of its own (`alone`), and whether
    every answer is to be a float."""

    logits: int
    in_tuples: bool
    as_floats: bool


@dataclass(eq=False, repr=False)
class AssembledTransformerModel:
    """A compiled model. `transformer` is the model of hardwire, which has the certificate and `circuit`.

    `params` are the same weights in Tracr's shape, and `compiled_params` keeps them: other params may be assigned;
    answers then come from these, and `certificate` is None.
    """

    transformer: Transformer
    params: Params
    model_config: TransformerConfig
    residual_labels: list[str]
    input_encoder: CategoricalEncoder
    output_encoder: Encoder
    compiled_params: Params
    form: AnswerForm

    def __repr__(self) -> str:
        shown = "" if self._is_as_compiled else ", with other params"
        return f"{type(self).__name__}({self.transformer!r}{shown})"

    @property
    def certificate(self) -> Certificate | None:
        """The proof that the model computes its program; None where there is none, or `params` are others."""
        return self.transformer.certificate if self._is_as_compiled else None

    def apply(self, tokens: Iterable[Any]) -> AssembledTransformerModelOutput:
        """The answers to one input, which begins with BOS and may end with PAD, and all that was computed on the way.

        Raises InputError, which is a ValueError, for another input.
        """
        tokens = list(tokens)
        ids = self.input_encoder.encode(tokens)
        end = len(ids) - _trailing(ids, self.input_encoder.pad_encoding)
        for wrong in (self.input_encoder.bos_encoding, self.input_encoder.pad_encoding):
            if wrong in ids[1:end]:
                raise InputError(f"{tokens!r:.80}: BOS stands first alone, and PAD at the end alone", value=tokens)
        found = self.forward(self.params, np.array([ids], np.int64))
        stream = found.transformer_output
        return AssembledTransformerModelOutput(
            decoded=[tokens[0], *self._answers(ids[1:end], found.unembedded_output[0, 1:end]), *tokens[end:]],
            unembedded=found.unembedded_output,
            layer_outputs=stream.layer_outputs,
            residuals=stream.residuals,
            attn_logits=stream.attn_logits,
            transformer_output=stream.output,
            input_embeddings=stream.input_embeddings,
        )

    def forward(self, params: Mapping[str, Mapping[str, Array]], ids: Any) -> CompiledTransformerOutput:
        """A pass in NumPy with these params over ids (batch, tokens); there are no gradients."""
        tokens = np.asarray(ids, np.int64)
        stream = forward(params, self.model_config, tokens, self.input_encoder.pad_encoding)
        logits = stream.output[..., : self.form.logits]
        if not isinstance(self.output_encoder, CategoricalEncoder):
            return CompiledTransformerOutput(stream, logits[..., 0])
        ids = np.array(self.output_encoder.first_ids)[logits.argmax(axis=-1)]
        return CompiledTransformerOutput(stream, ids)

    def get_compiled_model(self) -> NoReturn:
        """Tracr's Haiku module, which there is not. Raises UnsupportedError, which is a NotImplementedError."""
        raise UnsupportedError(
            "a model of hardwire is no Haiku module\n"
            "  Use hardwire.export.torch(model.transformer) for a module that can be trained, or "
            "model.forward(params, ids) for a pass in NumPy."
        )

    @property
    def _is_as_compiled(self) -> bool:
        own = self.compiled_params
        return self.params.keys() == own.keys() and all(
            arrays.keys() == own[name].keys() and all(array is own[name][key] for key, array in arrays.items())
            for name, arrays in self.params.items()
        )

    def _answers(self, ids: list[int], unembedded: Array) -> list[Any]:
        """The answers to tokens: by the certified model where the weights are its own, else by those of the pass."""
        values = self.output_encoder.decode(unembedded.tolist())
        if self._is_as_compiled:
            vocabulary = {token: token for token in self.transformer.vocab}
            values = self.transformer([vocabulary[x] for x in self.input_encoder.decode(ids)])
            if self.form.in_tuples:
                values = [value for (value,) in values]
        return [_as_float(value) if self.form.as_floats else value for value in values]

    def __getstate__(self) -> dict[str, Any]:
        """Functions of the program stay behind: they may be lambdas, which cannot be pickled."""
        return vars(self) | {"transformer": _portable(self.transformer)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        for arrays in self.compiled_params.values():
            for array in arrays.values():
                array.setflags(write=False)


def alone(x: Any) -> tuple[Any]:
    """A value as a tuple of one: a model reads tuples as categories, never as numbers on a line."""
    return (x,)


def _as_float(value: Any) -> Any:
    """A number as a float; anything else, such as None, as it is."""
    return float(value) if isinstance(value, int | float) else value


def _trailing(ids: list[int], pad: int) -> int:
    """How many PAD stand at the end."""
    return next((i for i, x in enumerate(reversed(ids)) if x != pad), len(ids))


def _portable(model: Transformer) -> Transformer:
    """The model without its program as an object; the certificate is for the weights, and stays."""
    found = model.certificate
    certificate = None if found is None else dataclasses.replace(found, subject=None)
    circuit = dataclasses.replace(model.circuit, claims=(), computes=None)
    return dataclasses.replace(model, source=None, given=None, circuit=circuit, certificate=certificate)
