import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { SCRIPT } from "../../src/api/page.js";

interface Asked {
  readonly path: string;
  readonly authorization: string | undefined;
}

/** As much of a browser as the page's script touches. */
class Tab {
  readonly asked: Asked[] = [];
  readonly elements = new Map<string, Record<string, unknown>>();
  readonly stored = new Map<string, string>();
  readonly urls: string[] = [];
  answers: Readonly<Record<string, unknown>> = {};
  status = 200;
  private poll = (): void => {};

  open(hash: string): void {
    const element = (): Record<string, unknown> => {
      const made: Record<string, unknown> = { children: [], textContent: "" };
      made["append"] = (...nodes: unknown[]) => void (made["children"] as unknown[]).push(...nodes);
      made["replaceChildren"] = (...nodes: unknown[]) => void (made["children"] = nodes);
      return made;
    };
    runInContext(
      SCRIPT,
      createContext({
        location: { hash, pathname: "/" },
        history: { replaceState: (_state: unknown, _title: string, url: string) => void this.urls.push(url) },
        sessionStorage: {
          getItem: (key: string) => this.stored.get(key) ?? null,
          setItem: (key: string, value: string) => void this.stored.set(key, value),
        },
        document: {
          createElement: element,
          getElementById: (id: string) => {
            if (!this.elements.has(id)) this.elements.set(id, element());
            return this.elements.get(id);
          },
        },
        fetch: async (path: string, { headers }: { headers: { authorization?: string } }) => {
          this.asked.push({ path, authorization: headers.authorization });
          if (path === "/v1/events") return new Promise(() => {});
          return { ok: this.status === 200, status: this.status, json: async () => this.answers[path] };
        },
        setInterval: (poll: () => void) => void (this.poll = poll),
        setTimeout: (go: () => void, ms: number) => void (ms < 2000 && go()),
        TypeError,
      }),
    );
  }

  /** The page's own clock goes on by one turn. */
  tick(): void {
    this.poll();
  }

  text(id: string): unknown {
    return this.elements.get(id)?.["textContent"];
  }
}

const answers = {
  "/v1/epochs": {
    epochs: [
      { epoch_id: "<i>login", phase: "p4", status: "running", started_at: new Date(Date.now() - 3_725_000).toISOString(), ended_at: null },
      { epoch_id: "old", phase: "complete", status: "complete", started_at: "2026-01-02T03:04:05Z", ended_at: "2026-01-03T03:04:05Z" },
    ],
  },
  "/v1/status": {
    host: "laptop",
    pid: 1,
    version: "1.2.3",
    services: { running: 1, total: 2 },
    roots: [],
    temporal: { connected: true, web_ui: "javascript:alert(1)" },
  },
  "/v1/services": {
    services: [
      {
        name: "<b>zeta",
        type: "native",
        state: "failed",
        health: "none",
        pid: null,
        port: null,
        uptime_s: null,
        restart_count: 3,
        reason: "gave up",
      },
      {
        name: "alpha",
        type: "native",
        state: "running",
        health: "healthy",
        pid: 7,
        port: 80,
        uptime_s: 3725,
        restart_count: 0,
        reason: "started",
      },
    ],
  },
};

