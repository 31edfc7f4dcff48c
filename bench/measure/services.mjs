/**
 * The service that every supervisor runs: `sleep MARK`, where MARK is a number of seconds beyond a day that
 * no other process has. The exact argv finds a service in /proc, whatever supervisor started it.
 */

/** Differs between two runs at once; `sleep` sleeps 100,000 s and more. */
export const markPrefix = `1${String(process.pid % 100_000).padStart(5, "0")}.`;
let count = 0;

/**
 * @typedef {{name: string, mark: string}} Service  name: `svc-0001`, the same names in every set
 * @param {number} size
 * @returns {Service[]}
 */
export function createServices(size) {
  return Array.from({ length: size }, (_, index) => {
    count += 1;
    return {
      name: `svc-${String(index + 1).padStart(4, "0")}`,
      mark: `${markPrefix}${String(count).padStart(6, "0")}`,
    };
  });
}

/** The program that a supervisor executes; without a shell. */
export const sleepPath = "/bin/sleep";
