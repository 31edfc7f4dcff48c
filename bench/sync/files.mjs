/** Trees of files with random content, the same for every tool of a case. */
import { randomFillSync, randomInt } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const IN_A_FOLDER = 100;

/** Files of 1–4 KB, 100 in a folder. */
export function writeSmallFiles(directory, count) {
  const content = Buffer.alloc(4096);
  for (let index = 0; index < count; index += 1) {
    const folder = folderOf(directory, index);
    if (index % IN_A_FOLDER === 0) mkdirSync(folder, { recursive: true });
    randomFillSync(content);
    writeFileSync(join(folder, nameOf(index)), content.subarray(0, randomInt(1024, 4097)));
  }
}

/** Path of one of the small files. */
export function smallFile(directory, index) {
  return join(folderOf(directory, index), nameOf(index));
}

export function writeLargeFiles(directory, count, bytes) {
  mkdirSync(directory, { recursive: true });
  const content = Buffer.alloc(bytes);
  for (let index = 0; index < count; index += 1) writeFileSync(join(directory, `large-${index}.bin`), randomFillSync(content));
}

/** Files below a folder. */
export function countFiles(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length;
}

function folderOf(directory, index) {
  return join(directory, `folder-${String(Math.floor(index / IN_A_FOLDER)).padStart(4, "0")}`);
}

function nameOf(index) {
  return `file-${String(index).padStart(6, "0")}.txt`;
}
