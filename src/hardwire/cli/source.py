"""What a name on the command line stands for: a library program, one in a file, or a model in a file."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from .. import Selector, SOp, Transformer, errors, load, programs
from .. import compile as compile_sop
from .app import FILE_MODULE, Usage


@dataclass(frozen=True)
class Source:
    """What a name stands for; at least one of `sop` and `model` is there."""

    name: str
    library: programs.Program | None = None
    sop: SOp | None = None
    model: Transformer | None = None

    def needed_sop(self) -> SOp:
        """The program. Raises Usage for a model whose program is not given."""
        if self.sop is None:
            raise Usage(f"{self.name} is a model, and its file holds no program; --program NAME says which it was")
        return self.sop

    def defaults(self, vocab: list[Any] | None, max_len: int | None) -> tuple[list[Any], int]:
        """The vocabulary and greatest length to compile for. Raises Usage where neither side has them."""
        if self.library is not None:
            return vocab or list(self.library.vocab), max_len or self.library.max_len
        if vocab is None or max_len is None:
            raise Usage(f"{self.name} has no vocabulary and length of its own; give --vocab TOKENS and --max-len N")
        return vocab, max_len

    def compile(
        self, vocab: list[Any], max_len: int, *, causal: bool, dtype: str, certify: bool = False
    ) -> Transformer:
        """The program as a transformer. Raises CompileError, CertificateError, and Usage for a model."""
        if self.model is not None:
            raise Usage(f"{self.name} is compiled already")
        return compile_sop(self.needed_sop(), vocab, max_len, causal=causal, dtype=dtype, certify=certify)


def find(name: str, program: str | None = None) -> Source:
    """What the name stands for; `program` names the program of a model. Raises Usage, or what a file raises."""
    if Path(name).suffix == ".safetensors":
        model = load(name)
        made_of = None if program is None else find(program)
        if made_of is None:
            return Source(name, model=model)
        return Source(name, made_of.library, made_of.needed_sop(), model)
    if program is not None:
        raise Usage(f"--program is for the file of a model, and {name} is a program")
    found = _named(name)
    library = found if isinstance(found, programs.Program) else None
    return Source(name, library, _sop_of(found, name))


def _named(name: str) -> Any:
    """The library program, or the thing in a user's file, of that name. Raises Usage, or what the file raises."""
    path, colon, attribute = name.rpartition(":")
    if path.endswith(".py"):
        module = vars(_load(Path(path)))
        if attribute not in module:
            own = [
                k for k, v in module.items() if isinstance(v, SOp) or getattr(v, "__module__", "") == module["__name__"]
            ]
            raise Usage(str(errors.UnknownNameError(f"program in {path} named", attribute, own)))
        return module[attribute]
    if path.endswith(".rasp"):
        return _of_rasp(Path(path), attribute)
    if name.endswith((".py", ".rasp")):
        raise Usage(f"{name} is a file; name a program in it: {name}:program")
    if colon or "/" in name:
        raise Usage(
            f"{name} names no program; write a library name (`hardwire list` shows all), file.py:name or file.rasp:name"
        )
    try:
        return programs.get(name)
    except errors.UnknownNameError as error:
        raise Usage(str(error)) from None


def _of_rasp(path: Path, name: str) -> Any:
    """What a RASP file defines under a name. Raises Usage, or what is wrong with the file."""
    from .. import rasp

    if not path.is_file():
        raise Usage(f"cannot read {path}: there is no such file")
    found = rasp.load(path)
    if name not in found:
        raise Usage(str(errors.UnknownNameError(f"program in {path} named", name, found)))
    return found[name]


def _load(path: Path) -> ModuleType:
    """The user's file as a module, run as `python file.py` would, except that it is not __main__."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise Usage(f"cannot read {path}: {error.strerror or error}") from None
    module = ModuleType(FILE_MODULE + path.stem)
    module.__file__ = str(path)
    sys.modules[module.__name__] = module
    folder = str(path.parent.resolve())
    if folder not in sys.path:
        sys.path.insert(0, folder)
    try:
        exec(compile(source, str(path), "exec"), vars(module))
    except SystemExit as stop:
        raise RuntimeError(f"{path} ended with sys.exit({stop.code!r})") from stop
    return module


def _sop_of(found: Any, name: str) -> SOp:
    """The sop that was found, or that the function found gives. Raises Usage."""
    if isinstance(found, SOp):
        return found
    if isinstance(found, (type, Selector)) or not callable(found) or hasattr(found, "expr"):
        raise Usage(f"{name} is {_kind(found)}; it must be a sop, or a function that gives one")
    if not _takes_nothing(found):
        raise Usage(f"{name} needs arguments; name a sop, or a function whose arguments all have defaults")
    made = found()
    if not isinstance(made, SOp):
        raise Usage(f"{name}() gives {_kind(made)}; it must give a sop")
    return made


def _kind(x: object) -> str:
    name = type(x).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _takes_nothing(f: Callable[..., Any]) -> bool:
    try:
        inspect.signature(f).bind()
    except TypeError:
        return False
    except ValueError:  # a builtin that does not tell
        pass
    return True
