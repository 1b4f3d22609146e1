"""The proof from the first layer to the last."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..compiler.analyse import Analysis
from ..compiler.pipeline import claimable, rewrite
from ..errors import CertificateError, CompileError
from ..lang.expr import Expr, Op
from ..lang.sop import SOp
from ..lang.text import formula
from ..model.certificate import Certificate, Margin
from ..model.circuit import Claim
from ..model.transformer import Transformer
from ..model.weights import Floats
from .heads import Prover
from .readout import prove_readout
from .situations import World
from .stream import Stream


def certify(model: Transformer, program: SOp | None = None, *, facts: Analysis | None = None) -> Certificate:
    """A proof that the model computes the program, or CertificateError.

    `program` may be left out for a model that was just compiled; a loaded one needs it.
    """
    program = program or model.source
    if not isinstance(program, SOp):
        raise CertificateError("a model loaded from a file is proved against a program: certify(model, program)")
    if model.max_len is None:
        raise CertificateError("a model without a max_len has no longest input to prove")
    if facts is None:
        facts = Analysis(model.vocab, model.max_len, model.causal)
    try:
        return _certify(model, program.expr, facts)
    except CompileError as error:
        raise CertificateError(f"the program cannot be analysed: {error}", expression=error.expression) from None
    except CertificateError as error:
        error.expression = SOp(error.expression) if isinstance(error.expression, Expr) else error.expression
        raise


def _certify(model: Transformer, root: Expr, facts: Analysis) -> Certificate:
    program = rewrite(root, facts)[1][root]
    aggregates = claimable(program)
    claims = {c.aggregate: c for c in model.circuit.claims}
    named = {aggregates[i]: c for i, c in claims.items() if i < len(aggregates)}
    for e, c in named.items():
        if c.expression != formula(e, 100):
            raise CertificateError(f"the model claims {c.expression}, where the program has {formula(e, 100)}")
    stream = Stream(model)
    world = World(facts, _numbers(named))
    prover = Prover(stream, world, facts, _bos(stream))
    for e, c in sorted(named.items(), key=lambda item: item[1].layer):
        stream.add(prover.prove(e, c))
    bound, margins = prove_readout(program, stream, world, facts)
    assert model.max_len is not None
    nearest = stream.nearest
    if nearest.neuron >= 0:
        what = _neuron(model, nearest.layer, nearest.neuron)
        margins = [Margin(nearest.layer, what, "neuron threshold", nearest.error, nearest.distance), *margins]
    return Certificate(model.max_len, bound, (*prover.margins, *margins))


def _neuron(model: Transformer, layer: int, neuron: int) -> str:
    for note in model.circuit.neurons:
        if note.layer == layer and note.start <= neuron < note.stop:
            return note.expression
    return f"neuron {neuron}"


def _numbers(claims: dict[Expr, Claim]) -> Callable[[Expr], Callable[[object], float]]:
    """The number that each value of an aggregate is held as: a number as itself, others as the claim has it."""
    tables = {e: dict(zip(c.values, c.labels.tolist(), strict=True)) for e, c in claims.items()}

    def of(e: Expr) -> Callable[[object], float]:
        table = tables.get(e, {})

        def number(v: object) -> float:
            if v in table:
                return table[v]
            if isinstance(v, (int, float)) or hasattr(v, "numerator"):
                return float(v)  # type: ignore[arg-type]
            raise CertificateError(f"no number stands for {v!r}", value=v)

        return number

    return of


def _bos(stream: Stream) -> list[Floats]:
    """BOS's row of the stream before each layer. Raises CertificateError where anything is added to it.

    As a query it attends to itself alone, and its values are 0; so it stays what it was embedded as.
    """
    model = stream.model
    row = stream.embed[0] + (0.0 if stream.positions is None else stream.positions[0])
    for k, layer in enumerate(model.layers, 1):
        for head in layer.heads:
            if (row @ head.w_v.astype(np.float64)).any():
                raise CertificateError(f"BOS has a value in {head.name!r} of layer {k}, where it must have none")
            query = row @ head.w_q.astype(np.float64)
            own = float(query @ (row @ head.w_k.astype(np.float64)))
            if not model.causal and own < _strongest(stream, head.w_k.astype(np.float64) @ query) + 110:
                raise CertificateError(f"BOS may attend to others in {head.name!r} of layer {k}")
        if (np.maximum(row @ stream.w_in[k - 1] + stream.b_in[k - 1], 0) @ stream.w_out[k - 1]).any():
            raise CertificateError(f"neurons of layer {k} change BOS")
    return [row] * max(1, model.depth)


def _strongest(stream: Stream, weights: Floats) -> float:
    """The highest score that a key can have with BOS as the query; its weights meet embedded coordinates alone."""
    written = (stream.writes != 0).any(axis=0) | np.any([(w != 0).any(axis=0) for w in stream.w_out], axis=0)
    if (weights[written] != 0).any():
        return float("inf")
    best = float((stream.embed[1:] @ weights).max(initial=-np.inf))
    return best + (0.0 if stream.positions is None else float((stream.positions[1:] @ weights).max(initial=0.0)))


__all__ = ["Op", "certify"]
