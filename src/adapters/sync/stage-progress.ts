import type { Amount } from "../../sync/tick.js";

/**
 * How far one stage of a tick is, over all that it does: sums that only grow, and end at their total. Nothing is told before
 * the stage begins.
 */
export class StageProgress {
  private readonly done = { files: 0, bytes: 0 };
  private readonly total = { files: 0, bytes: 0 };
  private hasBegun = false;

  constructor(private readonly tell: (done: Amount, total: Amount) => void = () => {}) {}

  /** So much more is to be done. */
  expect({ files, bytes }: Amount): void {
    this.total.files += files;
    this.total.bytes += bytes;
    this.changed();
  }

  begin(): void {
    if (this.hasBegun) return;
    this.hasBegun = true;
    this.changed();
  }

  /** So much of it is done, or found to need nothing. */
  add({ files, bytes }: Amount): void {
    this.done.files += files;
    this.done.bytes += bytes;
    this.changed();
  }

  /** One file of `size` bytes whose bytes come bit by bit. */
  file(size: number): FileProgress {
    return new FileProgress(this, size);
  }

  private changed(): void {
    if (this.hasBegun) this.tell({ ...this.done }, { ...this.total });
  }
}

export class FileProgress {
  private told = 0;

  constructor(
    private readonly stage: StageProgress,
    private readonly size: number,
  ) {}

  /** So many of its bytes are done: fewer than before when it is begun anew. */
  at(bytes: number): void {
    const more = Math.min(bytes, this.size) - this.told;
    if (more <= 0) return;
    this.told += more;
    this.stage.add({ files: 0, bytes: more });
  }

  end(): void {
    this.stage.add({ files: 1, bytes: this.size - this.told });
    this.told = this.size;
  }
}
