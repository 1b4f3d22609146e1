"""Original RASP (Weiss, Goldberg, Yahav, ICML 2021): a text comes in, s-ops and functions of `hardwire` come out.

`grammar.lark` is the language, `reader.py` turns a text into a tree, `evaluator.py` (read it first) a tree into
values, `scope.py` knows names, `values.py` operators, `strings.py` those of strings; `limits.py` says how much may be
done, and `work.py` how much it is to run an s-op; `library.py` loads files and the library `rasplib.rasp`;
`running.py` and `display.py` run and show as the original does, `session.py` is its REPL without a terminal and
`repl.py` the terminal; `dumps.py` writes expressions back.
"""

from .dumps import dumps
from .library import Namespace, library, load

__all__ = ["Namespace", "dumps", "library", "load"]
