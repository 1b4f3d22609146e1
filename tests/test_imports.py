"""What `import hardwire` costs and gives: NumPy alone, few modules, exactly the public names."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import hardwire

MOST_OWN = 60
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
    assert set(listed) == public - {"TYPE_CHECKING"}
    assert set(listed) <= set(dir(hardwire))


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
    assert done.stderr == (
        "error: the command line needs an optional package. Install it with: pip install 'hardwire[cli]'\n"
    )


def test_the_version_is_that_of_the_package_and_the_changelog() -> None:
    import importlib.metadata

    root = Path(__file__).parent.parent
    assert importlib.metadata.version("hardwire") == hardwire.__version__
    assert f"## {hardwire.__version__}" in (root / "CHANGELOG.md").read_text("utf-8")
