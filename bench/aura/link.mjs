/** One link of a chain: listens at once and writes down when it began and when it listened. argv: PORT FILE. */
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";

const [, , port, file] = process.argv;
createServer((socket) => socket.end()).listen(Number(port), "127.0.0.1", () => {
  // Wall clock, ms: the links are processes of their own.
  writeFileSync(file, JSON.stringify({ began: performance.timeOrigin, listened: performance.timeOrigin + performance.now() }));
});
