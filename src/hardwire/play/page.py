"""The page of the playground as HTML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

BUNDLE = Path(__file__).with_name("bundle") / "play.js"
"""What `npm run build` makes of `web/src/play`, as a JavaScript module."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">{head}
<title>hardwire playground</title>
<style>html{{background:#f7f8fa}}body{{margin:0}}@media(prefers-color-scheme:dark){{html{{background:#0f1318}}}}</style>
</head>
<body>
<div id="hardwire-play"></div>
<script type="application/json" id="hardwire-play-data">{data}</script>
<script type="module"{nonce}>
{bundle}
</script>
</body>
</html>
"""


def page_html(data: dict[str, Any], *, head: str = "", nonce: str = "") -> str:
    """Return the page; `nonce` is what its server's policy asks of scripts."""
    return _PAGE.format(
        head=head and f"\n{head}",
        data=json.dumps(data, separators=(",", ":")).replace("<", "\\u003c"),
        nonce=nonce and f' nonce="{nonce}"',
        bundle=BUNDLE.read_text("utf-8").replace("</script", "<\\/script"),
    )
