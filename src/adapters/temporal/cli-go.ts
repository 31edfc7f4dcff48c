import { execFile } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "../../host/places.js";
import { checkCli, CLI_VERSION } from "./cli-version.js";

/** As the vendor's own release is linked: without it the program calls itself 0.0.0-DEV. */
const LDFLAGS = `-s -w -X github.com/temporalio/cli/temporalcli.Version=${CLI_VERSION}`;
/**
 * The SQLite that this version asks for (1.39.1) can be left interrupted for good by calls that are given up in the middle:
 * from then on the server answers `interrupted (9)`. Temporal itself went on to 1.44.3 for that (temporalio/temporal#9198).
 */
const MODULES = `module temporal

go 1.24

require (
\tgithub.com/temporalio/cli v${CLI_VERSION}
\tmodernc.org/sqlite v1.44.3
)
`;
const PROGRAM = "github.com/temporalio/cli/cmd/temporal";

export async function hasGo(env: Environment): Promise<boolean> {
  return promisify(execFile)("go", ["version"], { env }).then(
    () => true,
    () => false,
  );
}

/** Builds the pinned version from source into `folder`; returns the program. Minutes on a first build. */
export async function buildCli(folder: string, env: Environment): Promise<string> {
  const caches = await ownCaches(folder, env);
  const flags = [env["GOFLAGS"], "-buildvcs=false", caches === null ? "" : "-modcacherw"].filter(Boolean).join(" ");
  writeFileSync(join(folder, "go.mod"), MODULES);
  await promisify(execFile)("go", ["install", "-mod=mod", "-trimpath", "-ldflags", LDFLAGS, PROGRAM], {
    cwd: folder,
    env: { ...env, ...caches, GOBIN: folder, CGO_ENABLED: "0", GOFLAGS: flags },
    maxBuffer: 64 * 1024 * 1024,
  }).catch((error: unknown) => {
    throw new Error(lastLine((error as { stderr?: string }).stderr) ?? (error as Error).message);
  });
  const program = join(folder, "temporal");
  const check = await checkCli(program);
  if (!check.ok) throw new Error(check.reason);
  return program;
}

/** Somebody who uses Go has caches already; to anybody else this build would leave 3 GB behind that nobody asked for. */
async function ownCaches(folder: string, env: Environment): Promise<{ GOMODCACHE: string; GOCACHE: string } | null> {
  const modules = await promisify(execFile)("go", ["env", "GOMODCACHE"], { env }).then(
    ({ stdout }) => stdout.trim(),
    () => "",
  );
  return modules !== "" && existsSync(modules) ? null : { GOMODCACHE: join(folder, "modules"), GOCACHE: join(folder, "build") };
}

/** What go says last is why it gave up. */
function lastLine(text: string | undefined): string | undefined {
  return text?.trim().split("\n").at(-1)?.trim() || undefined;
}
