"""The process in which typed programs run, started anew whenever one takes too long or ends it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SOURCE = Path(__file__).parents[2]
"""The folder of the package."""
SECONDS = 20.0
"""The longest that a request may take."""
MEGABYTES = 4096
"""The most memory of the process, as address space."""
START = 60.0
"""The longest that a process may take to start, in seconds."""


class Pool:
    """Runs requests one after the other in a process with limits."""

    def __init__(self, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self.seconds = seconds
        self.megabytes = megabytes
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def ask(self, request: Json) -> Json:
        """Return the answer to a request. A process that is too slow is ended, and the answer is a `problem`."""
        with self._lock:
            process = self._started()
            late = threading.Event()
            timer = threading.Timer(self.seconds, self._end, (process, late))
            timer.start()
            try:
                line = self._exchange(process, json.dumps(request).encode() + b"\n")
            finally:
                timer.cancel()
            if line.endswith(b"\n") and not late.is_set():
                found: Json = json.loads(line)
                return found
            self.close()
            took = f"took longer than {self.seconds:g} seconds" if late.is_set() else "ended the process that ran it"
            return {"problem": {"message": f"The program {took}; it was stopped.", "line": None}}

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            for stream in (self._process.stdin, self._process.stdout):
                with suppress(BrokenPipeError):  # what was not sent yet is lost, as it should be
                    assert stream is not None
                    stream.close()
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            command = [sys.executable, "-m", "hardwire.play.worker", str(self.megabytes)]
            path = os.pathsep.join(filter(None, [str(SOURCE), os.environ.get("PYTHONPATH")]))
            environment = os.environ | {"PYTHONPATH": path}  # the process imports this hardwire
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
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
        except (BrokenPipeError, ValueError):
            return b""