describe("the status page", () => {
  it("takes the token from the fragment once, clears it and sends it with every request", async () => {
    const tab = new Tab();
    tab.answers = answers;
    tab.open("#t=se%2Bcret");
    await expect.poll(() => tab.text("host")).toBe("laptop");
    expect(tab.urls).toEqual(["/"]);
    expect(tab.asked.map((one) => one.authorization)).toEqual(["status", "services", "epochs", "events"].map(() => "Bearer se+cret"));
  });

  it("sends no header when there is no token", async () => {
    const tab = new Tab();
    tab.answers = answers;
    tab.open("");
    await expect.poll(() => tab.text("host")).toBe("laptop");
    expect(tab.asked.every((one) => one.authorization === undefined)).toBe(true);
  });

  it("shows the epochs that run, as text, and nothing of them where there are none", async () => {
    const tab = new Tab();
    tab.answers = answers;
    tab.open("");
    await expect.poll(() => tab.elements.get("epochs")?.["hidden"]).toBe(false);
    const rows = tab.elements.get("epoch-rows")!["children"] as { children: { textContent: string }[] }[];
    expect(rows.map((row) => row.children.map((cell) => cell.textContent))).toEqual([
      ["<i>login", "p4", "running", expect.stringMatching(/^1h2m/)],
    ]);
    const empty = new Tab();
    empty.answers = { ...answers, "/v1/epochs": { epochs: [] } };
    empty.open("");
    await expect.poll(() => empty.elements.get("epochs")?.["hidden"]).toBe(true);
  });

  it("shows the sync roots with their last tick, as text, and nothing of them where there are none", async () => {
    const started_at = new Date(Date.now() - 3_725_000).toISOString();
    const tick = { trigger: "watcher", started_at, duration_ms: 0, outcome: "ok" };
    const root = { root_id: "<i>work", path: "/w", online: true, error: null, ticking: false, last_tick: tick };
    const tab = new Tab();
    const roots = [
      root,
      { ...root, root_id: "away", online: false, last_tick: { ...tick, outcome: "skip", detail: "nobody answers" } },
      { ...root, root_id: "braked", error: "21 of 30 files would be deleted" },
      { ...root, root_id: "broken", error: "the root is gone", last_tick: { ...tick, outcome: "error" } },
      { ...root, root_id: "new", last_tick: null, ticking: true },
    ];
    tab.answers = { ...answers, "/v1/status": { ...answers["/v1/status"], roots } };
    tab.open("");
    await expect.poll(() => tab.elements.get("roots")?.["hidden"]).toBe(false);
    const rows = tab.elements.get("root-rows")!["children"] as { children: { textContent: string }[] }[];
    const ago = expect.stringMatching(/^1h2m ago via watcher$/);
    expect(rows.map((row) => row.children.map((cell) => cell.textContent))).toEqual([
      ["<i>work", "online", ago, "/w", ""],
      ["away", "offline", ago, "/w", "nobody answers"],
      ["braked", "held", ago, "/w", "21 of 30 files would be deleted"],
      ["broken", "error", ago, "/w", "the root is gone"],
      ["new", "starting", "ticking", "/w", ""],
    ]);
    const empty = new Tab();
    empty.answers = answers;
    empty.open("");
    await expect.poll(() => empty.elements.get("roots")?.["hidden"]).toBe(true);
  });

  it("shows the services by name, as text, and links only to what is a web address", async () => {
    const tab = new Tab();
    tab.answers = answers;
    tab.open("");
    await expect.poll(() => tab.text("note")).toContain("1 of 2 running");
    const rows = tab.elements.get("rows")!["children"] as { children: { textContent: string }[] }[];
    expect(rows.map((row) => row.children.map((cell) => cell.textContent))).toEqual([
      ["<b>zeta", "native", "failed", "", "", "", "", "3", "gave up"],
      ["alpha", "native", "running", "healthy", "7", "80", "1h2m", "0", ""],
    ]);
    expect(tab.elements.get("ui")).toMatchObject({ hidden: true });
    expect(tab.elements.get("ui")!["href"]).toBeUndefined();
  });

  it("says what to do while there are no services", async () => {
    const tab = new Tab();
    tab.answers = { ...answers, "/v1/services": { services: [] } };
    tab.open("");
    await expect.poll(() => tab.text("host")).toBe("laptop");
    expect(tab.elements.get("none")).toMatchObject({ hidden: false });
    tab.answers = answers;
    tab.tick();
    await expect.poll(() => tab.elements.get("none")).toMatchObject({ hidden: true });
  });

  it("says where the token comes from when it is refused", async () => {
    const tab = new Tab();
    tab.status = 401;
    tab.open("");
    await expect.poll(() => tab.text("error")).toContain("aurad status --ui");
  });
});
