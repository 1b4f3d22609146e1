"""The application: options shared by all commands, and the messages and exit codes of errors.

Exit codes: 0 success; 1 a program failed; 2 bad usage (an unknown name, a missing file, an unreadable input).
Results go to stdout, one line for each input; everything else goes to stderr.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from io import StringIO
from typing import Annotated, Any

import typer

from .. import __version__, errors

FILE_MODULE = "hardwire_file_"
"""The prefix of the module name of a user's file."""

app = typer.Typer(
    name="hardwire",
    help="Sequence programs: run one as a transformer, see its steps, compile and verify it.",
    add_completion=False,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command line on the arguments, by default those of the process, and return the exit code."""
    sys.stdout, sys.stderr = sys.stdout or StringIO(), sys.stderr or StringIO()  # either may be closed
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # so that no locale makes printing fail
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            app(args=arguments, prog_name="hardwire")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    return 0


def _version(*, wanted: bool) -> None:
    if wanted:
        print(f"hardwire {__version__}")
        raise typer.Exit


_flags: ContextVar[frozenset[str]] = ContextVar("flags", default=frozenset())
"""The flags of the running command."""


@app.callback()
def _common(
    context: typer.Context,
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    command = getattr(context.command, "commands", {}).get(context.invoked_subcommand)
    parameters = [] if command is None else command.params
    _flags.set(frozenset(name for p in parameters for name in (*p.opts, *p.secondary_opts)))


def examples(*lines: str) -> str:
    """Return the part of a command's help that shows how it is called."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))


AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


class Usage(Exception):
    """The command was not used correctly: exit code 2."""


@contextmanager
def reporting(*, debug: bool) -> Iterator[None]:
    """Turn every exception into a message on stderr and an exit code."""
    try:
        yield
        sys.stdout.flush()
    except typer.Exit:
        raise
    except BrokenPipeError:  # the reader of our output has stopped, which is not an error
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(141) from None  # the code that a shell reports for SIGPIPE
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except Exception as error:
        raise typer.Exit(complain(error, debug=debug)) from None


def complain(error: Exception, *, debug: bool, hint: str = "") -> int:
    """Print an error, and return its exit code."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, errors.HardwireError):
        message = error.told(spelled)
    else:
        message = str(error) if isinstance(error, Usage) else f"{type(error).__name__}: {error}"
    print(f"error: {_place(error)}{message}", file=sys.stderr)
    if hint:
        print(f"    {hint}", file=sys.stderr)
    return 2 if isinstance(error, (Usage, errors.InputError)) else 1


FLAGS = {
    "certify": ("--no-certify", "compile"),
    "dtype": ("--dtype {}", "compile"),
    "errors": ("--keep", "run"),
    "longest": ("--longest", "compile"),
    "max_len": ("--max-len {}", "certify"),
    "memory": ("--memory {}", "compile"),
    "output": ("--read {}", "compile"),
    "weights": ("--weights {}", "compile"),
}
"""The flag for each option that a remedy recommends, by its name in Python, and a command that has the flag."""


def spelled(option: errors.Option | errors.Call) -> str:
    """Return a remedy's option as a flag of this command, or of the command that has it."""
    form, home = FLAGS[option.name]
    flag = form.format(option.value if isinstance(option, errors.Option) else "")
    return flag if flag.split()[0] in _flags.get() else f"`hardwire {home} {flag}`"


def _place(error: Exception) -> str:
    """Return the innermost line of the user's file in the traceback of an error."""
    lines = [
        f"{frame.f_code.co_filename}, line {number}: "
        for frame, number in traceback.walk_tb(error.__traceback__)
        if str(frame.f_globals.get("__name__", "")).startswith(FILE_MODULE)
    ]
    return lines[-1] if lines else ""


def _show_warning(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    """Print a warning of a program as other notes are; any other with its place, as Python does."""
    if issubclass(category, errors.ProgramWarning):
        warn(str(message))
    else:
        print(warnings.formatwarning(message, category, *where[:2]), end="", file=sys.stderr)


def note(message: str) -> None:
    print(f"note: {message}", file=sys.stderr)


def warn(message: str) -> None:
    print(f"warning: {message}", file=sys.stderr)
