"""The grammar by round trips: a random program is written as a text, and read again it is the same program."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from hardwire.rasp.reader import read

Shape = Any
"""A node as a tuple: the name of its rule and its children; a word is a string."""
Piece = tuple[list[str], Shape, int]
"""An expression: its words, its shape, and how tightly it holds together."""

IN, IF, LOGICAL, COMPARED, SUM, REMAINDER, PRODUCT, POWER, UNARY, APPLIED, ATOM = range(11)
SIGNS = {
    LOGICAL: ["and", "or"], COMPARED: ["==", "<", ">", "<=", ">="], SUM: ["+", "-"], REMAINDER: ["%"],
    PRODUCT: ["*", "/"], POWER: ["^"],
}  # fmt: skip
NAMES = ["a", "b2", "_c", "tokens", "indices", "set", "example", "on", "inner", "format", "notes", "order"]
LEAVES = [*(("variable", n) for n in NAMES), ("int", "0"), ("int", "12"), ("float", "0.5"), ("string", '"in # [ "'),
          ("string", '""'), ("variable", "True")]  # fmt: skip


class Writer:
    """Writes random programs, with brackets where the table above needs them and here and there besides."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def expression(self, depth: int, least: int = IN) -> tuple[list[str], Shape]:
        """An expression that holds together at least so tightly."""
        kinds: list[Callable[[int], Piece]] = [
            self.operator, self.operator, self.sign, self.choice, self.contains, self.index, self.call, self.container,
            self.comprehension, self.select,
        ]  # fmt: skip
        words, shape, tightness = self.rng.choice(kinds)(depth - 1) if depth > 0 else self.leaf()
        if tightness < least or self.rng.random() < 0.05:
            words = ["(", *words, ")"]
        return words, shape

    def leaf(self) -> Piece:
        kind, word = self.rng.choice(LEAVES)
        return [word], (kind, word), ATOM

    def operator(self, depth: int) -> Piece:
        level = self.rng.choice(list(SIGNS))
        sign = self.rng.choice(SIGNS[level])
        (left, a), (right, b) = self.expression(depth, level), self.expression(depth, level + 1)
        return [*left, sign, *right], ("binary", a, sign, b), level

    def sign(self, depth: int) -> Piece:
        sign = self.rng.choice(["not", "-", "+"])
        words, x = self.expression(depth, UNARY)
        return [sign, *words], ("prefix", sign, x), UNARY

    def choice(self, depth: int) -> Piece:
        (left, a), (middle, c), (right, b) = (self.expression(depth, n) for n in (IF, IN, LOGICAL))
        return [*left, "if", *middle, "else", *right], ("choose", a, c, b), IF

    def contains(self, depth: int) -> Piece:
        (left, a), (right, b) = self.expression(depth, IN), self.expression(depth, IF)
        return [*left, "in", *right], ("contains", a, b), IN

    def index(self, depth: int) -> Piece:
        (left, a), (right, b) = self.expression(depth, APPLIED), self.expression(depth)
        return [*left, "[", *right, "]"], ("index", a, b), APPLIED

    def call(self, depth: int) -> Piece:
        left, f = self.expression(depth, APPLIED)
        right, arguments = self.several(depth, self.rng.randrange(4))
        return [*left, "(", *right, ")"], ("call", f, *arguments), APPLIED

    def several(self, depth: int, n: int) -> tuple[list[str], list[Shape]]:
        """n expressions with commas between them; no node where there are none."""
        parts = [self.expression(depth) for _ in range(n)]
        return commas([words for words, _ in parts]), [("expressions", *(x for _, x in parts))] if parts else []

    def container(self, depth: int) -> Piece:
        if self.rng.random() < 0.5:
            words, items = self.several(depth, self.rng.randrange(4))
            return ["[", *words, "]"], ("list", *items), ATOM
        pairs = [(self.expression(depth), self.expression(depth)) for _ in range(self.rng.randrange(3))]
        words = commas([[*k, ":", *v] for (k, _), (v, _) in pairs])
        return ["{", *words, "}"], ("dict", *(("pair", k, v) for (_, k), (_, v) in pairs)), ATOM

    def comprehension(self, depth: int) -> Piece:
        (item, x), (iterable, y), (key, k) = (self.expression(depth) for _ in range(3))
        words, names = self.names()
        if self.rng.random() < 0.5:
            return ["[", *item, "for", *words, "in", *iterable, "]"], ("list_of", x, names, y), ATOM
        return ["{", *key, ":", *item, "for", *words, "in", *iterable, "}"], ("dict_of", k, x, names, y), ATOM

    def select(self, depth: int) -> Piece:
        (left, a), (right, b) = self.expression(depth), self.expression(depth)
        sign = self.rng.choice(["==", "!=", "<", ">", "<=", ">="])
        return ["select", "(", *left, ",", *right, ",", sign, ")"], ("select", a, b, sign), ATOM

    def names(self) -> tuple[list[str], Shape]:
        names = self.rng.sample(NAMES, self.rng.randint(1, 3))
        return commas([[n] for n in names]), ("names", *names)

    def statement(self, depth: int) -> tuple[list[str], Shape]:
        words, x = self.expression(self.rng.randrange(4))
        kind = self.rng.randrange(8 if depth > 0 else 6)
        if kind < 3:
            (left, names), (right, values) = self.names(), self.several(2, self.rng.randint(1, 2))
            return [*left, "=", *right, ";"], ("assign", names, *values)
        if kind == 3:
            return [*words, ";"], ("evaluate", x)
        if kind == 4:
            return ["load", '"some file"', ";"], ("load", '"some file"')
        if kind == 5:
            given, y = self.expression(1)
            return ["draw", "(", *words, ",", *given, ")", ";"], ("draw", x, y)
        body = [self.statement(depth - 1) for _ in range(self.rng.randrange(3))]
        block = ("block", *(s for _, s in body))
        inside = [w for ws, _ in body for w in ws]
        head, names = self.names()
        if kind == 6:
            return ["for", *head, "in", *words, "{", *inside, "}"], ("loop", names, x, block)
        returned, values = self.several(2, self.rng.randint(1, 2))
        none = self.rng.random() < 0.2
        start = ["def", "f", "(", *([] if none else head), ")", "{", *inside, "return", *returned, ";", "}"]
        return start, ("define", "f", *([] if none else [names]), block, *values)

    def command(self) -> tuple[list[str], Shape]:
        words, x = self.expression(1)
        return self.rng.choice([
            (["set example", *words], ("set_example", "set example", x)),
            (["set s-op example", *words], ("set_example", "set s-op example", x)),
            (["show selector example"], ("show_example", "show selector example")),
            (["examples off"], ("examples", "examples off")),
            (["full seq display on"], ("display", "full seq display on")),
            (["quit"], ("exit", "quit")),
        ])  # fmt: skip

    def text(self, words: list[str]) -> str:
        """The words with some space between them, and a comment now and then; brackets need none."""
        text = ""
        for word in words:
            bare = not text or text[-1] in "()[]{},;:" or word in "()[]{},;:"
            text += self.rng.choice([*[""] * 6 * bare, " ", " ", " ", "\n", "\t", "  # a = (;\r\n"]) + word
        return text


def commas(parts: list[list[str]]) -> list[str]:
    return [w for i, part in enumerate(parts) for w in ([","] if i else []) + part]


def shape(node: Any) -> Shape:
    """A tree as tuples; what may be left out and was is left out."""
    if not hasattr(node, "children"):
        return str(node)
    return (str(node.data), *(shape(c) for c in node.children if c is not None))


@pytest.mark.parametrize("start", range(0, 400, 100))
def test_what_is_written_is_read(start: int) -> None:
    for seed in range(start, start + 100):
        writer = Writer(seed)
        parts = [writer.statement(2) for _ in range(writer.rng.randint(1, 4))]
        if writer.rng.random() < 0.3:
            parts.append(writer.command())
        text = writer.text([w for words, _ in parts for w in words])
        assert shape(read(text)) == ("start", *(s for _, s in parts)), f"seed {seed}\n{text}"
