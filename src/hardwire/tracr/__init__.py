"""Code written for Tracr (Lindner et al., NeurIPS 2023), with `tracr` replaced by `hardwire.tracr` in its imports.

`expressions/` is what programs are made of; `rasp/` has the names and runs programs, `compiler/` compiles them.
`meaning.py` is the one table that says which expression of hardwire each of Tracr's is: running goes through hardwire's
interpreter, compiling through hardwire's compiler and prover. `lowering.py` turns a whole program into hardwire's,
`uniform.py` the weights of a model into Tracr's shape.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from . import compiler, craft, rasp, transformer
    from .compiler import assemble, compiling, lib, validating
    from .lowering import to_hardwire

_MODULES = {
    **dict.fromkeys(("compiler", "craft", "rasp", "transformer"), "."),
    **dict.fromkeys(("assemble", "compiling", "lib", "validating"), ".compiler."),
}

__all__ = ["assemble", "compiler", "compiling", "craft", "lib", "rasp", "to_hardwire", "transformer", "validating"]


def __getattr__(name: str) -> _Any:
    if name == "to_hardwire":
        return _import_module(".lowering", __name__).to_hardwire
    if name in _MODULES:
        return _import_module(_MODULES[name] + name, __name__)
    where = (
        "Tracr's names are in its modules: hardwire.tracr.rasp (the language), .compiling (compile_rasp_to_model) and "
        ".lib (programs)."
    )
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}" + f"\n  {where}" * (name[0] != "_"))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
