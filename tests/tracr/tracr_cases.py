"""The programs of cases.json with Tracr's answers, and the list of models without a proof."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hardwire.tracr import lib, rasp

_DATA = json.loads(Path(__file__).with_name("cases.json").read_text("utf-8"))

CASES: list[dict[str, Any]] = _DATA["cases"]
"""Programs with the answers of Tracr's interpreters, types included; `validate` are the names of reasons."""

ERRORS: list[dict[str, Any]] = _DATA["errors"]
"""Programs that raise, while they are built or run."""

NO_PROOF: dict[tuple[str, str, str], str] = {}
"""Where the compiler or the prover gives up today: (program, length, dtype) and why. A proof that is found is welcome,
and its row goes."""


def built(source: str) -> Any:
    """The program that a text assigns."""
    names: dict[str, Any] = {"rasp": rasp, "lib": lib}
    exec(source, names)
    return names["program"]


def every_input(vocab: list[Any], longest: int) -> Iterator[list[Any]]:
    """All inputs of one token and more."""
    for n in range(1, longest + 1):
        yield from map(list, itertools.product(vocab, repeat=n))
