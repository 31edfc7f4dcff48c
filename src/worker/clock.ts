import { uptime } from "node:os";
import type { ClockPort } from "../services/ports.js";

const REREAD_MS = 1000;
let readAt = -Infinity;
let read = 0;

/**
 * Uptime counts the time a laptop slept; reading it costs a file, so the monotonic clock carries it on for a second.
 */
export const systemClock: ClockPort = {
  now: () => Date.now(),
  uptimeMs() {
    const now = performance.now();
    if (now - readAt > REREAD_MS) {
      readAt = now;
      read = uptime() * 1000;
    }
    return Math.round(read + now - readAt);
  },
};
