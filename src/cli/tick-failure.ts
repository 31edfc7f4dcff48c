import { AuraError, errorOfLine } from "../shared/errors.js";
import type { TickRecord } from "../sync/control.js";

/** Why a tick is a failure for whoever asked for it; null when it is none. A dry run that would be held has done its work. */
export function tickFailure(root: string, { outcome, error, detail, sync }: TickRecord): AuraError | null {
  if (outcome === "error") return errorOfLine("sync_failed", error ?? "the tick failed");
  if (outcome === "skip") return errorOfLine("store_unreachable", detail ?? "nobody answers at its endpoint");
  if (sync === undefined || sync.dry_run || sync.held === null) return null;
  const what = errorOfLine("brake", sync.held.reason).message;
  const fix = `look at them with: aura-msg sync ${root} --dry-run --confirm; let it happen with: aura-msg sync ${root} --confirm`;
  return new AuraError("brake", what, { fix });
}
