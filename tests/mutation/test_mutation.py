"""The mutation tests' own tests, and that their lists fit the source."""

from __future__ import annotations

import ast
import builtins
import importlib.util
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("resource", reason="mutants run in forked processes, which Windows has not")

import sources
from applied import Finder, NeedsImport, exchange
from mutate import sample
from operators import mutants, mutated
from reach import RAN, Probes

SOURCE = '''
"""A module."""
from __future__ import annotations

LIMIT = 3


def close(a: int, b: int, strict: bool = True) -> bool:
    """Whether they are."""
    assert a is not None, "given"
    if not strict and a == b:
        raise ValueError(f"{a} + {b}")
    return min(a, b) + 1 < max(a, 2) * LIMIT


def adder(n: int):
    def add(x: int) -> int:
        return x + n

    return add


add_two = adder(2)
'''
EXPECTED = {
    ("", "3", "4"), ("", "3", "2"), ("", "3", "6"), ("", "3", "0"),
    ("close", "True", "False"),
    ("close", "not strict and a == b", "not strict or a == b"),
    ("close", "not strict and a == b", "not strict"),
    ("close", "not strict and a == b", "a == b"),
    ("close", "not strict", "strict"),
    ("close", "a == b", "a != b"),
    ("close", "min(a, b) + 1 < max(a, 2) * LIMIT", "min(a, b) + 1 <= max(a, 2) * LIMIT"),
    ("close", "min(a, b) + 1 < max(a, 2) * LIMIT", "min(a, b) + 1 >= max(a, 2) * LIMIT"),
    ("close", "min(a, b) + 1", "min(a, b) - 1"),
    ("close", "min(a, b) + 1", "min(a, b)"),
    ("close", "min(a, b) + 1", "1"),
    ("close", "max(a, 2) * LIMIT", "max(a, 2) + LIMIT"),
    ("close", "max(a, 2) * LIMIT", "max(a, 2)"),
    ("close", "max(a, 2) * LIMIT", "LIMIT"),
    ("close", "min", "max"), ("close", "max", "min"),
    ("close", "1", "2"), ("close", "1", "0"),
    ("close", "2", "3"), ("close", "2", "1"), ("close", "2", "4"), ("close", "2", "0"),
    ("close", "return min(a, b) + 1 < max(a, 2) * LIMIT", "return None"),
    ("close", "raise ValueError(f'{a} + {b}')", "pass"),
    ("adder", "return add", "return None"),
    ("adder.add", "return x + n", "return None"),
    ("adder.add", "x + n", "x - n"), ("adder.add", "x + n", "x"), ("adder.add", "x + n", "n"),
}  # fmt: skip


def test_every_small_change_is_a_mutant() -> None:
    found = mutants(SOURCE, "m.py")
    told = {(m.function, m.old, m.new) for m in found if m.kind != "condition forced"}
    assert told - EXPECTED == {("", "2", n) for n in "3140"}  # of add_two
    assert told >= EXPECTED
    assert [m.new for m in found if m.kind == "condition forced"] == ["if True:", "if False:"]
    assert len({m.key for m in found}) == len(found)
    assert {m.old for m in found if m.immediate} == {"3", "True", "2"}


@pytest.fixture
def loaded(tmp_path: Path) -> Iterator[tuple[Any, str]]:
    file = tmp_path / "small_module_under_mutation.py"
    file.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module, str(file)
    sys.modules.pop(file.stem, None)


def test_functions_that_are_there_are_changed(loaded: tuple[Any, str]) -> None:
    """Those in variables of others, too."""
    module, file = loaded
    held = {"close": module.close, "add": module.add_two}
    assert held["close"](1, 1)
    assert held["add"](3) == 5
    assert held["close"](4, 4)
    for old, new in (("max(a, 2) * LIMIT", "LIMIT"), ("x + n", "x - n")):
        [m] = [m for m in mutants(SOURCE, "m.py") if (m.old, m.new) == (old, new)]
        exchange({file: (SOURCE, mutated(SOURCE, m))})
        assert not held["close"](4, 4)
        assert held["add"](3) == (5 if new == "LIMIT" else 1)


def test_statements_that_run_are_noted(loaded: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    module, file = loaded
    monkeypatch.setattr(builtins, RAN, None, raising=False)
    probes = Probes({"m.py": (file, SOURCE)})
    assert probes.lines() == {}
    text = SOURCE.splitlines()

    def ran() -> list[str]:
        return [text[line - 1].strip() for line in sorted(probes.lines()["m.py"])]

    assert module.add_two(1) == 3
    assert ran() == ["return x + n"]
    assert module.close(1, 1)
    assert ran()[1:2] == ['assert a is not None, "given"']
    assert 'raise ValueError(f"{a} + {b}")' not in ran()
    with pytest.raises(ValueError, match=r"1 \+ 1"):
        module.close(1, 1, False)
    assert 'raise ValueError(f"{a} + {b}")' in ran()


def test_what_has_other_variables_is_imported(loaded: tuple[Any, str]) -> None:
    _, file = loaded
    [m] = [m for m in mutants(SOURCE, "m.py") if (m.old, m.new) == ("x + n", "x")]
    with pytest.raises(NeedsImport):
        exchange({file: (SOURCE, mutated(SOURCE, m))})


def test_a_module_is_imported_as_it_is_changed(loaded: tuple[Any, str], monkeypatch: pytest.MonkeyPatch) -> None:
    _, file = loaded
    [m] = [m for m in mutants(SOURCE, "m.py") if (m.function, m.old, m.new) == ("", "3", "0")]
    finder = Finder("small_module_under_mutation", mutated(SOURCE, m), file)
    monkeypatch.setattr(sys, "meta_path", [finder, *sys.meta_path])
    import small_module_under_mutation as module  # type: ignore[import-not-found]

    assert module.LIMIT == 0
    assert not module.close(1, 1)


@pytest.mark.nightly
def test_every_mutant_of_the_package_is_a_program() -> None:
    some = random.Random(0).sample(sources.every(), 120)
    for m in some:
        compile(mutated(sources.text(m.file), m), m.file, "exec")
        assert ast.unparse(mutated(sources.text(m.file), m)) != ast.unparse(ast.parse(sources.text(m.file)))
    assert {f.split("/")[0] for f in sources.files()} == set(sources.FOLDERS)


@pytest.mark.nightly
def test_the_sample_is_the_same_every_time() -> None:
    keys = [m.key for m in sample(40, 1, [""])]
    assert keys == [m.key for m in sample(60, 1, [""])][:40]
    assert keys != [m.key for m in sample(40, 2, [""])]


@pytest.mark.parametrize("bug", sources.named(), ids=lambda m: m.name)
def test_the_text_of_a_named_bug_stands_where_it_says(bug: sources.Named) -> None:
    compile(bug.source(), bug.file, "exec")
    assert bug.folder in sources.FOLDERS
    assert ast.dump(ast.parse(bug.source())) != ast.dump(ast.parse(sources.text(bug.file)))


def test_mutants_that_no_test_can_tell_are_there_and_say_why() -> None:
    there = {sources.identity(m) for m in sources.every()}
    for identity, why in sources.equivalent().items():
        assert identity in there
        assert len(why) > 20
