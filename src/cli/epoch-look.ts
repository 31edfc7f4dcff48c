import { isSame } from "../adapters/process/identity.js";
import type { EpochDocument } from "../epochs/control.js";
import { withLiveness } from "../epochs/liveness.js";
import type { EpochsConnection } from "./connect-epochs.js";

/** An epoch as it is now, its sessions of this host looked at. */
export async function lookAt({ control, here }: EpochsConnection, epochId: string): Promise<EpochDocument> {
  const document = await control.state(epochId);
  return withLiveness(document, here, ({ pid, start_time, boot_id }) => isSame({ pid, startTime: start_time, bootId: boot_id }));
}
