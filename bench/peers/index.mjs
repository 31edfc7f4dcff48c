import { aura, auraAlone } from "./aura.mjs";
import { bareNode } from "./bare-node.mjs";
import { pm2 } from "./pm2.mjs";
import { processCompose } from "./process-compose.mjs";
import { runit } from "./runit.mjs";
import { s6 } from "./s6.mjs";
import { supervisord } from "./supervisord.mjs";

/** In the order in which the tables show them. */
export const peers = [aura, auraAlone, bareNode, runit, s6, pm2, supervisord, processCompose];
