"""The contrast of every visible text of a page with what is behind it, as WCAG 2 computes it."""

from __future__ import annotations

from typing import Any

LEAST = 4.5
"""What WCAG 2.2 asks of text of any size at level AA (1.4.3)."""

_MEASURE = """(least) => {
  const root = [...document.querySelectorAll("*")].find((e) => e.shadowRoot).shadowRoot;
  const paint = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = paint.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3]));
  const light = (c) => {
    const [r, g, b] = c.map((x) => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => p - q);
    return (y + 0.05) / (x + 0.05);
  };
  const up = (e) => e.parentElement ?? e.getRootNode().host;
  const behind = (e) => {
    const layers = [];
    for (let at = e; at; at = up(at)) {
      const style = getComputedStyle(at);
      const drawn = /rgba?\\([^)]*\\)|color\\([^)]*\\)/.exec(style.backgroundImage);
      if (drawn) layers.push(rgba(drawn[0]));
      layers.push(rgba(style.backgroundColor));
      if (layers[layers.length - 1][3] === 1) break;
    }
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255]);
  };
  const opacity = (e) => {
    let all = 1;
    for (let at = e; at; at = up(at)) all *= Number(getComputedStyle(at).opacity);
    return all;
  };
  const shade = (text, below) => { // behind a number of a matrix is the square of its weight
    const at = new DOMPoint(Number(text.getAttribute("x")), Number(text.getAttribute("y")));
    for (const path of text.closest("svg").querySelectorAll("path.on")) {
      if (!path.isPointInFill(at)) continue;
      const [r, g, b] = rgba(getComputedStyle(path).fill);
      return over([r, g, b, Number(path.getAttribute("opacity"))], below);
    }
    return below;
  };
  const found = [];
  let texts = 0;
  for (const e of root.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || e.matches("style, title, option, optgroup") || e.closest(".sr, :disabled")) continue;
    if (!e.getClientRects().length || getComputedStyle(e).visibility === "hidden") continue;
    texts++;
    const svg = e instanceof SVGElement;
    const below = svg ? shade(e, behind(e)) : behind(e);
    const [r, g, b, a] = rgba(getComputedStyle(e)[svg ? "fill" : "color"]);
    const seen = ratio(over([r, g, b, a * opacity(e)], below), below);
    const kind = e.className?.baseVal ?? e.className;
    if (seen < least) found.push([seen.toFixed(2), kind, e.textContent.slice(0, 30)].join(" | "));
  }
  return [texts, [...new Set(found)]];
}"""


def too_pale(page: Any, least: float = LEAST) -> list[str]:
    """Return the texts with too little contrast: ratio, class and text."""
    page.wait_for_timeout(400)  # colours change slowly
    texts, found = page.evaluate(_MEASURE, least)
    assert texts > 20
    return list(found)
