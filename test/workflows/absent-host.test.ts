import { Client, Connection } from "@temporalio/client";
import { describe, expect, inject, it } from "vitest";
import { WorkflowControl } from "../../src/api/workflow-control.js";
import { missing } from "../support/components.js";
import { ScriptedHost } from "./scripted-host.js";

describe.skipIf(missing("temporal"))("a host whose aurad is gone", () => {
  it("is told as such within a few seconds, and is no defect of Aura", async () => {
    const host = await new ScriptedHost().start();
    const connection = await Connection.connect({ address: inject("temporal")!.address }); // as aura-msg has it
    try {
      host.declare("web");
      await host.attach();
      const control = new WorkflowControl(new Client({ connection }), host.name);
      expect((await control.status()).services).toHaveLength(1);
      await host.retire();
      for (const ask of [() => control.status(), () => control.graph(), () => control.why("web")]) {
        const began = performance.now();
        await expect(ask()).rejects.toMatchObject({ code: "host_unreachable" });
        expect(performance.now() - began).toBeLessThan(8000);
      }
    } finally {
      await connection.close();
      await host.end();
    }
  });
});
