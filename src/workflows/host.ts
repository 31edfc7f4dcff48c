import {
  type ActivityOptions,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  makeContinueAsNewFunc,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from "@temporalio/workflow";
import { describeOrders } from "../services/telling.js";
import type { HostActivities, Orders } from "./activities.js";
import { HostDesk } from "./host-desk.js";
import {
  attachSignal,
  desiredQuery,
  downUpdate,
  graphQuery,
  type HostInput,
  hostStatusQuery,
  type NamesRequest,
  observedSignal,
  reloadUpdate,
  restartUpdate,
  specsSignal,
  upUpdate,
} from "./messages.js";
import { setStatusAttribute } from "./search-status.js";

// Orders are quick (the processes are spawned, not waited for) and idempotent; retried until the host's aurad is there.
const QUICK: ActivityOptions = { startToCloseTimeout: "30s", retry: { initialInterval: "200ms", maximumInterval: "10s" } };
const { loadSpecs } = proxyActivities<HostActivities>(QUICK);

/** Named after its orders, so that the Web UI's history reads `start api, store` and not one word over and over. */
function carryOut(orders: Orders): Promise<readonly string[]> {
  return proxyActivities<HostActivities>({ ...QUICK, summary: describeOrders(orders.orders) }).carryOut(orders);
}

/**
 * The host: what should run on it, in which order, and what follows when a service ends for good.
 * Decisions are made by `planHost`; this workflow keeps the state, takes commands and has the plan carried out.
 */
export async function HostWorkflow(input: HostInput): Promise<void> {
  const desk = new HostDesk(input);

  setHandler(attachSignal, (attach) => {
    desk.attach(attach);
    const { apiUrl, pid, version } = attach;
    upsertMemo({ apiUrl, pid, version, attachedAt: new Date().toISOString() });
    setStatusAttribute("attached");
  });
  setHandler(observedSignal, (snapshots) => desk.observe(snapshots));
  setHandler(specsSignal, (outlines) => void desk.setOutlines(outlines));
  setHandler(upUpdate, (request) => command(request, () => desk.up(request)), { validator: known });
  setHandler(downUpdate, (request) => command(request, () => desk.down(request)), { validator: known });
  setHandler(restartUpdate, (request) => command(request, () => desk.restart(request)), { validator: known });
  setHandler(reloadUpdate, async () => {
    const loaded = await onHost(() => loadSpecs());
    const changes = desk.setOutlines(loaded.outlines);
    await desk.carriedOut();
    return { ...changes, errors: loaded.errors };
  });
  setHandler(hostStatusQuery, () => desk.status());
  setHandler(graphQuery, () => desk.graph());
  setHandler(desiredQuery, (name) => (desk.isUp(name) ? "up" : "down"));

  while (true) {
    await condition(() => desk.dirty || mayEnd());
    // Nothing may be awaited between this check and continueAsNew: a message in between would be lost.
    // What is still to be planned goes along, so that a host that is never quiet continues as new too.
    if (mayEnd()) {
      // The server carries search attributes over, but not the memo, which tells other hosts where this one's API is.
      return await makeContinueAsNewFunc<typeof HostWorkflow>({ memo: { ...workflowInfo().memo } })(desk.input());
    }
    const orders = desk.nextOrders();
    if (orders !== null) desk.forget(await onHost(() => carryOut(orders)));
    desk.done();
    setCurrentDetails(desk.details());
  }

  function mayEnd(): boolean {
    return workflowInfo().continueAsNewSuggested && allHandlersFinished();
  }

  /**
   * An activity, begun again when a new aurad attaches: the last one may have been killed over it, which Temporal would
   * learn from the time-out only, and every activity bears repetition.
   */
  async function onHost<T>(act: () => Promise<T>): Promise<T> {
    for (;;) {
      const { attaches } = desk;
      let result: { readonly value: T } | undefined;
      const scope = new CancellationScope();
      const done = async (): Promise<void> => void (result = { value: await act() });
      await scope.run(() => Promise.race([done(), condition(() => desk.attaches !== attaches)]));
      scope.cancel();
      if (result !== undefined) return result.value;
    }
  }

  async function command<T>(request: NamesRequest, apply: () => T): Promise<ReturnType<HostDesk["result"]>> {
    if (desk.firstTime(request.requestId)) apply();
    await desk.carriedOut();
    return desk.result(request.names);
  }

  function known(request: NamesRequest): void {
    const problem = desk.unknownName(request.names);
    if (problem !== null) throw ApplicationFailure.nonRetryable(problem, "not_found");
  }
}
