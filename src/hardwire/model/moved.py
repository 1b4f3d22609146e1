"""The same model in other coordinates, and models near it: what describes the circuit is moved along."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InterventionError, ModelError
from .circuit import Circuit
from .circuit_json import wires
from .variables import ModelVariable
from .weights import Floats, Head, Layer

if TYPE_CHECKING:
    from .transformer import Transformer


def permuted(model: Transformer, seed: int) -> Transformer:
    """The model with its residual coordinates, the heads of each layer and its groups of neurons in another order."""
    checked_plain(model)
    rng = _generator(seed)
    order = rng.permutation(model.d_model)  # coordinate order[i] becomes coordinate i
    place = np.argsort(order)
    found = in_basis(model, lambda w: w[order], lambda w: w[..., order])
    layers, heads, neurons = [], [], []
    for k, layer in enumerate(found.layers, 1):
        of_heads = rng.permutation(len(layer.heads)).tolist()
        notes = {h.head: h for h in model.circuit.heads if h.layer == k}
        heads += [replace(notes[old], head=new) for new, old in enumerate(of_heads) if old in notes]
        groups = [n for n in model.circuit.neurons if n.layer == k]
        covered = [i for n in groups for i in range(n.start, n.stop)]
        rows: list[int] = []
        if covered == list(range(layer.d_ff)):
            for n in (groups[i] for i in rng.permutation(len(groups))):
                start = len(rows)
                rows += (n.start + rng.permutation(n.stop - n.start)).tolist()
                neurons.append(replace(n, start=start, stop=len(rows)))
        else:  # the notes do not say which neurons belong together
            rows, neurons = list(range(layer.d_ff)), neurons + groups
        layers.append(
            replace(
                layer,
                heads=tuple(layer.heads[i] for i in of_heads),
                w_in=layer.w_in[:, rows],
                b_in=layer.b_in[rows],
                w_out=layer.w_out[rows],
            )
        )
    directions = tuple(replace(d, index=int(place[d.index])) for d in model.circuit.directions)
    circuit = replace(found.circuit, directions=directions, heads=tuple(heads), neurons=tuple(neurons))
    return replace(found, layers=tuple(layers), circuit=circuit)


def rotated(model: Transformer, seed: int) -> Transformer:
    """The model in another orthogonal basis of its residual stream. Values are then stored along vectors, so the
    circuit has no coordinates any more; its readings, claims and variables are those vectors."""
    checked_plain(model)
    basis = orthogonal(model.d_model, _generator(seed))
    found = in_basis(model, lambda w: product(basis.T, w), lambda w: product(w, basis))
    return replace(found, circuit=replace(found.circuit, directions=(), wires=wires(model)))


HADAMARD = np.array([[1, 1, 1, 1], [1, -1, 1, -1], [1, 1, -1, -1], [1, -1, -1, 1]]) / 2


def orthogonal(size: int, rng: np.random.Generator) -> Floats:
    """A random orthogonal matrix of numbers that floats hold exactly, (size, size), few of which are 0.

    Twice: change the order and the signs of the coordinates, and turn them in fours by a Hadamard matrix; then reflect
    along a vector v of integers with |v|² = 2^k, so that I - v vᵀ 2 / 2^k is exact.
    """
    found = np.eye(size)
    if not size:
        return found
    for _ in range(2):
        found = found[:, rng.permutation(size)] * (rng.integers(0, 2, size) * 2 - 1)
        for i in range(0, size - 3, 4):
            found[:, i : i + 4] = product(found[:, i : i + 4], HADAMARD)
    v = _integers(size)[rng.permutation(size)] * (rng.integers(0, 2, size) * 2 - 1)
    return found - np.multiply.outer(product(found, v), v) * (2 / float((v * v).sum()))


def _integers(size: int) -> Floats:
    """Integers whose squares add up to a power of two, and none of which is 0 if that is possible."""
    total = 1 << max(2, (size - 1).bit_length())
    while total <= 9 * size:
        for threes in range(size + 1):
            twos, rest = divmod(total - size - 8 * threes, 3)  # 1 becomes 2: 3 more; 1 becomes 3: 8 more
            if rest == 0 and 0 <= twos <= size - threes:
                return np.array([3.0] * threes + [2.0] * twos + [1.0] * (size - threes - twos))
        total *= 2
    return np.array([1.0] + [0.0] * (size - 1))


def product(a: Floats, b: Floats) -> Floats:
    """a @ b in float64, added up in the same order on every machine. a: (any, k) or (k,); b: (k, any) or (k,)."""
    out = np.zeros((*a.shape[:-1], *b.shape[1:]))
    for i, row in enumerate(b):
        out = out + np.multiply.outer(a[..., i], row)
    return out


def _generator(seed: int) -> np.random.Generator:
    """What draws numbers by a seed. Raises ModelError."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ModelError(f"seed is an int from 0, not {seed!r}", value=seed)
    return np.random.default_rng(seed)


