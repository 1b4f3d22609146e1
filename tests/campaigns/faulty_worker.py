"""A worker of a campaign with one seed that hangs, one that ends the process, and one with a defect to shrink."""

from __future__ import annotations

import os
import time
from typing import Any

from hardwire.campaign.shrinking import rebuilt_case
from hardwire.isolation import serve

HANGS, DIES, WRONG = 3, 5, 7


def answer(request: dict[str, Any]) -> dict[str, Any]:
    seed, edits = request["seed"], request["edits"]
    if seed == HANGS and not edits:
        time.sleep(60)
    if seed == DIES and not edits:
        os._exit(9)
    case = rebuilt_case(seed, edits)
    if seed == WRONG and any(e.op.aggregate for e in case.program.expr.walk()):
        return {"seed": seed, "kind": "wild", "outcome": "finding", "where": "an aggregate", "why": "it has one"}
    return {"seed": seed, "kind": "wild", "outcome": "certified"}


if __name__ == "__main__":
    serve(answer)
