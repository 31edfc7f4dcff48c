import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cacheFiles } from "../../src/adapters/temporal/cli-cache.js";
import { findTemporalCli } from "../../src/adapters/temporal/cli.js";
import type { CliOptions } from "../../src/adapters/temporal/cli.js";
import { createSteps } from "../../src/adapters/temporal/steps.js";

const good = "#!/bin/sh\necho temporal version 1.5.1 '(Server 1.29.1)'\n";
const closedPort = "http://127.0.0.1:65535";

let dir: string;
let said: string;
const servers: Server[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-cli-"));
  said = "";
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(dir, { recursive: true, force: true });
});

function program(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  chmodSync(path, 0o755);
  return path;
}

function options(env: Record<string, string> = {}, more: Partial<CliOptions> = {}): CliOptions {
  const steps = createSteps({
    write: (text) => {
      said += text;
    },
  });
  return {
    env: { PATH: join(dir, "bin"), ...env },
    home: join(dir, "home"),
    steps,
    packageRoot: join(dir, "package"),
    downloadFrom: closedPort,
    ...more,
  };
}

const cached = (): string => cacheFiles({}, join(dir, "home"), join(dir, "package"))[0]!;

/** A download site with one archive; counts its visitors. */
async function vendor(text: string): Promise<{ url: string; requests: string[] }> {
  program(join(dir, "archive/temporal"), text);
  const archive = execFileSync("tar", ["-czf", "-", "-C", join(dir, "archive"), "temporal"]);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url!);
    response.end(archive);
  }).listen(0, "127.0.0.1");
  servers.push(server);
  await new Promise((done) => server.once("listening", done));
  return { url: `http://127.0.0.1:${(server.address() as { port: number }).port}`, requests };
}

