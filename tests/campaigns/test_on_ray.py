"""Campaigns on a Ray cluster of nodes on this machine: a worker and then the head are killed, and it goes on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hardwire import campaign
from hardwire.campaign.settings import CampaignSettings
from hardwire.errors import ClusterError, MissingExtraError

try:
    import ray
    from ray.cluster_utils import Cluster
except ImportError:
    ray = None

needs_ray = pytest.mark.skipif(ray is None, reason="Ray is not installed: pip install '.[ray]'")
ROOT = Path(__file__).parents[2]
PROGRAMS = 160
SETTINGS = CampaignSettings(inputs=40, few=4, mutants=0, torch=False)


def started() -> Any:
    """A head without processors and two nodes of one each."""
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(2)]
    cluster.wait_for_nodes()
    return cluster, nodes


def driver(folder: Path, address: str) -> subprocess.Popen[bytes]:
    code = (
        "import sys\nfrom pathlib import Path\nfrom hardwire import campaign\n"
        f"found = campaign.run(Path({str(folder)!r}), {PROGRAMS}, settings=campaign.CampaignSettings("
        f"**{SETTINGS.json()!r}), on=campaign.on_ray({address!r}), progress=False)\n"
        "sys.exit(len(found.findings))"
    )
    return subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)


def until(holds: Callable[[], bool], seconds: float = 240) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def finished(folder: Path) -> list[int]:
    rows = folder / "rows.jsonl"
    return [json.loads(x)["seed"] for x in rows.read_text().splitlines() if x.endswith("}")] if rows.exists() else []


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("RAY_gcs_rpc_server_reconnect_timeout_s", "5")
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    yield
    ray.shutdown()


@needs_ray
@pytest.mark.nightly
@pytest.mark.usefixtures("environment")
@pytest.mark.filterwarnings("ignore")
def test_a_worker_and_the_head_are_killed(tmp_path: Path) -> None:
    cluster, nodes = started()
    first = driver(tmp_path, cluster.address)
    try:
        until(lambda: len(finished(tmp_path)) >= 16)
        cluster.remove_node(nodes[0], allow_graceful=False)  # with its worker, in the middle of a chunk
        seen = len(finished(tmp_path))
        until(lambda: len(finished(tmp_path)) >= seen + 48)  # more chunks than were running
        assert first.poll() is None
        before = finished(tmp_path)
        cluster.head_node.kill_gcs_server(check_alive=False)
        code = first.wait(120)
    finally:
        first.kill()
        cluster.shutdown()
    assert code != 0
    assert len(before) < PROGRAMS
    kept = finished(tmp_path)
    assert set(before) <= set(kept)
    assert len(set(kept)) == len(kept) < PROGRAMS
    cluster, _ = started()
    try:
        assert driver(tmp_path, cluster.address).wait(400) == 0
    finally:
        cluster.shutdown()
    assert finished(tmp_path)[: len(kept)] == kept
    assert sorted(finished(tmp_path)) == list(range(PROGRAMS))


@needs_ray
def test_a_cluster_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match=r"no cluster at 127\.0\.0\.1:1"):
        campaign.run(tmp_path, 4, settings=SETTINGS, on=campaign.on_ray("127.0.0.1:1"), progress=False)


@pytest.mark.skipif(ray is not None, reason="Ray is installed")
def test_ray_is_an_extra(tmp_path: Path) -> None:
    with pytest.raises(MissingExtraError, match="a campaign on a cluster needs an optional package"):
        campaign.run(tmp_path, 4, settings=SETTINGS, on=campaign.on_ray("auto"), progress=False)
