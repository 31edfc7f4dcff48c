import { defineConfig } from "vitest/config";

/** Tests on the built programs and a real Temporal server; the others need neither. */
const REAL = ["e2e", "faults", "workflows", "replay", "setup"].map((folder) => `test/${folder}/**/*.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    passWithNoTests: false,
    pool: "forks",
    maxWorkers: 2,
    projects: [
      { extends: true, test: { name: "parts", include: ["test/**/*.test.ts"], exclude: REAL } },
      { extends: true, test: { name: "whole", include: REAL, globalSetup: "test/support/global-setup.ts", testTimeout: 60_000 } },
    ],
  },
});
