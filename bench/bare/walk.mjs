/** A walk that looks at the stat data of everything below a folder, and keeps nothing. argv: FOLDER. Prints how many it saw. */
import { lstatSync, readdirSync } from "node:fs";

let seen = 0;
const open = [process.argv[2]];
while (open.length > 0) {
  const folder = open.pop();
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    if (lstatSync(path).isDirectory()) open.push(path);
    seen += 1;
  }
}
process.stdout.write(`${seen}\n`);
