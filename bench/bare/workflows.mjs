/** The least that a workflow can do with a message: the limit of what the same server gives. */
import { condition, defineQuery, defineSignal, defineUpdate, setHandler } from "@temporalio/workflow";

export async function BareSignal() {
  let seen = 0;
  setHandler(defineSignal("tell"), (number) => {
    seen = number;
  });
  setHandler(defineQuery("seen"), () => seen);
  await condition(() => false);
}

export async function BareUpdate() {
  let seen = 0;
  setHandler(defineUpdate("tell"), (number) => {
    seen = number;
    return seen;
  });
  setHandler(defineQuery("seen"), () => seen);
  await condition(() => false);
}
