import type { DaemonHealth, SharedDeps } from "../../src/api/deps.js";
import type { FakeHost } from "./fake-control.js";
import { FakeEpochs } from "./fake-epochs.js";
import { FakeRoots } from "./fake-roots.js";

/** Dependencies of an API over a fake host, fake epochs and fake roots; the rest is what a running daemon would say. */
export function fakeDaemon(
  host: FakeHost,
  more: Partial<SharedDeps> = {},
  epochs = new FakeEpochs(host.host),
  roots = new FakeRoots(host.host),
): SharedDeps {
  return {
    control: host,
    logs: host,
    epochs,
    roots,
    sliceLogs: epochs,
    events: host,
    host: host.host,
    version: "1.2.3",
    startedAt: Date.UTC(2026, 0, 2),
    pid: 4711,
    health: () => healthy,
    ...more,
  };
}

const healthy: DaemonHealth = {
  ok: true,
  temporal: { address: "127.0.0.1:7233", namespace: "default", connected: true, webUi: "http://127.0.0.1:8233" },
  problems: [],
};
