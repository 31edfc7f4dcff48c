import { distance } from "fastest-levenshtein";
import { AuraError } from "../shared/errors.js";
import type { RootStatus } from "../sync/control.js";

type Named = Pick<RootStatus, "root_id" | "path">;

/** The root that is called so: by its id, else by its path. Throws AuraError `not_found` that names the near ones. */
export function rootNamed<T extends Named>(root: string, known: readonly T[], host: string): T {
  const found = known.find(({ root_id }) => root_id === root) ?? known.find(({ path }) => path === withoutSlash(root));
  if (found === undefined) throw unknownRoot(root, known, host);
  return found;
}

export function unknownRoot(root: string, known: readonly Named[], host: string, cause?: unknown): AuraError {
  const ids = known.map(({ root_id }) => root_id);
  const near = ids.filter((id) => distance(id, root) <= Math.min(id.length - 1, Math.max(2, Math.floor(root.length / 3))));
  const fix =
    ids.length === 0
      ? "add one with: aura-msg root init, and [[roots]] in aura.toml"
      : near.length > 0
        ? `did you mean ${near.join(" or ")}?`
        : `its roots are: ${ids.slice(0, 20).join(", ")}`;
  return new AuraError("not_found", `host ${host} has no sync root ${root}`, { fix, cause });
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}
