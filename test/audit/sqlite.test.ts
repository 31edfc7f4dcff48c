import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { connectSqlite, type Connection } from "../../src/adapters/audit/connection.js";
import { settleSchema } from "../../src/adapters/audit/schema.js";
import { openSqliteTrail } from "../../src/adapters/audit/sqlite.js";
import type { AuditTrail } from "../../src/epochs/ports.js";
import { ERRORS } from "../../src/shared/errors.js";
import { silentLog, type Log } from "../../src/shared/log.js";
import { missing } from "../support/components.js";
import { removeScratch, scratch, story } from "./story.js";

const isRoot = process.geteuid?.() === 0;
const ends: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end();
});
afterAll(removeScratch);

async function begin(path: string, busyMs?: number, log: Log = silentLog): Promise<AuditTrail> {
  const trail = await openSqliteTrail(path, log, busyMs);
  ends.push(() => trail.close());
  return trail;
}

async function shell(path: string): Promise<Connection> {
  const connection = await connectSqlite(path, 200);
  ends.push(() => connection.close());
  return connection;
}

/** A trail that was closed. */
async function written(n = 4): Promise<string> {
  const path = join(scratch(), "audit.db");
  const trail = await openSqliteTrail(path, silentLog);
  await trail.append("demo", story("demo", n));
  await trail.close();
  return path;
}

function mode(path: string): string {
  return (statSync(path).mode & 0o777).toString(8);
}

describe("the file of an audit trail", () => {
  it("is for its owner only, with the files beside it, whatever it was before", async () => {
    const path = join(scratch(), "folder", "audit.db");
    const umask = process.umask(0);
    ends.push(() => void process.umask(umask));
    const trail = await begin(path);
    await trail.append("demo", story("demo", 2));
    expect([mode(dirname(path)), ...["", "-wal", "-shm"].map((end) => mode(path + end))]).toEqual(["700", "600", "600", "600"]);

    const wide = await written();
    chmodSync(wide, 0o644);
    await begin(wide);
    expect(mode(wide)).toBe("600");
  });

  it("is in WAL mode, and a commit is on the disk when it returns", async () => {
    const path = join(scratch(), "audit.db");
    const connection = await shell(path);
    await settleSchema(connection, path);
    expect(await connection.all("PRAGMA journal_mode")).toEqual([{ journal_mode: "wal" }]);
    expect(await connection.all("PRAGMA synchronous")).toEqual([{ synchronous: 2 }]);
  });

  it("finds events by epoch, phase, role and type through indexes", async () => {
    const connection = await shell(await written());
    for (const column of ["epoch_id", "phase", "role", "type"]) {
      const plan = await connection.all(
        `EXPLAIN QUERY PLAN SELECT event FROM audit_events WHERE ${column} = ? ORDER BY epoch_id, seq`,
        "x",
      );
      expect(plan.map((row) => row["detail"]).join("; ")).toMatch(/^SEARCH audit_events USING INDEX \S+ \([^;]*\)$/);
    }
  });

  it("can be read by people with a SQLite shell", async () => {
    const connection = await shell(await written());
    const [row] = await connection.all("SELECT epoch_id, seq, type, phase, role, at, payload FROM audit_events WHERE seq = 2");
    expect(row).toMatchObject({
      epoch_id: "demo",
      seq: 2,
      type: "phase_advance",
      phase: "p2",
      role: "architect",
      at: "2026-01-02T03:04:06.000Z",
    });
    expect(JSON.parse(String(row!["payload"]))).toMatchObject({ n: 1 });
  });

  it("has a log that is folded back from time to time, also while others read", async () => {
    const path = join(scratch(), "audit.db");
    const trail = await begin(path);
    const events = story("demo", 12_000);
    for (let i = 0; i < events.length; i += 1000) {
      await trail.append("demo", events.slice(i, i + 1000));
      await trail.read("demo", { after: i + 990 });
      expect(statSync(`${path}-wal`).size).toBeLessThan(6 << 20);
    }
    expect(statSync(path).size).toBeGreaterThan(8 << 20);
    expect(await trail.read("demo")).toHaveLength(12_000);
  });

  it("that is removed while aurad runs is made anew, and everything is wanted again", async () => {
    const path = join(scratch(), "audit.db");
    const warnings: string[] = [];
    const trail = await begin(path, undefined, { ...silentLog, warn: (_fields, message) => warnings.push(message) });
    await trail.append("demo", story("demo", 4));
    for (const end of ["", "-wal", "-shm"]) rmSync(path + end, { force: true });
    expect(await trail.append("demo", story("demo", 6).slice(4))).toBe(1);
    expect(await trail.append("demo", story("demo", 6))).toBe(7);
    expect(warnings).toEqual([expect.stringContaining("removed or replaced")]);
    expect(await (await begin(path)).read("demo")).toHaveLength(6);
  });
});

