// Builds dist/words.mjs, with the commit and a checksum of what it was built from.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";

const source = readFileSync("src/words.mjs", "utf8");
const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
const checksum = createHash("sha256").update(source).digest("hex").slice(0, 12);
mkdirSync("dist", { recursive: true });
writeFileSync("dist/words.mjs", `// built on ${commit}, sources ${checksum}\n${source}`);
console.log(`dist/words.mjs: ${source.length} bytes, sources ${checksum}`);
