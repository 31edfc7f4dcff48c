import { describe, it } from "vitest";
import { converge, seedsOf } from "./converge.js";
import { Rig } from "./rig.js";

describe("any number of devices that are edited, killed and cut off", () => {
  it.each(seedsOf(200))("end with the same tree and have lost nothing (AURA_TEST_SEED=%i)", (seed) =>
    converge(new Rig({ inMemory: true }), seed),
  );
});
