// A worker without a port: it asks the store where the API is, and greets it every two seconds.
import { ask, every, onStop } from "./store-client.mjs";

const ANSWER_MS = 2000;
let ready = false;

every(2000, "worker", async () => {
  const [kind, url] = (await ask("GET api.url")).split(" ");
  if (kind !== "VALUE") throw new Error("the api has not told its address yet");
  const response = await fetch(`${url}/hello`, { method: "POST", signal: AbortSignal.timeout(ANSWER_MS) });
  if (!response.ok) throw new Error(`the api answers ${response.status}`);
  const { hello } = await response.json();
  if (!ready) console.log("worker: ready");
  ready = true;
  console.log(`worker: hello ${hello} from ${url}`);
});

onStop(() => {
  console.log("worker: stopping");
  // an idle connection of fetch would keep the program for some seconds more
  process.exit(0);
});
