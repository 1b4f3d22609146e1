"""Mutation tests: `python tests/mutation/mutate.py` (or `make mutants`) puts small bugs into compiler/, proof/, run/
and model/, one at a time, and runs the tests that run the changed line. A bug that no test notices is listed.

    named           the bugs put in by hand (named.toml), against the tests of the folder they stand in
    sample          a sample of all mutants, drawn by --seed
    report          the share of mutants killed, by file, and the survivors

Results are kept in --store, a line each, and a mutant that has one is not tried again unless --again asks for it. A
mutant that equivalent.toml lists is not tried.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sources
from applied import before_import
from campaign import PATIENCE, WAITING, Campaign, Change, Outcome, collected
from operators import Mutant, mutated
from reach import Reach

ROOT = sources.TESTS.parent
# Without tests that take other people's tools (export), or a minute each (examples).
NEAR = tuple(f"tests/{f}" for f in sources.FOLDERS if (sources.TESTS / f).is_dir())
WIDER = (
    "programs",
    "recipes",
    "rasp",
    "draw",
    "puzzles",
    "cli",
    "test_limits.py",
    "test_verification.py",
    "test_docs.py",
)
DOCTESTS = tuple(f"src/hardwire/{f}" for f in sources.FOLDERS)
SELECTED = (*NEAR, *(f"tests/{w}" for w in WIDER), *DOCTESTS)
KILLED = ("killed", "timeout")


@dataclass(frozen=True)
class Target:
    """A mutant as it is tried: what it is called, the lines that it changes (of a constant those that read it), the
    changed tree."""

    key: str
    file: str
    lines: Sequence[int]
    immediate: bool
    row: dict[str, Any]
    mutant: Mutant | sources.Named

    def tree(self) -> ast.Module:
        if isinstance(self.mutant, sources.Named):
            return ast.parse(self.mutant.source())
        return mutated(sources.text(self.file), self.mutant)


def of_mutant(m: Mutant) -> Target:
    row = {
        "file": m.file,
        "function": m.function,
        "statement": m.statement,
        "kind": m.kind,
        "old": m.old,
        "new": m.new,
        "line": m.line,
    }
    name = m.statement.split(" = ")[0]
    used = sources.uses(m.file, name) if m.immediate and not m.function and name.isidentifier() else []
    return Target(m.key, m.file, used or (m.line,), m.immediate, row, m)


def of_named(m: sources.Named) -> Target:
    row = {"file": m.file, "name": m.name}
    return Target(m.key, m.file, m.lines(), False, row, m)


def sample(size: int, seed: int, folders: Sequence[str]) -> list[Mutant]:
    """So many mutants: those whose names, hashed with the seed, come first. So edits change few of them."""

    def place(m: Mutant) -> str:
        return hashlib.sha256(f"{seed} {m.key}".encode()).hexdigest()

    return sorted((m for m in sources.every() if m.file.startswith(tuple(folders))), key=place)[:size]


class Results:
    """What became of mutants: a line of JSON each, the last one counts."""

    def __init__(self, path: Path) -> None:
        self.path, self.rows = path, dict[str, dict[str, Any]]()
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self.rows[row["key"]] = row

    def add(self, target: Target, found: Outcome, of: int) -> None:
        seconds = round(found.seconds, 2)
        row = {"key": target.key, "status": found.status, "by": found.by, "tried": found.tried, "of": of}
        row |= {"seconds": seconds, **target.row}
        self.rows[target.key] = row
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def killers(self, file: str) -> Counter[str]:
        """How many mutants of a file each test has killed."""
        return Counter(r["by"] for r in self.rows.values() if r["file"] == file and r["status"] in KILLED and r["by"])


class Runner:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        options.store.mkdir(parents=True, exist_ok=True)
        self.results = Results(options.store / "results.jsonl")
        self.reach = Reach(options.store / "reach.jsonl")

    def order(self, names: Iterable[str], file: str) -> list[str]:
        """Those that killed most in the file, for what they cost, first; the tests of its own folder before others."""
        killers, mirror = self.results.killers(file), f"tests/{file.split('/')[0]}/"

        def cost(name: str) -> float:
            seconds = self.reach.tests[name].seconds + 0.02
            return seconds * (1 if name.startswith(mirror) else 3) / (1 + 20 * killers[name])

        return sorted(names, key=cost)

    def tests(self, target: Target, campaign: Campaign) -> list[str]:
        names: Iterable[str] = campaign.items
        if isinstance(target.mutant, sources.Named):
            names = [n for n in names if n.startswith(f"tests/{target.mutant.folder}/")]
        if not self.options.nightly:
            names = [n for n in names if not campaign.nightly(n)]
        return self.order(self.reach.of(target.file, target.lines, names), target.file)

    def run(self, targets: Sequence[Target]) -> None:
        again = set(self.options.again or ())
        left = [t for t in targets if self.results.rows.get(t.key, {"status": ""})["status"] in {"", *again}]
        print(f"{len(left)} of {len(targets)} mutants to try", flush=True)

        def job(campaign: Campaign) -> None:
            campaign.map([n for n in campaign.items if self.options.nightly or not campaign.nightly(n)])
            for i, target in enumerate(left, 1):
                names = self.tests(target, campaign)
                outcome = self.outcome(target, names, campaign)
                self.results.add(target, outcome, len(names))
                shown = target.mutant.name if isinstance(target.mutant, sources.Named) else target.mutant
                print(f"{i}/{len(left)} {outcome.status} {outcome.seconds:.1f} s: {shown}", flush=True)

        os.chdir(ROOT)
        collected(self.options.tests, Campaign(self.reach, job), root=ROOT)

    def outcome(self, target: Target, names: list[str], campaign: Campaign) -> Outcome:
        if not names:
            return Outcome("survived")
        if target.immediate:
            return self.alone(target, names)
        change = Change(target.key, target.file, sources.text(target.file), target.tree(), names)
        found = campaign.attempt(change, sources.path(target.file), self.options.budget)
        return self.alone(target, names) if found.status == "import" else found

    def alone(self, target: Target, names: list[str]) -> Outcome:
        """What becomes of a mutant in a process that imports it."""
        with tempfile.TemporaryDirectory() as folder:
            asked, answer = Path(folder) / "asked.json", Path(folder) / "answer.json"
            asked.write_text(json.dumps({"key": target.key, "tests": names}))
            command = [sys.executable, __file__, "alone", str(asked), str(answer)]
            command += ["--store", str(self.options.store), "--budget", str(self.options.budget)]
            command += ["--tests", *self.options.tests]
            try:
                subprocess.run(
                    command, capture_output=True, timeout=WAITING * (self.options.budget + PATIENCE), check=False
                )
            except subprocess.TimeoutExpired:
                return Outcome("timeout", "import")
            return Outcome(**json.loads(answer.read_text())) if answer.exists() else Outcome("killed", "import")


def alone(options: argparse.Namespace) -> None:
    """One mutant, imported in this process. No answer is written where tests cannot be collected."""
    asked = json.loads(Path(options.asked).read_text())
    [target] = [t for t in targets_of(asked["key"]) if t.key == asked["key"]]
    before_import(sources.module(target.file), target.tree(), sources.path(target.file))
    runner = Runner(options)

    def job(campaign: Campaign) -> None:
        missing = [n for n in asked["tests"] if n not in campaign.items]
        names = [n for n in asked["tests"] if n in campaign.items]
        found = Outcome("killed", "collection") if missing else campaign.tried(names, options.budget, lambda: None)
        Path(options.answer).write_text(json.dumps(vars(found)))

    collected(options.tests, Campaign(runner.reach, job), root=ROOT)


def targets_of(key: str) -> list[Target]:
    if key.startswith("named "):
        return [of_named(m) for m in sources.named()]
    return [of_mutant(m) for m in sources.every()]


def report(results: Results, chosen: Sequence[Mutant], *, survivors: bool = True) -> None:
    equivalent = sources.equivalent()
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    alive = []
    for m in chosen:
        row = results.rows.get(m.key)
        status = "equivalent" if sources.identity(m) in equivalent else row["status"] if row else "untried"
        counts[m.file]["killed" if status in KILLED else status] += 1
        if status in ("survived", "unfinished"):
            alive.append((status, m, row))
    total = sum(counts.values(), Counter[str]())
    print(f"{'file':34} {'tried':>6} {'killed':>7} {'equivalent':>11} {'alive':>6} {'share':>6}")
    for file, c in [*sorted(counts.items()), ("all", total)]:
        living = c["survived"] + c["unfinished"]
        tried = c["killed"] + living
        share = f"{c['killed'] / tried:.0%}" if tried else "-"
        print(f"{file:34} {tried + c['equivalent']:6} {c['killed']:7} {c['equivalent']:11} {living:6} {share:>6}")
    if total["untried"]:
        print(f"{total['untried']} not tried yet")
    for status, m, row in alive if survivors else ():
        print(f"{status} ({row['tried'] if row else 0} tests): {m}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", type=Path, default=ROOT / ".mutation", help="where results are kept")
    parser.add_argument("--budget", type=float, default=180.0, help="seconds of processor time for one mutant")
    parser.add_argument("--nightly", action="store_true", help="run nightly tests too")
    parser.add_argument("--again", nargs="*", metavar="STATUS", help="try those with this result again (survived ...)")
    parser.add_argument("--size", type=int, default=500, help="of the sample")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="*", default=SELECTED, help="where the tests are")
    parser.add_argument("--folders", nargs="*", default=[f"{f}/" for f in sources.FOLDERS])
    parser.add_argument("what", choices=("named", "sample", "report", "alone"))
    parser.add_argument("asked", nargs="?")
    parser.add_argument("answer", nargs="?")
    options = parser.parse_args(arguments)
    if options.what == "alone":
        alone(options)
        return
    runner = Runner(options)
    if options.what == "named":
        chosen = sources.named()
        runner.run([of_named(m) for m in chosen])
        alive = [m for m in chosen if runner.results.rows.get(m.key, {"status": "untried"})["status"] not in KILLED]
        for m in alive:
            print(f"alive: {m.name} ({m.file})")
        sys.exit(bool(alive))
    drawn = sample(options.size, options.seed, options.folders)
    if options.what == "sample":
        equivalent = sources.equivalent()
        runner.run([of_mutant(m) for m in drawn if sources.identity(m) not in equivalent])
    report(runner.results, drawn)


if __name__ == "__main__":
    main()
