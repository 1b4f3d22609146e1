// Light or dark: as the reader prefers, as the notebook is, or as the button says.

import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Whether what surrounds the page is dark: a notebook's theme, or else the reader's preference. */
export function isDark(): boolean {
  const body = document.body;
  const jupyter = body.dataset.jpThemeLight;
  if (jupyter) return jupyter === "false";
  if (/\bvscode-(dark|high-contrast)\b/.test(body.className)) return true;
  if (body.classList.contains("vscode-light")) return false;
  const page = document.documentElement;
  if (body.classList.contains("dark") || page.getAttribute("theme") === "dark") return true;
  if (body.classList.contains("light") || page.getAttribute("theme") === "light") return false;
  return matchMedia("(prefers-color-scheme: dark)").matches;
}

export function ThemeButton(props: { root: RefObject<HTMLElement | null> }) {
  const [dark, setDark] = useState(isDark());
  useEffect(() => {
    const host = props.root.current!.getRootNode() as ShadowRoot;
    (host.host as HTMLElement).dataset.theme = dark ? "dark" : "light";
    document.documentElement.style.colorScheme = dark ? "dark" : "light";
  }, [dark]);
  return (
    <button type="button" class="quiet theme" aria-pressed={dark} onClick={() => setDark(!dark)}>
      {dark ? "Light" : "Dark"}
    </button>
  );
}