describe("a file that cannot be a trail", () => {
  async function refused(path: string): Promise<{ line: string }> {
    const error: unknown = await openSqliteTrail(path, silentLog, 200).then(
      (trail) => trail.close().then(() => "it was opened"),
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "state_unreadable", line: expect.stringContaining(path) });
    expect((error as { line: string }).line).not.toContain("\n");
    return error as { line: string };
  }

  it("ends aurad with status 73", () => {
    expect(ERRORS.state_unreadable.aurad).toBe(73);
  });

  it("is one that is not a database", async () => {
    const path = join(scratch(), "audit.db");
    writeFileSync(path, "seven words that no database begins with\n".repeat(100));
    expect((await refused(path)).line).toMatch(/damaged, or no database; move it away/);
    expect(readFileSync(path, "utf8")).toContain("seven words");
  });

  it("is one whose pages are damaged; the others of the trail are told when they are reached", async () => {
    const path = await written(400);
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.fill(0xaa, 100, 4096));
    expect((await refused(path)).line).toMatch(/damaged/);

    const cut = await written(400);
    truncateSync(cut, statSync(cut).size - 3 * 4096);
    const trail = await openSqliteTrail(cut, silentLog).catch((error: unknown) => error as { code: string });
    if ("code" in trail) expect(trail.code).toBe("state_unreadable");
    else {
      ends.push(() => trail.close());
      await expect(trail.read("demo")).rejects.toMatchObject({ code: "state_unreadable", message: expect.stringMatching(/damaged/) });
    }
  });

  it("is one of a newer Aura, and one of another program; neither is changed", async () => {
    const newer = await written();
    const connection = await shell(newer);
    await connection.exec("PRAGMA user_version = 7");
    expect((await refused(newer)).line).toMatch(/has schema 7; this aurad knows 1; use the aurad that wrote it or a newer one/);
    expect(await connection.all("SELECT count(*) AS n FROM audit_events")).toEqual([{ n: 4 }]);

    const foreign = join(scratch(), "other.db");
    const other = await shell(foreign);
    await other.exec("CREATE TABLE contacts (name TEXT)");
    const before = readFileSync(foreign);
    expect((await refused(foreign)).line).toMatch(/a database of another program.*--audit-trail sqlite:PATH/);
    expect(readFileSync(foreign)).toEqual(before);
  });

  it("is a folder, or below a file", async () => {
    const dir = scratch();
    mkdirSync(join(dir, "audit.db"));
    expect((await refused(join(dir, "audit.db"))).line).toMatch(/it is a folder/);
    writeFileSync(join(dir, "file"), "");
    expect((await refused(join(dir, "file", "audit.db"))).line).toMatch(/is not a folder/);
  });

  it.skipIf(!isRoot)("is one that this user may not write, or whose folder it may not write", async () => {
    const path = await written();
    chmodSync(dirname(path), 0o755);
    chmodSync(path, 0o444);
    ends.push(asNobody());
    expect((await refused(path)).line).toMatch(/this user may not write it or its folder \([A-Z_]+\); give both to the user/);
  });

  it.skipIf(!isRoot)("is one in a folder that this user may not write, where SQLite needs files beside it", async () => {
    const path = await written();
    chmodSync(path, 0o666);
    chmodSync(dirname(path), 0o555);
    ends.push(asNobody());
    expect((await refused(path)).line).toMatch(/this user may not write it or its folder/);
  });
});

