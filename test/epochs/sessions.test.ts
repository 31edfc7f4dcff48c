import { describe, expect, it } from "vitest";
import { epochDocument } from "../../src/epochs/document.js";
import type { RegisterSession } from "../../src/epochs/messages.js";
import { Epoch } from "./make.js";

const register = (epoch: Epoch, session_id: string, more: Partial<RegisterSession> = {}) =>
  epoch.send({ kind: "register_session", message: { session_id, role: "worker", ...more } });
const end = (epoch: Epoch, session_id: string) => epoch.send({ kind: "end_session", message: { session_id, reason: "done" } });

describe("sessions", () => {
  it("are registered once, and seen again by every message that names them", () => {
    const epoch = new Epoch();
    const first = register(epoch, "s1", { role: "architect", model: "m" });
    expect(first.events).toMatchObject([
      { type: "session_registered", role: "architect", by: "s1", payload: { session_id: "s1", model: "m" } },
    ]);
    const { last_seen } = epoch.state.sessions["s1"]!;
    expect(register(epoch, "s1", { role: "architect", model: "m" }).events).toEqual([]);
    epoch.to("p2", { triggered_by: "s1" });
    expect(epoch.state.sessions["s1"]!.last_seen > last_seen).toBe(true);
    expect(epoch.state.sessions["s1"]!.registered_at).toBe(last_seen);
  });

  it("end once, also after the epoch, and can come back", () => {
    const epoch = new Epoch();
    register(epoch, "s1");
    expect(end(epoch, "s1").events).toMatchObject([{ type: "session_ended", payload: { session_id: "s1", reason: "done" } }]);
    expect(end(epoch, "s1")).toMatchObject({ reply: { success: true }, events: [] });
    expect(epochDocument(epoch.state)).toMatchObject({ active_session_count: 0, sessions: [{ state: "ended", end_reason: "done" }] });
    expect(register(epoch, "s1").events).toHaveLength(1);
    expect(epochDocument(epoch.state)).toMatchObject({ active_session_count: 1, sessions: [{ state: "active" }] });
    epoch.send({ kind: "cancel", message: { reason: "enough" } });
    expect(end(epoch, "s1").reply.success).toBe(true);
  });

  it("that nobody registered cannot be ended", () => {
    expect(end(new Epoch(), "s9").reply.refused).toEqual(["no session s9; register it first"]);
  });

  it("stay within bounds: of the ended ones the newest hundred are kept", () => {
    const epoch = new Epoch();
    register(epoch, "living");
    for (let count = 0; count < 110; count += 1) {
      register(epoch, `s${count}`);
      end(epoch, `s${count}`);
    }
    expect(Object.keys(epoch.state.sessions)).toHaveLength(101);
    expect(epoch.state.sessions).toHaveProperty("living");
    expect(epoch.state.sessions).not.toHaveProperty("s9");
    expect(epoch.state.sessions).toHaveProperty("s10");
  });
});
