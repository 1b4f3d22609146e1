"""Files of certified models: proved again after loading, also those that an earlier version wrote.

`python tests/proof/test_golden.py` writes the files of golden/ that are not there. Those that are there stay as they
are: a later version has to go on checking them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import hardwire as hw
from hardwire.errors import CertificateError
from hardwire.programs import LIBRARY

GOLDEN = Path(__file__).parent / "golden"
CASES = {"flip": ("abc", 12), "add_binary": ("01+", 9)}


def given_of(name: str) -> hw.SOp | None:
    given = LIBRARY[name].given
    return None if given is None else given()


def certified(name: str) -> hw.Transformer:
    vocab, max_len = CASES[name]
    return hw.compile(LIBRARY[name](), vocab, max_len, given=given_of(name))


@pytest.mark.parametrize("name", CASES)
def test_a_model_that_was_in_a_file(name: str, tmp_path: Path) -> None:
    model = certified(name)
    model.save(tmp_path / "model.safetensors")
    loaded = hw.load(tmp_path / "model.safetensors")
    assert loaded.certificate == model.certificate
    program, given = LIBRARY[name](), given_of(name)
    assert hw.certify(loaded, program=program, given=given) == model.certificate
    with pytest.raises(CertificateError, match="against a program"):
        hw.certify(loaded)
    with pytest.raises(CertificateError):
        hw.certify(loaded, LIBRARY["copy"]())


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.safetensors")), ids=lambda f: f.stem)
def test_a_file_of_an_earlier_version(file: Path) -> None:
    name = file.stem.partition("-")[0]
    loaded = hw.load(file)
    program, given = LIBRARY[name](), given_of(name)
    assert loaded.certificate is not None
    assert hw.certify(loaded, program, given=given).status == loaded.certificate.status
    assert hw.verify(loaded, program, given=given, exhaustive=2000, samples=100)


def test_there_are_files_of_earlier_versions() -> None:
    found = list(GOLDEN.glob("*.safetensors"))
    assert {f.stem.partition("-")[0] for f in found} == CASES.keys()
    assert all(f.stat().st_size < 40_000 for f in found)


if __name__ == "__main__":
    for name in CASES:
        file = GOLDEN / f"{name}-{hw.__version__}.safetensors"
        if not file.exists():
            certified(name).save(file)
            print(file)
