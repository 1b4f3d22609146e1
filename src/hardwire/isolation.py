"""A process for work that may take too long, take too much memory or end the process that does it.

Requests and answers are lines of JSON. A request that exceeds its time, or ends the process, costs itself alone: the
next one has a new process. `Isolated` is the side that asks, `serve` the side that answers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SOURCE = Path(__file__).parents[1]
"""The folder of the package."""
START = 60.0
"""The longest that a process may take to start, in seconds."""


@dataclass(frozen=True)
class Ended:
    """Why there is no answer: the process was `late` and was stopped, or it ended itself with an exit `code`."""

    late: bool
    code: int | None


class Isolated:
    """A process that runs a module, which calls `serve`."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
        self.command = [sys.executable, "-m", module, *arguments]
        self.environment = dict(environment or {})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Json, seconds: float) -> Json | Ended:
        """Return the answer to a request that may take so many seconds."""
        with self._lock:
            process = self._started()
            late = threading.Event()
            timer = threading.Timer(seconds, self._end, (process, late))
            timer.start()
            try:
                line = self._exchange(process, json.dumps(request).encode() + b"\n")
            finally:
                timer.cancel()
            if line.endswith(b"\n") and not late.is_set():
                found: Json = json.loads(line)
                return found
            with suppress(subprocess.TimeoutExpired):
                process.wait(5)  # it has closed its output: its exit code is its own
            self.close()
            return Ended(late=late.is_set(), code=process.returncode)

    def stop(self) -> None:
        """Kill the process; a request that waits for it in another thread gets `Ended`."""
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process; no request may be waiting for it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(OSError):  # the process is gone: what was not sent yet is lost, as it should be
                    assert stream is not None
                    stream.close()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            path = os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))
            environment = os.environ | self.environment | {"PYTHONPATH": path}  # the process imports this hardwire
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )
            timer = threading.Timer(START, self._process.kill)
            timer.start()
            self._exchange(self._process, b"")
            timer.cancel()
        return self._process

    @staticmethod
    def _end(process: subprocess.Popen[bytes], late: threading.Event) -> None:
        late.set()
        process.kill()

    @staticmethod
    def _exchange(process: subprocess.Popen[bytes], line: bytes) -> bytes:
        """Write a line and read one; what is read has no end of line if the process has ended."""
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(line)
            process.stdin.flush()
            return process.stdout.readline()
        except (OSError, ValueError):  # on Windows a broken pipe is an invalid argument
            return b""


def serve(answer: Callable[[Json], Json]) -> None:
    """Answer the requests of the standard input until it ends. What else is printed goes nowhere."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a program cannot read requests or write answers
        os.dup2(nothing, stream)
    answers.write(b"ready\n")
    answers.flush()
    for line in requests:
        answers.write(json.dumps(answer(json.loads(line))).encode() + b"\n")
        answers.flush()


def limit_memory(size: int) -> None:
    """Limit the address space of this process to so many bytes, where the system can."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    with suppress(ValueError):  # macOS has none for the address space
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