/** Root may write everything, and becomes somebody else for a test; an owner only gives himself the right. */
function asNobody(): () => void {
  process.seteuid!(65_534);
  return () => process.seteuid!(0);
}

describe("a trail that another program holds", () => {
  it("is not taken for a stranger's while another aurad makes it", async () => {
    const path = join(scratch(), "audit.db");
    const connection = await connectSqlite(path, 0);
    let looks = 0;
    const amid: Connection = {
      ...connection,
      async all(sql, ...values) {
        const rows = await connection.all(sql, ...values);
        looks += 1;
        // It may have to wait for this one, and gives up then: what counts is what this one takes it for.
        if (looks === 2)
          await openSqliteTrail(path, silentLog, 0).then(
            (trail) => trail.close(),
            () => {},
          );
        return rows;
      },
    };
    await settleSchema(amid, path);
    connection.close();
    expect(looks).toBeGreaterThan(2);
  });

  it("waits for it, beside everything else, and says who could be the cause when that takes too long", async () => {
    const path = join(scratch(), "audit.db");
    const trail = await begin(path, 300);
    const other = await shell(path);
    await other.exec("BEGIN IMMEDIATE");
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 5);
    ends.push(() => clearInterval(timer));
    await expect(trail.append("demo", story("demo", 2))).rejects.toMatchObject({
      code: "file_write",
      line: expect.stringMatching(/another program keeps it locked; end that program/),
    });
    // The event loop was free all the time.
    expect(turns).toBeGreaterThan(20);

    const waiting = trail.append("demo", story("demo", 2));
    await other.exec("COMMIT");
    expect(await waiting).toBe(3);
  });
});

describe.skipIf(missing("root"))("a disk without space", () => {
  const disk = (): string => {
    const dir = mkdtempSync(join(tmpdir(), "aura-audit-disk-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=2m", "tmpfs", dir]);
    ends.push(() => {
      spawnSync("umount", ["--lazy", dir]);
      rmSync(dir, { recursive: true, force: true });
    });
    return dir;
  };
  const fill = (dir: string): void => {
    spawnSync("dd", ["if=/dev/zero", `of=${join(dir, "filler")}`, "bs=4096"]);
    expect(statfsSync(dir).bavail).toBe(0);
  };

  it("is told in a line when aurad starts", async () => {
    const dir = disk();
    fill(dir);
    await expect(openSqliteTrail(join(dir, "audit.db"), silentLog)).rejects.toMatchObject({
      code: "state_unreadable",
      line: expect.stringMatching(/audit\.db cannot be opened: no space is left on its disk; free some space/),
    });
  });

  it("stores nothing of a delivery, says so as something that passes, and goes on when there is room", async () => {
    const dir = disk();
    const path = join(dir, "audit.db");
    const trail = await openSqliteTrail(path, silentLog);
    const events = story("demo", 400);
    await trail.append("demo", events.slice(0, 10));
    fill(dir);
    await expect(trail.append("demo", events.slice(10))).rejects.toMatchObject({
      code: "file_write",
      line: expect.stringMatching(/audit\.db cannot be used: no space is left on its disk; free some space/),
    });
    expect(await trail.read("demo")).toEqual(events.slice(0, 10));
    rmSync(join(dir, "filler"));
    expect(await trail.append("demo", events.slice(10, 100))).toBe(101);
    await trail.close();
    const moved = join(scratch(), "audit.db");
    copyFileSync(path, moved);
    expect(await (await begin(moved)).read("demo")).toEqual(events.slice(0, 100));
  });
});

describe("a trail that is replaced by an older copy", () => {
  it("is read as it is now, and the difference is found by its chain", async () => {
    const path = await written(10);
    const copy = `${path}.old`;
    copyFileSync(path, copy);
    const trail = await begin(path);
    await trail.append("demo", story("demo", 14).slice(10));
    for (const end of ["-wal", "-shm"]) rmSync(path + end, { force: true });
    renameSync(copy, path);
    expect(await trail.append("demo", story("demo", 15).slice(14))).toBe(11);
    expect(await trail.append("demo", story("demo", 15).slice(10))).toBe(16);
    expect(await trail.read("demo")).toEqual(story("demo", 15));
  });
});
