import type { RootState } from "../../src/adapters/sync/state/state.js";
import type { RootFolder } from "../../src/sync/ports.js";
import type { FaultyOptions } from "../../src/adapters/s3/faulty.js";

/** What a killed process would have done next. */
export class Killed extends Error {}

/**
 * Kills a device at its `at`-th step: a request sent or answered, a change of the folder, a commit. From then on nothing
 * that it does reaches the bucket, the folder or the database.
 */
export class Killer {
  steps = 0;
  dead = false;

  /** `at`: which step, or the first of which this holds. */
  constructor(private readonly at: number | ((what: string) => boolean)) {}

  step(what: string): void {
    if (this.dead) throw new Killed(`dead before ${what}`);
    const now = typeof this.at === "number" ? this.steps >= this.at : this.at(what);
    this.steps++;
    if (!now) return;
    this.dead = true;
    throw new Killed(`killed at ${what}`);
  }

  get faults(): FaultyOptions {
    return { onRequest: ({ operation, key }, moment) => this.step(`${moment} ${operation} ${key}`) };
  }

  folder(folder: RootFolder): RootFolder {
    const steps = new Set(["createTemp", "place", "rename", "remove", "setExec", "copyToTemp", "flush", "cleanTemp", "emptyTrash"]);
    return this.around(folder, (name) => steps.has(name));
  }

  state(state: RootState): RootState {
    return this.around(state, (name) => name === "transaction");
  }

  /** `isStep`: methods before and after which it may be killed. */
  private around<T extends object>(target: T, isStep: (name: string) => boolean): T {
    return new Proxy(target, {
      get: (of, name) => {
        this.live(name);
        const value: unknown = Reflect.get(of, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          this.live(name);
          if (typeof name === "symbol" || !isStep(name)) return Reflect.apply(value, of, args);
          this.step(`before ${name}`);
          const result: unknown = Reflect.apply(value, of, args);
          this.step(`after ${name} ${typeof args[0] === "string" ? args[0] : ""}`);
          return result;
        };
      },
    });
  }

  private live(name: string | symbol): void {
    if (this.dead && name !== "close") throw new Killed(`dead before ${String(name)}`);
  }
}
