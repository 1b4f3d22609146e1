"""The keys of the nodes of a program's graph."""

from __future__ import annotations

from typing import Any

ID = "ID"
EXPR = "EXPR"
VALUE_SET = "VALUE_SET"
OUTPUT_BASIS = "OUTPUT_BASIS"
MODEL_BLOCK = "MODEL_BLOCK"

Node = dict[str, Any]
NodeID = str
