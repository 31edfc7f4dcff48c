import { Agent as HttpAgent, type ClientRequest } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { HttpProxyAgent } from "http-proxy-agent";
import { HttpsProxyAgent } from "https-proxy-agent";
import { StoreError } from "../../sync/ports.js";
import { proxyOf, shownProxy } from "./proxy.js";
import { Silence } from "./silence.js";

type Secure = "http:" | "https:";
type ProxyAgent = HttpProxyAgent<string> | HttpsProxyAgent<string>;

/** Connections that are kept and used again: straight to a server, or through the proxy that the environment names. */
export class Agents {
  private readonly kept: {
    readonly keepAlive: true;
    readonly maxSockets: number;
    readonly maxFreeSockets: number;
    readonly timeout: number;
  };
  private readonly direct: { readonly "http:": HttpAgent; readonly "https:": HttpsAgent };
  /** By the proxy's URL and what is spoken through it. */
  private readonly through = new Map<string, ProxyAgent>();

  constructor(
    maxSockets: number,
    private readonly connectMs: number,
  ) {
    this.kept = { keepAlive: true, maxSockets, maxFreeSockets: maxSockets, timeout: 15_000 };
    this.direct = { "http:": new HttpAgent(this.kept), "https:": new HttpsAgent(this.kept) };
  }

  /** `host` with its port, if it has one. */
  for(protocol: Secure, host: string): HttpAgent {
    const proxy = proxyOf(`${protocol}//${host}`);
    return proxy === null ? this.direct[protocol] : this.proxied(protocol, proxy);
  }

  destroy(): void {
    for (const agent of [...Object.values(this.direct), ...this.through.values()]) agent.destroy();
  }

  private proxied(protocol: Secure, proxy: string): ProxyAgent {
    const key = `${protocol} ${proxy}`;
    const known = this.through.get(key);
    if (known !== undefined) return known;
    if (!/^https?:\/\//.test(proxy)) {
      const { shown } = shownProxy(proxy);
      throw new StoreError(
        "failed",
        `the proxy ${shown} is of a kind that Aura does not know; name one with http:// or https:// in HTTPS_PROXY`,
      );
    }
    const agent = protocol === "https:" ? new HttpsProxyAgent(proxy, this.kept) : new HttpProxyAgent(proxy, this.kept);
    this.through.set(key, inTime(agent, this.connectMs));
    return agent;
  }
}

/** A proxy that takes a connection and says nothing is as silent as a server that does so. */
function inTime<T extends ProxyAgent>(agent: T, connectMs: number): T {
  const connect = agent.connect.bind(agent) as (request: ClientRequest, options: never) => Promise<never>;
  agent.connect = async (request: ClientRequest, options: never) => {
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Silence(`no connection within ${connectMs / 1000} s`)), connectMs);
    });
    try {
      return await Promise.race([connect(request, options), silence]);
    } finally {
      clearTimeout(timer);
    }
  };
  return agent;
}
