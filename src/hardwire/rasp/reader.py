"""The reader: text comes in, its syntax tree goes out, or an error with the place and the expected words."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, TypeAlias

from ..errors import MissingExtraError, RaspError
from .budget import LONGEST_TEXT

if TYPE_CHECKING:  # imported when a text is first read, so that `hardwire.rasp` imports without it
    from lark import Lark, Token, Tree, UnexpectedToken

Syntax: TypeAlias = "Tree[Token]"
"""A node: `data` is the name of its rule in grammar.lark, `meta` its place in the text."""

CLOSES_NOTHING = "this bracket closes nothing"
MISTAKES: dict[str, list[str]] = {
    "a statement ends with a semicolon": ["a = 1 b = 2;", "length indices;", "a = 1 for i in a { b = i; }"],
    "select takes keys, queries and a comparison, as in select(tokens, tokens, ==)": [
        "select(indices, indices);",
        "select(indices);",
        "select();",
        "select(indices, indices, 3);",
        "select(indices, indices, =);",
        "select(indices, indices, <, 1);",
        "a = select;",
    ],
    "there is no != outside of select; write not (a == b)": ["a != b;", "a = (b != c);", "a != b and c;", "f(a != b);"],
    "equality is ==, and = only defines a name": ["f(a = 1);", "a = (b = 1);", "a = b = 1;", "a if b = 1 else c;"],
    "a function ends with return": [
        "def f(a) { b = a; }",
        "def f(a) { }",
        "def f() { b = 1; }",
        "def f() { }",
    ],
    "return ends a function, so nothing may follow it": [
        "def f(a) { return a; b = 1; }",
        "def f() { return 1; b = 1; }",
    ],
    "return belongs at the end of a function": ["return a;", "a = 1; return a;", "for i in a { return i; }"],
    "a function is written def f(a, b) { return a; }": [
        "def f(a): return a;",
        "def f(a) return a;",
        "def f(): return 1;",
        "def f() return 1;",
        "def f { return 1; }",
        "def (a) { return a; }",
        "def f = a;",
    ],
    "the arguments of a function are names, without defaults": [
        "def f(1) { return 1; }",
        "def f(a = 1) { return a; }",
    ],
    "a loop is written for i in range(3) { a = i; }": [
        "for i in a: b = i;",
        "for i in a b = i;",
        "for i = 1 { a = i; }",
        "for (i in a) { b = i; }",
        "for 1 in a { b = 1; }",
    ],
    "`if` chooses between two values, as in a if condition else b": [
        "if a { b = 1; }",
        "if (a) b = 1;",
        "a if b;",
        "a = b if c;",
        "f(a if b);",
        "else { a = 1; }",
    ],
    "a power is written with ^": ["a ** 2;"],
    "there is no //; write (a - a % b) / b": ["a // b;"],
    "an operator needs a value on both sides": ["a +;", "a = b *;", "(a and);", "a == ;", "a % ;", "a ^;", "* a;"],
    "a name is defined by =, as in a = 1;": ["a, b;", "a[0] = 1;", "f(a) = 1;", "1 = a;"],
    "load takes the name of a file in quotes, as in load \"paper_examples\";": ["load a;", "load;", "load 1;"],
    "draw takes an s-op and perhaps an input, as in draw(reverse, \"hello\");": [
        "draw a;",
        "draw();",
        "draw(a, b, c);",
        "a = draw(b);",
    ],
    "commands to the REPL are statements of their own, outside of functions and loops": [
        "for i in a { set example i }",
        "def f(a) { set example a return a; }",
        "for i in a { exit }",
    ],
    CLOSES_NOTHING: ["a = 1);", "a];", "a = 1};", "}", ")", "]"],
    "this word is part of the language, and cannot be a name": [
        "for = 3;",
        "in = 3;",
        "and = 3;",
        "or = 3;",
        "not = 3;",
        "select = 3;",
        "a, for = 1, 2;",
        "def if(a) { return a; }",
        "def f(if) { return 1; }",
        "draw = 3;",
        "load = 3;",
    ],
}  # fmt: skip
"""Common mistakes, by the message for them; each message is given where its examples fail."""

CHARACTERS = {
    '"': "a string ends with a double quote on its own line",
    "'": 'a string is written in double quotes, as in "a"',
    "&": "logic is written and, or, not",
    "|": "logic is written and, or, not",
    "~": "logic is written and, or, not",
    "!": "logic is written and, or, not; != is only used in select",
    ".": "a number is written 0.5, and there are no methods: write f(x)",
    "@": "there is no @; selectors are combined by and, or, not",
}
"""The messages for characters that begin no word."""

WORDS = {
    "SEMICOLON": "a semicolon", "$END": "the end", "NAME": "a name", "STRING": "a string", "COMMA": "a comma",
    "RETURN": "return", "RPAR": "`)`", "RSQB": "`]`", "RBRACE": "`}`", "LPAR": "`(`", "LSQB": "`[`", "LBRACE": "`{`",
    "EQUAL": "`=`", "COLON": "`:`", "FOR": "`for`", "ELSE": "`else`", "IF": "`if`",
}  # fmt: skip
COMPARISON = {"EQ", "LE", "GE", "LT", "GT"}
OPERATOR = {"IN", "IF", "AND", "OR", "PLUS", "MINUS", "STAR", "SLASH", "PERCENT", "CARET", "LSQB", "LPAR", *COMPARISON}
BEGINNING = {"NAME", "INT", "FLOAT", "STRING", "LPAR", "LSQB", "LBRACE", "NOT", "MINUS", "PLUS", "SELECT"}
STATEMENT = {"DEF", "FOR", "LOAD", "DRAW", "SEMICOLON", *BEGINNING}
COMMAND = {"SET_EXAMPLE", "SHOW_EXAMPLE", "EXAMPLES", "DISPLAY", "EXIT"}
KINDS = [
    (COMMAND, None), (STATEMENT, "a statement"), (BEGINNING, "an expression"), (OPERATOR, "an operator"),
    ({"IN"}, "an operator"), ({"NE", *COMPARISON}, "a comparison"), (COMPARISON, "a comparison"),
]  # fmt: skip
"""The groups of terminals of the grammar that messages name together."""


def read(text: str, source: str | None = None) -> Syntax:
    """Return the statements of a text. Raises RaspError, MissingExtraError."""
    if len(text) > LONGEST_TEXT:
        raise located(f"a text of more than {LONGEST_TEXT:,} characters is too long", 1, 1, "", source, syntax=True)
    lark = _lark()
    try:
        return _parser().parse(text)
    except lark.UnexpectedToken as error:
        raise _unexpected(error, text, source) from None
    except lark.UnexpectedCharacters as error:
        what = CHARACTERS.get(error.char, f"{error.char!r} is not a part of the language")
        raise located(what, error.line, error.column, text, source, syntax=True) from None


def located(
    what: str, line: int, column: int, text: str, source: str | None, *,
    syntax: bool = False, unfinished: bool = False, undefined: str | None = None,
) -> RaspError:  # fmt: skip
    """Return an error at a place of a text."""
    lines = text.split("\n")
    shown = lines[line - 1].rstrip("\r") if line <= len(lines) else ""
    return RaspError(
        what, line=line, column=column, text=shown, source=source, syntax=syntax, unfinished=unfinished,
        undefined=undefined,
    )  # fmt: skip


def is_unfinished(text: str) -> bool:
    """Whether a text is an incomplete beginning of statements."""
    try:
        read(text)
    except RaspError as error:
        return error.unfinished
    return False


class Growing:
    """A text that is read line by line, each line once, until its statements are complete."""

    def __init__(self) -> None:
        self.text = ""
        self._state: Any = _parser().parse_interactive()

    def add(self, line: str) -> bool:
        """Add one more line. Return whether the text can be executed: it is complete, invalid, or too long."""
        self.text += line
        lark = _lark()
        try:
            for token in _lexer().lex(line):
                self._state.feed_token(token)
        except (lark.UnexpectedToken, lark.UnexpectedCharacters):
            return True
        if len(self.text) > LONGEST_TEXT:
            return True
        return "$END" in self._state.choices() and "$END" in self._state.accepts()


def _grammar() -> str:
    return resources.files(__package__).joinpath("grammar.lark").read_text("utf-8")


@cache
def _lexer() -> Lark:
    made: Lark = _lark().Lark(_grammar(), parser=None, lexer="basic")
    return made


@cache
def _lark() -> Any:
    """Return the parser library. Raises MissingExtraError."""
    try:
        import lark
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "lark":
            raise
        raise MissingExtraError("original RASP", "rasp") from None
    return lark


@cache
def _parser() -> Lark:
    made: Lark = _lark().Lark(
        _grammar(), parser="lalr", lexer="basic", propagate_positions=True, maybe_placeholders=True
    )
    return made


def _unexpected(error: UnexpectedToken, text: str, source: str | None) -> RaspError:
    token = error.token
    if token.type == "$END":
        what = f"the text ends in the middle of a statement; expected {_expected(error)}"
        line, column = token.end_line or 1, token.end_column or 1  # behind the last word, before blank lines
        return located(what, line, column, text, source, syntax=True, unfinished=True)
    what = _known_mistakes().get(_signature(error)) or f"expected {_expected(error)}, not `{_short(token)}`"
    before = text[: token.start_pos or 0]
    if what == CLOSES_NOTHING and token.type == "RBRACE" and before.count("{") > before.count("}"):
        what = "a statement ends with a semicolon, also before `}`"
    return located(what, token.line or 1, token.column or 1, text, source, syntax=True)


def _short(token: str) -> str:
    return token if len(token) <= 24 else f"{token[:23]}…"


def _expected(error: UnexpectedToken) -> str:
    """Return the expected words at an error."""
    rest = set(error.accepts or error.expected)
    named = []
    for group, name in KINDS:
        if group <= rest:
            rest -= group
            if name is not None:
                named.append(name)
    named += sorted(WORDS.get(t, f"`{t.lower()}`") for t in rest)
    return " or ".join(named) if len(named) < 3 else f"{', '.join(named[:-1])} or {named[-1]}"


RuleSignature = tuple[int, str, frozenset[str]]
"""Return the key of an error: the state of the parser, the kind of word that it met, and the expected words."""


def _signature(error: UnexpectedToken) -> RuleSignature:
    state: Any = error.state
    return state.position, error.token.type, frozenset(error.accepts or ())


@cache
def _known_mistakes() -> dict[RuleSignature, str]:
    known: dict[RuleSignature, str] = {}
    for message, examples in MISTAKES.items():
        for example in examples:
            try:
                _parser().parse(example)
            except _lark().UnexpectedToken as error:
                known.setdefault(_signature(error), message)
    return known
