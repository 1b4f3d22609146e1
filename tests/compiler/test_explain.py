"""What each stage of the compiler prints."""

from __future__ import annotations

import pytest

from hardwire import full, indices, key, query, tokens
from hardwire.compiler import stages
from hardwire.compiler.explain import STAGES, explain
from hardwire.errors import UnknownNameError

PROGRAM = (key(tokens) == query(tokens)).width() * 2 + indices


def test_every_stage_prints_something() -> None:
    compiled = stages(PROGRAM, "ab", 5)
    for stage in STAGES:
        assert explain(compiled, stage).strip()
    with pytest.raises(UnknownNameError):
        explain(compiled, "no stage")


def test_steps_are_the_parts_with_their_layers() -> None:
    compiled = stages(PROGRAM, "ab", 5)
    [first, *_] = compiled.program.rewrites
    lines = explain(compiled, first).splitlines()
    assert lines[0].startswith("layer 0  selector")
    assert next(line for line in lines if ".width()" in line).startswith("layer 1  sop")
    assert not any(line.endswith(("  tokens", "  indices", "  2")) for line in lines)
    assert explain(stages(tokens, "ab", 5), first) == "tokens"


def test_domains_say_what_values_there_are() -> None:
    text = explain(stages(full.width() + indices, "ab", 9), "domains")
    assert "9 ints 0 .. 8; labels 0 .. 8" in text
