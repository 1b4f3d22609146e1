"""The command line: list the library, run a program on inputs, show every step of it.

Exit codes: 0 fine; 1 a program failed; 2 bad usage (an unknown name, a missing file, an unreadable input).
Results go to stdout, one line for each input; everything else goes to stderr.
"""

from __future__ import annotations

import inspect
import itertools
import json
import math
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from . import Failure, Selector, SOp, Trace, __version__, errors, programs

try:
    import typer
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
except ImportError as error:
    if (error.name or "").partition(".")[0] not in ("typer", "rich"):
        raise
    raise errors.MissingExtraError("the command line", "cli") from None

PLAIN_WIDTH = 100
"""The width of a trace where output is not a terminal: fixed, so that the same run prints the same text."""
TOGETHER = 256
"""How many inputs are run in one batch."""
FILE_MODULE = "hardwire_file_"
"""How the module of a user's file is named, in front of the file's own name."""

Input = str | list[Any]

app = typer.Typer(
    name="hardwire",
    help="Sequence programs: list the library, run a program, show its steps.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main(arguments: list[str] | None = None) -> int:
    """Runs the command line on the arguments, by default the process's own, and returns the exit code."""
    sys.stdout, sys.stderr = sys.stdout or StringIO(), sys.stderr or StringIO()  # either may have been closed for us
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # an odd locale shortens no output
    try:
        app(args=arguments, prog_name="hardwire")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


# The commands.


def _version(wanted: bool) -> None:
    if wanted:
        print(f"hardwire {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command("list")
def list_(as_json: AsJson = False, debug: Debug = False) -> None:
    """List the library's programs by theme."""
    with _reporting(debug):
        if as_json:
            print(_json([_description(p) for p in programs.LIBRARY.values()]))
        else:
            _print(_library_table(), None)


@app.command()
def run(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="A library program, or file.py:name.", show_default=False)
    ],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="INPUT",
            help='Text, whose characters are the tokens, or a JSON list such as "[3, 1, 2]". '
            "Without any, and for -, each line of standard input.",
            show_default=False,
        ),
    ] = None,
    layers: Annotated[bool, typer.Option("--layers", help="Print the number of attention layers first.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Show every named step.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object for each input.")] = False,
    causal: Annotated[bool, typer.Option("--causal", help="Let no position see a later one.")] = False,
    text: Annotated[bool, typer.Option("--text", help="Read [ as text too, never as a JSON list.")] = False,
    debug: Debug = False,
) -> None:
    """Run a program on one or more inputs, and print what it answers."""
    with _reporting(debug):
        job = _Job(name, causal, text)
        if layers and not as_json:
            print(f"layers: {job.sop.layers}")
        code = 0
        for number, (x, outcome) in enumerate(job.outcomes(_texts(inputs or ["-"]))):
            shown = job.sop.trace(x, causal=causal) if trace and not isinstance(outcome, errors.InputError) else None
            if as_json:
                print(_json(job.record(x, outcome, shown, layers)), flush=True)
            else:
                if shown is not None:
                    _print(*_trace_table(shown), blank_before=number > 0)
                if not isinstance(outcome, Exception):
                    print(job.line(x, outcome), flush=True)
            if isinstance(outcome, Exception):
                sys.stdout.flush()
                code = max(code, _complain(outcome, debug, job.hint(x, outcome)))
    raise typer.Exit(code)


# Running.


