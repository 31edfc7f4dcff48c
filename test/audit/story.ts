import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AUDIT_TYPES, type AuditEvent } from "../../src/epochs/audit.js";
import { chain } from "../../src/epochs/audit-chain.js";
import { PHASE_IDS, ROLES } from "../../src/epochs/phases.js";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Text that a store could spoil: quotes, line ends, NUL, half a surrogate pair, and now and then more than a page. */
const HARD = [`it's "so"\n\tand\r\n`, "a\u0000b", "half \ud83d of it", "ü – 漢字 🎉"];
const LONG = "x".repeat(10_000);

/** The first `n` events of an epoch, chained as its workflow does, of every type, phase and role. */
export function story(epochId: string, n: number, teller = "ann"): AuditEvent[] {
  const events: AuditEvent[] = [];
  for (let i = 0; i < n; i++) {
    const draft = {
      type: AUDIT_TYPES[i % AUDIT_TYPES.length]!,
      payload: { n: i, text: i % 25 === 24 ? LONG : HARD[i % HARD.length]!, nested: { b: [1.5, null, true], a: "" } },
      by: i % 3 === 0 ? HARD[i % HARD.length]! : teller,
    };
    const context = {
      epoch_id: epochId,
      phase: PHASE_IDS[i % PHASE_IDS.length]!,
      role: ROLES[i % ROLES.length]!,
      at: AT + i * 1000,
      key: i % 2 === 0 ? "" : `key-${i}`,
      last: events.at(-1) ?? null,
    };
    events.push(...chain([draft], context));
  }
  return events;
}

const folders: string[] = [];

export function scratch(): string {
  const dir = mkdtempSync(join(tmpdir(), "aura-audit-"));
  folders.push(dir);
  return dir;
}

/** For afterAll. */
export function removeScratch(): void {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
}
