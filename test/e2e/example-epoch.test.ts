import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { auraHomes } from "../support/aura-home.js";
import { AURA_MSG } from "../support/build.js";
import { missing } from "../support/components.js";
import { beginEpochs, newEpochId, stateOf } from "../support/epochs.js";

const WALK = resolve(import.meta.dirname, "../../examples/epochs/walk.sh");
const home = auraHomes();

describe.skipIf(missing("temporal") || missing("git"))("examples/epochs/walk.sh", () => {
  it("walks an epoch to its end; its slices format, test, build and commit in a repository of their own", async () => {
    const place = await beginEpochs(home());
    const id = newEpochId(place);
    const tmp = join(place.dir, "tmp");
    mkdirSync(tmp);
    const env = { ...place.env, TEMPORAL_ADDRESS: place.address, AURA_MSG: `${process.execPath} ${AURA_MSG}`, TMPDIR: tmp };
    const { stdout } = await promisify(execFile)("/bin/sh", [WALK, id], { env, cwd: place.dir });

    const state = await stateOf(place, id);
    expect(state).toMatchObject({ status: "complete", current_phase: "complete", last_error: null });
    expect(state.slices.map((slice) => [slice.id, slice.state, slice.attempt])).toEqual(
      ["format", "syntax", "tests", "build", "smoke", "commit"].map((slice) => [slice, "succeeded", 1]),
    );
    expect(state.transition_history.filter(({ success }) => !success)).toHaveLength(3);
    const work = /A repository to work in: (\S+)/.exec(stdout)![1]!;
    expect(readFileSync(join(work, "dist/words.mjs"), "utf8")).toMatch(/^\/\/ built on [0-9a-f]+, sources [0-9a-f]{12}\n/);
    const { stdout: commits } = await promisify(execFile)("git", ["log", "--format=%s"], { cwd: work });
    expect(commits).toBe(`Format the sources (${id})\nA small project\n`);
    const written = JSON.parse(readFileSync(join(work, `${id}.json`), "utf8")) as Record<string, unknown>;
    expect(Object.keys(written)).toEqual(expect.arrayContaining(["state", "audit", "history"]));
  }, 180_000);
});