class _Job:
    """One program to run on many inputs."""

    def __init__(self, name: str, causal: bool, as_text: bool) -> None:
        self.name = name
        self.causal = causal
        found = _find(name)
        self.program = found if isinstance(found, programs.Program) else None
        self.sop = _sop_of(found, name)
        # Where "[" itself is a token, "[[]" and "[]" are both texts.
        self.as_text = as_text or (self.program is not None and "[" in self.program.vocab)

    def outcomes(self, texts: Iterable[str]) -> Iterator[tuple[Any, list[Any] | errors.HardwireError]]:
        """Each input as it was read, with its result or error."""
        for some in _chunks(texts, 1 if _typed_by_hand() else TOGETHER):
            try:
                read = [_read(text, self.as_text) for text in some]
                yield from zip(read, self.sop.batch(read, causal=self.causal), strict=True)
            except errors.HardwireError:  # in one of them: tell which by running one at a time
                for text in some:
                    yield self._outcome(text)

    def _outcome(self, text: str) -> tuple[Any, list[Any] | errors.HardwireError]:
        x: Any = text
        try:
            x = _read(text, self.as_text)
            return x, self.sop(x, causal=self.causal)
        except errors.HardwireError as error:
            return x, error

    def line(self, x: Input, result: list[Any]) -> str:
        """What is printed for one input."""
        answer = self.answer(x, result)
        return str(result) if answer is None else f"{result} -> {answer}"

    def answer(self, x: Input, result: list[Any]) -> str | None:
        """The result as a person reads it, where the program has such a reading and the input is a valid one."""
        program = self.program
        if program is None or self.causal:
            return None
        if program.given is not None and not all(ok is True for ok in program.given()(x, errors="keep")):
            _note(f"{_short(x, 40)} is no valid input of {self.name}, so the result may mean nothing")
            return None
        return None if program.answer is None else program.answer(result)

    def record(
        self, x: Any, outcome: list[Any] | errors.HardwireError, trace: Trace | None, layers: bool
    ) -> dict[str, Any]:
        """What `--json` prints for one input."""
        record: dict[str, Any] = {"program": self.name, "input": x}
        if layers:
            record["layers"] = self.sop.layers
        if trace is not None:
            record["steps"] = [{"name": s.name, "layer": s.layer, "values": s.values} for s in trace]
        if isinstance(outcome, Exception):
            return record | {"error": str(outcome)}
        answer = self.answer(x, outcome)
        return record | {"result": list(outcome)} | ({} if answer is None else {"answer": answer})

    def hint(self, x: Any, outcome: Exception) -> str:
        """What to type instead where text was given to a program whose tokens are no characters."""
        program = self.program
        if program is None or not isinstance(x, str) or not isinstance(outcome, errors.EvaluationError):
            return ""
        if any(isinstance(token, str) for token in program.vocab):
            return ""
        return f"The tokens of {self.name} are no characters; give a list: hardwire run {self.name} '{_typed(program)}'"


def _chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(texts)
    while some := list(itertools.islice(rest, size)):
        yield some


# Finding the program.


class _Usage(Exception):
    """The command was not given as it should be: exit code 2."""


def _find(name: str) -> Any:
    """The library program, or the thing in a user's file, of that name. Raises _Usage, or what the file raises."""
    path, colon, attribute = name.rpartition(":")
    if path.endswith(".py"):
        module = vars(_load(Path(path)))
        if attribute not in module:
            own = [
                k for k, v in module.items() if isinstance(v, SOp) or getattr(v, "__module__", "") == module["__name__"]
            ]
            raise _Usage(str(errors.UnknownNameError(f"program in {path} named", attribute, own)))
        return module[attribute]
    if name.endswith(".py"):
        raise _Usage(f"{name} is a file; name a program in it: {name}:program")
    if colon or "/" in name:
        raise _Usage(f"{name} names no program; write a library name (`hardwire list` shows all) or file.py:name")
    try:
        return programs.get(name)
    except errors.UnknownNameError as error:
        raise _Usage(str(error)) from None


def _load(path: Path) -> ModuleType:
    """The user's file as a module, run as `python file.py` would, except that it is not __main__."""
    try:
        source = path.read_bytes()
    except OSError as error:
        raise _Usage(f"cannot read {path}: {error.strerror or error}") from None
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
    """The sop that was found, or that the function found gives. Raises _Usage."""
    if isinstance(found, SOp):
        return found
    if isinstance(found, (type, Selector)) or not callable(found) or hasattr(found, "expr"):
        raise _Usage(f"{name} is {_kind(found)}; it must be a sop, or a function that gives one")
    if not _takes_nothing(found):
        raise _Usage(f"{name} needs arguments; name a sop, or a function whose arguments all have defaults")
    made = found()
    if not isinstance(made, SOp):
        raise _Usage(f"{name}() gives {_kind(made)}; it must give a sop")
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


