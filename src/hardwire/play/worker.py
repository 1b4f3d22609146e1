"""The process in which typed programs run: one request a line comes in, one answer a line goes out.

`python -m hardwire.play.worker MEGABYTES` limits its own memory first. What a program prints goes nowhere.
"""

from __future__ import annotations

import json
import os
import sys

from .actions import answer


def main() -> None:
    """Answer until the input ends."""
    _limit(int(sys.argv[1]))
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a program cannot read requests or write answers
        os.dup2(nothing, stream)
    answers.write(b"ready\n")
    answers.flush()
    for line in requests:
        try:
            found = json.dumps(answer(json.loads(line)))
        except MemoryError:
            found = json.dumps({"problem": {"message": "The program needs too much memory.", "line": None}})
        except RecursionError:
            found = json.dumps({"problem": {"message": "The program calls itself too often.", "line": None}})
        answers.write(found.encode() + b"\n")
        answers.flush()


def _limit(megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    size = megabytes << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
