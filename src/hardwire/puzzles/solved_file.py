"""Which puzzles were solved, and how well: a small file of the user's, which `hardwire puzzles check` writes.

It is `hardwire/puzzles.json` in $XDG_STATE_HOME (by default ~/.local/state; on Windows in %LOCALAPPDATA%). Removing it
forgets everything.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ..errors import FileError
from ..model.files import whole, write
from .check import Outcome
from .records import RECORDS, Medal, medal_for_layers, medal_for_parameters


@dataclass(frozen=True)
class Solved:
    """The fewest layers and the fewest parameters among the compiled solutions of a puzzle; None where none was."""

    name: str
    layers: int | None = None
    parameters: int | None = None

    @property
    def layers_medal(self) -> Medal | None:
        """The medal for layers."""
        return None if self.layers is None else medal_for_layers(self.name, self.layers)

    @property
    def parameters_medal(self) -> Medal | None:
        """The medal for parameters."""
        return None if self.parameters is None else medal_for_parameters(self.name, self.parameters)


def place() -> Path:
    """The file in which it is kept."""
    home = os.environ.get("XDG_STATE_HOME") or os.environ.get("LOCALAPPDATA")
    folder = Path(home) if home else Path.home() / ".local" / "state"
    return folder / "hardwire" / "puzzles.json"


def solved() -> dict[str, Solved]:
    """The puzzles that were solved, by name. Raises FileError for a file that cannot be read as such."""
    path = place()
    try:
        known = json.loads(path.read_text("utf-8"))
        return {name: _read(name, best) for name, best in known.items() if name in RECORDS}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise FileError(f"cannot read {path}: {error.strerror or error}", path=str(path), cause=error) from None
    except (ValueError, TypeError, AttributeError, RecursionError):
        cause = OSError("not a record of puzzles")
        raise FileError(f"{path} is no record of solved puzzles; remove it", path=str(path), cause=cause) from None


def record(outcome: Outcome) -> Solved | None:
    """Keeps a solution beside the best so far, and returns what is kept; None where it solves nothing.

    Raises FileError.
    """
    if not outcome:
        return None
    every = solved()
    best = every.get(outcome.puzzle.name, Solved(outcome.puzzle.name))
    if outcome.model is not None:
        best = Solved(best.name, _least(best.layers, outcome.layers), _least(best.parameters, outcome.parameters))
    path = place()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileError(f"cannot write {path}: {error.strerror or error}", path=str(path), cause=error) from None
    kept = {name: asdict(s) for name, s in {**every, best.name: best}.items()}
    with whole(path) as temporary:
        write(temporary, json.dumps(kept, indent=1))
    return best


def _read(name: str, best: dict[str, object]) -> Solved:
    """Raises TypeError and AttributeError for what `record` does not write."""
    layers, parameters = best.get("layers"), best.get("parameters")
    for x in (layers, parameters):
        if x is not None and type(x) is not int:
            raise TypeError(x)
    return Solved(name, layers, parameters)  # type: ignore[arg-type]


def _least(a: int | None, b: int | None) -> int | None:
    return min((x for x in (a, b) if x is not None), default=None)
