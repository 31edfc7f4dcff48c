/** V8 has collected by then what a tick left to it. */
const QUIET_MS = 30_000;

/** Acts some time after a tick, once for all ticks until then. Nothing happens while nothing ticks. */
export class AfterTicks {
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly act: () => void) {}

  ticked(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.act();
    }, QUIET_MS).unref();
  }

  close(): void {
    clearTimeout(this.timer);
  }
}
