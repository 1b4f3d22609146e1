"""Resolving names on the command line: a program of the library or in a file, a complete model or a saved one."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import hardwire

from .. import Selector, SOp, Transformer, errors, load, programs
from .. import compile as compile_sop
from .app import FILE_MODULE, Usage, note
from .show import short

if TYPE_CHECKING:
    from ..recipes import models

MODELS = "models:"
"""The prefix of the name of a complete model of the Cookbook."""


@dataclass(frozen=True)
class Resolved:
    """A resolved name; at least one of `sop` and `model` is set. `complete` is a model of the Cookbook, `built` the sop
    or the function that a user's file has under the name."""

    name: str
    library: programs.Program | None = None
    sop: SOp | None = None
    model: Transformer | None = None
    complete: models.Model | None = None
    built: Any = None

    @property
    def example(self) -> Any:
        """The example input. Raises Usage if there is none."""
        known = self.library or self.complete
        if known is None:
            raise Usage(f"{self.name} has no example of its own; give an input to draw")
        return known.example

    def needed_sop(self) -> SOp:
        """Return the program of `--program`, or else that in the model's file. Raises Usage if there is neither."""
        if self.sop is None and self.complete is not None:
            raise Usage(f"{self.name} is made by hand and has no program; `hardwire certify` proves what it computes")
        if self.sop is None and self.model is not None and self.model.source is not None:
            stored: SOp = self.model.source
            note(f"the program is the one in the file: {short(stored.formula, 60)}")
            return stored
        if self.sop is None:
            raise Usage(f"{self.name} is a model whose file has no program; name its program with --program NAME")
        return self.sop

    def defaults(self, vocab: list[Any] | None, max_len: int | None) -> tuple[list[Any], int]:
        """Return the vocabulary and max_len to compile for. Raises Usage if they are not known."""
        if self.library is not None:
            return list(self.library.vocab) if vocab is None else vocab, max_len or self.library.max_len
        missing = [option for given, option in ((vocab, "--vocab TOKENS"), (max_len, "--max-len N")) if given is None]
        if vocab is None or max_len is None:
            raise Usage(f"{self.name} has no vocabulary and max_len of its own; give {' and '.join(missing)}")
        return vocab, max_len

    def compile(self, vocab: list[Any], max_len: int, *, certify: bool = False, **options: Any) -> Transformer:
        """Compile the program; the options are those of `hardwire.compile`. Raises what it raises, and Usage for a
        model."""
        if self.model is not None:
            raise Usage(f"{self.name} is compiled already")
        return compile_sop(self.needed_sop(), vocab, max_len, certify=certify, **options)

    def made(self, vocab: list[Any] | None, max_len: int | None, **options: Any) -> Transformer:
        """Return the model, compiled from the program if necessary. Raises what `compile` raises."""
        if self.model is not None:
            return self.model
        tokens, longest = self.defaults(vocab, max_len)
        return self.compile(tokens, longest, **options)


def find(name: str, program: str | None = None) -> Resolved:
    """Resolve a name; `program` names the program of a model. Raises Usage, and the errors of a user's file."""
    if Path(name).suffix == ".safetensors":
        model = load(name)
        made_of = None if program is None else find(program)
        if made_of is None:
            return Resolved(name, model=model)
        if made_of.complete is not None and made_of.model is not None:
            known = replace(model, source=made_of.sop, reference=made_of.model.reference)
            return Resolved(name, sop=made_of.sop, model=known, complete=made_of.complete)
        return Resolved(name, made_of.library, made_of.needed_sop(), model)
    if name.startswith(MODELS) and program is None:
        return _complete(name)
    if program is not None:
        raise Usage(f"--program is for the file of a model, but {name} is a program")
    found = _named(name)
    library = found if isinstance(found, programs.Program) else None
    return Resolved(name, library, _sop_of(found, name), built=found)


def _complete(name: str) -> Resolved:
    """Return a complete model of the Cookbook. Raises Usage."""
    from ..recipes import models

    try:
        found = models.get(name.removeprefix(MODELS))
    except errors.UnknownNameError as error:
        raise Usage(str(error)) from None
    model = found.build()
    return Resolved(name, sop=model.source, model=model, complete=found)


def _named(name: str) -> Any:
    """Return the library program, or the object in a user's file, of a name. Raises Usage, and the file's errors."""
    path, colon, attribute = name.rpartition(":")
    if path.endswith(".py"):
        module = vars(_load(Path(path)))
        if attribute not in module:
            raise Usage(str(errors.UnknownNameError(f"program in {path} named", attribute, _written_in(module))))
        return module[attribute]
    if path.endswith(".rasp"):
        return _of_rasp(Path(path), attribute)
    if name.endswith((".py", ".rasp")):
        raise Usage(f"{name} is a file; name a program in it, as in {name}:NAME")
    if colon or "/" in name:
        raise Usage(
            f"{name} does not name a program; write a library name (`hardwire list` shows all), file.py:name, "
            "file.rasp:name, or models:name for a model of the Cookbook (`hardwire recipes`)"
        )
    try:
        return programs.get(name)
    except errors.UnknownNameError as error:
        from ..recipes.models import MODELS as complete

        hint = f" There is a model of that name: {MODELS}{name}" if name in complete else ""
        raise Usage(f"{error}{hint}") from None


def _written_in(module: dict[str, Any]) -> list[str]:
    """Return the names of a file's own programs: not those of hardwire's that it imported, such as `tokens`."""
    public = vars(hardwire)
    return [
        name
        for name, value in module.items()
        if getattr(value, "__module__", "") == module["__name__"]
        or (isinstance(value, SOp) and value is not public.get(name))
    ]


def _of_rasp(path: Path, name: str) -> Any:
    """Return the object that a RASP file defines under a name. Raises Usage, and RaspError for an invalid file."""
    from .. import rasp

    if not path.is_file():
        raise Usage(f"cannot read {path}: the file does not exist")
    found = rasp.load(path)
    if name not in found:
        raise Usage(str(errors.UnknownNameError(f"program in {path} named", name, found)))
    return found[name]


def _load(path: Path) -> ModuleType:
    """Run the user's file as `python file.py` would, except that its name is not __main__, and return the module."""
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
    """Return the sop that was found, or the result of the function that was found. Raises Usage."""
    if isinstance(found, SOp):
        return found
    if isinstance(found, (type, Selector)) or not callable(found) or hasattr(found, "expr"):
        raise Usage(f"{name} is {_kind(found)}; it must be a sop, or a function that returns one")
    if not _takes_nothing(found):
        raise Usage(f"{name} needs arguments; name a sop, or a function whose arguments all have defaults")
    made = found()
    if not isinstance(made, SOp):
        raise Usage(f"{name}() returns {_kind(made)}; it must return a sop")
    return made


def _kind(x: object) -> str:
    name = type(x).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"


def _takes_nothing(f: Callable[..., Any]) -> bool:
    try:
        inspect.signature(f).bind()
    except TypeError:
        return False
    except ValueError:  # a builtin without a signature
        pass
    return True
