"""The library as programs to start from, each with its source."""

from __future__ import annotations

from typing import Any

from ..programs import LIBRARY
from .sources import source

FIRST = '''from hardwire import indices, key, query, tokens

def flip(seq=tokens):
    """The sequence reversed."""
    length = (key(1) == query(1)).value(1).name("length")
    return (key(length - indices - 1) == query(indices)).value(seq).name("flip")
'''


def examples() -> list[dict[str, Any]]:
    """The programs to start from: `flip` written out, and the library by theme."""
    found: list[dict[str, Any]] = [{"name": "flip, written out", "theme": "start", "code": FIRST, "input": "hello"}]
    for name, program in LIBRARY.items():
        given = program.example if isinstance(program.example, str) else repr(list(program.example))
        found.append(
            {"name": name, "theme": program.theme, "about": program.summary, "code": source(program), "input": given}
        )
    return found
