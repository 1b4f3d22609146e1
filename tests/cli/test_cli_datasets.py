"""`hardwire dataset`, `hardwire discover` and `hardwire campaign`."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest
from calling import Call, call

from hardwire import datasets

TORCH = importlib.util.find_spec("torch") is not None


def test_a_data_set_is_written_with_its_options(call: Call, tmp_path: Path) -> None:
    ran = call(f"dataset 1 -o {tmp_path / 'data'} --processes 1 --no-parquet --soft --mask full")
    assert (ran.code, ran.out) == (0, "")
    assert "1 models in" in ran.err
    assert "manifest.jsonl lists them" in ran.err
    found = datasets.load(tmp_path / "data")
    assert [(item.name, item.row["soft"], item.row["mask"]) for item in found] == [("flip", True, "full")]
    files = {p.name for p in (tmp_path / "data").iterdir()}
    assert files == {"README.md", "candidates.jsonl", "dataset.json", "manifest.jsonl", "models"}
    other = call(f"dataset 1 -o {tmp_path / 'data'} --processes 1 --no-parquet")
    assert (other.code, "is a data set with other settings" in other.err) == (1, True)


def test_a_data_set_that_cannot_be_says_why(call: Call, tmp_path: Path) -> None:
    assert call(f"dataset 0 -o {tmp_path / 'data'}").code == 2
    wrong = call(f"dataset 1 -o {tmp_path / 'data'} --no-parquet --norms batch")
    assert (wrong.code, "norms is one of '', 'layer', 'rms', not 'batch'" in wrong.err) == (1, True)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    kept = call(f"dataset 1 -o {tmp_path / 'full'} --no-parquet")
    assert (kept.code, "is not empty, and not a data set" in kept.err) == (1, True)
    assert (tmp_path / "full" / "mine.txt").read_text() == "mine"
    assert "not a data set of hardwire" in call(f"discover {tmp_path}").err


@pytest.mark.skipif(importlib.util.find_spec("pyarrow") is not None, reason="pyarrow is installed")
def test_without_pyarrow_the_option_that_needs_it_is_named(call: Call, tmp_path: Path) -> None:
    ran = call(f"dataset 1 -o {tmp_path / 'data'}")
    assert (ran.code, ran.err.endswith("  --no-parquet leaves this file out.\n")) == (2, True)


def test_discovery_prints_a_table_or_names_its_extra(call: Call, tmp_path: Path) -> None:
    assert call(f"dataset 1 -o {tmp_path / 'data'} --processes 1 --no-parquet").code == 0
    ran = call(f"discover {tmp_path / 'data'} --pairs 4")
    if not TORCH:
        assert (ran.code, "Circuit discovery needs an optional package" in ran.err, "[torch]" in ran.err) == (
            1,
            True,
            True,
        )
        return
    assert ran.code == 0
    assert [line.split("  ")[0] for line in ran.lines[1:]] == [
        "activation patching",
        "attribution patching",
        "integrated gradients",
        "edge search",
    ]


def test_a_campaign_reports_and_goes_on(call: Call, tmp_path: Path) -> None:
    ran = call(f"campaign 2 -o {tmp_path} --start 4 --no-torch --mutants 1 --json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert (found["spans"], sum(found["outcomes"].values()), found["findings"]) == ([[4, 6]], 2, [])
    assert "report.md has the report" in ran.err
    report = (tmp_path / "report.md").read_text("utf-8").removeprefix("# Campaign").strip()
    reported = call(f"campaign -o {tmp_path} --report")
    assert (reported.code, reported.out.strip()) == (0, report)
    rows = (tmp_path / "rows.jsonl").read_bytes()
    assert call(f"campaign -o {tmp_path}").code == 0
    assert (tmp_path / "rows.jsonl").read_bytes() == rows


def test_a_campaign_with_a_finding_ends_with_1(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from hardwire import campaign
    from hardwire.campaign.settings import FINDING, SeedResult
    from hardwire.campaign.summary import summary

    found = summary([SeedResult(0, "wild", FINDING, where="a place", why="a defect")])
    monkeypatch.setattr(campaign, "finish", lambda *_: found)
    assert call(f"campaign -o {tmp_path} --report").code == 1


def test_a_campaign_that_cannot_be_says_why(call: Call, tmp_path: Path) -> None:
    both = call(f"campaign 2 -o {tmp_path} --ray auto --processes 2")
    assert (both.code, "give one of the two" in both.err) == (2, True)
    assert "no campaign" in call(f"campaign -o {tmp_path} --report").err
    assert "needs the number of its programs" in call(f"campaign -o {tmp_path}").err
