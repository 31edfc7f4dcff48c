import type { HostRow } from "../api/remote.js";
import { AuraError } from "../shared/errors.js";

/** Where another host's API answers, or the one line that says what is missing to ask it. */
export function apiOfHost(
  host: string,
  row: HostRow | undefined,
  token: string | undefined,
): { readonly url: string; readonly token: string } {
  if (row === undefined) throw new AuraError("not_found", `no host ${host} is known`, { fix: "see the hosts with: aura-msg hosts" });
  if (row.api_url === null) {
    throw new AuraError("host_unreachable", `host ${host} serves no API, and log text never goes through Temporal`, {
      fix: "start its aurad with --api-addr HOST:PORT, or read the log there",
    });
  }
  if (!token) {
    throw new AuraError("unauthorized", `the API of host ${host} needs its token`, {
      fix: "set AURA_API_TOKEN to what its run/api.token holds",
    });
  }
  return { url: row.api_url, token };
}
