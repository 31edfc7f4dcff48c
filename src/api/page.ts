/** The status page: one document, nothing loaded from elsewhere. Texts only ever enter through `textContent`. */

export const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --line: #e0e1e6; --paper: #fcfcfd;
  --good: #18794e; --warn: #915930; --bad: #c62a2f; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #b0b4ba; --line: #363a3f; --paper: #111113;
  --good: #3dd68c; --warn: #ffa057; --bad: #ff9592; } }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: baseline; }
h1 { font-size: 1.25rem; margin: 0; } #note { color: var(--dim); } #error { color: var(--bad); min-height: 1.5em; margin: .5rem 0; }
#epochs, #roots { margin-top: 1.5rem; } table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; color: var(--dim); font-weight: 500; } th, td { padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.why { color: var(--dim); } .scroll { overflow-x: auto; }
.running, .healthy, .online { color: var(--good); } .failed, .unhealthy, .error { color: var(--bad); }
.pending, .starting, .stopping, .backoff, .offline, .held { color: var(--warn); } .stopped { color: var(--dim); }
a { color: inherit; } td:first-child { overflow-wrap: anywhere; min-width: 7rem; } td.why { min-width: 16rem; }
:is(th, td):nth-child(n+5):nth-child(-n+8) { text-align: right; } #roots :is(th, td) { text-align: left; }
@media (max-width: 44rem) { thead { display: none; }
  tr { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .5rem 0; border-bottom: 1px solid var(--line); }
  td { border: 0; padding: 0; } td:empty { display: none; } td:first-child, td.why { flex: 1 0 100%; } td:first-child { font-weight: 600; }
  td:nth-child(n+5):nth-child(-n+8) { color: var(--dim); text-align: left; } td:nth-child(5)::before { content: "pid "; }
  td:nth-child(6)::before { content: "port "; } td:nth-child(7)::before { content: "up "; } td:nth-child(8)::before { content: "restarts "; }
  #roots td::before { content: none; } }
`;

export const SCRIPT = `
const KEY = "aura-token";
const found = /(?:^#|&)t=([^&]+)/.exec(location.hash);
if (found) {
  sessionStorage.setItem(KEY, decodeURIComponent(found[1]));
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem(KEY);
const headers = token ? { authorization: "Bearer " + token } : {};
const $ = (id) => document.getElementById(id);
const get = async (path) => {
  const answer = await fetch(path, { headers, cache: "no-store" });
  const body = await answer.json();
  if (!answer.ok) throw new Error(answer.status === 401
    ? "This page needs the token: open the address that 'aurad status --ui' prints." : body.error.message);
  return body;
};
const age = (s) => s === null ? "" : s < 60 ? s + "s" : s < 3600 ? Math.floor(s / 60) + "m" + s % 60 + "s"
  : s < 86400 ? Math.floor(s / 3600) + "h" + Math.floor(s % 3600 / 60) + "m" : Math.floor(s / 86400) + "d" + Math.floor(s % 86400 / 3600) + "h";
const cell = (text, kind) => {
  const td = document.createElement("td");
  td.textContent = text === null ? "" : String(text);
  if (kind) td.className = kind;
  return td;
};
const row = (s) => {
  const tr = document.createElement("tr");
  const health = s.health === "none" ? "" : s.health;
  tr.append(cell(s.name), cell(s.type), cell(s.state, s.state), cell(health, s.health), cell(s.pid), cell(s.port),
    cell(age(s.uptime_s)), cell(s.restart_count), cell(s.state === "running" && s.health !== "unhealthy" ? "" : s.reason, "why"));
  return tr;
};
const rootState = (r) => r.last_tick === null ? "starting" : !r.online ? "offline" : r.error === null ? "online"
  : r.last_tick.outcome === "ok" ? "held" : "error";
const rootRow = (r) => {
  const tr = document.createElement("tr");
  const t = r.last_tick;
  const s = t === null ? null : Math.max(0, Math.floor((Date.now() - Date.parse(t.started_at) - t.duration_ms) / 1000));
  const when = (s === null ? "" : age(s) + " ago via " + t.trigger) + (r.ticking ? (s === null ? "ticking" : ", ticking") : "");
  const state = rootState(r);
  tr.append(cell(r.root_id), cell(state, state), cell(when), cell(r.path), cell(r.error || (r.online ? "" : t.detail || ""), "why"));
  return tr;
};
const show = async () => {
  try {
    const [status, document_] = await Promise.all([get("/v1/status"), get("/v1/services")]);
    $("host").textContent = status.host;
    $("note").textContent = status.services.running + " of " + status.services.total + " running \\u00b7 Temporal "
      + (status.temporal.connected ? "connected" : "away") + " \\u00b7 aurad " + status.version + ", pid " + status.pid;
    $("ui").hidden = !/^https?:/.test(status.temporal.web_ui || "");
    if (!$("ui").hidden) $("ui").href = status.temporal.web_ui;
    document.title = status.host + " \\u00b7 Aura";
    $("none").hidden = document_.services.length + status.roots.length > 0;
    $("roots").hidden = status.roots.length === 0;
    $("root-rows").replaceChildren(...status.roots.map(rootRow));
    $("rows").replaceChildren(...document_.services.slice().sort((a, b) => a.name < b.name ? -1 : 1).map(row));
    $("error").textContent = "";
  } catch (error) {
    $("error").textContent = error instanceof TypeError ? "aurad does not answer; trying again." : error.message;
  }
};
const epochRow = (e) => {
  const tr = document.createElement("tr");
  const s = Math.max(0, Math.floor((Date.now() - Date.parse(e.started_at)) / 1000));
  tr.append(cell(e.epoch_id), cell(e.phase), cell(e.status, e.status), cell(age(s)));
  return tr;
};
const showEpochs = async () => {
  try {
    const { epochs } = await get("/v1/epochs");
    const open = epochs.filter((e) => e.ended_at === null);
    $("epochs").hidden = open.length === 0;
    $("epoch-rows").replaceChildren(...open.map(epochRow));
  } catch { /* the services say what is wrong */ }
};
let due = null;
const soon = (ms) => { if (due === null) due = setTimeout(() => { due = null; void show(); }, ms); };
const listen = async () => {
  for (;;) {
    try {
      const answer = await fetch("/v1/events", { headers, cache: "no-store" });
      if (!answer.ok) throw new Error("refused");
      const reader = answer.body.getReader();
      for (;;) {
        const part = await reader.read();
        if (part.done) break;
        soon(100);
      }
    } catch { /* the poll below shows what is wrong */ }
    await new Promise((go) => setTimeout(go, 2000));
  }
};
void show();
void showEpochs();
void listen();
let turns = 0;
setInterval(() => {
  soon(0);
  // A list by visibility costs Temporal more than a look at what this daemon knows.
  turns += 1;
  if (turns % 5 === 0) void showEpochs();
}, 2000);
`;

export const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Aura</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>Aura <span id="host"></span></h1><span id="note"></span><a id="ui" hidden rel="noreferrer">Temporal Web UI</a></header>
<p id="error" role="status"></p>
<div class="scroll"><table>
<thead><tr><th>name<th>type<th>state<th>health<th>pid<th>port<th>uptime<th>restarts<th>why</tr></thead>
<tbody id="rows"></tbody>
</table></div>
<div class="scroll" id="roots" hidden><table>
<thead><tr><th>sync root<th>state<th>last tick<th>folder<th>why</tr></thead>
<tbody id="root-rows"></tbody>
</table></div>
<div class="scroll" id="epochs" hidden><table>
<thead><tr><th>epoch<th>phase<th>status<th>age</tr></thead>
<tbody id="epoch-rows"></tbody>
</table></div>
<p id="none" hidden>No services yet: put a spec into the services folder of the configuration; 'aura-msg check' proves it.</p>
<script>${SCRIPT}</script>
</body>
</html>
`;
