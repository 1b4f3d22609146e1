"""Files of certified models: proved again after loading, also those that an earlier version wrote.

`python tests/proof/test_golden.py` writes the files of golden/ for the current file format that are not there: after
`storage.VERSION` went up, and for new cases. Nothing else writes them, and those that are there stay as they are: a
later version has to go on checking them.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import hardwire as hw
from hardwire.errors import CertificateError
from hardwire.model import storage
from hardwire.programs import LIBRARY

GOLDEN = Path(__file__).parent / "golden"
"""Files by program and file format; those named -0.1.0 are of format 1, whose certificates are bound to nothing."""
DIGESTS = {
    "flip-format-3": "387a070eb49b19f8179c643efb17502ab4a37c60d1c3966f85c380e9ad76063f",
    "add_binary-format-3": "e69b888ed13de3be626598f32ea71ddd5db2b6ac17bfb60515cb5f3e562e9c2b",
    "flip-format-4": "387a070eb49b19f8179c643efb17502ab4a37c60d1c3966f85c380e9ad76063f",
    "add_binary-format-4": "e69b888ed13de3be626598f32ea71ddd5db2b6ac17bfb60515cb5f3e562e9c2b",
}
"""What the certificates of these files are bound to, on every machine."""
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
    assert hw.certify(loaded) == model.certificate, "its program travels with it"
    with pytest.raises(CertificateError):
        hw.certify(loaded, LIBRARY["copy"]())


@pytest.mark.parametrize("file", sorted(GOLDEN.glob("*.safetensors")), ids=lambda f: f.stem)
def test_a_file_of_an_earlier_version(file: Path) -> None:
    name = file.stem.partition("-")[0]
    loaded = hw.load(file)
    program, given = LIBRARY[name](), given_of(name)
    proved = hw.certify(loaded, program, given=given)
    assert proved.status == f"exact up to length {CASES[name][1]}"
    if file.stem.endswith("-0.1.0"):
        assert loaded.certificate is None
        assert "a certificate in a file of format 1 is not bound to its model" in repr(loaded)
    else:
        assert loaded.certificate is not None
        assert loaded.certificate.stored
        assert loaded.certificate.status == proved.status
        assert loaded.digest == DIGESTS[file.stem]
    assert hw.verify(loaded, program, given=given, exhaustive=2000, samples=100)


def test_there_are_files_of_earlier_versions() -> None:
    found = list(GOLDEN.glob("*.safetensors"))
    names = {f.stem for f in found}
    assert {name.partition("-")[0] for name in names} == CASES.keys()
    assert {f"{name}-format-{storage.VERSION}" for name in CASES} <= names
    assert all(f.stat().st_size < 40_000 for f in found)


if __name__ == "__main__":
    for name in CASES:
        file = GOLDEN / f"{name}-format-{storage.VERSION}.safetensors"
        if not file.exists():
            certified(name).save(file)
            print(file, hw.load(file).digest)
