"""What a transformer consists of: its fields, their sizes, and the text that describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from ..lang.drawn import Drawn
from ..lang.misuse import attribute_remedy
from ..lang.text import constant
from ..lang.values import Value
from .certificate import STORED, Certificate
from .circuit import WIDEST, Circuit, columns
from .inputs import vocabulary
from .reference import Reference
from .weights import Floats, Layer, Norm

HINTS = {
    **dict.fromkeys(("predict", "forward", "eval", "apply"), "model(x) answers one input, model.batch(inputs) many."),
    **dict.fromkeys(
        ("weights", "params", "state_dict", "W_Q", "W_K", "W_V", "W_O"),
        "hardwire.export.numpy(model) has the weights as arrays by name, and model.layers the layers.",
    ),
    **dict.fromkeys(("to", "save_pretrained", "export"), "hardwire.export.huggingface(model, directory) writes it."),
    **dict.fromkeys(("n_layers", "num_layers"), "The number of layers is model.depth."),
    **{
        call: f"It is a function: hardwire.{call}(model)."
        for call in ("certify", "draw", "explore", "interchange", "verify")
    },
    "load": "It is a function: hardwire.load(path).",
}
"""What to write for attributes that a model does not have."""
WIDEST_PROGRAM = 400
"""The longest text of a program, in characters."""


@dataclass(frozen=True, eq=False, repr=False)
class Description(Drawn):
    """The fields of a transformer (`Transformer` explains them), their sizes, and the text that describes them."""

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

    _dropped = ""  # why a certificate was dropped; not a field, set on an instance
    overrun: ClassVar[Any] = None
    """A prompt after which the program's text is longer than max_len, if `compile` found one; not kept in files."""

    if not TYPE_CHECKING:  # a type checker knows all attributes

        def __getattr__(self, name: str) -> NoReturn:
            public = [n for n in dir(self) if not n.startswith("_")]
            remedy = attribute_remedy(name, public, HINTS, maps=False)
            hint = f"\n  {remedy}" if remedy else ""
            raise AttributeError(f"a model has no attribute {name!r}{hint}", name=name)

    @property
    def plain(self) -> bool:
        """Whether it has only softmax attention and ReLU neurons, and no norms."""
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
        """The number of weights, each head with its own d_qk and d_v."""
        return sum(array.size for array in self._arrays())

    @property
    def parameters_uniform(self) -> int:
        """The number of weights if all heads have the same width, and all layers as many heads and neurons."""
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

    def __repr__(self) -> str:
        length = "any length" if self.max_len is None else f"max_len {self.max_len:,}"
        facts = [
            *self._size(),
            length,
            *(["causal"] if self.causal else []),
            *self._softness,
            self._status,
            *self._late,
        ]
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
    def largest(self) -> float:
        """The magnitude of the largest weight."""
        return max((float(abs(array).max(initial=0.0)) for array in self._arrays()), default=0.0)

    @property
    def _softness(self) -> list[str]:
        found = self.circuit.temperature
        return [f"soft weights up to {self.largest:.3g} at temperature {found:.3g}"] if found else []

    @property
    def _late(self) -> list[str]:
        return [] if self.overrun is None else [f"a text may be longer, as after {constant(self.overrun, 40)}"]

    @property
    def _status(self) -> str:
        if self.certificate is None:
            return f"not certified: {self._dropped}" if self._dropped else "not certified"
        found = self.certificate
        where = found.where if len(found.where) <= WIDEST else found.where[: WIDEST - 1] + "…"
        return found.status + where + (f" ({STORED})" if found.stored else "")

    def summary(self) -> str:
        """Return a page of plain text: the size of the model, and the purpose of each part."""
        length = "inputs of any length" if self.max_len is None else f"inputs of at most {self.max_len:,} tokens"
        seen = "each token sees itself and those before" if self.causal else "each token sees all"
        lines = [
            *([self.program] if self.program else []),
            ", ".join(self._size()) + f" ({self.parameters_uniform:,} with uniform heads and layers)",
            "; ".join(
                [
                    f"vocabulary {vocabulary(self.vocab)}",
                    length,
                    seen,
                    self.dtype,
                    *self._softness,
                    self._status,
                    *self._late,
                ]
            ),
        ]
        rows = [*self.circuit.table(), ("unembedding", *self._readout(), "")]
        return "\n".join([*lines, "", *columns([("where", "what", "how", "reads -> writes"), *rows])])

    def _readout(self) -> tuple[str, str]:
        if self.outputs is None:
            return "a number", "the nearest int" if self.whole else f"read as it is, to {self.tolerance:.1g}"
        return f"one of {len(self.outputs):,} values", "greatest logit"