describe("the Temporal CLI", () => {
  it("is the one that AURA_TEMPORAL_CLI names, before any other", async () => {
    const named = program(join(dir, "mine"), good);
    program(join(dir, "bin/temporal"), good);
    expect(await findTemporalCli(options({ AURA_TEMPORAL_CLI: named }))).toEqual({ path: named, version: "1.5.1" });
    expect(said).toBe(`Temporal CLI 1.5.1 from AURA_TEMPORAL_CLI: ${named}\n`);
  });

  it("is the one on PATH, before the cache", async () => {
    const onPath = program(join(dir, "bin/temporal"), good);
    program(cached(), good);
    expect((await findTemporalCli(options())).path).toBe(onPath);
  });

  const useless: [title: string, text: string, reason: RegExp][] = [
    ["ends with an error", "#!/bin/sh\nexit 1\n", /does not run/],
    ["is of another kind", "#!/bin/sh\necho temporal logic 9\n", /does not answer like the Temporal CLI/],
    ["is too old", "#!/bin/sh\necho temporal version 1.2.0\n", /is version 1\.2\.0; 1\.3 or later is needed/],
  ];
  it.each(useless)("is passed over with a line when it %s", async (_title, text, reason) => {
    program(join(dir, "bin/temporal"), text);
    program(cached(), good);
    expect((await findTemporalCli(options())).path).toBe(cached());
    const [first, second] = said.split("\n");
    expect(first).toMatch(/^Temporal CLI from PATH passed over: /);
    expect(first).toMatch(reason);
    expect(second).toBe(`Temporal CLI 1.5.1 from the cache: ${cached()}`);
  });

  it("is taken as it is when somebody built it without a version", async () => {
    program(join(dir, "bin/temporal"), "#!/bin/sh\necho temporal version 0.0.0-DEV\n");
    expect((await findTemporalCli(options())).version).toBe("0.0.0-DEV");
  });

  it("is downloaded once and found in the cache from then on", async () => {
    const { url, requests } = await vendor(good);
    const { path } = await findTemporalCli(options({}, { downloadFrom: url }));
    expect(path).toBe(cached());
    expect(requests).toEqual([expect.stringMatching(/^\/cli\/archive\/v1\.5\.1\?platform=\w+&arch=\w+$/)]);
    expect(said).toContain("downloading Temporal CLI 1.5.1 from 127.0.0.1");
    await findTemporalCli(options({}, { downloadFrom: url }));
    expect(requests).toHaveLength(1);
    expect(readdirSync(dirname(path))).toEqual([path.split("/").at(-1)]);
  });

  it("is fetched by one when several start at once", async () => {
    const { url, requests } = await vendor(good);
    const found = await Promise.all([1, 2, 3].map(() => findTemporalCli(options({}, { downloadFrom: url }))));
    expect(new Set(found.map(({ path }) => path))).toEqual(new Set([cached()]));
    expect(requests).toHaveLength(1);
    expect(said).toContain(`waiting for process ${process.pid}, which is fetching the Temporal CLI`);
  });

  it("replaces a spoilt one in the cache", async () => {
    program(cached(), "#!/bin/sh\nexit 1\n");
    const { url } = await vendor(good);
    expect((await findTemporalCli(options({}, { downloadFrom: url }))).version).toBe("1.5.1");
  });

  it("is built with go when the download fails", async () => {
    program(
      join(dir, "bin/go"),
      `#!/bin/sh
[ "$1" = install ] || exit 0
echo "$* CGO_ENABLED=$CGO_ENABLED GOFLAGS=$GOFLAGS" > ${dir}/asked
/bin/cat go.mod > ${dir}/modules
printf '${good.replaceAll("\n", "\\n").replaceAll("'", "")}' | sed 's/(.*//' > "$GOBIN/temporal"
/bin/chmod 755 "$GOBIN/temporal"
`,
    );
    const { path } = await findTemporalCli(options({ GOFLAGS: "-v", PATH: `${join(dir, "bin")}:/usr/bin:/bin` }));
    expect(path).toBe(cached());
    expect(readFileSync(join(dir, "asked"), "utf8")).toBe(
      "install -mod=mod -trimpath -ldflags -s -w -X github.com/temporalio/cli/temporalcli.Version=1.5.1 github.com/temporalio/cli/cmd/temporal CGO_ENABLED=0 GOFLAGS=-v -buildvcs=false -modcacherw\n",
    );
    expect(readFileSync(join(dir, "modules"), "utf8")).toMatch(/temporalio\/cli v1\.5\.1\n\tmodernc\.org\/sqlite v1\.44\.3\n/);
    expect(said).toMatch(
      /^downloading .*\ndownload from 127\.0\.0\.1:65535 failed: .*ECONNREFUSED.*\nbuilding Temporal CLI 1\.5\.1 with go/,
    );
  });

  it("is built without leaving Go's caches with somebody who has none, and with theirs where they have some", async () => {
    const bin = join(dir, "bin");
    program(
      join(bin, "go"),
      `#!/bin/sh
[ "$1" = version ] && exit 0
[ "$1" = env ] && echo "$MODULES" && exit 0
echo "$GOMODCACHE $GOCACHE $GOFLAGS" >> ${dir}/asked
mkdir -p "\${GOMODCACHE:-${dir}/theirs}" && printf '#!/bin/sh\\necho temporal version 1.5.1\\n' > "$GOBIN/temporal" && chmod 755 "$GOBIN/temporal"
`,
    );
    const env = { PATH: `${bin}:/usr/bin:/bin` };
    const { path } = await findTemporalCli(options({ ...env, MODULES: join(dir, "go/pkg/mod") }));
    expect(readFileSync(join(dir, "asked"), "utf8")).toMatch(/^(\S+\.new-\w+)\/modules \1\/build -buildvcs=false -modcacherw\n$/);
    expect(readdirSync(dirname(path))).toEqual([basename(path)]);
    rmSync(path);
    await findTemporalCli(options({ ...env, MODULES: dir }));
    expect(readFileSync(join(dir, "asked"), "utf8").split("\n")[1]).toBe("  -buildvcs=false");
  });

  it("is missed with one line that tells everything that was tried", async () => {
    program(join(dir, "bin/go"), '#!/bin/sh\n[ "$1" = version ] && exit 0\necho no network >&2\nexit 1\n');
    await expect(findTemporalCli(options({ AURA_TEMPORAL_CLI: "/nowhere/temporal" }))).rejects.toMatchObject({
      code: "temporal_cli_missing",
      message: expect.stringMatching(
        /^no Temporal CLI: not on PATH; not in the cache; AURA_TEMPORAL_CLI: .*ENOENT; download from 127\.0\.0\.1:65535: .*; build with go: no network$/,
      ) as string,
    });
  });

  it("lies in the checkout when there is one, else in the user's cache", () => {
    mkdirSync(join(dir, "package/src"), { recursive: true });
    const name = `temporal-1.5.1-${process.platform}-${process.arch}`;
    expect(cacheFiles({}, "/home/ada", join(dir, "package"))).toEqual([join(dir, "package/.cache", name), `/home/ada/.cache/aura/${name}`]);
    expect(cacheFiles({ XDG_CACHE_HOME: "/c" }, "/home/ada", join(dir, "installed"))).toEqual([`/c/aura/${name}`]);
  });
});

describe("a long step", () => {
  it("counts its seconds on the same line of a terminal", async () => {
    let out = "";
    const steps = createSteps({
      isTTY: true,
      write: (text: string) => {
        out += text;
      },
    });
    await steps.during("building", new Promise((done) => setTimeout(done, 1100)));
    expect(out).toBe("building\r\u001b[Kbuilding 1s\r\u001b[Kbuilding 1s\n");
  });
});
