// A key-value store in memory, over TCP, one line a command: PING, GET key, SET key value, INCR key.
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { NOTE, onStop, stackDir } from "./store-client.mjs";

const LONGEST_LINE = 64 * 1024;
const values = new Map();
const sockets = new Set();
const note = join(stackDir(), NOTE);

function answer(line) {
  const [command, key, ...rest] = line.trim().split(" ");
  switch (command) {
    case "PING":
      return "PONG";
    case "GET":
      return values.has(key) ? `VALUE ${values.get(key)}` : "NONE";
    case "SET":
      values.set(key, rest.join(" "));
      return "OK";
    case "INCR":
      values.set(key, String(Number(values.get(key) ?? 0) + 1));
      return `VALUE ${values.get(key)}`;
    default:
      return "ERROR unknown command";
  }
}

const server = createServer((socket) => {
  let text = "";
  sockets.add(socket);
  socket.setEncoding("utf8");
  socket.on("data", (more) => {
    const lines = (text + more).split("\n");
    text = lines.pop();
    for (const line of lines) socket.write(`${answer(line)}\n`);
    if (text.length > LONGEST_LINE) socket.destroy();
  });
  socket.on("error", () => socket.destroy());
  socket.on("close", () => sockets.delete(socket));
});

server.on("error", (error) => {
  console.error(`store: ${error.message}`);
  process.exit(1);
});

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  const { port } = server.address();
  mkdirSync(stackDir(), { recursive: true, mode: 0o700 });
  writeFileSync(`${note}.${process.pid}`, JSON.stringify({ port }));
  renameSync(`${note}.${process.pid}`, note);
  console.log(`store: listening on 127.0.0.1:${port}`);
});

onStop(() => {
  console.log("store: stopping");
  rmSync(note, { force: true });
  server.close();
  for (const socket of sockets) socket.destroy();
});
