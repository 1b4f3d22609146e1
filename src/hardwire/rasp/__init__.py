"""Original RASP (Weiss, Goldberg, Yahav, ICML 2021): a text comes in, s-ops and functions of `hardwire` come out.

`grammar.lark` is the language, `reader.py` turns a text into a tree, `evaluator.py` (read it first) a tree into
values. `scope.py` resolves names, `operators.py` applies operators, `strings.py` those on strings. `budget.py` limits
what a program may do, and `work.py` estimates the cost of running an s-op. `library.py` loads files and the library
`rasplib.rasp`. `running.py` and `display.py` run and show as the original does, `session.py` is its REPL without a
terminal and `repl.py` the terminal. `dumps.py` writes expressions back as RASP.
"""

from .dumps import dumps
from .library import Namespace, library, load

__all__ = ["Namespace", "dumps", "library", "load"]
