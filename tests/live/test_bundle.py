"""The bundles in the package are what `npm run build` makes of `web/`, byte for byte."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hardwire.live.page import BUNDLE
from hardwire.play.page import BUNDLE as PLAY

WEB = Path(__file__).parents[2] / "web"
MODULES = WEB / "node_modules"
NPX = shutil.which("npx")

pytestmark = pytest.mark.skipif(
    NPX is None or not (MODULES / "vite").is_dir(),
    reason="the bundle is not built again: `make web` installs its tools, with npm",
)


def vite(*arguments: str) -> None:
    subprocess.run([NPX or "npx", "--no-install", *arguments], cwd=WEB, check=True, capture_output=True, timeout=300)


def test_the_bundles_are_built_from_their_sources(tmp_path: Path) -> None:
    for bundle, options in ((BUNDLE, ()), (PLAY, ("--mode", "play"))):
        vite("vite", "build", "--outDir", str(tmp_path), *options)
        assert (tmp_path / bundle.name).read_bytes() == bundle.read_bytes(), "run `make web` and commit the bundles"


def test_the_sources_have_the_right_types() -> None:
    vite("tsc", "--noEmit")


def test_versions_are_pinned() -> None:
    package = json.loads((WEB / "package.json").read_text())
    lock = json.loads((WEB / "package-lock.json").read_text())
    for name, version in (package["dependencies"] | package["devDependencies"]).items():
        assert version[0].isdigit(), f"{name} is not pinned: {version}"
        assert lock["packages"][f"node_modules/{name}"]["version"] == version
    licence = BUNDLE.with_name("LICENSE.preact").read_text("utf-8")
    assert licence.startswith("The MIT License")
