// An HTTP API on the port it is given. It counts greetings in the store, and leaves its own address there for the worker.
import { createServer } from "node:http";
import { ask, every, onStop } from "./store-client.mjs";

let url = "";
let storeAnswers = false;

async function hello() {
  const [, count] = (await ask("INCR hello")).split(" ");
  return { hello: Number(count) };
}

const routes = {
  // healthy is about this program alone: restarting it would not bring back the store
  "GET /healthz": async () => ({ ok: true, store: storeAnswers }),
  "POST /hello": hello,
};

async function respond(request, response) {
  const route = routes[`${request.method} ${request.url}`];
  const [status, body] = await (route === undefined
    ? [404, { error: "not found" }]
    : route().then(
        (result) => [200, result],
        (error) => [503, { error: error.message }],
      ));
  response.writeHead(status, { "content-type": "application/json" }).end(`${JSON.stringify(body)}\n`);
}

const server = createServer((request, response) => void respond(request, response));

server.on("error", (error) => {
  console.error(`api: ${error.message}`);
  process.exit(1);
});

server.listen(Number(process.env.PORT ?? 0), "127.0.0.1", () => {
  url = `http://127.0.0.1:${server.address().port}`;
  console.log(`api: listening on ${url}`);
  // again and again, because a store that was restarted has forgotten it
  every(1000, "api", async () => {
    storeAnswers = false;
    storeAnswers = (await ask(`SET api.url ${url}`)) === "OK";
  });
});

onStop(() => {
  console.log("api: stopping");
  server.close();
  server.closeAllConnections();
});
