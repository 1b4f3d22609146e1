"""Reading inputs that are typed or piped in."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from .. import errors
from .app import Usage, note
from .show import short

Input = str | list[Any]


def texts(inputs: Iterable[str]) -> Iterator[str]:
    """Yield the inputs, with the lines of stdin in place of each `-`. Raises Usage."""
    for text in inputs:
        if text != "-":
            yield text
            continue
        if typed_by_hand():
            note("each line is an input; Ctrl-D ends")
        try:
            for line in sys.stdin or ():
                yield line.removesuffix("\n").removesuffix("\r")
        except UnicodeDecodeError as error:
            raise Usage(f"standard input is not {error.encoding} text: {error.reason}") from None


def typed_by_hand() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def read_input(text: str, *, as_text: bool) -> Input:
    """Return the tokens of an argument or a line. Raises InputError."""
    if as_text or not text.startswith("["):
        return text
    try:
        return [_frozen(item) for item in json.loads(text)]
    except json.JSONDecodeError as error:
        if any(c.isalnum() or c in "\"'," for c in text):  # not only brackets, which some programs read
            why = f"{short(text, 40)} is not a JSON list ({error.msg})"
            note(f"{why}, so its characters are the tokens; --text avoids this note")
        return text
    except (ValueError, RecursionError) as error:
        raise errors.InputError(f"the input {short(text, 40)} cannot be read: {error}", value=text) from None


def _frozen(item: Any) -> Any:
    return tuple(map(_frozen, item)) if isinstance(item, list) else item


def chunks(texts: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(texts)
    while some := list(itertools.islice(rest, size)):
        yield some
