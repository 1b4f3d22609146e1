"""Options of public functions: flags are True or False, and NumPy's scalars arrive as Python's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import hardwire as hw
from hardwire import full, indices, length, tokens
from hardwire.campaign import CampaignSettings
from hardwire.datasets import generate as data_set
from hardwire.errors import BuildError, ModelError
from hardwire.lang.arguments import FLAGS

OWN = {"Result", "Trace", "RaspError"}
"""Classes whose objects the library makes."""


def _functions(name: str, x: Any, seen: set[int]) -> Iterator[tuple[str, Callable[..., Any]]]:
    if id(x) in seen:
        return
    seen.add(id(x))
    if inspect.isfunction(x):
        yield name, x
    elif inspect.isclass(x) and x.__module__.startswith("hardwire.") and x.__name__ not in OWN:
        for part, member in inspect.getmembers(x, inspect.isfunction):
            if part in ("__call__", "__init__") or not part.startswith("_"):
                yield from _functions(f"{name}.{part}", member, seen)
    elif isinstance(x, ModuleType) and x.__name__.startswith("hardwire") and "tracr" not in x.__name__:
        for part in getattr(x, "__all__", ()):
            yield from _functions(f"{name}.{part}", getattr(x, part), seen)


def _flags() -> list[Any]:
    functions = [*_functions("hw", hw, set()), ("hw.compile", hw.compile)]
    return [
        pytest.param(f, p.name, id=f"{name}-{p.name}")
        for name, f in functions
        for p in inspect.signature(f).parameters.values()
        if p.kind is p.KEYWORD_ONLY and p.default is not p.empty and p.annotation in (*FLAGS, bool)
    ]


@pytest.mark.parametrize(("function", "flag"), _flags())
def test_every_flag_is_true_or_false(function: Callable[..., Any], flag: str) -> None:
    for wrong in ("yes", 1, [True]):
        with pytest.raises(BuildError, match=f"{flag} is True or False, not "):
            function(**{flag: wrong})


def test_there_are_many_flags() -> None:
    assert len(_flags()) > 30


@pytest.mark.parametrize("target", ["huggingface", "onnx", "torch", "transformer_lens"])
def test_a_check_of_an_export_is_a_flag_or_options(target: str, tmp_path: Path) -> None:
    model = hw.compile(tokens, "ab", 2)
    with pytest.raises(BuildError, match="check is True, False or options of verify, not 'no'"):
        getattr(hw.export, target)(model, tmp_path / "model", check="no")


def test_flags_of_data_classes() -> None:
    with pytest.raises(BuildError, match="torch is True or False"):
        CampaignSettings(torch="no")  # type: ignore[arg-type]
    model = hw.compile(tokens, "ab", 2)
    with pytest.raises(ModelError, match="causal is 'yes'; it is True or False"):
        replace(model, causal="yes")  # type: ignore[arg-type]


def test_numbers_and_flags_of_numpy() -> None:
    five = np.int64(5)
    model = hw.compile(tokens, "ab", five, causal=np.True_)  # type: ignore[arg-type]
    assert (model.max_len, type(model.max_len), model.causal) == (5, int, True)
    assert hw.longest(tokens, "ab", five) == 5  # type: ignore[arg-type]
    assert hw.verify(model, max_len=np.int32(3), samples=np.int64(9), seed=np.uint8(1))  # type: ignore[arg-type]
    assert model.generate("a", max_new=np.int64(2)).finish() == "aa"  # type: ignore[arg-type]
    assert hw.generate(tokens, "a", max_new=np.int64(2)).finish() == "aa"  # type: ignore[arg-type]
    assert tokens("ab", causal=np.False_) == ["a", "b"]  # type: ignore[arg-type]
    assert hw.certify(model, max_len=np.int64(2))  # type: ignore[arg-type]
    with pytest.raises(BuildError, match="count is a whole number above 0, not 0"):
        data_set("nowhere", np.int64(0))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (tokens, r"given is a condition, true or false at each position; tokens is 'a' on \['a'\]"),
        (length, r"length is 2 on \['a', 'a'\]"),
        (indices, r"indices is 2 on \['a', 'a', 'a'\]"),
        (full.width().name("n"), "n is 2 on"),
    ],
)
def test_a_condition_is_true_or_false(given: Any, message: str) -> None:
    with pytest.raises(BuildError, match=message):
        hw.compile(tokens, "ab", 4, given=given)
    model = hw.compile(tokens, "ab", 4)
    with pytest.raises(BuildError, match=message):
        hw.certify(model, given=given)
    with pytest.raises(BuildError, match=message):
        hw.verify(model, given=given)
    with pytest.raises(BuildError, match=message):
        hw.longest(tokens, "ab", 4, given=given)


def test_a_condition_may_be_a_number_that_is_0_or_1_and_may_fail() -> None:
    digit = hw.where(tokens == "0", 0, 1)
    assert hw.compile(tokens, "01", 4, given=digit).certificate
    assert hw.compile(tokens, "0a", 4, given=tokens.map(int) == 0).certificate
