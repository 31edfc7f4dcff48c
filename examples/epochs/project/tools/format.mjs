// The formatter of this project: no blanks at the end of a line, one newline at the end of a file.
// `node tools/format.mjs` writes, `node tools/format.mjs --check` only says what is not right.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";

const check = process.argv.includes("--check");
let wrong = 0;
for (const folder of ["src", "test"]) {
  for (const name of readdirSync(folder).filter((file) => file.endsWith(".mjs"))) {
    const file = `${folder}/${name}`;
    const text = readFileSync(file, "utf8");
    const formatted = `${text.replaceAll(/[ \t]+$/gm, "").trimEnd()}\n`;
    if (formatted === text) continue;
    wrong += 1;
    if (!check) writeFileSync(file, formatted);
    console.log(`${check ? "not formatted" : "formatted"}: ${file}`);
  }
}
console.log(wrong === 0 ? "everything is formatted" : `${wrong} files`);
process.exit(check && wrong > 0 ? 1 : 0);