# Reading inputs.


def _texts(inputs: Iterable[str]) -> Iterator[str]:
    """The inputs as given, the lines of stdin in place of each `-`. Raises _Usage."""
    for text in inputs:
        if text != "-":
            yield text
            continue
        if _typed_by_hand():
            _note("each line is an input; Ctrl-D ends")
        try:
            for line in sys.stdin or ():
                yield line.removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise _Usage(f"standard input is no {error.encoding} text: {error.reason}") from None


def _typed_by_hand() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _read(text: str, as_text: bool) -> Input:
    """The tokens that an argument or a line stands for. Raises InputError."""
    if as_text or not text.startswith("["):
        return text
    try:
        return [_frozen(item) for item in json.loads(text)]
    except json.JSONDecodeError as error:
        if text.endswith("]"):
            _note(f"{_short(text, 40)} is no JSON list ({error.msg}), so its characters are the tokens; --text says so")
        return text
    except (ValueError, RecursionError) as error:
        raise errors.InputError(f"the input {_short(text, 40)} cannot be read: {error}", value=text) from None


def _frozen(item: Any) -> Any:
    return tuple(map(_frozen, item)) if isinstance(item, list) else item


# Tables.


def _description(program: programs.Program) -> dict[str, Any]:
    return {
        "name": program.name,
        "theme": program.theme,
        "layers": program().layers,
        "summary": program.summary,
        "example": program.example,
        "vocab": list(program.vocab),
        "max_len": program.max_len,
    }


def _library_table() -> Table:
    table = _table("program", "layers", "what it does", "example")
    table.columns[1].justify = "right"
    if sys.stdout.isatty():  # elsewhere every program has one line, however long
        table.columns[2].no_wrap = False
        table.columns[3].max_width = 20
    for theme, members in itertools.groupby(programs.LIBRARY.values(), key=lambda p: p.theme):
        table.add_row(Text(theme, style="bold"))
        for p in members:
            table.add_row(*map(Text, (f"  {p.name}", str(p().layers), p.summary, _typed(p))))
    return table


def _typed(program: programs.Program) -> str:
    """A program's example as one would type it."""
    return program.example if isinstance(program.example, str) else _json(program.example)


def _trace_table(trace: Trace) -> tuple[Table, str]:
    """The steps of a run as rows, positions as columns, the middle left out where they are too many; a caption."""
    rows = [(step.name, str(step.layer), _cells(step.values, isinstance(step.of, Selector))) for step in trace]
    if not any(step.of.expr is trace.of.expr for step in trace):
        rows.append(("result", str(trace.of.layers), _cells(trace.result, False)))
    header = [t if isinstance(t, str) and t.isprintable() and t.strip() else _short(t, 10) for t in trace.input]
    names = max(cell_len(name) for name, *_ in rows)
    room = _width() - max(names, len("step")) - len("layer") - 6
    left, right = _ends(len(header), room, lambda i: max(cell_len(c[i]) for c in (header, *(r[2] for r in rows))) + 2)

    def shown(cells: list[str]) -> list[str]:
        return cells if left + right == len(cells) else [*cells[:left], "…", *cells[len(cells) - right :]]

    table = _table("step", "layer", *shown(header))
    for column in table.columns[1:]:
        column.justify = "right"
    for name, layer, cells in rows:
        table.add_row(*map(Text, (name, layer, *shown(cells))))
    captions = []
    if left + right < len(header):
        captions.append(f"{len(header) - left - right} of {len(header)} positions left out; --json has them all")
    if any(isinstance(step.of, Selector) for step in trace):
        selectors = ", ".join(step.name for step in trace if isinstance(step.of, Selector))
        captions.append(f"selectors ({selectors}): how many keys each position selects")
    return table, "\n".join(captions)