def noisy(model: Transformer, sigma: float, seed: int) -> Transformer:
    """The model with a number between -sigma and sigma, drawn uniformly, added to each weight, zeros included."""
    if not (isinstance(sigma, (int, float)) and 0 <= sigma < float("inf")):
        raise ModelError(f"sigma is a number that is at least 0, not {sigma!r}", value=sigma)
    rng, dtype = _generator(seed), np.dtype(model.dtype)

    def moved(w: Floats) -> Floats:
        exact = np.asarray(w, np.float64)
        with np.errstate(over="ignore", under="ignore"):
            out = (exact + rng.uniform(-sigma, sigma, w.shape)).astype(dtype)
        far = np.abs(out.astype(np.float64) - exact) > sigma  # the format has no such number: take one nearer
        return np.where(far, np.nextafter(out, w.astype(dtype), dtype=dtype), out)

    return _mapped(model, moved)


def checked_plain(model: Transformer) -> None:
    """Raises ModelError."""
    if not model.plain:
        raise ModelError("a model with norms or gated neurons cannot be moved to another basis: norms read coordinates")


def in_basis(model: Transformer, read: Callable[[Floats], Floats], write: Callable[[Floats], Floats]) -> Transformer:
    """The model in another basis: `read` moves what reads the stream, (d_model, any) or (d_model,), `write` what
    writes it, (any, d_model) or (d_model,)."""
    return weights_in_basis(model, read, write, moved_circuit(model, read, write))


def weights_in_basis(
    model: Transformer,
    read: Callable[[Floats], Floats],
    write: Callable[[Floats], Floats],
    circuit: Circuit = Circuit(),  # noqa: B008  frozen
) -> Transformer:
    """The same for matrices alone, (d_model, any) and (any, d_model), with this circuit."""

    def wide(w: Floats) -> Floats:
        return np.asarray(w, np.float64)

    def of_head(h: Head) -> Head:
        q, k, v = (read(wide(w)) for w in (h.w_q, h.w_k, h.w_v))
        return replace(h, w_q=q, w_k=k, w_v=v, w_o=write(wide(h.w_o)))

    def of_layer(x: Layer) -> Layer:
        heads = tuple(map(of_head, x.heads))
        return replace(x, heads=heads, w_in=read(wide(x.w_in)), w_out=write(wide(x.w_out)))

    return replace(
        model,
        embed=write(wide(model.embed)),
        positions=None if model.positions is None else write(wide(model.positions)),
        layers=tuple(map(of_layer, model.layers)),
        unembed=read(wide(model.unembed)),
        circuit=circuit,
        certificate=None,
    )


def moved_circuit(model: Transformer, read: Callable[[Floats], Floats], write: Callable[[Floats], Floats]) -> Circuit:
    """The circuit with what it reads of the stream, (d_model,), and the bases of its variables moved along."""
    c = model.circuit
    variables = tuple(replace(v, read=read(v.read), basis=write(v.basis)) if len(v.read) else v for v in known(model))
    return replace(
        c,
        readings=tuple(replace(r, vector=read(r.vector)) for r in c.readings),
        claims=tuple(replace(x, vector=read(x.vector)) for x in c.claims),
        variables=variables,
    )


def known(model: Transformer) -> tuple[ModelVariable, ...]:
    """The variables of a model, as far as they are known."""
    if model.source is not None:
        try:
            return tuple(model.variables.values())
        except InterventionError:  # its weights are not those that this version compiles the program to
            pass
    return model.circuit.variables or ()


def _mapped(model: Transformer, change: Callable[[Floats], Floats]) -> Transformer:
    """The model with every array of weights changed."""

    def arrays(x: Head | Layer) -> dict[str, Any]:
        return {f.name: change(w) for f in fields(x) if isinstance(w := getattr(x, f.name), np.ndarray)}

    def of_layer(x: Layer) -> Layer:
        heads = tuple(replace(h, **arrays(h)) for h in x.heads)
        return replace(x, heads=heads, **arrays(x))

    return replace(
        model,
        embed=change(model.embed),
        positions=None if model.positions is None else change(model.positions),
        layers=tuple(map(of_layer, model.layers)),
        unembed=change(model.unembed),
        circuit=replace(model.circuit, variables=known(model), wires=wires(model)),
        certificate=None,
    )
