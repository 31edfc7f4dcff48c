import { webcrypto } from "node:crypto";

/** Below this, handing it to another thread costs more than hashing. */
const WORTH_A_THREAD = 256 * 1024;

/** The part of the SDK's commands that is needed here. */
interface Signable {
  readonly middlewareStack: {
    add(
      middleware: (next: (args: never) => Promise<never>) => (args: never) => Promise<never>,
      options: { readonly step: "build"; readonly name: string },
    ): void;
  };
}

/**
 * Hashes a body for its signature beside the event loop, where the SDK would hash it within, unless its hash is known. Returns what tells a command
 * of it; undefined for small ones, which are left to the SDK.
 */
export async function signedHash(body: Uint8Array, known?: string): Promise<((command: unknown) => void) | undefined> {
  if (known !== undefined) return (command) => signAs(command, known);
  if (body.length < WORTH_A_THREAD) return undefined;
  const hash = Buffer.from(await webcrypto.subtle.digest("SHA-256", body)).toString("hex");
  return (command) => signAs(command, hash);
}

/** Tells a command the SHA-256 of its body, hex. */
export function signAs(command: unknown, hash: string): void {
  const middleware = (next: (args: never) => Promise<never>) => (args: never) => {
    (args as { request: { headers: Record<string, string> } }).request.headers["x-amz-content-sha256"] = hash;
    return next(args);
  };
  (command as Signable).middlewareStack.add(middleware, { step: "build", name: "signedHash" });
}
