import type {
  ClockPort,
  JournalPort,
  PortAllocator,
  ProbePort,
  RecordsPort,
  RunListener,
  RunsPort,
  ServiceLogsPort,
} from "../../services/ports.js";
import type { Snapshot, Transition } from "../../services/snapshot.js";
import type { Log } from "../../shared/log.js";

/** The world as the guardian reaches it. */
export interface GuardianPorts {
  readonly runs: (listener: RunListener) => RunsPort;
  readonly records: RecordsPort;
  readonly journal: JournalPort;
  readonly ports: PortAllocator;
  readonly logs: ServiceLogsPort;
  readonly probe: ProbePort;
  readonly clock: ClockPort;
  readonly log: Log;
  readonly bootId: string;
}

export type ChangeListener = (snapshot: Snapshot, transition: Transition | null) => void;
