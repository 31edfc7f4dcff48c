import { copyFileSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Fault, scriptedFaults } from "../../src/adapters/s3/faults.js";
import { type Device, Rig, write } from "./rig.js";

let rig: Rig;
let a: Device;
let b: Device;

beforeEach(async () => {
  rig = new Rig();
  [a, b] = [rig.device("a"), rig.device("b")];
  write(a, { x: "1" });
  await rig.settle();
});
afterEach(() => rig.remove());

function put(key: string, text: string): void {
  rig.bucket.put(`roots/photos/${key}`, Buffer.from(text), undefined, {});
}

describe("a head", () => {
  it("whose answer was lost is found to be written, and nothing is told twice", async () => {
    write(a, { x: "2" });
    await a.close();
    a.faults = { plan: ({ operation, key }) => (operation === "put" && key.startsWith("devices/") ? "lost" : null) };
    expect(await a.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "offline" });
    await a.close();
    a.faults = {};
    const { seq } = rig.newestManifest(a);
    expect(await a.tick()).toMatchObject({ in_sync: true, requests: { ListObjectsV2: 1, GetObject: 1 } });
    expect(rig.newestManifest(a).seq).toBe(seq);
    expect(await a.tick()).toMatchObject({ requests: { ListObjectsV2: 1 } });
  });

  it("that was not written is written by the next tick", async () => {
    write(a, { x: "2" });
    await a.close();
    a.faults = { plan: ({ operation, key }) => (operation === "put" && key.startsWith("devices/") ? "offline" : null) };
    expect(await a.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "offline" });
    await a.close();
    a.faults = {};
    expect(await a.tick()).toMatchObject({ in_sync: true, uploaded: { files: 0 } });
    await b.tick();
    expect(b.tree).toEqual({ x: "2" });
  });

  it("written by another machine under the same device id is one clear error, again and again", async () => {
    const twin = rig.device("a", {}, "twin");
    write(twin, { x: "1", y: "of the twin" });
    expect(await twin.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "ok" });
    write(a, { z: "of a" });
    for (let i = 0; i < 2; i++) {
      const outcome = await a.engine.tick({ trigger: "manual" });
      expect(outcome).toMatchObject({
        kind: "error",
        code: "config_invalid",
        message: expect.stringMatching(/another machine writes .* as device a/),
      });
    }
    expect(await twin.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "ok" });
  });

  it("that somebody writes between listing and writing is not overwritten", async () => {
    write(a, { x: "2" });
    await a.close();
    const other = rig.text("devices/a/head.json").replace(/"instance":"[^"]*"/, '"instance":"another"');
    a.faults = {
      onRequest({ operation, key }, moment) {
        if (operation === "put" && key === "devices/a/head.json" && moment === "before") put(key, other);
      },
    };
    expect(await a.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "error", code: "config_invalid" });
    expect(rig.text("devices/a/head.json")).toBe(other);
  });

  it("of another device that cannot be read is a problem of that device alone", async () => {
    const c = rig.device("c");
    write(c, { z: "of c" });
    await c.tick();
    put("devices/b/head.json", "{ not json");
    const report = await a.tick();
    expect(report).toMatchObject({ in_sync: false, problems: [{ path: "devices/b" }] });
    expect(a.tree).toEqual({ x: "1", z: "of c" });
    await b.tick();
    expect(await a.tick()).toMatchObject({ in_sync: true, problems: [] });
  });

  it("of this device that was damaged is written again", async () => {
    put("devices/a/head.json", "");
    write(a, { x: "2" });
    expect(await a.tick()).toMatchObject({ in_sync: true });
    await b.tick();
    expect(b.tree).toEqual({ x: "2" });
  });

  it("that names a manifest which is gone is a problem, and no loop", async () => {
    write(b, { y: "of b" });
    await b.tick();
    const { manifest } = JSON.parse(rig.text("devices/b/head.json")) as { manifest: string };
    rig.bucket.objects.delete(`roots/photos/${manifest}`);
    for (let i = 0; i < 2; i++) {
      expect(await a.tick()).toMatchObject({ in_sync: false, problems: [{ path: "devices/b" }], requests: { GetObject: 2 } });
    }
  });

  it("of a device that was removed leaves its files to the others", async () => {
    for (const key of rig.keys("devices/a/")) rig.bucket.objects.delete(`roots/photos/${key}`);
    rig.devices.splice(0, 1);
    await a.close();
    await rig.settle();
    const c = rig.device("c");
    await c.tick();
    expect(c.tree).toEqual({ x: "1" });
  });
});

