"""Campaigns: a dozen seeds, kills at any moment, workers that die, and findings that are shrunk."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import faulty_worker
import numpy as np
import pytest

import hardwire as hw
from hardwire import campaign
from hardwire.campaign import chunks, examining, running, store
from hardwire.campaign.attacking import shaken
from hardwire.campaign.examining import examined, reason, tags
from hardwire.campaign.mutants import places
from hardwire.campaign.programs import CampaignCase, drawn
from hardwire.campaign.settings import CERTIFIED, FINDING, REFUSED, CampaignSettings, SeedResult
from hardwire.campaign.shrinking import rebuilt_case, shrunk, size
from hardwire.campaign.summary import add_record, summary, total
from hardwire.errors import BuildError, InputError, NoFileError
from hardwire.isolation import Isolated

SETTINGS = CampaignSettings(inputs=60, few=8, mutants=1)
FLIP = CampaignCase("flip", hw.programs.flip(), ("a", "b"), 4)


def same(r: SeedResult) -> SeedResult:
    """A result without what was measured."""
    return replace(r, seconds=0, megabytes=0)


# What is drawn.


def test_a_seed_draws_the_same_program() -> None:
    assert [str(drawn(s)) for s in range(30)] == [str(drawn(s)) for s in range(30)]
    assert len({str(drawn(s)).partition(":")[2] for s in range(200)}) > 190


def test_the_programs_are_of_the_widest_kinds() -> None:
    found = Counter(tag for seed in range(400) for tag in tags(drawn(seed)))
    wanted = ("user function", "None", "ratio", "float", "tuple", "other value", "causal", "given", "reuse")
    for tag in (*wanted, "float32", "float64", "writes text", "output=number", "output=values"):
        assert found[tag] >= 8, (tag, found)


# One program.


def test_a_certified_program_is_attacked() -> None:
    found = examined(1, FLIP, SETTINGS)
    assert (found.outcome, found.why, found.depth) == (CERTIFIED, "", 2)
    assert found.answers > 150
    assert sum(examined(s, replace(FLIP, name=str(s)), SETTINGS).mutants for s in range(8)) >= 2


def test_a_refusal_says_why() -> None:
    found = examined(1, replace(FLIP, program=hw.tokens + 1), SETTINGS)
    assert found.outcome == REFUSED
    assert found.why.startswith("CompileError: ")
    assert reason(found.why) == "CompileError: the program has no value for any input"


def test_a_wrong_model_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    other = hw.compile(hw.programs.copy(), "ab", 4)
    monkeypatch.setattr(examining, "compiled", lambda *_, **__: other)
    found = examined(1, FLIP, SETTINGS)
    assert (found.outcome, found.where) == (FINDING, "wrong as shipped")
    assert "the program gives" in found.why


def test_a_wrong_text_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    written = replace(FLIP, program=hw.tokens, causal=True, stop=("b",))
    assert examined(1, written, SETTINGS).outcome == CERTIFIED
    monkeypatch.setattr(examining, "verify_text", lambda *_, **__: False)
    assert examined(1, written, SETTINGS).where == "wrong text"


def test_a_certified_mutant_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examining, "certify", lambda model, *_, **__: hw.compile(FLIP.program, "ab", 4).certificate)
    found = {examined(s, replace(FLIP, name=f"case {s}"), SETTINGS).where.partition(" ")[0] for s in range(8)}
    assert "mutant" in found


@pytest.mark.parametrize("what", [TypeError("oops"), RuntimeWarning("oops"), hw.errors.ModelError("oops")])
def test_a_bare_exception_is_a_finding(what: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise what

    monkeypatch.setattr(examining, "attack", broken)
    found = examined(1, FLIP, SETTINGS)
    assert found.outcome == FINDING
    assert found.where.startswith(f"bare {type(what).__name__} in campaign/")


def test_weights_moved_by_one_unit_are_tried() -> None:
    model = hw.compile(FLIP.program, "ab", 4)
    moved = shaken(model, np.random.default_rng(0))
    pairs = [(p.array, q.array) for p, q in zip(places(model), places(moved), strict=True)]
    assert any((a != b).any() for a, b in pairs)
    assert all((np.abs(b - a) <= np.spacing(np.abs(a))).all() for a, b in pairs)


# Many.


def test_a_dozen_seeds(tmp_path: Path) -> None:
    found = campaign.run(tmp_path, 12, settings=SETTINGS, progress=False, on=campaign.on_processes(2))
    assert found.spans == ((0, 12),)
    assert found.outcomes.total() == 12
    assert found.findings == ()
    assert found.outcomes[CERTIFIED] >= 6
    rows = (tmp_path / "rows.jsonl").read_bytes()
    again = campaign.run(tmp_path, progress=False)  # there is nothing left to do
    assert (tmp_path / "rows.jsonl").read_bytes() == rows
    assert again.json() == found.json()
    assert "12 programs (seeds 0 to 11)" in (tmp_path / "report.md").read_text()
    more = campaign.run(tmp_path, 14, settings=SETTINGS, progress=False)
    assert more.spans == ((0, 14),)
    assert (tmp_path / "rows.jsonl").read_bytes().startswith(rows)


def test_what_cannot_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BuildError, match="needs the number of its programs"):
        campaign.run(tmp_path)
    with pytest.raises(NoFileError, match="no campaign"):
        campaign.finish(tmp_path)
    with pytest.raises(BuildError, match="inputs is at least 1"):
        CampaignSettings(inputs=0)
    plan = store.CampaignPlan(0, 4, SETTINGS, running.programs())
    store.CampaignFolder(tmp_path).opened(plan)
    with pytest.raises(InputError, match="other seeds or settings"):
        campaign.run(tmp_path, 4, start=1, settings=SETTINGS)
    monkeypatch.setattr(running, "programs", lambda: "others")
    with pytest.raises(InputError, match="other programs in this version"):
        campaign.run(tmp_path, 4, settings=SETTINGS)


def started(folder: Path, programs: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "hardwire", "campaign", str(programs), "-o", str(folder), "--no-torch"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_killed_and_resumed(tmp_path: Path) -> None:
    """Killed while it writes and while it works: what is finished stays, and no seed is there twice."""
    programs, rows = 32, tmp_path / "rows.jsonl"
    process = started(tmp_path, programs)
    end = time.monotonic() + 120
    while not (rows.exists() and rows.stat().st_size) and time.monotonic() < end:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    process.wait()
    kept = rows.read_bytes()
    assert 0 < kept.count(b"\n") < programs
    with rows.open("ab") as file:
        file.write(b'{"seed":31,"kind":"wi')  # a line that was cut off
    assert started(tmp_path, programs).wait() == 0
    assert rows.read_bytes().startswith(kept)
    seeds = [json.loads(line)["seed"] for line in rows.read_text().splitlines()]
    assert sorted(seeds) == list(range(programs))
    direct = [examined(s, drawn(s), CampaignSettings(torch=False)) for s in range(4)]
    stored = {r.seed: r for r in store.CampaignFolder(tmp_path).results()}
    assert [same(stored[r.seed]) for r in direct] == [same(r) for r in direct]


def test_findings_are_examined_again_after_a_fix(tmp_path: Path) -> None:
    home = store.CampaignFolder(tmp_path)
    home.opened(store.CampaignPlan(0, 3, SETTINGS, running.programs()))
    home.add([SeedResult(s, "wild", (FINDING, CERTIFIED, REFUSED)[s], where="a place") for s in range(3)])
    home.add_shrunk({"seed": 0, "where": "a place", "why": "", "edits": [], "program": "p"})
    assert campaign.run(tmp_path, progress=False).findings[0]["program"] == "p"
    found = campaign.run(tmp_path, progress=False, retry=True)
    assert (found.outcomes.total(), found.outcomes[FINDING], found.findings) == (3, 0, ())
    assert found.fixed == ({"seed": 0, "where": "a place"},)
    assert "- a place: 1 seeds" in (tmp_path / "report.md").read_text()
    assert len(home.results()) == 3


# Workers that die, and findings.


@pytest.fixture
def faulty(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(Path(__file__).parent)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([folder, os.environ.get("PYTHONPATH", "")]))

    def worker(settings: CampaignSettings) -> Isolated:
        return Isolated("faulty_worker", environment=chunks.ALONE)

    for module in (chunks, running):
        monkeypatch.setattr(module, "worker", worker)
    monkeypatch.setattr(chunks, "WAITING", 0.1)


@pytest.mark.usefixtures("faulty")
def test_a_worker_that_dies_or_hangs_costs_its_program(tmp_path: Path) -> None:
    found = campaign.run(tmp_path, 9, settings=CampaignSettings(), progress=False)
    assert found.outcomes.total() == 9
    by_seed = {f["seed"]: f for f in found.findings}
    assert by_seed.keys() == {faulty_worker.HANGS, faulty_worker.DIES, faulty_worker.WRONG}
    assert by_seed[faulty_worker.HANGS]["where"] == "hangs"
    assert by_seed[faulty_worker.DIES]["where"] == "died"
    assert "exit code 9" in by_seed[faulty_worker.DIES]["why"]
    small = by_seed[faulty_worker.WRONG]
    case = campaign.program(small["seed"], small["edits"])
    assert sum(e.op.aggregate for e in case.program.expr.walk()) == 1
    assert size(case)[1:] == (0, 1, 1)  # no option, one token, one position
    assert f"hardwire.campaign.program(7, {small['edits']})" in (tmp_path / "report.md").read_text()


def test_shrinking_keeps_what_is_wanted() -> None:
    """The smallest program that still has what each of several seeds has."""
    for seed in range(20):
        wanted = {e.op for e in drawn(seed).program.expr.walk() if e.op.aggregate}
        if not wanted:
            continue
        op = min(wanted, key=str)

        def has(edits: list[Any], seed: int = seed, op: Any = op) -> bool:
            return any(e.op is op for e in rebuilt_case(seed, edits).program.expr.walk())

        edits = shrunk(seed, has, 60)
        assert has(edits)
        made, before = rebuilt_case(seed, json.loads(json.dumps(edits))), drawn(seed)
        assert size(made) <= size(before)
        assert size(made)[0] <= 8, made
        assert size(made)[1:] == (0, 1, 1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_system_ends_a_program_that_takes_too_long() -> None:
    code = (
        "from hardwire.campaign import CampaignSettings\nfrom hardwire.campaign.worker import _limit_time\n"
        "_limit_time(CampaignSettings(seconds=0.1))\nwhile True: pass"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == -signal.SIGXCPU


# Figures.


def test_summaries_add_up(tmp_path: Path) -> None:
    rows = [
        SeedResult(s, "wild", (CERTIFIED, REFUSED)[s % 2], why=("", "CompileError: 7")[s % 2], answers=s, depth=1)
        for s in range(10)
    ]
    whole, parts = summary(rows), summary(rows[:4]) + summary(rows[4:])
    assert whole.json() == parts.json()
    assert campaign.CampaignSummary.of(json.loads(json.dumps(whole.json()))).json() == whole.json()
    with pytest.raises(InputError, match="seed 3 is in two"):
        summary(rows[:4]) + summary(rows[3:])
    file = tmp_path / "record.json"
    for start, stop in ((0, 2), (4, 10), (0, 4)):  # a campaign that went on takes the place of itself
        add_record(file, {"start": start, "programs": "x", "summary": summary(rows[start:stop]).json()})
    assert total(file).json() == whole.json()
    assert summary(rows[::2]).spans == ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))
