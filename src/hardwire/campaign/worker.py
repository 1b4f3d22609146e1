"""The process in which the programs of a campaign are drawn, compiled and attacked, one request a line.

`python -m hardwire.campaign.worker SETTINGS` limits its own memory and, for each program, its own processor time.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from ..isolation import Json, limit_memory, serve
from .examining import examined
from .settings import FINDING, CampaignSettings
from .shrinking import rebuilt_case

ROOM = 3.0
"""The address space beyond that at the start, in memory limits: the system refuses more."""


def main() -> None:
    """Answer until the input ends."""
    settings = CampaignSettings(**json.loads(sys.argv[1]))
    address = _pages(0)
    if address:
        limit_memory(int(address + ROOM * settings.memory * 1e9))
    serve(lambda request: _answer(request, settings))


def _answer(request: Json, settings: CampaignSettings) -> Json:
    _limit_time(settings)
    case = rebuilt_case(request["seed"], request.get("edits", ()))
    before = _pages(1)
    forgotten = _forget_peak()
    found = examined(request["seed"], case, settings)
    if forgotten:
        used = (_peak() - before) / 1e6
        found = replace(found, megabytes=round(max(0.0, used), 1))
        if used > 1.25e3 * settings.memory and found.outcome != FINDING:
            found = replace(found, outcome=FINDING, where="memory", why=f"took {used:.0f} MB of {settings.memory:g} GB")
    return found.json()


def _limit_time(settings: CampaignSettings) -> None:
    """Let the system end this process if the next program takes three times its processor time."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the limit
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + 3 * settings.seconds) + 2, most))


def _pages(column: int) -> int:
    """The bytes of address space (column 0) or memory (1) of this process; 0 where the system does not say."""
    try:
        import resource

        return int(Path("/proc/self/statm").read_bytes().split()[column]) * resource.getpagesize()
    except (ImportError, OSError, ValueError, IndexError):
        return 0


def _forget_peak() -> bool:
    """Start the count of the most memory again, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_bytes(b"5")
    except OSError:
        return False
    return True


def _peak() -> int:
    """The most bytes of memory since the count was started."""
    status = Path("/proc/self/status").read_bytes()
    return int(status.partition(b"VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main()
