"""The process in which typed programs run: one request a line comes in, one answer a line goes out.

`python -m hardwire.play.worker MEGABYTES` limits its own memory first. What a program prints goes nowhere.
"""

from __future__ import annotations

import sys

from ..isolation import Json, limit_memory, serve
from .actions import answer


def main() -> None:
    """Answer until the input ends."""
    limit_memory(int(sys.argv[1]) << 20)
    serve(_limited_answer)


def _limited_answer(request: Json) -> Json:
    try:
        return answer(request)
    except MemoryError:
        return {"problem": {"message": "The program needs too much memory.", "line": None}}
    except RecursionError:
        return {"problem": {"message": "The program calls itself too often.", "line": None}}


if __name__ == "__main__":
    main()
