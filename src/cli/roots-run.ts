import { AuraError, ERRORS, asAuraError } from "../shared/errors.js";
import type { RootStatus } from "../sync/control.js";
import { connectRoots, type RootsConnection } from "./connect-roots.js";
import type { Context, ExitStatus } from "./context.js";
import { errorFields } from "./failure.js";
import { plain } from "./render/text.js";
import { rootOfPath } from "./root-of-path.js";
import { withProgress } from "./sync-progress.js";

/** Connects, runs and closes. */
export async function withRoots(context: Context, run: (connection: RootsConnection) => Promise<ExitStatus>): Promise<ExitStatus> {
  const connection = await connectRoots(context);
  try {
    return await run(connection);
  } finally {
    await connection.close();
  }
}

/** What came of one root. */
export interface RootResult {
  /** Its document for --json, without `schema_version` and `root_id`. */
  readonly document?: object;
  /** For people; absent when the failure says it all. */
  readonly lines?: readonly string[];
  readonly failure?: AuraError | null;
}

interface NamedResult extends RootResult {
  readonly root: string;
}

/**
 * Does the same with the root that the argument names, or with all of the host, at once, and shows how far it is. Prints what
 * came of each, and gives the gravest exit status: 3 before 1 before 2 before 0.
 */
export function eachRoot(
  context: Context,
  run: (root: RootStatus, connection: RootsConnection) => Promise<RootResult>,
): Promise<ExitStatus> {
  return withRoots(context, async (connection) => {
    const [named] = context.args;
    const roots = await connection.control.list();
    if (named === undefined && roots.length === 0) return printNone(context, connection.host);
    const chosen = named === undefined ? roots : [await theRoot(roots, named, connection)];
    const names = chosen.map(({ root_id }) => root_id);
    const results = Promise.all(chosen.map((root) => resultOf(root, run(root, connection))));
    return print(context, await withProgress(context, connection, names, results), named !== undefined);
  });
}

/** The failure of one root does not keep the others from their end. */
async function resultOf({ root_id: root }: RootStatus, result: Promise<RootResult>): Promise<NamedResult> {
  try {
    return { root, ...(await result) };
  } catch (thrown) {
    return { root, failure: asAuraError(thrown) };
  }
}

/** A root by its id, or by a path in it. Throws AuraError `not_found` with the nearest id, or with those that there are. */
export async function theRoot(roots: readonly RootStatus[], named: string, { host, here }: RootsConnection): Promise<RootStatus> {
  const byId = roots.find(({ root_id }) => root_id === named);
  const isPath = named.includes("/") || named === "." || named === "..";
  const found = byId ?? (isPath && (here || named.startsWith("/")) ? rootOfPath(roots, named, here)?.root : undefined);
  if (found !== undefined) return found;
  const ids = roots.map(({ root_id }) => root_id);
  const { nearest } = await import("../services/spec/problems.js");
  const meant = nearest(named, ids) ?? nearest(named, COMMANDS_OF_SYNC);
  const known = ids.length === 0 ? "make one with: aura-msg root init PATH --bucket B" : `its roots: ${ids.join(", ")}`;
  throw new AuraError("not_found", `host ${host} has no root ${JSON.stringify(named)}`, {
    fix: meant === undefined ? known : `did you mean ${meant}?`,
  });
}

/** A mistyped one counts as the name of a root. */
const COMMANDS_OF_SYNC = ["wait", "log", "restore", "gc", "verify"];

function printNone({ globals, io }: Context, host: string): ExitStatus {
  if (globals.json) io.out(`${JSON.stringify({ schema_version: 1, roots: [] })}\n`);
  else io.out(`no roots on ${plain(host)}; make one with: aura-msg root init PATH --bucket B\n`);
  return 0;
}

/** A root's document alone where it was named; `roots` where none was, and beside it the document of the only one. */
function print({ globals, io }: Context, results: readonly NamedResult[], named: boolean): ExitStatus {
  if (globals.json) {
    const documents = results.map(documentOf);
    const alone = documents.length === 1 ? documents[0] : {};
    io.out(`${JSON.stringify({ schema_version: 1, ...alone, ...(named ? {} : { roots: documents }) })}\n`);
  } else {
    for (const { root, lines = [], failure } of results) {
      io.out(lines.map((line) => `${line}\n`).join(""));
      if (failure) io.err(`aura-msg: ${plain(root)}: ${plain(failure.line)}\n`);
    }
  }
  const statuses = results.map(({ failure }) => (failure ? ERRORS[failure.code].msg : 0));
  return ([3, 1, 2] as const).find((status) => statuses.includes(status)) ?? 0;
}

function documentOf({ root, document, failure }: NamedResult): object {
  return { root_id: root, ...document, ...(failure ? { error: errorFields(failure) } : {}) };
}