describe("seenHeads", () => {
  it("tells the heads that ticks have read or written, also after a restart", async () => {
    const etags = async (): Promise<unknown> => Promise.all([a.engine.seenHeads?.(), a.engine.listHeads?.()]);
    const [seen, listed] = (await etags()) as [object, object];
    expect(Object.keys(seen)).toEqual(expect.arrayContaining(["a", "b"]));
    expect(seen).toEqual(listed);
    await a.close();
    expect((await etags()) as unknown[]).toEqual([listed, listed]);
  });
});

describe("a bucket", () => {
  it("that was deleted is one clear error", async () => {
    write(a, { x: "2" });
    rig.bucket.deleted = true;
    const outcome = await a.engine.tick({ trigger: "manual" });
    expect(outcome).toMatchObject({
      kind: "error",
      code: "sync_failed",
      message: "there is no bucket of this name; nothing was changed; see the reason",
    });
    rig.bucket.deleted = false;
    expect(await a.tick()).toMatchObject({ in_sync: true });
  });

  it("that is deleted while a tick runs is one clear error", async () => {
    write(a, { x: "2" });
    await a.close();
    a.faults = { onRequest: ({ operation }) => void (rig.bucket.deleted = operation === "put") };
    expect(await a.engine.tick({ trigger: "manual" })).toMatchObject({ kind: "error", code: "sync_failed" });
    rig.bucket.deleted = false;
  });

  it("that was emptied is filled again from what the devices have", async () => {
    write(b, { y: "of b" });
    await rig.settle();
    rig.bucket.objects.clear();
    expect(await a.tick()).toMatchObject({ uploaded: { files: 2 }, in_sync: true });
    await rig.settle();
    const c = rig.device("c");
    await c.tick();
    expect(c.tree).toEqual({ x: "1", y: "of b" });
  });

  const failures: [Fault, object][] = [
    ["offline", { kind: "offline" }],
    ["server_error", { kind: "offline" }],
    ["hang", { kind: "offline" }],
    ["denied", { kind: "error", code: "store_denied" }],
    ["no_bucket", { kind: "error", code: "sync_failed" }],
  ];
  it.each(failures)("that answers %s at any request ends the tick with that, and the next goes on", async (fault, expected) => {
    write(a, { x: "2", y: "new" });
    // What one tick has uploaded the next one does not upload again: three requests are left to each.
    for (let index = 0; index < 3; index++) {
      await a.close();
      a.faults = { plan: scriptedFaults({ [index]: fault }) };
      expect(await a.engine.tick({ trigger: "manual" })).toMatchObject(expected);
    }
    await a.close();
    a.faults = {};
    expect(await a.tick()).toMatchObject({ in_sync: true });
    await b.tick();
    expect(b.tree).toEqual({ x: "2", y: "new" });
  });
});

describe("the state database", () => {
  it("has no credential in it", async () => {
    const secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    process.env["AURA_S3_SECRET_KEY"] = secret;
    try {
      write(a, { z: "z" });
      await a.tick();
      await a.close();
      copyFileSync(a.stateFile, `${a.stateFile}.copy`);
      const bytes = readFileSync(`${a.stateFile}.copy`);
      expect(bytes.includes("devices") || bytes.includes("manifests/")).toBe(true);
      expect(bytes.includes(secret)).toBe(false);
      expect(bytes.includes("wJalrXUtnFEMI")).toBe(false);
    } finally {
      delete process.env["AURA_S3_SECRET_KEY"];
    }
  });
});
