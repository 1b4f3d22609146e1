"""All pairs of numbers of three digits, written by the calculator: `python -m bench.pairs [+-*] [FILE]`.

Every transcript, scratchpad included, is compared with plain Python. Progress goes into a file, so that a run that was
stopped goes on where it was; it is for one model, by its digest.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import hardwire as hw
from hardwire import writers

MOST = 1_000
"""Numbers below this."""


def every_pair(signs: str, path: Path) -> None:
    """Compare all texts, those of one first number at a time. Exits at the first wrong one."""
    program = writers.calculator()
    model = hw.compile(program)
    stored = json.loads(path.read_text("utf-8")) if path.exists() else {}
    done: dict[str, int] = stored["next"] if stored.get("model") == model.digest else {}
    tokens: dict[str, int] = stored["tokens"] if done else {}
    start, written = time.process_time(), 0
    for sign in signs:
        for a in range(done.get(sign, 0), MOST):
            prompts = [f"{a}{sign}{b}=" for b in range(MOST)]
            for prompt, text in zip(prompts, model.generate_batch(prompts, stop=program.stop), strict=True):
                if text.text != program.reference(prompt):
                    sys.exit(f"{prompt}: {text.text}, and not {program.reference(prompt)}")
                written += len(text.tokens) + 1
                tokens[sign] = tokens.get(sign, 0) + len(text.tokens) + 1
            done[sign] = a + 1
            path.write_text(json.dumps({"model": model.digest, "next": done, "tokens": tokens}), "utf-8")
            if (a + 1) % 50 == 0:
                speed = written / (time.process_time() - start)
                print(f"{sign}: {(a + 1) * MOST:,} texts, none wrong ({speed:,.0f} tokens a second)", flush=True)


if __name__ == "__main__":
    given = sys.argv[1:]
    every_pair(given[0] if given else "+-*", Path(given[1] if len(given) > 1 else "pairs.json"))
