import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { missing } from "../support/components.js";
import { histories, withClient } from "../support/histories.js";
import { type SyncedHome, syncedHomes } from "../support/synced-home.js";
import { startServer } from "../support/temporal.js";
import { until } from "../support/until.js";

const WRONG = "wrong-secret-5dT3kQ";

/** Everything below a folder, bytes as they are, by file. */
function rawFiles(dir: string): [file: string, text: string][] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) return rawFiles(path);
    return entry.isFile() ? [[path, readFileSync(path, "latin1")]] : [];
  });
}

/** Every history of the host's roots, payloads as they are and as the text that they are. */
async function everyHistory({ address, host }: SyncedHome, roots: readonly string[]): Promise<string> {
  return withClient(address, async (client) => {
    const runs = await Promise.all(roots.map((root) => histories(client, `root/${host}/${root}`)));
    const json = JSON.stringify(runs);
    const payloads = [...json.matchAll(/"data":"([A-Za-z0-9+/=]+)"/g)].map(([, data]) => Buffer.from(data!, "base64").toString("utf8"));
    return [json, ...payloads].join("\n");
  });
}

describe.skipIf(missing("temporal") || missing("versitygw"))("credentials of S3", () => {
  const { home, bucket, server } = syncedHomes();

  it("occur in no history, log, answer, state file or bucket, right ones or wrong ones", { timeout: 120_000 }, async () => {
    const temporal = await startServer(inject("temporal")!.cli);
    try {
      const here = home({ address: temporal.address });
      const remote = await bucket();
      const { AURA_S3_ACCESS_KEY: id, AURA_S3_SECRET_KEY: secret } = server().env;
      for (const name of ["work", "photos"]) here.root(name, remote);
      here.write("work/a.txt", "one");
      here.config(`watcher_debounce = "50ms"\n${["work", "photos"].map((name) => `[[roots]]\npath = "${here.path(name)}"\n`).join("")}`);

      // From the env file, which is the one place where they may be.
      delete here.env["AURA_S3_ACCESS_KEY"];
      delete here.env["AURA_S3_SECRET_KEY"];
      const { envFile } = here.places;
      mkdirSync(dirname(envFile), { recursive: true });
      const write = (key: string): void =>
        writeFileSync(envFile, `# of the bucket\nexport AURA_S3_ACCESS_KEY="${id}"\nAURA_S3_SECRET_KEY='${key}'\n`, { mode: 0o600 });
      write(secret);
      await here.start(["--log-level", "trace"]);
      for (const name of ["work", "photos"]) await here.tick(name, ({ outcome }) => outcome === "ok");
      const said: string[] = [];
      const say = async (...args: string[]): Promise<string> => {
        const { status, stdout, stderr } = await here.say(...args);
        said.push(stdout, stderr);
        return `${status} ${stdout}${stderr}`;
      };
      const commands = ["root list", "sync", "sync --json", "sync wait", "sync log work", "sync gc", "sync verify", "status", "doctor"];
      for (const command of commands) await say(...command.split(" "));
      await say("root", "init", here.path("third"), "--bucket", "b", "--endpoint", "https://user:a-password@example.com");

      // Wrong ones: refused, in one line that says what to do once.
      write(WRONG);
      await here.daemon.stop();
      await here.start(["--log-level", "trace"]);
      const failed = await here.tick("work");
      expect(failed).toMatchObject({ event: "tick_end", level: "ERROR", outcome: "error" });
      expect(failed["error"]).toBe(
        `S3 at ${remote.endpoint} refuses the credentials from ${envFile}: the secret key is not that of the access key (SignatureDoesNotMatch); correct it`,
      );
      expect(await say("sync", "work")).toBe(`3 aura-msg: work: ${String(failed["error"])}\n`);
      expect(await here.aurad("status")).toMatchObject({ status: 1 });
      // Corrected ones count from the next tick on.
      write(secret);
      expect(await say("sync", "work")).toMatch(/^0 /);
      await server().stop();
      await say("sync", "work");
      await server().startAgain();
      await until(async () => (await here.rootStatus("work")).online || (await say("sync", "work")).startsWith("0 "), 60_000);
      await here.daemon.stop();

      const history = await everyHistory(here, ["work", "photos"]);
      await temporal.kill();
      const database = rawFiles(temporal.dir);
      const written = here.daemons.map(({ stdout, stderr }) => stdout + stderr).join("\n");
      const places: [place: string, text: string][] = [
        ["histories", history],
        ["logs", written],
        ["answers", said.join("\n")],
        ...database,
        ...rawFiles(here.dir).filter(([file]) => file !== envFile),
        ...rawFiles(server().data),
      ];
      // The search finds what is there.
      for (const text of [history, written, said.join("\n"), database.map(([, raw]) => raw).join("\n")])
        expect(text).toContain("SignatureDoesNotMatch");
      expect(places.some(([file]) => file.endsWith("work.db"))).toBe(true);
      for (const value of [secret, id, WRONG, "a-password"]) {
        const hidden = [value, Buffer.from(value).toString("base64").replace(/=+$/, "").slice(0, -1)];
        expect(places.filter(([, text]) => hidden.some((one) => text.includes(one))).map(([place]) => place)).toEqual([]);
      }
    } finally {
      await temporal.end();
    }
  });
});
