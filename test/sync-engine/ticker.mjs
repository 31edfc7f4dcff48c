// A process that ticks one root until it is in step, to be killed meanwhile. Arguments: the compiled engines, the folder for
// the state, the root, and bytes a second, if they are limited. Says "ticking" when it begins, "stage NAME" where one begins, and a line of JSON for each outcome.
const [engines, stateDir, path, bytes] = process.argv.slice(2);
const { createEngines } = await import(engines);
const log = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };
const host = createEngines({ stateDir, envFile: `${stateDir}/env`, env: process.env, log });
const limit = bytes === undefined ? null : Number(bytes);
const limits = { uploadLimit: limit, downloadLimit: limit, maxTransfers: 4, maxDelete: 1, trashDays: 30 };
const engine = await host.open({ path, limits });
console.log("ticking");
let known = "";
const onProgress = ({ stage }) => {
  if (stage !== known) console.log(`stage ${stage}`);
  known = stage;
};
for (let round = 0; round < 5; round++) {
  const outcome = await engine.tick({ trigger: "interval" }, onProgress);
  console.log(JSON.stringify(outcome));
  if (outcome.kind === "ok" && outcome.report.in_sync) break;
}
await host.close();
