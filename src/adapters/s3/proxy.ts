import { BlockList, isIP } from "node:net";
import { getProxyForUrl } from "proxy-from-env";

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

/**
 * URL of the proxy for requests to this one, by HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY (in either case) of the
 * environment; null: none, as always for this machine itself.
 */
export function proxyOf(url: string): string | null {
  const host = new URL(url).hostname.replace(/^\[|\]$/g, "");
  const kind = isIP(host);
  const isLocal = kind === 0 ? /^(.*\.)?localhost$/.test(host) : LOOPBACK.check(host, kind === 4 ? "ipv4" : "ipv6");
  return isLocal ? null : getProxyForUrl(url) || null;
}

/** Without user and password; and those, so that no line tells them. */
export function shownProxy(proxy: string): { readonly shown: string; readonly secrets: readonly string[] } {
  try {
    const { protocol, host, password } = new URL(proxy);
    return { shown: `${protocol}//${host}`, secrets: password === "" ? [] : [password, decodeURIComponent(password)] };
  } catch {
    return { shown: "of the environment", secrets: [proxy] };
  }
}
