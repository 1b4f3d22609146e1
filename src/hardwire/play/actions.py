"""What the playground does with a typed program: run it, compile it, check it as a puzzle's solution, export it."""

from __future__ import annotations

import base64
import inspect
import itertools
import linecache
import traceback
from collections.abc import Callable
from typing import Any

from ..errors import HardwireError, InputError
from ..lang import surface
from ..lang.selector import Key, Query, Selector
from ..lang.sop import SOp
from ..live.content import page
from ..live.explorer import Explorer, explore, subject_of
from ..live.interpreted import run as interpreted
from ..puzzles import check, get, record
from ..run.batch import read_input
from .exporting import exported

Json = dict[str, Any]

_numbers = itertools.count(1)
_MODULE = "typed_program"
_AGGREGATE = "compare keys with queries, key(x) == query(y), and aggregate the selector, .value(z) or .width()."


class _Typed(Exception):
    """The typed program has a mistake: `line`, if it is known, and what is wrong."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def answer(request: Json) -> Json:
    """Return the answer to a request of the page; mistakes in the program are a `problem` with a line."""
    filename = f"<program {next(_numbers)}>"
    try:
        own = definitions(str(request["code"]), filename)
        names = {name: x for name, x in own.items() if _is_program(x)}
        name = request.get("name") if request.get("name") in names else next(reversed(names), None)
        if name is None:
            hint = next(filter(None, map(_hint, own, own.values())), "")
            raise _Typed(f"The program defines no sop, and no function without arguments that returns one.{hint}")
        found = ACTIONS[request["action"]](request | {"program": names[name], "name": name})
        return {"names": list(names), "name": name, **found}
    except _Typed as error:
        return {"problem": {"message": str(error), "line": error.line}}
    except SyntaxError as error:
        return {"problem": {"message": f"SyntaxError: {error.msg}", "line": error.lineno}}
    except HardwireError as error:
        return {"problem": {"message": str(error), "line": _line(error, filename)}}
    except Exception as error:
        return {"problem": {"message": f"{type(error).__name__}: {error}", "line": _line(error, filename)}}
    finally:
        linecache.cache.pop(filename, None)


def definitions(code: str, filename: str) -> dict[str, Any]:
    """Execute a typed program; return what it defines by name, without names that begin with an underscore."""
    linecache.cache[filename] = (len(code), None, code.splitlines(keepends=True), filename)
    space: dict[str, Any] = {"__name__": _MODULE}
    exec(compile(code, filename, "exec"), space)
    return {name: x for name, x in space.items() if name[0] != "_" and getattr(surface, name, None) is not x}


def _is_program(x: Any) -> bool:
    """Whether a value is a sop, or a function of the program that may return one."""
    return isinstance(x, SOp) or (_is_typed(x) and not _needed(x))


def _hint(name: str, x: Any) -> str:
    """What a definition that is no program needs to become one, if it is close to one."""
    if _is_typed(x):
        return f" {name} needs arguments: give each a default, such as def {name}({_needed(x)[0]}=tokens)."
    return f" {name} is a {x.word}: {_AGGREGATE}" if isinstance(x, Selector | Key | Query) else ""


def _is_typed(x: Any) -> bool:
    return inspect.isfunction(x) and x.__module__ == _MODULE


def _needed(function: Callable[..., Any]) -> list[str]:
    """The parameters without a default."""
    parameters = inspect.signature(function).parameters.values()
    return [p.name for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]


def _input(request: Json) -> str | list[Any]:
    """The input as it was typed: text, or a list where it is written as one."""
    typed = str(request.get("input", "hello"))
    if not typed.startswith("["):
        return typed
    import ast

    try:
        return read_input(ast.literal_eval(typed))
    except (ValueError, SyntaxError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else error
        raise InputError(f"the input {typed} is not a list of values: {reason}", value=typed) from None


def _run(request: Json) -> Json:
    subject = subject_of(request["program"])
    assert subject.sop is not None
    given = _input(request)
    texts = {"tokens": None, "typed": str(request.get("input", "hello"))}
    return {"page": page(subject) | texts | {"trace": interpreted(subject.sop, given, subject.listing, causal=False)}}


def _explored(request: Json) -> Explorer:
    return explore(request["program"], _input(request), vocab=request.get("vocab") or None)


def _compile(request: Json) -> Json:
    explorer = _explored(request)
    if explorer.model is None:
        return {"page": None, "why": explorer.content["why"]}
    return {"page": explorer.content, "model": base64.b64encode(explorer.files).decode()}


def _export(request: Json) -> Json:
    explorer = _explored(request)
    if explorer.model is None:
        raise _Typed(explorer.content["why"])
    file, data = exported(explorer, explorer.model, str(request.get("target")), str(request["name"]))
    return {"file": file, "data": base64.b64encode(data).decode()}


def _check(request: Json) -> Json:
    puzzle = get(str(request["puzzle"]))
    program = request["program"]
    outcome = check(puzzle, program if isinstance(program, SOp) else program())
    record(outcome)
    return {"solved": bool(outcome), "text": repr(outcome)}


def _line(error: BaseException, filename: str) -> int | None:
    """The innermost line of the typed program in the traceback of an error."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == filename]
    return frames[-1].lineno if frames else None


ACTIONS: dict[str, Callable[[Json], Json]] = {"run": _run, "compile": _compile, "check": _check, "export": _export}
"""What the page can ask for."""
