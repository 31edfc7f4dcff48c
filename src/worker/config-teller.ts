import { existsSync } from "node:fs";
import { watchConfig } from "../adapters/config/watch-config.js";
import type { Settings } from "../host/settings.js";
import { asAuraError } from "../shared/errors.js";
import type { Log } from "../shared/log.js";

/** `aura.toml`, and how it is read: throws AuraError `config_invalid`, `usage`. */
export interface ConfigSource {
  readonly file: string;
  readonly read: () => Settings;
}

/**
 * Takes a changed `aura.toml` over: what it says of sync roots. A file that is not right, or that is gone, is one record,
 * and what it said before stays. Resolves to what ends it; where the file cannot be watched, nothing but that is lost.
 */
export async function tellConfig(
  source: ConfigSource,
  now: Settings,
  log: Log,
  take: (settings: Settings) => Promise<void>,
): Promise<() => Promise<void>> {
  let wasThere = existsSync(source.file);
  let told = JSON.stringify(now);
  let turn = Promise.resolve();
  const inTurn = (): void => {
    turn = turn.then(changed);
  };
  return watchConfig(source.file, inTurn, log)
    .then(closer)
    .catch((error: unknown) => {
      log.warn({ error: asAuraError(error).line }, "changes of aura.toml go unseen; restart aurad to take them over");
      return async () => {};
    });

  /** What is being taken over is taken over first. */
  function closer(close: () => Promise<void>): () => Promise<void> {
    return async () => {
      await close();
      await turn;
    };
  }

  async function changed(): Promise<void> {
    try {
      if (wasThere && !existsSync(source.file)) return log.error({ file: source.file }, "aura.toml is gone; what it said before stays");
      const settings = source.read();
      wasThere = true;
      // Also when it says the same: a root that could not be opened is tried again.
      await take(settings);
      const said = JSON.stringify(settings);
      if (said === told) return;
      told = said;
      const counts = "aura.toml changed: what it says of sync roots counts from now on, the rest after a restart";
      log.info({ file: source.file, roots: settings.roots.length }, counts);
    } catch (error) {
      log.error({ file: source.file, error: asAuraError(error).line }, "aura.toml is not taken over; what it said before stays");
    }
  }
}
