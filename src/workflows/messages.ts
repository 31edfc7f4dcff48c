import { defineQuery, defineSignal, defineUpdate } from "@temporalio/workflow";
import type { Asker, CommandResult, GraphDocument, ReloadResult, WhyDocument } from "../services/control.js";
import type { Desired } from "../services/host-plan.js";
import type { Snapshot, Transition } from "../services/snapshot.js";
import type { SpecOutline } from "../services/spec.js";

// Signal, update and query names are stored in histories: never rename one.

/** What aurad tells its host workflow when it starts: the truth of this moment. */
export interface Attach {
  readonly homeId: string;
  readonly pid: number;
  readonly apiUrl: string | null;
  readonly version: string;
  readonly outlines: readonly SpecOutline[];
  readonly observed: readonly Snapshot[];
}

/** Services to act on; an empty list means all. */
export interface NamesRequest extends Asker {
  readonly names: readonly string[];
}

export interface HostStatus {
  readonly host: string;
  readonly pid: number;
  readonly apiUrl: string | null;
  readonly version: string;
  readonly services: readonly (Snapshot & { readonly desired: "up" | "down" })[];
}

export const attachSignal = defineSignal<[Attach]>("attach");
/** Latest snapshots of services that changed; the last one wins. */
export const observedSignal = defineSignal<[readonly Snapshot[]]>("observed");
/** The spec directory changed. */
export const specsSignal = defineSignal<[readonly SpecOutline[]]>("specs");

export const upUpdate = defineUpdate<CommandResult, [NamesRequest]>("up");
export const downUpdate = defineUpdate<CommandResult, [NamesRequest]>("down");
export const restartUpdate = defineUpdate<CommandResult, [NamesRequest]>("restart");
export const reloadUpdate = defineUpdate<ReloadResult, [Asker]>("reload");

export const hostStatusQuery = defineQuery<HostStatus>("status");
export const graphQuery = defineQuery<GraphDocument>("graph");
export const desiredQuery = defineQuery<"up" | "down", [string]>("desired");

/** Transitions of one service, in order. Repeats are ignored by their seq. */
export const transitionsSignal = defineSignal<[readonly Transition[]]>("transitions");
/** The spec is gone and the process too: the workflow completes. */
export const removedSignal = defineSignal("removed");
export const whyQuery = defineQuery<Omit<WhyDocument, "desired">>("why");

/** Carried over continue-as-new. */
export interface HostInput {
  readonly host: string;
  readonly attach?: Omit<Attach, "outlines" | "observed">;
  readonly outlines?: Readonly<Record<string, SpecOutline>>;
  readonly observed?: Readonly<Record<string, Snapshot>>;
  readonly desired?: Readonly<Record<string, Desired>>;
  readonly orderSeq?: number;
  readonly pending?: Readonly<Record<string, string>>;
  /** Answers of recent commands by request id, so that a repeated command is carried out once. */
  readonly answered?: readonly string[];
}

export interface ServiceInput {
  readonly host: string;
  readonly service: string;
  readonly lastSeq?: number;
  readonly transitions?: readonly Transition[];
}
