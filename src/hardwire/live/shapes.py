"""What is written to a page."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]
"""An object of JSON."""
