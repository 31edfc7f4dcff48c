/** Values with a shape of their own, read from flags, environment and `aura.toml` alike. */

export interface Endpoint {
  /** Without brackets, also for IPv6. */
  readonly host: string;
  readonly port: number;
}

export interface PortRange {
  readonly from: number;
  readonly to: number;
}

export type AuditTrail =
  | { readonly backend: "memory" }
  | { readonly backend: "temporal" }
  /** `path` absent: data/audit.db. */
  | { readonly backend: "sqlite"; readonly path?: string };

/** `HOST:PORT`, `[V6]:PORT`; port 0 to 65535. */
export function parseEndpoint(text: string): Endpoint | undefined {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  return match === null || port > 65_535 ? undefined : { host: (match[1] ?? match[2])!, port };
}

export function formatEndpoint({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function isLoopback(host: string): boolean {
  return host === "127.0.0.1" || host === "::1";
}

/** `20000-32000`; both ends belong to it; 1024 is the lowest. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})\s*-\s*(\d{1,5})$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  return match !== null && from >= 1024 && from <= to && to <= 65_535 ? { from, to } : undefined;
}

/** `memory`, `temporal`, `sqlite` or `sqlite:PATH`. */
export function parseAuditTrail(text: string): AuditTrail | undefined {
  if (text === "memory" || text === "temporal" || text === "sqlite") return { backend: text };
  const path = /^sqlite:(.+)$/.exec(text)?.[1];
  return path === undefined ? undefined : { backend: "sqlite", path };
}

/** A host's name becomes part of workflow ids, task queues and file names. */
export function isHostName(text: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}$/.test(text);
}

/** The id of a sync root or of a device: part of object keys, workflow ids and file names. */
export function isSyncName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/** The operating system's name for this host as a valid host name. */
export function hostNameFrom(osName: string): string {
  const name = osName
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 100);
  return isHostName(name) ? name : "localhost";
}
