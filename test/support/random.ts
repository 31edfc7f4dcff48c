/** Seeded choices: AURA_TEST_SEED repeats a run's choices (not its timing, which is the machine's). */
export class Random {
  readonly seed: number;
  private state: number;

  constructor(title: string, seed = Number(process.env["AURA_TEST_SEED"] ?? Math.floor(Math.random() * 2 ** 31))) {
    this.seed = seed;
    this.state = seed;
    process.stderr.write(`${title}: AURA_TEST_SEED=${seed}\n`);
  }

  /** In [0, 1): mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }
}