def _cells(values: list[Any], selector: bool) -> list[str]:
    if selector:
        return ["✗" if any(isinstance(c, Failure) for c in row) else str(row.count(True)) for row in values]
    return ["✗" if isinstance(v, Failure) else _short(v, 16) for v in values]


def _ends(n: int, room: int, width: Callable[[int], int]) -> tuple[int, int]:
    """How many columns to show from the left and from the right, of n, in so much room."""
    left = right = used = 0
    while left + right < n:
        at = left if left <= right else n - 1 - right
        used += width(at)
        rest = 0 if left + right + 1 == n else 3  # the column that says that some are left out
        if used + rest > room and left > 0:
            break
        left, right = (left + 1, right) if left <= right else (left, right + 1)
    return left, right


def _table(*headers: str) -> Table:
    table = Table(box=None, padding=(0, 1), pad_edge=False, header_style="bold underline")
    for header in headers:
        table.add_column(Text(header), no_wrap=True)
    return table


def _width() -> int:
    return Console().width if sys.stdout.isatty() else PLAIN_WIDTH


def _print(table: Table, caption: str | None, blank_before: bool = False) -> None:
    """A table in colours on a terminal; elsewhere plain text that does not depend on the surroundings."""
    if blank_before:
        print()
    if sys.stdout.isatty():
        Console(highlight=False).print(table)
    else:
        plain = StringIO()
        Console(file=plain, width=10_000, color_system=None, force_terminal=False).print(table)
        print("\n".join(line.rstrip() for line in plain.getvalue().splitlines()))
    if caption:
        print(caption)


# Values as text.


def _json(x: Any) -> str:
    return json.dumps(_plain(x), ensure_ascii=False, allow_nan=False)


def _plain(x: Any) -> Any:
    """x in what JSON has: tuples become lists, failures {"failed": reason}, all else the text of its repr."""
    if isinstance(x, dict):
        return {k: _plain(v) for k, v in x.items()}
    if isinstance(x, (list, tuple)):
        return [_plain(item) for item in x]
    if isinstance(x, Failure):
        return {"failed": x.reason}
    if x is None or type(x) in (bool, int, str) or (type(x) is float and math.isfinite(x)):
        return x
    return repr(x)


def _short(x: Any, limit: int) -> str:
    text = repr(x)
    return text if len(text) <= limit else text[: limit - 1] + "…"


# Errors.


@contextmanager
def _reporting(debug: bool) -> Iterator[None]:
    """Turns whatever goes wrong into a message on stderr and an exit code."""
    try:
        yield
        sys.stdout.flush()
    except typer.Exit:
        raise
    except BrokenPipeError:  # whoever read our output has stopped: nothing is wrong
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(141) from None  # what a shell reports of any program that this ends
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        raise typer.Exit(_complain(error, debug)) from None


def _complain(error: Exception, debug: bool, hint: str = "") -> int:
    """Prints an error, and returns the exit code it stands for."""
    if debug:
        traceback.print_exception(error)
    known = isinstance(error, (errors.HardwireError, _Usage))
    message = str(error) if known else f"{type(error).__name__}: {error}"
    print(f"error: {_place(error)}{message}", file=sys.stderr)
    if hint:
        print(f"    {hint}", file=sys.stderr)
    return 2 if isinstance(error, (_Usage, errors.InputError)) else 1


def _place(error: Exception) -> str:
    """The innermost line of the user's file that an error came through."""
    lines = [
        f"{frame.f_code.co_filename}, line {number}: "
        for frame, number in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith(FILE_MODULE)
    ]
    return lines[-1] if lines else ""


def _note(message: str) -> None:
    print(f"note: {message}", file=sys.stderr)
