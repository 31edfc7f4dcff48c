import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import type { JournalRecord } from "../../services/ports.js";
import { thin } from "../../services/batch.js";
import { encodeLine, type Line } from "./lines.js";

/** The lines that remain when every service's row is thinned as its delivery would be; offsets stay. */
export function thinLines(lines: readonly Line[]): Line[] {
  const rows = new Map<string, { offset: number; transition: JournalRecord["transition"] }[]>();
  for (const { offset, record } of lines) {
    const { service } = record.transition;
    const row = rows.get(service) ?? [];
    rows.set(service, row);
    row.push({ offset, transition: record.transition });
  }
  return [...rows.values()]
    .flatMap((row) => thin(row))
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, transition }) => ({ offset, record: { kind: "transition", transition } }));
}

/** Replaces `path` by these lines, whole or not at all. Returns its size in bytes. Throws when there is no room. */
export function rewriteSegment(path: string, lines: readonly Line[]): number {
  const draft = `${path}.new`;
  const data = Buffer.from(lines.map(encodeLine).join(""));
  try {
    const fd = openSync(draft, "w", 0o600);
    try {
      for (let at = 0; at < data.length;) at += writeSync(fd, data, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
  return data.length;
}
