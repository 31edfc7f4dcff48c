import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { builtCli } from "../support/built-cli.js";
import { CliHost } from "../support/cli-host.js";

let main: string;
let cli: CliHost;

beforeAll(async () => {
  main = await builtCli();
});
beforeEach(async () => {
  cli = new CliHost(main);
  await cli.serve([{ name: "store" }, { name: "storage" }, { name: "api" }]);
  cli.roots.add({ rootId: "work", path: "/work" }).add({ rootId: "photos", path: "/photos" });
  await cli.epochs.start({ epoch_id: "demo", description: "", plan: null, by: "ann" });
  await cli.epochs.start({ epoch_id: "done", description: "", plan: null, by: "ann" });
  await cli.epochs.cancel("done", { reason: "over" });
  return () => cli.remove();
});

/** What bash offers for a line, with the cursor at its end. */
async function offered(line: string): Promise<string[]> {
  const { stdout } = await cli.run("completion", "bash");
  const script = join(cli.home, "completion.bash");
  const asked = async (what: string): Promise<string> => (await cli.run("completion", what)).stdout;
  const [names, epochs, roots] = [await asked("names"), await asked("epochs"), await asked("roots")];
  writeFileSync(script, stdout);
  // The script asks the program on PATH; here that is a stand-in with the real answer.
  const cases = [`epochs) printf '%s' '${epochs}'`, `roots) printf '%s' '${roots}'`, `*) printf '%s' '${names}'`];
  writeFileSync(join(cli.home, "aura-msg"), `#!/bin/sh\ncase $2 in ${cases.join(" ;; ")} ;; esac\n`);
  chmodSync(join(cli.home, "aura-msg"), 0o755);
  const words = line.split(" ");
  const run = `source ${script}; COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}; _aura_msg; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const text = execFileSync("bash", ["--norc", "--noprofile", "-c", run], {
    env: { PATH: `${cli.home}:${process.env["PATH"]}` },
    encoding: "utf8",
  });
  return text
    .split("\n")
    .filter((word) => word !== "")
    .toSorted();
}

describe("completion for bash", () => {
  it.each([
    ["aura-msg st", ["status"]],
    ["aura-msg up sto", ["storage", "store"]],
    ["aura-msg --host laptop restart a", ["api"]],
    ["aura-msg logs --s", ["--server-address", "--since"]],
    ["aura-msg completion ", ["bash", "epochs", "fish", "names", "roots", "zsh"]],
    ["aura-msg reload ", []],
    ["aura-msg e", ["epoch"]],
    ["aura-msg epoch c", ["cancel"]],
    ["aura-msg --host laptop signal ", ["blocker", "complete", "vote"]],
    ["aura-msg slice logs --f", ["--follow"]],
    ["aura-msg phase advance --epoch-id demo --to-phase p8", ["p8-impl-plan"]],
    ["aura-msg signal vote --axis ", ["correctness", "elegance", "test_quality"]],
    ["aura-msg signal vote --axis elegance --vote R", ["REVISE"]],
    ["aura-msg session register --role w", ["worker"]],
    ["aura-msg signal blocker --severity M", ["MINOR"]],
    ["aura-msg audit ", ["verify"]],
    ["aura-msg audit verify --epoch-id d", ["demo"]],
    ["aura-msg query state --epoch-id ", ["demo"]],
    ["aura-msg root ", ["init", "list"]],
    ["aura-msg root init /work --mode pu", ["pull", "push"]],
    ["aura-msg sync w", ["wait", "work"]],
    ["aura-msg sync wait ", ["photos", "work"]],
    ["aura-msg sync work --d", ["--dry-run"]],
    ["aura-msg sync gc --a", ["--apply"]],
  ])("offers for `%s`", async (line, words) => {
    expect(await offered(line)).toEqual(words);
  });
});

describe("completion for the others", () => {
  it.each(["zsh", "fish"])("prints a script for %s that knows every command", async (shell) => {
    const { status, stdout } = await cli.run("completion", shell);
    expect(status).toBe(0);
    for (const name of ["status", "doctor", "completion", "epoch", "advance", "p8-impl-plan", "restore", "bidirectional"])
      expect(stdout).toContain(name);
    expect(stdout).toContain("aura-msg completion names");
    expect(stdout).toContain("aura-msg completion epochs");
    expect(stdout).toContain("aura-msg completion roots");
  });

  it("names the epochs that run", async () => {
    expect((await cli.run("completion", "epochs")).stdout).toBe("demo\n");
  });

  it("names the services of the moment", async () => {
    expect((await cli.run("completion", "names")).stdout).toBe("store\nstorage\napi\n");
  });
});
