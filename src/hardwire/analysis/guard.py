"""Turn exceptions of a user's own types, and too deep nesting, into errors that say so."""

from __future__ import annotations

import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import CompileError, HardwireError
from ..lang.sop import SOp
from ..run.failure import BROKEN

_OURS = str(Path(__file__).parents[1])
_THEIRS = (_OURS, str(Path(np.__file__).parent), sysconfig.get_path("stdlib"))


@contextmanager
def guarded(sop: SOp) -> Iterator[None]:
    """Raises CompileError where a number is beyond all floats, a value's own method raises, or the program is nested
    too deeply. What a broken function of the user raises (NameError, say) passes."""
    try:
        yield
    except HardwireError:
        raise
    except OverflowError as error:
        raise CompileError(f"{sop.formula} has a number beyond the largest float ({error})", expression=sop) from None
    except RecursionError as error:
        if not _raised_in(error, _OURS):
            raise
        raise CompileError(f"{sop.formula} is nested too deeply to be compiled", expression=sop) from None
    except BROKEN:
        raise
    except Exception as error:
        if any(_raised_in(error, folder) for folder in _THEIRS):
            raise
        what = f"{type(error).__name__}: {error}"
        raise CompileError(f"a method of a value of {sop.formula} raised {what}", expression=sop) from error


def _raised_in(error: BaseException, folder: str) -> bool:
    """Whether an exception comes from a file of a folder, and not of a package that is installed below it."""
    frames = traceback.extract_tb(error.__traceback__)
    name = frames[-1].filename if frames else ""
    return name.startswith(folder) and "site-packages" not in name.removeprefix(folder)
