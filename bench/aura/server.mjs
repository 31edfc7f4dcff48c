/** A Temporal server of the bench's own, for an aurad that must not own one. */
import { connect } from "node:net";
import { join } from "node:path";
import { now } from "../measure/finder.mjs";
import { launch } from "../peers/processes.mjs";
import { freePorts } from "./programs.mjs";

function answers(port) {
  return new Promise((done) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => done(true)).once("error", () => done(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** @returns {Promise<{pid: number, address: string}>} once it listens */
export async function startServer(program, directory) {
  const [port, http, metrics] = await freePorts(3);
  const { pid } = launch(
    program,
    [
      "server",
      "start-dev",
      "--headless",
      "--port",
      String(port),
      "--http-port",
      String(http),
      "--metrics-port",
      String(metrics),
      "--db-filename",
      join(directory, "temporal.db"),
      "--log-level",
      "never",
      "--disable-config-file",
      "--disable-config-env",
    ],
    { cwd: directory, log: join(directory, "server.out") },
  );
  const limit = now() + 20_000;
  while (!(await answers(port))) {
    if (now() > limit) throw new Error(`the Temporal server does not listen on port ${port}`);
    await new Promise((done) => setTimeout(done, 20));
  }
  return { pid, address: `127.0.0.1:${port}` };
}
