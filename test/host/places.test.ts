import { describe, expect, it } from "vitest";
import { places, SOCKET_PATH_MAX } from "../../src/host/places.js";
import type { PlacesInput } from "../../src/host/places.js";

const base: PlacesInput = {
  env: {},
  platform: "linux",
  home: "/home/ada",
  uid: 1000,
  cwd: "/work",
  tmpDir: "/tmp",
  hash: (text) => `h${text.length}`,
};

describe("places", () => {
  const rows: [
    title: string,
    input: Partial<PlacesInput>,
    configDir: string,
    dataDir: string,
    stateDir: string,
    logDir: string,
    runDir: string,
  ][] = [
    [
      "Linux without XDG variables",
      {},
      "/home/ada/.config/aura",
      "/home/ada/.local/share/aura",
      "/home/ada/.local/state/aura",
      "/home/ada/.local/state/aura/log",
      "/home/ada/.local/state/aura/run",
    ],
    [
      "Linux with XDG variables",
      { env: { XDG_CONFIG_HOME: "/x/c", XDG_DATA_HOME: "/x/d", XDG_STATE_HOME: "/x/s", XDG_RUNTIME_DIR: "/run/user/1000" } },
      "/x/c/aura",
      "/x/d/aura",
      "/x/s/aura",
      "/x/s/aura/log",
      "/run/user/1000/aura",
    ],
    [
      "empty and relative XDG variables count as unset",
      { env: { XDG_CONFIG_HOME: "", XDG_RUNTIME_DIR: "run" } },
      "/home/ada/.config/aura",
      "/home/ada/.local/share/aura",
      "/home/ada/.local/state/aura",
      "/home/ada/.local/state/aura/log",
      "/home/ada/.local/state/aura/run",
    ],
    [
      "macOS",
      { platform: "darwin", home: "/Users/ada", env: { XDG_CONFIG_HOME: "/x" } },
      "/Users/ada/Library/Application Support/aura",
      "/Users/ada/Library/Application Support/aura",
      "/Users/ada/Library/Application Support/aura/state",
      "/Users/ada/Library/Logs/aura",
      "/Users/ada/Library/Application Support/aura/state/run",
    ],
    [
      "AURA_HOME before everything else",
      { env: { AURA_HOME: "/srv/aura/", XDG_RUNTIME_DIR: "/run/user/1000" } },
      "/srv/aura/config",
      "/srv/aura/data",
      "/srv/aura/state",
      "/srv/aura/state/log",
      "/srv/aura/run",
    ],
    [
      "a relative AURA_HOME from the working directory",
      { env: { AURA_HOME: "../x/./.aura" } },
      "/x/.aura/config",
      "/x/.aura/data",
      "/x/.aura/state",
      "/x/.aura/state/log",
      "/x/.aura/run",
    ],
    [
      "a tilde that no shell expanded",
      { env: { AURA_HOME: "~/a" } },
      "/home/ada/a/config",
      "/home/ada/a/data",
      "/home/ada/a/state",
      "/home/ada/a/state/log",
      "/home/ada/a/run",
    ],
  ];

  it.each(rows)(
    "puts the five folders where the platform wants them: %s",
    (_title, input, configDir, dataDir, stateDir, logDir, runDir) => {
      expect(places({ ...base, ...input })).toMatchObject({ configDir, dataDir, stateDir, logDir, runDir });
    },
  );

  it("names the files as the reference does", () => {
    expect(places({ ...base, env: { AURA_HOME: "/a" } })).toMatchObject({
      auraToml: "/a/config/aura.toml",
      servicesDir: "/a/config/services",
      envFile: "/a/config/env",
      temporalDb: "/a/data/temporal.db",
      auditDb: "/a/data/audit.db",
      journalDir: "/a/data/journal",
      syncDir: "/a/data/sync",
      serviceLogDir: "/a/state/log/services",
      auditLog: "/a/state/audit.log",
      auradLog: "/a/state/log/aurad.log",
      temporalLog: "/a/state/log/temporal.log",
      sock: "/a/run/aurad.sock",
      rpcSock: "/a/run/rpc.sock",
      daemonJson: "/a/run/daemon.json",
      apiToken: "/a/run/api.token",
    });
  });

  it("keeps a socket path that the kernel still takes, and shortens a longer one", () => {
    const dir = (bytes: number): string => `/${"d".repeat(bytes - 1 - "/run/aurad.sock".length)}`;
    const fits = places({ ...base, env: { AURA_HOME: dir(SOCKET_PATH_MAX) } });
    expect(fits.sock).toHaveLength(SOCKET_PATH_MAX);
    expect(fits.sockDir).toBe(fits.runDir);

    const long = places({ ...base, env: { AURA_HOME: dir(SOCKET_PATH_MAX + 1) } });
    expect(long.sock).toBe("/tmp/aura-1000/h90-aurad.sock");
    expect(long.rpcSock).toBe("/tmp/aura-1000/h90-rpc.sock");
    expect(long.daemonJson).toBe(`${long.runDir}/daemon.json`);
  });

  it("counts bytes, not letters, in socket paths", () => {
    expect(places({ ...base, env: { AURA_HOME: `/${"ä".repeat(45)}` } }).sockDir).toBe("/tmp/aura-1000");
  });
});
