"""The main job and a short tour, on the command line: what `make demo` shows."""

from __future__ import annotations

import shlex

from hardwire.cli import main

TOUR = [
    ("Two numbers added by attention: 683 + 345, each step a row.", ["add", "683+345", "--layers", "--trace"]),
    ("The order of the words turned round.", ["reverse_words", "hello world"]),
    ("Numbers sorted.", ["sort", "[3, 1, 4, 1, 5, 9, 2, 6]"]),
    ("What followed the current token the last time: an induction head.", ["induction", "abcdab", "--trace"]),
]

if __name__ == "__main__":
    for title, arguments in TOUR:
        print(f"\n{title}\n$ hardwire run {shlex.join(arguments)}", flush=True)
        if code := main(["run", *arguments]):
            raise SystemExit(code)
    print("\nMore: .venv/bin/hardwire list, .venv/bin/hardwire run --help, README.md")
