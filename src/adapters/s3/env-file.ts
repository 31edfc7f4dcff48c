/**
 * The text of config/`env` as the service managers read it: `KEY=VALUE` or `export KEY=VALUE` a line, `#` comments, one pair
 * of quotes around a value taken off. A later line of the same key holds. What is neither is left out.
 */
export function parseEnvFile(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const [, key, raw] = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line) ?? [];
    if (key !== undefined) values.set(key, valueOf(raw!));
  }
  return values;
}

function valueOf(raw: string): string {
  const text = raw.trim();
  const [, , quoted] = /^(["'])(.*)\1(?:\s+#.*)?$/.exec(text) ?? [];
  return quoted ?? text.replace(/\s+#.*$/, "");
}
