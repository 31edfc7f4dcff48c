import { type RawValue, rawValueTypeInfo } from "@temporalio/common";
import { defaultPayloadConverter, defineSignal, setHandler } from "@temporalio/workflow";

/** More arguments than any client sends. */
const ARGUMENTS = 100;
const RAW = Array.from({ length: ARGUMENTS }, () => rawValueTypeInfo);

/** What a signal carried; `problem` in a line when it cannot even be read. */
export interface RawSignal {
  readonly args: readonly unknown[];
  readonly problem: string | null;
}

/**
 * Handles a signal of any sender. The SDK reads payloads before it calls a handler, and one that cannot be read would fail
 * the workflow's task again and again, for ever: here it is the handler's to refuse.
 */
export function onSignal(name: string, handle: (signal: RawSignal) => void): void {
  setHandler(defineSignal<RawValue[]>(name, { typeInfo: { inputTypes: RAW } }), (...values: RawValue[]) => handle(read(name, values)));
}

function read(name: string, values: readonly RawValue[]): RawSignal {
  try {
    return { args: values.map(({ payload }) => defaultPayloadConverter.fromPayload<unknown>(payload)), problem: null };
  } catch {
    return { args: [], problem: `signal ${name}: its payload cannot be read; send one JSON object` };
  }
}
