"""The gallery: a picture of every construct of the language, of every library program, of models, and of every listing
of the tutorial.

`make gallery` writes them all; a test says where a picture here is no longer what the code draws.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hardwire as hw
from hardwire import SOp, after, before, full, indices, key, programs, query, raw, same_token, select, tokens, where
from hardwire.draw import Drawing

FOLDER = Path(__file__).parent

_SCORES = raw([3, 1, 4, 1, 5])
_IS_L = (key(tokens) == query("l")).name("is_l")

CONSTRUCTS: dict[str, Callable[[], Drawing]] = {
    "sop": lambda: hw.draw(tokens == "l", "hello"),
    "arithmetic": lambda: hw.draw(indices * 2 + 1, "hello"),
    "where": lambda: hw.draw(where(tokens == "l", "L", tokens), "hello"),
    "map": lambda: hw.draw(tokens.map({"h": "Hydrogen", "e": 2.71828182, "l": ("l", 1), "o": None}), "hello"),
    "failure": lambda: hw.draw((key(tokens.int()) <= query(indices)).value(tokens.int()), "21x0"),
    "key": lambda: hw.draw(key(indices), "hello"),
    "query": lambda: hw.draw(query(tokens), "hello"),
    "selector": lambda: hw.draw(key(tokens) == query(tokens), "hello"),
    "selector_order": lambda: hw.draw(key(indices) <= query(indices), "hello"),
    "selector_and": lambda: hw.draw(before & same_token, "banana"),
    "selector_or": lambda: hw.draw(before | after, "hello"),
    "selector_not": lambda: hw.draw(~same_token, "hello"),
    "selector_predicate": lambda: hw.draw(select(indices, indices, lambda k, q: (k + q) % 2 == 0), "hello"),
    "selector_causal": lambda: hw.draw(same_token, "banana", causal=True),
    "selector_long": lambda: hw.draw(before & same_token, "abcde" * 20),
    "width": lambda: hw.draw(same_token.width(), "hello"),
    "value": lambda: hw.draw(before.value(_SCORES), "hello"),
    "one": lambda: hw.draw((key(indices) == query(indices - 1)).one(tokens, "_"), "hello"),
    "mean": lambda: hw.draw((key(indices) <= query(indices)).mean(_SCORES), "hello"),
    "max": lambda: hw.draw(before.max(_SCORES), "hello"),
    "min": lambda: hw.draw(after.min(_SCORES), "hello"),
    "max_of": lambda: hw.draw(full.max(_SCORES, of=tokens), "hello"),
    "first": lambda: hw.draw(_IS_L.first(_SCORES), "hello"),
    "last": lambda: hw.draw(_IS_L.last(_SCORES), "hello"),
    "any": lambda: hw.draw(before.any(tokens == "l"), "hello"),
    "long": lambda: hw.draw(programs.cumsum(), [1, 0, 1] * 16),
}
"""What the language has, each in one picture."""

MODELS = ("flip", "histogram", "frac_prevs")
"""Programs that are drawn as transformers, and beside them."""


def _program(name: str) -> Drawing:
    found = programs.get(name)
    return hw.draw(found(), found.example)


def _model(name: str, beside: bool) -> Drawing:
    found = programs.get(name)
    sop: SOp = found()
    model = hw.compile(sop, found.vocab, 20)
    return hw.draw(model, found.example, beside=sop if beside else None)


LISTING = re.compile(r"^```python\n(.*?)^```\n+(?:!\[[^]]*\]\(gallery/(\w+)\.svg\))?", re.MULTILINE | re.DOTALL)
"""A listing of the tutorial and the name of the picture below it, if there is one."""


def tutorial() -> dict[str, Drawing]:
    """What each listing of the tutorial shows, by the name of its picture: the value of its last line."""
    names: dict[str, Any] = {}
    shown: dict[str, Drawing] = {}
    for found in LISTING.finditer((FOLDER.parent / "tutorial.md").read_text("utf-8")):
        *statements, last = ast.parse(found[1]).body
        exec(compile(ast.Module(statements, []), "tutorial.md", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "tutorial.md", "eval"), names)
            shown[found[2]] = value if isinstance(value, Drawing) else hw.draw(value)
        else:
            exec(compile(ast.Module([last], []), "tutorial.md", "exec"), names)
    return shown


def pictures() -> Iterator[tuple[str, Callable[[], Drawing]]]:
    """Every picture: the name of its file, and what draws it."""
    for name, make in CONSTRUCTS.items():
        yield f"construct_{name}", make
    for name in programs.LIBRARY:
        yield f"program_{name}", lambda name=name: _program(name)
    for name in MODELS:
        yield f"model_{name}", lambda name=name: _model(name, beside=False)
        yield f"beside_{name}", lambda name=name: _model(name, beside=True)
    for name, drawing in tutorial().items():
        yield name, lambda drawing=drawing: drawing


def page() -> str:
    """The page that shows them all."""
    lines = ["# Gallery", "", "Made by `make gallery`. Every picture is drawn by `hw.draw` from the program alone."]

    def show(title: str, names: list[str]) -> None:
        lines.extend(["", f"## {title}"])
        for name in names:
            shown = name.partition("_")[2]
            lines.extend(["", f"### {shown}", "", f"![{shown}]({name}.svg)"])

    show("Constructs", [f"construct_{name}" for name in CONSTRUCTS])
    for theme in dict.fromkeys(p.theme for p in programs.LIBRARY.values()):
        show(f"Programs: {theme}", [f"program_{p.name}" for p in programs.LIBRARY.values() if p.theme == theme])
    show("Models", [f"model_{name}" for name in MODELS])
    show("Program and model side by side", [f"beside_{name}" for name in MODELS])
    return "\n".join(lines) + "\n"


def main() -> None:
    wanted = {"README.md"}
    for name, make in pictures():
        make().save(FOLDER / f"{name}.svg")
        wanted.add(f"{name}.svg")
    (FOLDER / "README.md").write_text(page(), "utf-8")
    for path in FOLDER.iterdir():
        if path.suffix in (".svg", ".md") and path.name not in wanted:
            path.unlink()
    print(f"{len(wanted) - 1} pictures in {FOLDER}")


if __name__ == "__main__":
    main()
