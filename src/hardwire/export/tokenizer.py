"""A tokenizer for the `tokenizers` library, as its two JSON files, and the texts of tokens and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..errors import ExportError
from ..lang.text import constant
from ..lang.values import Value

PAD, BOS, FIRST = 0, 1, 2
"""The ids of padding, of BOS and of the first token of the vocabulary. Padding is 0, since hosts of the RoBERTa family
count positions from its id."""

TWIN = "\ue002"
"""The mark of a twin: a private character of Unicode."""


def texts(values: Sequence[Value], reserved: Iterable[str] = ()) -> list[str]:
    """Return each value as text: a string as itself, others as in Python; with quotes if two texts would be equal."""
    plain = [v if isinstance(v, str) else constant(v, 10_000) for v in values]
    kinds = {text: {(type(v), v) for v, t in zip(values, plain, strict=True) if t == text} for text in plain}
    clear = all(len(k) == 1 for k in kinds.values()) and not kinds.keys() & {*reserved, ""}
    return plain if clear else [constant(v, 10_000) for v in values]


@dataclass(frozen=True)
class Tokenizer:
    """The conversion of text to ids. `names` are the texts of the tokens in the order of the vocabulary.

    `eos` ends the text of a language model. `twins` are further ids of a token or of `eos`, by its text, for a model
    with several outputs of the same text; as an input, a twin is its token.

    Text is split into the longest tokens that fit; a character that is in no token is an error. If tokens have several
    characters and none contains a space, spaces between tokens are skipped, so that "1 0" differs from "10".
    """

    names: tuple[str, ...]
    bos: str
    pad: str
    eos: str | None
    spaced: bool
    twins: tuple[str, ...] = ()

    @classmethod
    def of(cls, vocab: Sequence[Value], *, with_eos: bool = False) -> Tokenizer:
        names = tuple(texts(vocab))
        bos, pad, eos = (special(name, names) for name in ("bos", "pad", "eos"))
        spaced = any(len(name) > 1 for name in names) and not any(re.search(r"\s", name) for name in names)
        return cls(names, bos, pad, eos if with_eos else None, spaced)

    @property
    def ids(self) -> dict[str, int]:
        """The id of every text: padding, BOS, the vocabulary, the end of a text if there is one, and twins."""
        order = [self.pad, self.bos, *self.names, *([self.eos] if self.eos else [])]
        return {text: i for i, text in enumerate([*order, *self._twins])}

    @property
    def _twins(self) -> list[str]:
        """The texts of twins, which no input has: they are marked, and distinguished by the number of marks."""
        return [TWIN * (i + 1) + text for i, text in enumerate(self.twins)]

    def outputs(self, rows: Sequence[int | None]) -> tuple[list[int], Tokenizer]:
        """Return (the id of each output of a language model, the tokenizer with the twins that it needs).

        rows: of each output in the embedding, where 0 is BOS; an output without one ends the text.
        """
        found: list[int] = []
        twins: list[str] = []
        for row in rows:
            text = str(self.eos) if row is None else self.names[row - 1]
            i = self.ids[text]
            if i in found:
                i = len(self.ids) + len(twins)
                twins.append(text)
            found.append(i)
        return found, replace(self, twins=tuple(twins))

    def split(self) -> str:
        """Return the regular expression that matches the pieces of a text."""
        if not self.spaced and all(len(name) == 1 for name in self.names):
            return r"[\s\S]"
        longest_first = sorted(self.names, key=len, reverse=True)
        return f"(?:{'|'.join(map(re.escape, longest_first))}|[\\s\\S])"

    def decoder(self) -> Any:
        """Return the decoder from ids to text: without or with spaces between tokens."""
        joined = {"type": "WordPiece", "prefix": TWIN, "cleanup": False} if self.spaced else {"type": "Fuse"}
        if not self.twins:
            return None if self.spaced else joined
        return {
            "type": "Sequence",
            "decoders": [{"type": "Replace", "pattern": {"String": TWIN}, "content": ""}, joined],
        }

    def files(self, padding_side: str) -> dict[str, Any]:
        """The content of tokenizer.json and tokenizer_config.json.

        There is no `model_max_length`, since pipelines would cut inputs to it, and the model refuses longer ones.
        """
        ends = [t for t, of in zip(self._twins, self.twins, strict=True) if of == self.eos]
        special_names = [self.pad, self.bos, *([self.eos] if self.eos else []), *ends]
        pieces: Any = {"type": "Split", "pattern": {"Regex": self.split()}, "behavior": "Isolated", "invert": False}
        if self.spaced:
            gaps = {"type": "Split", "pattern": {"Regex": r"\s+"}, "behavior": "Removed", "invert": False}
            pieces = {"type": "Sequence", "pretokenizers": [gaps, pieces]}
        tokenizer = {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [
                {"id": self.ids[name], "content": name, "single_word": False, "lstrip": False, "rstrip": False}
                | {"normalized": False, "special": True}
                for name in special_names
            ],
            "normalizer": None,
            "pre_tokenizer": pieces,
            "post_processor": {
                "type": "TemplateProcessing",
                "single": [{"SpecialToken": {"id": self.bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
                "pair": [
                    {"SpecialToken": {"id": self.bos, "type_id": 0}},
                    {"Sequence": {"id": "A", "type_id": 0}},
                    {"Sequence": {"id": "B", "type_id": 0}},
                ],
                "special_tokens": {self.bos: {"id": self.bos, "ids": [BOS], "tokens": [self.bos]}},
            },
            "decoder": self.decoder(),
            # An unknown token maps to the empty text, which is not in the vocabulary, so that it is an error.
            "model": {"type": "WordLevel", "vocab": self.ids, "unk_token": ""},
        }
        config = {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "padding_side": padding_side,
            "bos_token": self.bos,
            "pad_token": self.pad,
            **({"eos_token": self.eos} if self.eos else {}),
            "model_input_names": ["input_ids", "attention_mask"],
            "clean_up_tokenization_spaces": False,
        }
        return {"tokenizer.json": tokenizer, "tokenizer_config.json": config}


def special(name: str, names: Sequence[str]) -> str:
    """Return a text such as <bos> that no tokens of the vocabulary spell. Raises ExportError."""
    used = set("".join(names))
    for left, right in ("<>", "[]", "{}", "⟨⟩", "«»", "\ue000\ue001"):
        if not {left, right} <= used:
            return f"{left}{name}{right}"
    raise ExportError(f"the vocabulary has every kind of bracket, so the tokenizer has no text for {name}")
