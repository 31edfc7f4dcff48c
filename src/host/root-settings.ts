import { AuraError } from "../shared/errors.js";
import { parseSize } from "../shared/sizes.js";
import type { RootLimits } from "../sync/root.js";
import { CONFIG_DEFAULTS as D } from "./config-defaults.js";
import type { Config } from "./config-schema.js";
import { absolutePath, expandTilde } from "./paths.js";
import { ms } from "./setting-sources.js";

type ConfigRoot = NonNullable<Config["roots"]>[number];

/** One folder to sync. */
export interface RootSetting {
  /** Absolute. */
  readonly path: string;
  /** Longest time between two ticks. */
  readonly intervalMs: number;
  readonly limits: RootLimits;
  /** `[roots.init]`: how it is created when the folder has no `root.toml` yet. */
  readonly init: RootInit | null;
}

export type RootInit = NonNullable<ConfigRoot["init"]>;

export interface RootSettingsInput {
  readonly config: Config;
  /** `--interval`. */
  readonly intervalMs: number | null;
  /** Folders of the command line. */
  readonly positional: readonly string[];
  readonly home: string;
  readonly cwd: string;
}

/**
 * The roots of `aura.toml`; or, when folders are given, exactly those, with what `aura.toml` says about each but how to
 * create it. Throws AuraError `usage` for a folder that is given twice.
 */
export function rootSettings(input: RootSettingsInput): RootSetting[] {
  const { config, positional } = input;
  if (positional.length === 0) return (config.roots ?? []).map((root) => setting(root, input));
  const paths = positional.map((path) => absolutePath(expandTilde(path, input.home), input.cwd));
  const twice = paths.find((path, index) => paths.indexOf(path) !== index);
  if (twice !== undefined) throw new AuraError("usage", `the folder ${twice} is given twice`, { fix: "give each folder once" });
  return paths.map((path) => {
    const { init: _, ...told } = config.roots?.find((root) => root.path === path) ?? { path };
    return setting(told, input);
  });
}

function setting(root: ConfigRoot, { config, intervalMs }: RootSettingsInput): RootSetting {
  return {
    path: root.path,
    intervalMs: intervalMs ?? ms(root.interval ?? config.default_interval ?? D.default_interval),
    limits: {
      uploadLimit: limit(config.upload_limit ?? D.upload_limit),
      downloadLimit: limit(config.download_limit ?? D.download_limit),
      maxTransfers: config.max_transfers ?? D.max_transfers,
      maxDelete: root.max_delete ?? config.max_delete ?? D.max_delete,
      trashDays: root.trash_days ?? config.trash_days ?? D.trash_days,
    },
    init: root.init ?? null,
  };
}

/** Checked before; 0 is none. */
function limit(text: string): number | null {
  return parseSize(text) || null;
}
