import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What the front does with a request. The paths of the answer are those of the server behind it unless said otherwise. */
export type FrontAction =
  | { readonly do: "pass" }
  /** The server behind never hears of it. */
  | {
      readonly do: "answer";
      readonly status: number;
      readonly code?: string;
      readonly body?: string;
      readonly headers?: Record<string, string>;
    }
  /** The connection is cut before or after the server behind has done it. */
  | { readonly do: "reset" }
  | { readonly do: "lose" }
  /** Taken, and never answered. */
  | { readonly do: "hang" }
  /** So many bytes of the body, then the connection is cut, or stands still. */
  | { readonly do: "truncate"; readonly bytes: number; readonly after?: "cut" | "hang" }
  /** One byte of the body is another one. */
  | { readonly do: "damage" }
  | { readonly do: "headers"; readonly headers: Readonly<Record<string, string>> };

export interface FrontRequest {
  readonly method: string;
  /** With the query. */
  readonly url: string;
  /** From 0. */
  readonly index: number;
  readonly headers: IncomingMessage["headers"];
}

export interface Front {
  readonly endpoint: string;
  readonly seen: readonly FrontRequest[];
  /** What to do from now on; nothing is done before it is told. */
  plan(script: (request: FrontRequest) => FrontAction | undefined): void;
  end(): Promise<void>;
}

/** Stands in front of an S3 server (or of none), and does to requests what a plan says. */
export async function startFront(backend?: string): Promise<Front> {
  const seen: FrontRequest[] = [];
  let script: (request: FrontRequest) => FrontAction | undefined = () => undefined;
  const server = createServer((from, to) => {
    const one = { method: from.method ?? "", url: from.url ?? "", index: seen.length, headers: from.headers };
    seen.push(one);
    const action = script(one) ?? { do: "pass" };
    if (action.do === "reset") return void from.socket.destroy();
    if (action.do === "hang") return void from.resume();
    if (action.do === "answer") return answer(from, to, action);
    if (backend === undefined) return answer(from, to, { do: "answer", status: 200 });
    forward(backend, from, to, action);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    plan: (next) => void (script = next),
    async end() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(from: IncomingMessage, to: ServerResponse, { status, code, body, headers }: Extract<FrontAction, { do: "answer" }>): void {
  const text =
    body ?? (code === undefined ? "" : `<?xml version="1.0"?><Error><Code>${code}</Code><Message>said the front</Message></Error>`);
  from.resume();
  from.on("end", () =>
    to.writeHead(status, { "content-type": "application/xml", "content-length": String(text.length), ...headers }).end(text),
  );
}

function forward(backend: string, from: IncomingMessage, to: ServerResponse, action: FrontAction): void {
  const { hostname, port } = new URL(backend);
  // The host header is signed: it stays the front's.
  const onward = request({ hostname, port, method: from.method, path: from.url, headers: from.headers, agent: false }, (came) => {
    if (action.do === "lose") {
      came.resume();
      return void came.on("end", () => from.socket.destroy());
    }
    to.writeHead(came.statusCode ?? 500, { ...came.headers, ...(action.do === "headers" ? action.headers : {}) });
    let sent = 0;
    came.on("data", (piece: Buffer) => {
      const cut = action.do === "truncate" ? piece.subarray(0, Math.max(0, action.bytes - sent)) : piece;
      if (action.do === "damage" && sent === 0) cut[0]! ^= 1;
      sent += cut.length;
      to.write(cut);
    });
    came.on("end", () => {
      if (action.do !== "truncate") return void to.end();
      if (action.after !== "hang") setTimeout(() => from.socket.destroy(), 10);
    });
  });
  onward.on("error", () => from.socket.destroy());
  from.pipe(onward);
}
