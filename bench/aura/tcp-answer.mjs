/** Accepts and closes: the target of TCP health checks. argv: PORT. */
import { createServer } from "node:net";

createServer((socket) => socket.end()).listen(Number(process.argv[2]), "127.0.0.1");
