import { createServer } from "node:net";

/**
 * Every address a service could bind. Linux refuses the wildcard while any one address is listened on, but BSD and
 * macOS let `0.0.0.0` in beside a listener on 127.0.0.1 (node sets SO_REUSEADDR on every listening socket), so each is tried.
 */
const ADDRESSES = process.platform === "linux" ? ["::", "0.0.0.0"] : ["127.0.0.1", "0.0.0.0", "::1", "::"];

/**
 * True when a service could listen on the port now, on loopback and on all addresses.
 *
 * SO_REUSEADDR means that connections lingering in TIME_WAIT do not make a port count as taken (they do not hinder the
 * service either, if it sets the option as nearly all servers do), and that a socket which was bound but does not listen yet is not seen.
 */
export async function isFree(port: number): Promise<boolean> {
  for (const address of ADDRESSES) {
    if (!(await canListen(port, address))) return false;
  }
  return true;
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(isMissingFamily(error)));
    // `exclusive`: inside a cluster worker the test must be this process's own.
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** A host without IPv6 cannot have a listener there. */
function isMissingFamily(error: NodeJS.ErrnoException): boolean {
  return error.code === "EAFNOSUPPORT" || error.code === "EADDRNOTAVAIL";
}
