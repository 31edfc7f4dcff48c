import { adoptCase } from "./adopt.mjs";
import { bootCase } from "./boot.mjs";
import { bringUpCase } from "./bring-up.mjs";
import { chainCase } from "./chain.mjs";
import { crashCase } from "./crash.mjs";
import { epochMessagesCase } from "./epoch-messages.mjs";
import { epochsCase } from "./epochs.mjs";
import { historyCase } from "./history.mjs";
import { idleCase } from "./idle.mjs";
import { restartCommandCase } from "./restart-command.mjs";
import { sliceStartCase } from "./slice-start.mjs";
import { statusCase } from "./status.mjs";
import { syncChangeCase } from "./sync-change.mjs";
import { syncDownloadCase } from "./sync-download.mjs";
import { syncIdleCase } from "./sync-idle.mjs";
import { syncPropagateCase } from "./sync-propagate.mjs";
import { syncUnchangedCase } from "./sync-unchanged.mjs";
import { syncUploadCase } from "./sync-upload.mjs";

/** In the order in which they run and are written. */
export const cases = [
  crashCase,
  bringUpCase,
  chainCase,
  restartCommandCase,
  statusCase,
  bootCase,
  adoptCase,
  idleCase,
  historyCase,
  epochsCase,
  epochMessagesCase,
  sliceStartCase,
  syncUploadCase,
  syncDownloadCase,
  syncUnchangedCase,
  syncChangeCase,
  syncPropagateCase,
  syncIdleCase,
];
