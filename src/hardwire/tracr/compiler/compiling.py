"""Compiling a program, under Tracr's name for it."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from typing import Any

from ...compilation import compile
from ...errors import BuildError, CertificateError, CompileError
from ...lang.sop import SOp
from ...lang.text import constant
from ...model.transformer import Transformer
from ..expressions.annotations import is_numerical
from ..expressions.expression import RASPExpr
from ..lowering import labels_by_name, ordered, to_hardwire, tokens_of
from ..transformer.encoder import CategoricalEncoder, Encoder, NumericalEncoder
from ..uniform import Layout, uniform
from .assemble import AnswerForm, AssembledTransformerModel, alone

COMPILER_BOS = "compiler_bos"
COMPILER_PAD = "compiler_pad"


def compile_rasp_to_model(
    program: RASPExpr,
    vocab: Iterable[Any],
    max_seq_len: int,
    causal: bool = False,
    compiler_bos: Any = COMPILER_BOS,
    compiler_pad: Any = COMPILER_PAD,
    mlp_exactness: float = 100,
    *,
    dtype: str = "auto",
    certify: bool = True,
) -> AssembledTransformerModel:
    """A transformer that computes the program, with a proof.

    `max_seq_len` does not count BOS. `mlp_exactness` is accepted and changes nothing: the weights are exact without
    it. `dtype` is "float32", "float64", or "auto", the first of these with which there is a proof. `certify=False`
    gives a model without a proof.

    Raises CompileError, a ValueError, for a vocabulary that has BOS or PAD in it and for a program that cannot be
    compiled, and CertificateError, a ValueError too, where there is no proof.

    >>> from hardwire.tracr import rasp, compiling, lib
    >>> model = compiling.compile_rasp_to_model(lib.make_hist(), {"a", "b"}, 5, compiler_bos="BOS")
    >>> model.apply(["BOS", "a", "b", "a"]).decoded
    ['BOS', 2, 1, 2]
    >>> model.transformer
    Transformer(1 layer, 1 head, d_model 3, d_ff 0, 48 parameters, max_len 5, exact up to length 5)
    """
    tokens = tokens_of(vocab)
    try:
        max_seq_len = operator.index(max_seq_len)
    except TypeError:
        raise BuildError(f"max_seq_len is a whole number, not {constant(max_seq_len)}", value=max_seq_len) from None
    for special in (compiler_bos, compiler_pad):
        if special in tokens:
            raise CompileError(f"the vocabulary has {special!r} in it, which stands for BOS or PAD", value=special)
    lowered = to_hardwire(program, tokens, max_seq_len, causal=causal)
    if not isinstance(lowered, SOp):
        raise BuildError(f"a model computes a sop, and {program.label} is a selector", expression=program)
    as_floats = is_numerical(program)
    options = {"causal": causal, "certify": certify}
    model, in_tuples = _compiled(lowered, tokens, max_seq_len, dtype=dtype, as_floats=as_floats, options=options)
    encoder = CategoricalEncoder(
        ordered([*tokens, compiler_bos, compiler_pad]),
        enforce_bos=True,
        bos_token=compiler_bos,
        pad_token=compiler_pad,
        max_seq_len=max_seq_len + 1,
    )
    rows = {compiler_bos: 0, **{token: 1 + i for i, token in enumerate(model.vocab)}}
    columns, values = _output_block(model, in_tuples=in_tuples)
    layout = Layout(tuple(rows.get(token) for token in encoder.values), columns)
    label = program.label
    logits = [label] if values is None else [f"{label}:{value}" for value in values]
    found = uniform(model, layout, logits, labels_by_name(program))
    output_encoder: Encoder = NumericalEncoder() if values is None else CategoricalEncoder(values)
    return AssembledTransformerModel(
        transformer=model,
        params={name: dict(arrays) for name, arrays in found.params.items()},
        model_config=found.config,
        residual_labels=found.labels,
        input_encoder=encoder,
        output_encoder=output_encoder,
        compiled_params=found.params,
        form=AnswerForm(len(columns), in_tuples=in_tuples, as_floats=as_floats),
    )


def _compiled(
    sop: SOp, vocab: list[Any], max_len: int, *, dtype: str, as_floats: bool, options: dict[str, Any]
) -> tuple[Transformer, bool]:
    """The model, and whether it answers with each value in a tuple of its own."""
    error: CompileError | CertificateError | None = None
    fallback: Transformer | None = None
    for kind in ("float32", "float64") if dtype == "auto" else (dtype,):
        for form, in_tuples in _forms(sop, as_floats=as_floats):
            try:
                model = compile(form, vocab, max_len, dtype=kind, **options)
            except (CompileError, CertificateError) as found:
                error = error or found
                continue
            if as_floats or (model.outputs is not None and len(set(model.outputs)) == len(model.outputs)):
                return model, in_tuples
            fallback = fallback or model
        if fallback is not None:
            return fallback, False
    assert error is not None
    raise error


def _forms(sop: SOp, *, as_floats: bool) -> Iterator[tuple[SOp, bool]]:
    """The program, and the program with each value in a tuple, which is read as a category, with a logit of its own.

    Numbers may be read as they are, or a logit may stand for several in a row; no answer then has one id.
    """
    yield sop, False
    if not as_floats:
        yield sop.map(alone), True


def _output_block(model: Transformer, *, in_tuples: bool) -> tuple[tuple[int, ...], list[Any] | None]:
    """(the columns of the unembedding in the order of ids, the value of each; None where a number is read)"""
    if model.outputs is None:
        return (0,), None
    values = [value[0] if in_tuples else value for value in model.outputs]
    order = ordered(dict.fromkeys(values))
    columns = sorted(range(len(values)), key=lambda i: (order.index(values[i]), i))
    return tuple(columns), [values[i] for i in columns]
