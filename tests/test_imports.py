"""What `import hardwire` costs and gives: NumPy alone, few modules, exactly the public names; the base install."""

from __future__ import annotations

import builtins
import importlib
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import hardwire
from hardwire.extras import install

ROOT = Path(__file__).parent.parent
MOST_OWN = 61
MOST_STANDARD = 60
"""How many modules may be loaded; beyond what NumPy itself loads, in the case of the standard library."""


@pytest.fixture(scope="module")
def loaded() -> set[str]:
    """The modules that `import hardwire` adds to those that `import numpy` has loaded."""
    code = (
        "import sys, json; import numpy; before = set(sys.modules); import hardwire; "
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_the_core_needs_numpy_alone(loaded: set[str]) -> None:
    tops = {name.partition(".")[0] for name in loaded}
    assert tops - set(sys.stdlib_module_names) <= {"hardwire", "numpy"}


def test_the_import_is_small(loaded: set[str]) -> None:
    own = {name for name in loaded if name.partition(".")[0] == "hardwire"}
    standard = {name for name in loaded if name.partition(".")[0] in sys.stdlib_module_names}
    assert len(own) <= MOST_OWN, sorted(own)
    assert len(standard) <= MOST_STANDARD, sorted(standard)
    assert "hardwire.cli" not in loaded


def test_all_is_the_public_names() -> None:
    listed = hardwire.__all__
    assert len(listed) == len(set(listed))
    for name in listed:
        getattr(hardwire, name)  # some are imported only when they are first used
    public = {
        name
        for name, x in vars(hardwire).items()
        if not name.startswith("_") and (name in listed or not isinstance(x, ModuleType))
    }
    hidden = {"compile"}  # Python has a function of that name, which a star import must not shadow
    assert set(listed) == public - {"TYPE_CHECKING", *hidden}
    assert {*listed, *hidden} <= set(dir(hardwire))
    assert hardwire.compile is not compile


RASPY = {
    "SOp", "Selector", "aggregate", "draw", "identity", "indices", "key", "query", "raw", "select", "tokens", "where",
}  # fmt: skip
"""The names that programs written for RASPy use."""


def test_a_star_import_brings_what_raspy_brings_and_shadows_nothing() -> None:
    names: dict[str, Any] = {}
    exec("from hardwire import *", names)
    assert names.keys() >= RASPY
    assert set(hardwire.__all__) & set(dir(builtins)) == set()


def alone(code: str) -> subprocess.CompletedProcess[str]:
    """What a program prints where the base install is all there is: no package but NumPy and svg.py can be imported."""
    blocked = (
        "import sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        top = name.partition('.')[0]\n"
        "        known = top in sys.stdlib_module_names or top in ('hardwire', 'numpy', 'svg')\n"
        "        if not known and not top.startswith('_sysconfigdata'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Blocked())\n"
    )
    return subprocess.run([sys.executable, "-c", blocked + code], capture_output=True, text=True)


def test_the_base_install_has_every_public_name() -> None:
    ran = alone(
        "from hardwire import *\n"
        "import hardwire\n"
        "assert hasattr(hardwire, 'rasp') and not hasattr(hardwire, 'nothing')\n"
        "assert [name for name in dir(hardwire) if not hasattr(hardwire, name)] == []\n"
        "print(compile is __builtins__.compile, (key(1) == query(1)).value(1)('abc'))\n"
        "print(hardwire.compile(tokens, 'ab', 3)('ba'), draw(tokens, 'ab').svg[:4])\n"
    )
    assert ran.stderr == ""
    assert ran.stdout == "True [3, 3, 3]\n['b', 'a'] <svg\n"


def test_help_works_in_the_base_install() -> None:
    ran = alone("import hardwire; help(hardwire); help(hardwire.rasp)")
    assert ran.stderr == ""
    for name in ("verify(", "certify(", "load(", "where(", "hw.compile"):
        assert name in ran.stdout


def test_original_rasp_says_what_it_needs_where_it_is_used() -> None:
    ran = alone("import hardwire\nhardwire.rasp.load('a = 1;')")
    [*_, last] = ran.stderr.splitlines()
    assert last.startswith("hardwire.errors.MissingExtraError: original RASP needs an optional package. Install it")


def test_every_public_name_is_described() -> None:
    for name in hardwire.__all__:
        x = getattr(hardwire, name)
        if callable(x) and not hasattr(x, "expr"):
            assert x.__doc__, f"hardwire.{name} has no docstring"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_a_missing_extra_is_named(missing: str) -> None:
    code = f"import sys; sys.modules[{missing!r}] = None; from hardwire.__main__ import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", code, "list"], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (f"error: the command line needs an optional package. Install it with: {install('cli')}\n")


def test_the_version_is_that_of_the_package_and_the_changelog() -> None:
    import importlib.metadata

    root = Path(__file__).parent.parent
    assert importlib.metadata.version("hardwire") == hardwire.__version__
    assert f"## {hardwire.__version__}" in (root / "CHANGELOG.md").read_text("utf-8")


def test_the_models_of_the_cookbook_need_no_import_of_their_own() -> None:
    ran = alone(
        "import sys, hardwire as hw; hw.recipes; assert 'hardwire.recipes.models' not in sys.modules\n"
        "print(hw.recipes.models.dyck1()('()'), hw.recipes.models.parity.__name__)"
    )
    assert (ran.stderr, ran.stdout) == ("", "[False, True] parity\n")
    with pytest.raises(AttributeError, match=r"module 'hardwire\.recipes' has no attribute 'model'"):
        _ = hardwire.recipes.model


def test_a_name_that_is_none_suggests_the_nearest() -> None:
    with pytest.raises(AttributeError, match=r"Did you mean \.compile\?"):
        _ = hardwire.compil
    with pytest.raises(AttributeError, match=r"no attribute 'xyzzy'$"):
        _ = hardwire.xyzzy


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "bench").glob("[a-z]*.py")))
def test_what_measures_can_be_imported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the tools that some of it needs, which are imported when it runs."""
    pytest.importorskip("rich")
    for path in (ROOT, ROOT / "tests"):
        monkeypatch.syspath_prepend(str(path))
    module = importlib.import_module(f"bench.{name}")
    assert module.__doc__
