import type { SliceKey, SliceResult } from "../../epochs/slice.js";
import { type AttemptRecord, keyOf } from "./attempt-records.js";

/** An attempt that is not collected yet, and who waits for it. */
export class Attempt {
  pid: number | null = null;
  /** Its processes are watched; false before it was started and when its start was made void. */
  isLive = false;
  /** Its start was made void, which has to stay so. */
  isVoid = false;
  timer: NodeJS.Timeout | undefined;
  /** Of performance.now(), when this aurad asked it to end. */
  stopAskedAt: number | undefined;
  private readonly onStart = new Set<(pid: number) => void>();
  private readonly ended: Promise<SliceResult>;
  private tell: (result: SliceResult) => void = () => {};

  constructor(
    readonly name: string,
    public record: AttemptRecord,
    /** An earlier aurad began it. */
    readonly inherited: boolean,
  ) {
    this.ended = new Promise((resolve) => {
      this.tell = resolve;
    });
  }

  get key(): SliceKey {
    const { epoch_started_at } = this.record;
    return { ...keyOf(this.name), ...(epoch_started_at === null ? {} : { epoch_started_at }) };
  }

  runsAs(pid: number): void {
    this.pid = pid;
    for (const listener of this.onStart) listener(pid);
    this.onStart.clear();
  }

  resolve(result: SliceResult): void {
    this.onStart.clear();
    this.tell(result);
  }

  /** Resolves once it ended and nothing of it is left; rejects with the signal's reason when that aborts first. */
  async wait(started: (pid: number) => void, signal: AbortSignal): Promise<SliceResult> {
    if (this.pid === null) this.onStart.add(started);
    else if (this.record.result === null) started(this.pid);
    let giveUp = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      giveUp = () => reject(signal.reason as Error);
      if (signal.aborted) giveUp();
      else signal.addEventListener("abort", giveUp, { once: true });
    });
    try {
      return await Promise.race([this.ended, aborted]);
    } finally {
      this.onStart.delete(started);
      signal.removeEventListener("abort", giveUp);
    }
  }
}
