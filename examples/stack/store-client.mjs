// How the other programs find the store and talk to it. The store has a port of its own each time, so it leaves a note
// of it in a directory that all programs of one stack share.
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";

const ANSWER_MS = 2000;
const RETRY_MS = 250;

/** The note's directory: STACK_DIR, else that of the daemon's home, else one of this user. */
export function stackDir() {
  const { STACK_DIR, AURA_HOME } = process.env;
  if (STACK_DIR) return STACK_DIR;
  return AURA_HOME ? join(AURA_HOME, "run", "stack") : join(tmpdir(), `aura-stack-${userInfo().username}`);
}

export const NOTE = "store.json";

/** Sends one command line and resolves to the answer's line. Rejects while the store is away: try again later. */
export function ask(command) {
  return new Promise((resolve, reject) => {
    const socket = connect(storePort(), "127.0.0.1");
    let answer = "";
    socket.setEncoding("utf8").setTimeout(ANSWER_MS, () => socket.destroy(new Error("the store does not answer")));
    socket.on("connect", () => socket.write(`${command}\n`));
    socket.on("data", (text) => {
      answer += text;
      const end = answer.indexOf("\n");
      if (end < 0) return;
      resolve(answer.slice(0, end));
      socket.destroy();
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("the store closed the connection")));
  });
}

function storePort() {
  try {
    return JSON.parse(readFileSync(join(stackDir(), NOTE), "utf8")).port;
  } catch {
    throw new Error("the store is not there yet");
  }
}

/** Calls `act` every `ms` until SIGTERM or SIGINT; a failure is printed when it is news, and tried again soon. */
export function every(ms, name, act) {
  let trouble = "";
  let timer;
  let stopped = false;
  const turn = async () => {
    try {
      await act();
      trouble = "";
    } catch (error) {
      if (error.message !== trouble) console.log(`${name}: waiting: ${error.message}`);
      trouble = error.message;
    }
    if (!stopped) timer = setTimeout(() => void turn(), trouble === "" ? ms : RETRY_MS);
  };
  onStop(() => {
    stopped = true;
    clearTimeout(timer);
  });
  void turn();
}

/** Runs `end` at SIGTERM or SIGINT; a program with nothing left to do then exits by itself, with status 0. */
export function onStop(end) {
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, end);
}
