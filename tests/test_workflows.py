"""The workflows of GitHub: their form, and that every command in them is there on the systems that it runs on."""

from __future__ import annotations

import importlib.util
import os
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

yaml = pytest.importorskip("yaml", reason="marimo brings it")

ROOT = Path(__file__).parent.parent
WORKFLOWS = {path.stem: path for path in sorted((ROOT / ".github" / "workflows").glob("*.yml"))}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
SYSTEMS = ["ubuntu-latest", "macos-latest", "windows-latest"]
INPUTS = {
    "actions/checkout@v6": set(),
    "actions/setup-python@v6": {"python-version"},
    "actions/upload-artifact@v7": {"name", "path", "if-no-files-found"},
}
"""The actions, and those of their inputs that are used (action.yml of each)."""
JOB = {"runs-on", "timeout-minutes", "steps", "strategy", "env"}
STEP = {"uses", "with", "run", "if", "env"}


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, path in WORKFLOWS.items():
        for job, content in yaml.safe_load(path.read_text("utf-8"))["jobs"].items():
            yield f"{name}.{job}", content


JOBS = dict(jobs())


def systems(job: dict[str, Any]) -> list[str]:
    """The systems on which a job runs."""
    if job["runs-on"] == "${{ matrix.os }}":
        found: list[str] = job["strategy"]["matrix"]["os"]
        return found
    return [job["runs-on"]]


def commands(job: dict[str, Any]) -> list[list[str]]:
    return [shlex.split(step["run"]) for step in job["steps"] if "run" in step]


def test_the_workflows_say_when_they_run() -> None:
    assert set(WORKFLOWS) == {"tests", "nightly"}
    for path in WORKFLOWS.values():
        content = yaml.safe_load(path.read_text("utf-8"))
        assert set(content) == {"name", True, "permissions", "jobs"}  # `on` is a truth value in YAML
        assert content["permissions"] == {"contents": "read"}
    tests, nightly = (yaml.safe_load(WORKFLOWS[name].read_text("utf-8"))[True] for name in ("tests", "nightly"))
    assert tests == {"push": {"branches": ["main"]}, "pull_request": None}
    [schedule] = nightly["schedule"]
    assert re.fullmatch(r"\d+ \d+ \* \* \*", schedule["cron"])


@pytest.mark.parametrize("name", JOBS)
def test_a_job_has_the_form_of_one(name: str) -> None:
    job = JOBS[name]
    assert set(job) <= JOB
    assert set(systems(job)) <= set(SYSTEMS)
    assert 0 < job["timeout-minutes"] <= 360  # GitHub ends a job after six hours
    for step in job["steps"]:
        assert set(step) <= STEP
        assert ("uses" in step) != ("run" in step)
        if "uses" in step:
            assert set(step.get("with", {})) <= INPUTS[step["uses"]]
    text = yaml.safe_dump(job)
    matrix = job.get("strategy", {}).get("matrix", {})
    assert set(re.findall(r"\$\{\{ *matrix\.(\w+) *\}\}", text)) == set(matrix)


@pytest.mark.parametrize("name", JOBS)
def test_every_command_exists(name: str) -> None:
    job = JOBS[name]
    assert commands(job)
    for program, *rest in commands(job):
        if program == "make":
            assert rest[0] in TARGETS, rest
            assert all(re.match(r"[A-Z]+=", x) for x in rest[1:2])
        elif program == "python" and rest[0] == "-m":
            dev = {re.split(r"[>=<\[]", x)[0] for x in PROJECT["optional-dependencies"]["dev"]}
            assert rest[1] == "pip" or (rest[1] in dev and importlib.util.find_spec(rest[1])), rest
            extras = re.findall(r"\.\[([a-z,]+)\]", " ".join(rest))
            assert all(x in PROJECT["optional-dependencies"] for some in extras for x in some.split(","))
        elif program == "python":
            assert (ROOT / rest[0]).is_file()
        else:
            assert (ROOT / program).is_file()
            assert os.name == "nt" or os.access(ROOT / program, os.X_OK)


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "windows-latest" in systems(job)])
def test_windows_has_what_its_jobs_run(name: str) -> None:
    """Its shell is PowerShell: no make, no .venv/bin, no substitution of a POSIX shell."""
    for command in commands(JOBS[name]):
        assert command[0] == "python"
        assert not re.search(r"\$|\.venv|bin/|&&|\|", " ".join(command))


def test_the_tests_run_on_all_systems_and_versions() -> None:
    least = tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
    tests = JOBS["tests.tests"]
    versions = [tuple(map(int, v.split("."))) for v in tests["strategy"]["matrix"]["python"]]
    assert versions == [(3, minor) for minor in range(least[1], 15)]
    assert systems(tests) == systems(JOBS["tests.packages"]) == SYSTEMS
    assert ["python", "-m", "pytest", "-n", "2"] in commands(tests)


def test_the_gate_and_the_night_run_what_they_name() -> None:
    gate = (ROOT / ".ci" / "run").read_text("utf-8")
    assert commands(JOBS["tests.gate"]) == [[".ci/run"]]
    made = re.findall(r"make --no-print-directory (\S+?)(?:;| \|\|)", gate)
    assert {"check", "test", "docs", "test-exports", "test-notebook"} <= set(made)
    assert {x for x in made if "/" not in x} <= TARGETS
    assert commands(JOBS["nightly.nightly"]) == [["make", "nightly"]]
    campaign = [x[:2] for x in commands(JOBS["nightly.campaign"])]
    assert campaign == [["make", "test-ray"], ["make", "campaign"]]
