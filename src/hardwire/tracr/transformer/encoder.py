"""Encoders: tokens as ids and ids as values."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Any

from ...errors import InputError


class Encoder(ABC):
    """Converts values to the numbers of a model, and back."""

    @abstractmethod
    def encode(self, inputs: Sequence[Any]) -> list[Any]:
        """The values as a model takes them."""

    @abstractmethod
    def decode(self, encodings: Sequence[Any]) -> list[Any]:
        """The values that a model's numbers stand for."""


class NumericalEncoder(Encoder):
    """Numbers, which stand for themselves."""

    def encode(self, inputs: Sequence[Any]) -> list[Any]:
        """The numbers themselves."""
        return list(inputs)

    def decode(self, encodings: Sequence[Any]) -> list[Any]:
        """The numbers themselves."""
        return list(encodings)


class CategoricalEncoder(Encoder):
    """Values by their ids, the places in `values`."""

    def __init__(
        self,
        values: Iterable[Any],
        *,
        enforce_bos: bool = False,
        bos_token: Any = None,
        pad_token: Any = None,
        max_seq_len: int | None = None,
    ) -> None:
        self.values = list(values)
        self.enforce_bos = enforce_bos
        self.bos_token, self.pad_token = bos_token, pad_token
        self.max_seq_len = max_seq_len
        self.encoding_map: dict[Any, int] = {}
        for i, value in enumerate(self.values):
            self.encoding_map.setdefault(value, i)

    @property
    def vocab_size(self) -> int:
        """The number of ids, those of BOS and PAD among them."""
        return len(self.values)

    @property
    def first_ids(self) -> list[int]:
        """For each id the first one of the same value."""
        return [self.encoding_map[value] for value in self.values]

    @property
    def bos_encoding(self) -> int:
        """The id of BOS. Raises InputError where there is no BOS."""
        return self._id(self.bos_token)

    @property
    def pad_encoding(self) -> int:
        """The id of PAD. Raises InputError where there is no PAD."""
        return self._id(self.pad_token)

    def encode(self, inputs: Sequence[Any]) -> list[int]:
        """The ids of tokens; a token equal to one of the vocabulary is that one.

        Raises InputError, which is a ValueError, for an input that does not begin with BOS where it has to, for one
        that is too long, and for an unknown token.
        """
        inputs = list(inputs)
        if self.enforce_bos and not (inputs and inputs[0] == self.bos_token):
            raise InputError(f"an input begins with {self.bos_token!r}: [{self.bos_token!r}, ...]", value=inputs)
        if self.max_seq_len is not None and len(inputs) > self.max_seq_len:
            raise InputError(
                f"the input has {len(inputs)} tokens with {self.bos_token!r}, the model takes at most "
                f"{self.max_seq_len}",
                value=inputs,
            )
        return [self._id(x, i) for i, x in enumerate(inputs)]

    def decode(self, encodings: Sequence[Any]) -> list[Any]:
        """The values of ids. Raises InputError for an unknown id."""
        ids = [int(i) for i in encodings]
        unknown = [i for i in ids if not 0 <= i < len(self.values)]
        if unknown:
            raise InputError(f"{unknown[0]} is no id; they go from 0 to {len(self.values) - 1}", value=unknown[0])
        return [self.values[i] for i in ids]

    def _id(self, token: Any, position: int | None = None) -> int:
        try:
            return self.encoding_map[token]
        except (KeyError, TypeError):
            known = ", ".join(map(repr, self.values[:20])) + (", ..." if len(self.values) > 20 else "")
            raise InputError(f"{token!r} is not in the vocabulary: {known}", position=position, value=token) from None
