import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporalCredentials, temporalProfile } from "../../src/adapters/temporal/profile.js";

let dir: string;
let file: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), "aura-profile-"));
  file = join(dir, "temporal.toml");
  writeFileSync(
    file,
    `
[profile.default]
address = "first:7233"
namespace = "one"
[profile.cloud]
address = "cloud:7233"
namespace = "two"
api_key = "k"
`,
  );
});
afterAll(() => rmSync(dir, { recursive: true }));

describe("Temporal's own configuration", () => {
  it("gives address and namespace of the default profile, whatever the variables say", () => {
    expect(temporalProfile({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_ADDRESS: "x:1", TEMPORAL_NAMESPACE: "x" })).toEqual({
      chosen: true,
      address: "first:7233",
      namespace: "one",
    });
  });

  it("gives those of the profile that TEMPORAL_PROFILE chooses, with its key", () => {
    const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: "cloud" };
    expect(temporalProfile(env)).toEqual({ chosen: true, address: "cloud:7233", namespace: "two" });
    expect(temporalCredentials(env)).toEqual({ apiKey: "k", tls: true });
  });

  it("prefers the key of the environment, and reads TLS from there", () => {
    const env = { TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: "cloud", TEMPORAL_API_KEY: "e", TEMPORAL_TLS_SERVER_NAME: "s" };
    expect(temporalCredentials(env)).toMatchObject({ apiKey: "e", tls: { serverNameOverride: "s" } });
  });

  it("says nothing when the file is empty, and names the profile that it lacks then", () => {
    const empty = join(dir, "empty.toml");
    writeFileSync(empty, "");
    expect(temporalProfile({ TEMPORAL_CONFIG_FILE: empty })).toEqual({ chosen: true });
    expect(temporalCredentials({ TEMPORAL_CONFIG_FILE: empty, TEMPORAL_API_KEY: "k" })).toMatchObject({ apiKey: "k" });
    expect(() => temporalProfile({ TEMPORAL_CONFIG_FILE: empty, TEMPORAL_PROFILE: "cloud" })).toThrow(/Profile 'cloud' not found/);
  });

  it("says nothing without a file", () => {
    const env = { XDG_CONFIG_HOME: dir, HOME: dir, TEMPORAL_CONFIG_FILE: join(dir, "none.toml") };
    expect(temporalProfile({ ...env })).toEqual({ chosen: true });
    expect(temporalCredentials(env)).toEqual({});
  });

  it("refuses an unknown profile and a certificate that is not there, in one line", () => {
    expect(() => temporalProfile({ TEMPORAL_CONFIG_FILE: file, TEMPORAL_PROFILE: "nope" })).toThrowError(
      expect.objectContaining({ code: "config_invalid", message: expect.stringContaining("nope") as string }) as Error,
    );
    expect(() =>
      temporalCredentials({
        TEMPORAL_CONFIG_FILE: file,
        TEMPORAL_TLS_CLIENT_CERT_PATH: "/none.pem",
        TEMPORAL_TLS_CLIENT_KEY_PATH: "/none.key",
      }),
    ).toThrowError(expect.objectContaining({ code: "config_invalid", message: expect.stringContaining("/none.pem") as string }) as Error);
  });
});
