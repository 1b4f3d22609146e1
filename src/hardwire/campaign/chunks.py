"""Chunks of seeds on the processes of one machine, or on a Ray cluster: the same work behind one function."""

from __future__ import annotations

import itertools
import json
import socket
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cache
from queue import SimpleQueue
from threading import Event
from typing import Any

from ..errors import ClusterError, MissingExtraError
from ..isolation import Ended, Isolated
from .settings import FINDING, CampaignSettings, Edit, SeedResult

Chunk = Sequence[int]
Results = list[SeedResult]
Mapper = Callable[[Iterable[Chunk], CampaignSettings], Iterator[Results]]
"""From chunks of seeds to their results, in any order; the next chunks are asked for when there is room for them."""

WAITING = 10.0
"""How many times as long as its processor time a program may take by the clock."""
ALONE = {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""The environment of a worker: the same seed draws the same program, on one thread."""


def worker(settings: CampaignSettings) -> Isolated:
    """A process that examines seeds."""
    return Isolated("hardwire.campaign.worker", json.dumps(settings.json()), environment=ALONE)


def examine(process: Isolated, seed: int, settings: CampaignSettings, edits: Sequence[Edit] = ()) -> SeedResult:
    """What comes of a seed in a process of its own; that it hangs or ends the process is a finding."""
    patience = WAITING * settings.seconds
    found = process.ask({"seed": seed, "edits": [list(e) for e in edits]}, patience)
    if not isinstance(found, Ended):
        return SeedResult.of(found)
    if found.late:
        why = f"did not end in {patience:g} s, of which it may take {settings.seconds:g} s of processor time"
        return SeedResult(seed, "", FINDING, why=why, where="hangs")
    return SeedResult(seed, "", FINDING, why=f"the process ended with exit code {found.code}", where="died")


def on_processes(count: int) -> Mapper:
    """Chunks on so many processes of this machine."""

    def mapped(chunks: Iterable[Chunk], settings: CampaignSettings) -> Iterator[Results]:
        stopped, free = Event(), SimpleQueue[Isolated]()
        workers = [worker(settings) for _ in range(count)]
        for one in workers:
            free.put(one)

        def results(chunk: Chunk) -> Results:
            process = free.get()
            try:
                return [examine(process, seed, settings) for seed in chunk if not stopped.is_set()]
            finally:
                free.put(process)

        rest = iter(chunks)
        going: set[Future[Results]] = set()
        with ThreadPoolExecutor(count) as threads:  # each thread waits for a process
            try:
                while True:
                    more = itertools.islice(rest, count + 1 - len(going))
                    going |= {threads.submit(results, chunk) for chunk in more}
                    if not going:
                        break
                    done, going = wait(going, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield future.result()
            finally:  # the caller may stop at any result
                stopped.set()
                for future in going:
                    future.cancel()
                for one in workers:
                    one.stop()
        for one in workers:
            one.close()

    return mapped


@cache
def _own_process(settings: CampaignSettings) -> Isolated:
    return worker(settings)


def on_a_node(chunk: Chunk, settings: CampaignSettings) -> Results:
    """The results of a chunk in a process of Ray, which has one worker as long as it lives."""
    return [examine(_own_process(settings), seed, settings) for seed in chunk]


def on_ray(address: str, **options: Any) -> Mapper:
    """Chunks on a Ray cluster, one for each of its processors at a time. Raises MissingExtraError and ClusterError.

    A worker or a node that dies loses no chunk: Ray gives it to another. `options` are those of `ray.init`.
    """

    def mapped(chunks: Iterable[Chunk], settings: CampaignSettings) -> Iterator[Results]:
        try:
            import ray
        except ImportError:
            raise MissingExtraError("a campaign on a cluster", "ray") from None
        _reachable(address)
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **options)
            remote = ray.remote(num_cpus=1, max_retries=-1)(on_a_node)
            rest, going = iter(chunks), deque[Any]()
            while True:
                room = 2 * max(1, int(ray.cluster_resources().get("CPU", 1))) - len(going)
                going.extend(remote.remote(chunk, settings) for chunk in itertools.islice(rest, max(0, room)))
                if not going:
                    break
                done, left = ray.wait(list(going), num_returns=1)
                going = deque(left)
                yield from ray.get(done)
        except (ray.exceptions.RayError, ConnectionError) as error:
            raise ClusterError(
                f"the cluster at {address} was lost ({type(error).__name__}): what is finished is kept, and the "
                "same call goes on"
            ) from error
        finally:
            ray.shutdown()

    return mapped


def _reachable(address: str) -> None:
    """Raises ClusterError where nothing listens at a host and port; Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    if not port.isdecimal() or "//" in host:
        return
    try:
        socket.create_connection((host, int(port)), timeout=20).close()
    except OSError as error:
        raise ClusterError(f"there is no cluster at {address}: {error}") from None
