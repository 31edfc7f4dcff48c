/** A worker for the bare workflows, in a process of its own as aurad's is. argv: ADDRESS QUEUE. Prints "ready". */
import { fileURLToPath } from "node:url";
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from "@temporalio/worker";

const [, , address, taskQueue] = process.argv;
const logger = new DefaultLogger("ERROR");
Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: "ERROR", other: "ERROR" }, forward: {} } } });
const workflowBundle = await bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL("workflows.mjs", import.meta.url)), logger });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({ connection, taskQueue, workflowBundle });
process.stdout.write("ready\n");
await worker.run();
await connection.close();
