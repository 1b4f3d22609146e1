"""`hardwire optimize`."""

from __future__ import annotations

from pathlib import Path

from calling import Call, call

import hardwire as hw

__all__ = ["call"]


def test_the_steps_are_shown_and_the_model_is_saved(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "m.safetensors"
    ran = call(f"optimize histogram --vocab abc --max-len 8 --timeout 3 -o {file}")
    assert ran.code == 0, ran.err
    header, first, second, *_ = ran.lines
    assert header.split() == ["layers", "parameters"]
    assert first.endswith("compiled")
    model = hw.load(file)
    assert model.parameters <= int(second.split()[1].replace(",", "")) < int(first.split()[1].replace(",", ""))
    assert model("abca") == [2, 1, 1, 2]
    assert model.certificate is not None


def test_a_time_that_is_none_is_refused(call: Call) -> None:
    ran = call("optimize histogram --timeout 0")
    assert (ran.code, "above 0" in ran.err or "x>=" in ran.err) == (1, True), ran.err
