import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { findCredentials } from "../../src/adapters/s3/credentials.js";
import { StoreError } from "../../src/sync/ports.js";

describe("the credentials of the object store", () => {
  const both = { AURA_S3_ACCESS_KEY: "id-of-environment", AURA_S3_SECRET_KEY: "secret-of-environment" };
  const keysOf = (name: string): object => ({ accessKeyId: `id-of-${name}`, secretAccessKey: `secret-of-${name}` });
  let dir: string;
  let envFile: string;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "aura-s3-"));
    envFile = join(dir, "env");
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const write = (text: string, mode = 0o600): void => {
    writeFileSync(envFile, text);
    chmodSync(envFile, mode);
  };
  const refusal = (env: Record<string, string> = {}): string => {
    try {
      findCredentials({ env, envFile });
    } catch (error) {
      expect(error).toBeInstanceOf(StoreError);
      expect(error).toMatchObject({ kind: "denied" });
      return (error as Error).message;
    }
    throw new Error("nothing was refused");
  };

  it("are those of the environment, whatever the file says", () => {
    write("AURA_S3_ACCESS_KEY=id-of-file", 0o644);
    expect(findCredentials({ env: both, envFile })).toEqual({ keys: keysOf("environment"), from: "the environment" });
  });

  it("are else those of the file", () => {
    write("# for the unit\nexport AURA_S3_ACCESS_KEY='id-of-file'\nAURA_S3_SECRET_KEY=\"secret-of-file\"\n");
    expect(findCredentials({ env: { AURA_S3_ACCESS_KEY: "" }, envFile })).toEqual({ keys: keysOf("file"), from: envFile });
  });

  it("are else left to the SDK", () => {
    expect(findCredentials({ env: {} }).keys).toBeNull();
    expect(findCredentials({ env: {}, envFile }).keys).toBeNull();
    write("TEMPORAL_API_KEY=something");
    expect(findCredentials({ env: {}, envFile }).keys).toBeNull();
  });

  it.each([0o644, 0o640, 0o604, 0o660, 0o620, 0o777])("are not taken from a file of mode %o", (mode) => {
    write("AURA_S3_ACCESS_KEY=id-of-file\nAURA_S3_SECRET_KEY=secret-of-file\n", mode);
    const shown = mode.toString(8).padStart(4, "0");
    expect(refusal()).toBe(`${envFile} holds credentials and has mode ${shown}, others may read it; run: chmod 600 ${envFile}`);
  });

  it("are not taken by halves", () => {
    expect(refusal({ AURA_S3_ACCESS_KEY: "id-of-environment" })).toBe(
      "AURA_S3_ACCESS_KEY is set in the environment, but AURA_S3_SECRET_KEY is not; set both",
    );
    write("AURA_S3_SECRET_KEY=secret-of-file\nAURA_S3_ACCESS_KEY=\n");
    expect(refusal()).toBe(`AURA_S3_SECRET_KEY is set in ${envFile}, but AURA_S3_ACCESS_KEY is not; set both`);
  });

  it("tell when the file cannot be read", () => {
    mkdirSync(envFile, { mode: 0o700 });
    expect(refusal()).toBe(`${envFile} cannot be read for its credentials (EISDIR); give it to the user of aurad, mode 0600`);
  });
});
