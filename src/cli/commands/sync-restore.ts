import { isAbsolute } from "node:path";
import { AuraError } from "../../shared/errors.js";
import type { RootStatus } from "../../sync/control.js";
import type { RestorePoint } from "../../sync/engine-port.js";
import type { RootsConnection } from "../connect-roots.js";
import type { Run } from "../context.js";
import { renderRestore } from "../render/roots-reports.js";
import { rootOfPath, type Within } from "../root-of-path.js";
import { withRoots } from "../roots-run.js";

export const run: Run = (context) =>
  withRoots(context, async (connection) => {
    const { globals, io } = context;
    const { at } = context.options<{ readonly at: RestorePoint }>();
    const { root, inside } = placeOf(await connection.control.list(), context.args[0]!, connection);
    const report = await connection.control.restore(root.root_id, inside, at);
    if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, root_id: root.root_id, path: inside, ...report })}\n`);
    else io.out(`${renderRestore(root.root_id, inside, report, io.columns()).join("\n")}\n`);
    return 0;
  });

/** Throws AuraError `not_found` for a path of no root, `usage` for a relative one of another host. */
function placeOf(roots: readonly RootStatus[], path: string, { host, here }: RootsConnection): Within<RootStatus> {
  if (!here && !isAbsolute(path)) {
    throw new AuraError("usage", `${JSON.stringify(path)} is relative, and host ${host} does not know this folder`, {
      fix: "give the absolute path that it has there",
    });
  }
  const found = rootOfPath(roots, path, here);
  if (found !== undefined) return found;
  const known = roots.map((root) => root.path).join(", ");
  throw new AuraError("not_found", `${path} lies in no root of host ${host}`, {
    fix: known === "" ? "make one with: aura-msg root init PATH --bucket B" : `its roots are at ${known}`,
  });
}
