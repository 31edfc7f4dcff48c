import { describe, expect, it } from "vitest";
import { errorOf, outcomeOf } from "../../src/adapters/sync/outcome.js";
import { StoreError } from "../../src/sync/ports.js";

const line = "S3 at http://s3 refuses it (Code); correct it";

describe("what a tick came to that S3 ended", () => {
  it.each([
    ["denied", "store_denied", line],
    ["no_bucket", "sync_failed", "S3 at http://s3 refuses it (Code); nothing was changed; correct it"],
    ["failed", "sync_failed", line],
    ["unsupported", "sync_failed", line],
  ] as const)("is one line that says what to do once: %s", (kind, code, message) => {
    const error = new StoreError(kind, line);
    expect(outcomeOf(error, "work.db")).toEqual({ kind: "error", code, message });
    expect(errorOf(error, "work.db")).toMatchObject({ code, line: message });
  });

  it("says what there is to do in general where S3 does not", () => {
    expect(outcomeOf(new StoreError("precondition", "the key is there already"), "work.db")).toEqual({
      kind: "error",
      code: "sync_failed",
      message: "the key is there already; the next tick tries again",
    });
  });

  it("is skipped where nobody answers, which as an error is one line as well", () => {
    const error = new StoreError("offline", "S3 at http://s3 does not answer; check the network");
    expect(outcomeOf(error, "work.db")).toEqual({ kind: "offline", reason: "S3 at http://s3 does not answer; check the network" });
    expect(errorOf(error, "work.db")).toMatchObject({
      code: "store_unreachable",
      line: "S3 at http://s3 does not answer; check the network",
    });
  });
});
