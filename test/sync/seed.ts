/** The same sequences in every run, so that a change is to blame for a failure; AURA_TEST_SEED gives others. */
export const SEED = Number(process.env["AURA_TEST_SEED"] ?? 20_261_121);
