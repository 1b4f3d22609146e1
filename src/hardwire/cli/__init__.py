"""The command line: arguments come in; results, tables and files go out. It is built from the public names alone.

`app.py` is what all commands share; every command has a module of its own. `source.py` finds what a name stands
for, `typed_inputs.py` reads what is typed or piped, `show.py` makes tables and text.
"""

from ..errors import MissingExtraError

try:
    import rich as _rich  # noqa: F401
    import typer as _typer  # noqa: F401
except ImportError as error:
    if (error.name or "").partition(".")[0] not in ("typer", "rich"):
        raise
    raise MissingExtraError("the command line", "cli") from None

from . import certify, compile, draw, export, list, puzzles, recipes, repl, run, verify  # noqa: F401  each registers its command
from .app import app, main

__all__ = ["app", "main"]
