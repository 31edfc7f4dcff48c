import { createHash } from "node:crypto";
import { parseSpec } from "../../src/services/spec/parse.js";
import type { SpecHost } from "../../src/services/spec/parse.js";
import type { ServiceSpec } from "../../src/services/spec.js";

/** A host for pure tests: nothing of the machine that runs them. */
export const host: SpecHost = {
  home: "/home/ann",
  env: { HOME: "/home/ann", APP: "/srv/app", EMPTY: "", PRICE: "5$ ${PORT}" },
  isRoot: false,
  hash: (text) => createHash("sha256").update(text).digest("hex"),
};

export const FILE = "/etc/aura/services/api.yaml";

/** The spec of a text that must be good. */
export function good(text: string, at: SpecHost = host, file = FILE): ServiceSpec {
  const parsed = parseSpec(text, file, at);
  if (!parsed.ok) throw new Error(parsed.errors.map(({ message }) => message).join("\n"));
  return parsed.spec;
}

/** The messages of a text that must be bad. */
export function bad(text: string | Uint8Array, at: SpecHost = host): string[] {
  const parsed = parseSpec(text, FILE, at);
  if (parsed.ok) throw new Error(`was accepted: ${JSON.stringify(parsed.spec)}`);
  return parsed.errors.map(({ message }) => message);
}

/** A small good native spec with more lines after it. */
export function native(more = "", service = ""): string {
  return `service:\n  name: api\n  type: native\n  command: ./bin/api\n${service}${more}`;
}
