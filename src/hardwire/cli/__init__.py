"""The command line: arguments come in; results, tables and files go out. It uses only the public names of hardwire.

`app.py` has what all commands share; every command has a module of its own. `source.py` resolves the name of a program
or model, `typed_inputs.py` reads typed and piped inputs, `show.py` makes tables and text.
"""

from ..errors import MissingExtraError

try:
    import rich as _rich  # noqa: F401
    import typer as _typer  # noqa: F401
except ImportError as error:
    if (error.name or "").partition(".")[0] not in ("typer", "rich"):
        raise
    raise MissingExtraError("the command line", "cli") from None

from . import (  # noqa: F401  each registers its command
    campaign,
    certify,
    compile,
    dataset,
    discover,
    draw,
    explore,
    export,
    generate,
    list,
    optimize,
    play,
    puzzles,
    recipes,
    repl,
    run,
    verify,
)
from .app import app, main

__all__ = ["app", "main"]
