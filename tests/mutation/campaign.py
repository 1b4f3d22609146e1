"""The plugin of pytest that runs tests against mutants: each in a forked child, which has the time and the memory that
it needs and not much more, and ends with the first test that fails."""

from __future__ import annotations

import ast
import importlib
import json
import os
import select
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sources
from _pytest.runner import runtestprotocol
from _pytest.warnings import catch_warnings_for_item
from applied import NeedsImport, exchange
from reach import Probes, Reach, Test

MEMORY = 6 << 30
"""How many bytes of addresses a child may have."""
PATIENCE = 10.0
"""How many seconds of processor time a test may take in addition to ten times what it takes without a mutant."""
WAITING = 20.0
"""How many times as long, by the clock, the parent waits: on a busy machine a child has a share of a processor only."""
MAPPING = 900.0
"""How many seconds a test may take while the lines that it runs are recorded."""


@dataclass(frozen=True)
class Change:
    """A mutant to try: the tree of a file, and by which tests."""

    key: str
    file: str
    source: str
    tree: ast.Module
    tests: Sequence[str]


@dataclass(frozen=True)
class Outcome:
    """`status`: killed, timeout (which counts as killed), survived, unfinished (no test failed in the time given), or
    import (it has to be tried in a process of its own)."""

    status: str
    by: str = ""
    tried: int = 0
    seconds: float = 0.0


class Child:
    """A forked process that reports lines of JSON."""

    def __init__(self, work: Callable[[Callable[[Any], None]], None]) -> None:
        reading, writing = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(reading)
            self._be(work, writing)
        os.close(writing)
        self.file = os.fdopen(reading, "rb")
        self.held = b""

    @staticmethod
    def _be(work: Callable[[Callable[[Any], None]], None], writing: int) -> None:
        try:
            quiet = os.open(os.devnull, os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(quiet, fd)
            import resource  # which Windows has not

            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            work(lambda row: os.write(writing, json.dumps(row).encode() + b"\n") and None)
        except BaseException as error:
            os.write(writing, json.dumps({"crashed": f"{type(error).__name__}: {error}"}).encode() + b"\n")
        finally:
            os._exit(0)

    def next(self, seconds: float) -> Any:
        """The next report; None where it ended without one. Raises TimeoutError."""
        until = time.monotonic() + seconds
        while b"\n" not in self.held:
            left = until - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise TimeoutError
            more = os.read(self.file.fileno(), 1 << 16)
            if not more:
                return None
            self.held += more
        line, self.held = self.held.split(b"\n", 1)
        return json.loads(line)

    def timed_out(self) -> bool:
        """Whether the child, which has closed its end, ran out of processor time."""
        ended = os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        return ended is not None and ended.si_status == signal.SIGPROF

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.file.close()


class Campaign:
    """Runs `job` once tests are collected, in place of the tests."""

    def __init__(self, reach: Reach, job: Callable[[Campaign], None]) -> None:
        self.reach, self.job = reach, job
        self.items: dict[str, pytest.Item] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        for file in sources.files():  # in a child nothing would be changed of what is not there yet
            importlib.import_module(sources.module(file))
            sources.functions(file)  # children have that, too
        self.job(self)
        return True

    def nightly(self, name: str) -> bool:
        return self.items[name].get_closest_marker("nightly") is not None

    # Which lines a test runs.

    def map(self, names: Sequence[str]) -> None:
        """Records what is not known yet of some tests."""
        left = [name for name in names if name not in self.reach.tests]
        if not left:
            return

        def work(send: Callable[[Any], None]) -> None:
            probes = Probes({f: (sources.path(f), sources.text(f)) for f in sources.files()})
            for name in left:
                self.reach.add(name, self._probed(name, probes))
            send("done")

        child = Child(work)
        try:
            if child.next(MAPPING * len(left)) != "done":
                raise RuntimeError("which lines tests run was not found out")
        finally:
            child.end()
        self.reach.read()

    def _probed(self, name: str, probes: Probes) -> Test:
        def work(send: Callable[[Any], None]) -> None:
            start = time.process_time()
            right = passes(self.items[name])
            masks = {f: f"{m:x}" for f, m in probes.masks().items()}
            send({"seconds": time.process_time() - start, "right": right, "masks": masks})

        child, start = Child(work), time.monotonic()
        try:
            row = child.next(MAPPING)
        except TimeoutError:
            row = None
        finally:
            child.end()
        if row is None or "crashed" in row:
            return Test(time.monotonic() - start, right=False)
        return Test(row["seconds"], row["right"], {f: int(m, 16) for f, m in row["masks"].items()})

    # Mutants.

    def attempt(self, change: Change, filename: str, budget: float) -> Outcome:
        """What becomes of a mutant in a child of this process."""
        return self.tried(change.tests, budget, lambda: exchange({filename: (change.source, change.tree)}))

    def tried(self, names: Sequence[str], budget: float, before: Callable[[], None]) -> Outcome:
        """Runs tests in a child, in which `before` has been called, until one fails or the processor time is spent."""
        start = time.monotonic()

        def work(send: Callable[[Any], None]) -> None:
            try:
                before()
            except NeedsImport as error:
                send({"import": str(error)})
                return
            for name in names:
                if time.process_time() > budget:  # a child's begins at 0
                    send({"unfinished": True})
                    return
                send({"start": name})
                signal.setitimer(signal.ITIMER_PROF, self.patience(name))  # its signal ends the child
                if not passes(self.items[name]):
                    send({"failed": name})
                    return
            send({"done": True})

        child, tried, name = Child(work), 0, ""
        try:
            while True:
                row = child.next(WAITING * self.patience(name))
                seconds = time.monotonic() - start
                if row is None and child.timed_out():
                    return Outcome("timeout", name, tried, seconds)
                if row is None or "crashed" in row:
                    return Outcome("killed", name, tried, seconds)
                if "import" in row:
                    return Outcome("import", row["import"], 0, seconds)
                if "failed" in row:
                    return Outcome("killed", row["failed"], tried, seconds)
                if "done" in row:
                    return Outcome("survived", "", tried, seconds)
                if "unfinished" in row:
                    return Outcome("unfinished", "", tried, seconds)
                name, tried = row["start"], tried + 1
        except TimeoutError:
            return Outcome("timeout", name, tried, time.monotonic() - start)
        finally:
            child.end()

    def patience(self, name: str) -> float:
        """How many seconds of processor time a test may take."""
        known = self.reach.tests.get(name)
        return PATIENCE + 10 * (known.seconds if known else 0.0)


def passes(item: pytest.Item) -> bool:
    with catch_warnings_for_item(item.config, item.ihook, when="runtest", item=item):  # the filters of its own marks
        return not any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))


def collected(paths: Sequence[str], campaign: Campaign, *, root: Path) -> int:
    """Has pytest collect tests, nightly ones too, and give them to a campaign; its exit code."""
    every = ["-m", "nightly or not nightly", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header"]
    found = pytest.main([*every, "--rootdir", str(root), *paths], plugins=[campaign])
    return int(found)
