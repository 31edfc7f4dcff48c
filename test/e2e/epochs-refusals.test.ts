import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startCli } from "../support/built-cli.js";
import { AURA_MSG } from "../support/build.js";
import { auraHomes } from "../support/aura-home.js";
import { missing } from "../support/components.js";
import { beginEpochs, newEpochId, planFile, sliceIn, startEpoch, stateOf, walkTo } from "../support/epochs.js";

const home = auraHomes();

describe.skipIf(missing("temporal"))("bad input to epochs", { timeout: 120_000 }, () => {
  it("gets one clear line and the right exit status, and changes nothing", async () => {
    const place = await beginEpochs(home());
    const id = await startEpoch(place);
    await walkTo(place, id, "p4");
    const before = await stateOf(place, id);
    const epoch = `--epoch-id ${id}`;
    const cases: [line: string, status: number, said: RegExp][] = [
      [`query state --epoch-id ${id}x`, 1, new RegExp(`there is no epoch ${id}x.*did you mean ${id}\\?`)],
      ["query state --epoch-id a/b", 1, /"a\/b" is not one.*letters, digits/],
      ["query state", 1, /needs --epoch-id/],
      [`signal vote ${epoch} --axis speed --vote ACCEPT`, 1, /"speed" is no axis.*correctness, test_quality, elegance/],
      [`signal vote ${epoch} --axis elegence --vote ACCEPT`, 1, /did you mean elegance\?/],
      [`signal vote ${epoch} --axis A --vote APPROVE`, 1, /"APPROVE" is no vote.*ACCEPT or REVISE/],
      [`phase advance ${epoch} --to-phase p13`, 1, /"p13" is no phase/],
      [`phase advance ${epoch} --to-phase impl-paln`, 1, /did you mean impl-plan\?/],
      [`phase advance ${epoch} --to-phase uat`, 1, /plan-uat \(p5\) or impl-uat \(p11\)/],
      [`session register ${epoch} --session-id s --role boss`, 1, /"boss" is no role/],
      [`signal complete ${epoch} --slice-id a/b`, 1, /"a\/b" is not one/],
      [`slice logs ${epoch} --slice-id nope`, 1, new RegExp(`epoch ${id} has no slice nope`)],
      [`signal blocker ${epoch}`, 1, /needs --add or --resolve/],
      [`phase advnce ${epoch} --to-phase p5`, 1, /unknown command 'advnce'.*did you mean advance\?/],
      [`query state ${epoch} --server-address 127.0.0.1:1`, 2, /127\.0\.0\.1:1/],
    ];
    for (const [line, status, said] of cases) {
      const answer = await place.say(...line.split(" "));
      expect([line, answer.status, answer.stdout]).toEqual([line, status, ""]);
      expect(answer.stderr).toMatch(said);
      expect(answer.stderr).toMatch(/^aura-msg: [^\n]+\n$/);
    }
    expect(await stateOf(place, id)).toEqual(before);
  });

  it("in a plan or a description starts nothing", async () => {
    const place = await beginEpochs(home());
    const id = newEpochId(place);
    const file = join(place.dir, "plan.yaml");
    for (const [text, said] of [
      ["slices: [", /plan\.yaml/],
      ["slices:\n  - {id: a, command: x, needs: [b]}\n  - {id: b, command: x, needs: [a]}\n", /plan\.yaml:2: .*a -> b -> a/],
      ["slices:\n  - {id: a}\n", /plan\.yaml:2: .*command: is missing/],
      ["slices:\n  - {id: a, command: x, modus: tmux}\n", /plan\.yaml:2: .*modus/],
    ] as const) {
      writeFileSync(file, text);
      const answer = await place.say("epoch", "start", "--epoch-id", id, "--slices", file);
      expect([answer.status, answer.stdout]).toEqual([1, ""]);
      expect(answer.stderr).toMatch(said);
    }
    const child = startCli(AURA_MSG, ["epoch", "start", "--epoch-id", id, "--description", "-"], place.env);
    let stderr = "";
    child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
    child.stdin.end("d".repeat(1024 * 1024));
    expect(await new Promise((resolve) => child.once("close", resolve))).toBe(1);
    expect(stderr).toMatch(/^aura-msg: the description has 1048576 bytes; at most 65536 are taken; [^\n]+\n$/);
    expect((await place.say("query", "state", "--epoch-id", id)).status).toBe(1);
  });

  it("as a command that cannot be executed is the slice's failure, told with its reason", async () => {
    const place = await beginEpochs(home());
    const slices = [
      { id: "missing", command: ["/nowhere/at/all"] },
      { id: "folder", command: ["/"] },
      { id: "nowhere", command: "true", working_dir: "/nowhere/at/all" },
    ];
    const id = await startEpoch(place, "--slices", planFile(place, ...slices));
    await walkTo(place, id, "p9");
    for (const name of ["missing", "folder", "nowhere"]) expect((await sliceIn(place, id, name, "failed")).reason).toMatch(/^[^\n]+$/);
    expect(place.daemon.running).toBe(true);
  });

  it("for an epoch that exists, or has ended, is refused with exit 3", async () => {
    const place = await beginEpochs(home());
    const id = await startEpoch(place);
    expect(await place.say("epoch", "start", "--epoch-id", id)).toMatchObject({
      status: 3,
      stderr: expect.stringMatching(new RegExp(`^aura-msg: epoch ${id} exists already[^\n]+\n$`)),
    });
    await place.must("epoch", "cancel", "--epoch-id", id, "--reason", "over");
    for (const line of ["signal vote --axis A --vote ACCEPT", "epoch cancel --reason again", "signal blocker --add"]) {
      const answer = await place.say(...line.split(" "), "--epoch-id", id);
      expect([line, answer.status]).toEqual([line, 3]);
      expect(answer.stderr).toContain("the epoch is cancelled");
    }
    expect((await place.say("epoch", "start", "--epoch-id", id)).status).toBe(3);
  });
});
