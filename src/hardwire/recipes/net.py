"""Transformers by hand: name directions, wire recipes together, get a model.

A `Net` hands out forms: of tokens, of positions, of what heads and neurons write. Each head and neuron goes into
the earliest layer that can hold it, so recipes that do not need each other stand side by side, and a recipe that
reads another's result stands after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..assemble import parts
from ..assemble.matrices import matrices
from ..assemble.schedule import schedule
from ..constructions.attention import Pattern
from ..constructions.feedforward import Piece
from ..constructions.form import Form
from ..constructions.representation import nearest_value, one_hot
from ..constructions.stream import Stream, first_layer
from ..errors import BuildError
from ..lang.arguments import checked_options
from ..model.circuit import Reading
from ..model.transformer import Transformer
from .activations import in_gelu, in_swiglu
from .position import powers, sinusoidal


class Net:
    """A transformer under construction.

    vocab: the tokens; max_len: the most tokens of an input, None for any number, without position embeddings;
    causal: whether each position sees itself and those before alone; activation: "relu", "gelu" or "swiglu", into
    which ReLU recipes are converted.

    >>> net = Net("ab", max_len=10)
    >>> b = net.bit("b")
    >>> share = net.head(uniform(net.one), b, "share of b")
    >>> most = net.neurons(threshold(share, 0.5, 0.55, net.one), "more than half")
    >>> model = net.model(most, outputs=(False, True))
    >>> model("abb"), model("abba")
    ([True, True, True], [False, False, False, False])

    What heads and neurons write has a name. Where a program has parts of the same names, a proof starts from them;
    without a program a model is proved by every input.

    >>> import hardwire as hw
    >>> program = hw.full.mean((hw.tokens == "b").int()).name("share of b").map(lambda share: share > 0.5)
    >>> hw.certify(model, program).status
    'exact up to length 10'
    >>> hw.certify(model, lambda x: [2 * x.count("b") > len(x)] * len(x), max_len=8).inputs
    510
    """

    @checked_options
    def __init__(
        self, vocab: Sequence[Any], max_len: int | None, *, causal: bool = False, activation: str = "relu"
    ) -> None:
        if activation not in ("relu", "gelu", "swiglu"):
            raise BuildError(f"the activation is relu, gelu or swiglu, not {activation!r}", value=activation)
        self.vocab, self.max_len, self.causal, self.activation = tuple(vocab), max_len, causal, activation
        self.stream = Stream(len(self.vocab), max_len or 1)
        self.one = self.stream.real
        self.named: dict[str, Form] = {}
        self._activations: dict[int, str] = {}  # of the layers whose neurons are used
        self._norms: set[int] = set()  # the layers whose neurons copy a norm

    # What is embedded.

    def token(self, table: Mapping[Any, float] | Callable[[Any], float], name: str = "token") -> Form:
        """A number for each token: a mapping (0 for other tokens) or a function."""
        f = table if callable(table) else (lambda t: table.get(t, 0))
        return self._keep(name, self.stream.embed_token(np.array([float(f(t)) for t in self.vocab]), name, name))

    def bit(self, *tokens: Any, name: str = "") -> Form:
        """1 at these tokens, 0 at others."""
        name = name or f"is {' or '.join(map(str, tokens))}"
        return self.token(dict.fromkeys(tokens, 1.0), name)

    def one_hot(self) -> list[Form]:
        """A bit for each token of the vocabulary, in its order."""
        return [self.bit(t) for t in self.vocab]

    def position(self, table: npt.ArrayLike, name: str) -> Form:
        """A number for each position, (max_len,)."""
        self._length()
        return self._keep(name, self.stream.embed_position(np.asarray(table, np.float64), name, name))

    def indices(self) -> tuple[Form, Form]:
        """The position i and its square."""
        i, square = powers(self._length())
        return self.position(i, "i"), self.position(square, "i²")

    def one_hot_positions(self) -> list[Form]:
        """A bit for each position."""
        return [self.position(row, f"i = {k}") for k, row in enumerate(one_hot(self._length()))]

    def sinusoids(self, frequencies: Sequence[float]) -> list[tuple[Form, Form]]:
        """(cos w i, sin w i) for each frequency."""
        rows = sinusoidal(self._length(), frequencies)
        return [
            (self.position(rows[2 * f], f"cos {w:.3g} i"), self.position(rows[2 * f + 1], f"sin {w:.3g} i"))
            for f, w in enumerate(frequencies)
        ]

    def _length(self) -> int:
        if self.max_len is None:
            raise BuildError("positions are embedded up to a max_len; this net takes inputs of any length")
        return self.max_len

    # What is computed.

    def head(self, pattern: Pattern, value: Form, name: str) -> Form:
        """What a head writes of a value; heads of one pattern are one head."""
        return self._keep(name, self.stream.head(name, pattern, value, expression=name))

    def heads(self, pattern: Pattern, values: Iterable[Form], name: str) -> list[Form]:
        """The same head for several values."""
        return [self.head(pattern, v, f"{name}[{i}]") for i, v in enumerate(values)]

    def neurons(self, piece: Piece, name: str, recipe: str = "") -> Form:
        """What a piece computes."""
        if piece.activation == "relu" and self.activation == "gelu":
            piece = in_gelu(piece)
        elif piece.activation == "relu" and self.activation == "swiglu":
            piece = in_swiglu(piece, self.one)
        if not piece.neurons:
            return self._keep(name, piece.linear)
        layer = first_layer(piece)
        while layer in self._norms or self._activations.get(layer, piece.activation) != piece.activation:
            layer += 1
        self._activations[layer] = piece.activation
        return self._keep(name, self.stream.neurons(piece, name, recipe or "neurons", expression=name, layer=layer))

    def normalise(self, forms: Sequence[Form], name: str, **how: Any) -> tuple[Form, ...]:
        """The forms as one vector, normed (kind="layer" or "rms") and scaled to the length `size`."""
        layer = max(f.slot for f in forms).next_mlp.layer
        while layer in self._norms or layer in self._activations:
            layer += 1
        self._norms.add(layer)
        return self.stream.normalise(forms, name, **how, layer=layer)

    def _keep(self, name: str, form: Form) -> Form:
        self.named.setdefault(name, form)
        return form

    # What comes of it.

    @checked_options
    def model(
        self,
        result: Form | Sequence[Form],
        outputs: Sequence[Any] | None = None,
        *,
        whole: bool = False,
        tolerance: float = 1e-3,
        dtype: str = "float32",
        program: str = "",
    ) -> Transformer:
        """The transformer whose answer is a form.

        outputs: the answers that 0, 1, 2, ... stand for; without them the number itself, or the nearest whole one.
        With several forms each is the logit of one of the outputs.
        """
        if isinstance(result, Form):
            columns = [result] if outputs is None else nearest_value(result, range(len(outputs)), self.one)
        elif outputs is None or len(result) != len(outputs):
            raise BuildError(f"{len(result)} logits need as many outputs: net.model(forms, outputs=[...])")
        else:
            columns = list(result)
        m = matrices(schedule(columns), len(self.vocab), self.max_len or 1)
        readings = tuple(
            Reading(name, name, form.slot.layer, m.column(form), np.zeros(0), ())
            for name, form in self.named.items()
            if form.terms and m.holds(form)
        )
        return Transformer(
            vocab=self.vocab,
            max_len=self.max_len,
            causal=self.causal,
            embed=m.embed,
            positions=m.positions,
            layers=parts.layers(m),
            unembed=m.unembed,
            outputs=None if outputs is None else tuple(outputs),
            dtype=dtype,
            circuit=parts.circuit(m, readings),
            program=program,
            whole=whole,
            tolerance=0.0 if outputs is not None or whole else tolerance,
        )
