import { appendFileSync, renameSync, writeFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { type Device, Rig } from "../rig.js";

const MIB = 1 << 20;

const rigs: Rig[] = [];
afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.remove();
});

const WRITERS: readonly (readonly [string, (device: Device, n: number) => void])[] = [
  ["written anew in its place", (device, n) => writeFileSync(device.path("file"), version(n))],
  ["replaced by a rename", (device, n) => replace(device, version(n))],
  ["written anew with the same size", (device, n) => writeFileSync(device.path("file"), letter(n).repeat(3 * MIB))],
  ["appended to", (device, n) => appendFileSync(device.path("file"), `${n}\n`)],
];

/** Never the same twice, and each of one letter. */
function version(n: number): string {
  return letter(n).repeat(3 * MIB + n);
}

function letter(n: number): string {
  return String.fromCodePoint(97 + (n % 26));
}

function replace(device: Device, content: string): void {
  writeFileSync(device.path(".aura", "draft"), content);
  renameSync(device.path(".aura", "draft"), device.path("file"));
}

// A file of 20 MiB is read piece by piece, and sent in parts: there is time to change it in between.
it.each(WRITERS)("a file that is %s all the while is never told half of one and half of another", async (what, change) => {
  const rig = new Rig();
  rigs.push(rig);
  const a = rig.device("a", { minPartSize: 5 * MIB });
  const b = rig.device("b", { minPartSize: 5 * MIB });
  writeFileSync(a.path("file"), what === "appended to" ? "0\n".repeat(10 * MIB) : version(0));
  let n = 0;
  const timer = setInterval(() => change(a, ++n), 3);
  try {
    for (let tick = 0; tick < 8; tick++) {
      await a.tick();
      await b.tick();
    }
  } finally {
    clearInterval(timer);
  }
  expect(n).toBeGreaterThan(8);
  await rig.settle();
  expect(b.tree["file"] === a.tree["file"]).toBe(true);
  for (const content of [b.tree["file"]!, ...b.trash]) expect(isWhole(content, what === "appended to")).toBe(true);
});

function isWhole(content: string, isAppended: boolean): boolean {
  if (!isAppended) return content === content[0]!.repeat(content.length);
  const lines = content
    .slice(20 * MIB)
    .split("\n")
    .slice(0, -1);
  return lines.every((line, i) => line === String(i + 1));
}
