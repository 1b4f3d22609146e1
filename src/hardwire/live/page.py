"""The page as one file: the bundle, the texts and the model, with nothing to load from elsewhere."""

from __future__ import annotations

import base64
import html
import json
from functools import cache
from pathlib import Path

from .shapes import Json

BUNDLE = Path(__file__).with_name("bundle") / "explore.js"
"""What `npm run build` makes of `web/`, as a JavaScript module."""

POLICY = "default-src 'none';script-src 'unsafe-inline';style-src 'unsafe-inline'"
"""What the page may load: nothing but what it holds."""

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>html{{background:#f7f8fa}}body{{margin:0}}@media(prefers-color-scheme:dark){{html{{background:#0f1318}}}}</style>
</head>
<body>
<div id="hardwire-explore"></div>
<noscript>This page computes with JavaScript, which is switched off.</noscript>
<script type="application/json" id="hardwire-page">{page}</script>
<script type="text/plain" id="hardwire-model">{model}</script>
<script type="module">
{bundle}
</script>
</body>
</html>
"""


@cache
def bundle() -> str:
    """The JavaScript of the page."""
    return BUNDLE.read_text("utf-8")


def page_html(title: str, page: Json, model: bytes) -> str:
    """Return the page. It refuses all requests to a network: its policy allows what the file holds and nothing else."""
    # No data can end its element: JSON has other ways to write "<", and base64 and the bundle have no "</script".
    return _PAGE.format(
        policy=POLICY,
        title=html.escape(title),
        page=json.dumps(page, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"),
        model=base64.b64encode(model).decode(),
        bundle=bundle().replace("</script", "<\\/script"),
    )
