"""The process in which typed programs run, started anew whenever one takes too long or ends it."""

from __future__ import annotations

from ..isolation import Ended, Isolated, Json

SECONDS = 20.0
"""The longest that a request may take."""
MEGABYTES = 4096
"""The most memory of the process, as address space."""


class Pool:
    """Runs requests one after the other in a process with limits."""

    def __init__(self, *, seconds: float = SECONDS, megabytes: int = MEGABYTES) -> None:
        self.seconds = seconds
        self._process = Isolated("hardwire.play.worker", str(megabytes))

    def ask(self, request: Json) -> Json:
        """Return the answer to a request. A process that is too slow is ended, and the answer is a `problem`."""
        found = self._process.ask(request, self.seconds)
        if not isinstance(found, Ended):
            return found
        took = f"took longer than {self.seconds:g} seconds" if found.late else "ended the process that ran it"
        return {"problem": {"message": f"The program {took}; it was stopped.", "line": None}}

    def close(self) -> None:
        """End the process."""
        self._process.close()
