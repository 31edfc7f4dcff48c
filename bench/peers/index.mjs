import { aura, auraAlone } from "./aura.mjs";
import { aws } from "./aws.mjs";
import { bareNode } from "./bare-node.mjs";
import { pm2 } from "./pm2.mjs";
import { processCompose } from "./process-compose.mjs";
import { rclone } from "./rclone.mjs";
import { runit } from "./runit.mjs";
import { s5cmd } from "./s5cmd.mjs";
import { s6 } from "./s6.mjs";
import { supervisord } from "./supervisord.mjs";

/** In the order in which the tables show them. */
export const peers = [aura, auraAlone, bareNode, runit, s6, pm2, supervisord, processCompose, rclone, s5cmd, aws];
