// The page of `hardwire play`.

import { render } from "preact";
import explore from "../style.css?inline";
import { isDark } from "../ui/theme";
import { server } from "./backend";
import { inBrowser } from "./pyodide";
import style from "./play.css?inline";
import { Play, type Data } from "./play";

const host = document.getElementById("hardwire-play")!;
const data = JSON.parse(document.getElementById("hardwire-play-data")!.textContent!) as Data;
const shadow = host.attachShadow({ mode: "open" });
const sheet = document.createElement("style");
sheet.textContent = explore + style;
const root = document.createElement("div");
shadow.append(sheet, root);
host.dataset.theme = isDark() ? "dark" : "light";
if (location.search) history.replaceState(null, "", `${location.pathname}${location.hash}`); // the token is not for the history
const backend = data.pyodide ? inBrowser(data.pyodide) : server(data.token ?? "");
render(<Play data={data} backend={backend} root={shadow} />, root);
