import { initialHealth, type HealthState, nextHealth, nextProbeDelay, probeEvent } from "../services/health.js";
import type { ClockPort, ProbePort, ProbeTarget } from "../services/ports.js";
import type { Health } from "../services/snapshot.js";

export interface Watched {
  readonly target: ProbeTarget;
  /** Host uptime at the start of the process. */
  readonly startedUptimeMs: number;
  /** Known health of an adopted service. */
  readonly health?: Health;
}

/** Probes services and reports changes of their health only: a probe that passes again is nobody's event. */
export class HealthMonitor {
  private readonly watches = new Map<string, { stopped: boolean; timer: NodeJS.Timeout | undefined }>();

  constructor(
    private readonly probe: ProbePort,
    private readonly clock: ClockPort,
    private readonly onChange: (service: string, health: Health, reason: string) => void,
  ) {}

  /** Replaces an earlier watch of the same service. */
  watch(watched: Watched): void {
    const { service } = watched.target;
    this.unwatch(service);
    const known = watched.health === "healthy" || watched.health === "unhealthy" ? watched.health : undefined;
    const first = initialHealth(watched.target.health);
    const state = known === undefined ? first : { ...first, health: known };
    this.watches.set(service, { stopped: false, timer: undefined });
    this.schedule(watched, state, this.watches.get(service)!);
  }

  unwatch(service: string): void {
    const watch = this.watches.get(service);
    if (watch === undefined) return;
    watch.stopped = true;
    clearTimeout(watch.timer);
    this.watches.delete(service);
  }

  close(): void {
    for (const service of [...this.watches.keys()]) this.unwatch(service);
  }

  private schedule(watched: Watched, state: HealthState, watch: { stopped: boolean; timer: NodeJS.Timeout | undefined }): void {
    const delay = nextProbeDelay(state, watched.target.health, this.since(watched));
    watch.timer = setTimeout(() => void this.check(watched, state, watch), delay);
  }

  private async check(watched: Watched, state: HealthState, watch: { stopped: boolean; timer: NodeJS.Timeout | undefined }): Promise<void> {
    const failure = await this.probe.probe(watched.target);
    if (watch.stopped) return;
    const step = nextHealth(state, probeEvent(failure, this.since(watched)), watched.target.health);
    if (step.changed) this.onChange(watched.target.service, step.state.health, step.reason);
    if (!watch.stopped) this.schedule(watched, step.state, watch);
  }

  private since(watched: Watched): number {
    return this.clock.uptimeMs() - watched.startedUptimeMs;
  }
}
