import { chain, type ChainContext } from "../epochs/audit-chain.js";
import { filterAudit } from "../epochs/audit-filter.js";
import type { AuditDraft, AuditEvent, AuditFilter } from "../epochs/audit.js";
import { sizeOf } from "./epoch-room.js";

/** The newest that the workflow itself keeps; a trail keeps all. */
const KEPT = 1000;
const KEPT_BYTES = 600_000;
/** Of one delivery. */
const BATCH = 200;

/** The audit events of an epoch: numbered and chained here, delivered to a trail by `deliverEvents`. */
export class EpochEvents {
  private list: AuditEvent[];
  private sizes: number[];
  private bytes: number;
  /** Seq of the newest that an earlier run made; 0 when there is none. */
  readonly carried: number;

  /** `wanted`: the seq that the trail wants next. */
  constructor(
    events: readonly AuditEvent[],
    private wanted: number,
  ) {
    this.list = [...events];
    this.carried = this.last;
    this.sizes = this.list.map(sizeOf);
    this.bytes = this.sizes.reduce((sum, size) => sum + size, 0);
  }

  add(drafts: readonly AuditDraft[], context: Omit<ChainContext, "last">): void {
    for (const event of chain(drafts, { ...context, last: this.list.at(-1) ?? null })) {
      const size = sizeOf(event);
      this.list.push(event);
      this.sizes.push(size);
      this.bytes += size;
    }
    while (this.list.length > 1 && (this.list.length > KEPT || this.bytes > KEPT_BYTES)) {
      this.list.shift();
      this.bytes -= this.sizes.shift()!;
    }
  }

  select(filter?: AuditFilter): readonly AuditEvent[] {
    return filterAudit(this.list, filter);
  }

  /** Of the newest event; 0 before the first. */
  get last(): number {
    return this.list.at(-1)?.seq ?? 0;
  }

  get delivered(): number {
    return this.wanted;
  }

  get isDelivered(): boolean {
    return this.wanted > this.last;
  }

  /** What is to be delivered next, in order, of the events up to `upTo`. */
  next(upTo: number): readonly AuditEvent[] {
    return this.list.filter(({ seq }) => seq >= this.wanted && seq <= upTo).slice(0, BATCH);
  }

  /** What a trail said it wants after a delivery that began at `from`. False: it takes nothing of what it was given. */
  wants(seq: number, from: number): boolean {
    if (seq === from) return false;
    // A trail that lacks what is not kept here any more cannot be helped; what happens next is offered to it again.
    const lost = seq < (this.list[0]?.seq ?? 1);
    this.wanted = lost ? this.last + 1 : Math.min(seq, this.last + 1);
    return true;
  }
}
