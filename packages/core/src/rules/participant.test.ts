import { describe, expect, it } from "vitest";
import { decideHere, decideParticipant, type ParticipantEvent, type ParticipantState } from "./participant.js";

const outcome = (kind: "pending" | "committed" | "aborted"): ParticipantEvent => ({
  kind: "outcome",
  outcome: kind === "aborted" ? { kind, reason: "conflict" } : { kind },
});

describe("P9: what a participant does, in every state and for every event", () => {
  it.each<[ParticipantEvent, held: string, asking: string, over: string]>([
    [{ kind: "commit" }, "apply", "apply", "acknowledge"],
    [{ kind: "abort" }, "discard", "discard", "wait"],
    [outcome("pending"), "wait", "wait", "wait"],
    [outcome("committed"), "apply", "apply", "wait"],
    [outcome("aborted"), "discard", "discard", "wait"],
    [{ kind: "unreachable" }, "wait", "wait", "wait"],
    [{ kind: "ask" }, "ask", "wait", "wait"],
  ])("%j", (event, held, asking, over) => {
    expect(decideParticipant("held", event)).toBe(held);
    expect(decideParticipant("asking", event)).toBe(asking);
    expect(decideParticipant(undefined, event)).toBe(over);
  });
});

describe("P9: participants in one partition", () => {
  it.each<[states: readonly (ParticipantState | undefined)[], now: number, decision: string]>([
    [["held"], 10, "commit"],
    [["held", "held"], 10, "commit"],
    [["held", "held"], 11, "abort"],
    [["held", undefined], 10, "abort"],
    [[undefined], 11, "abort"],
    [["held", "asking"], 10, "wait"],
    [["held", "asking"], 11, "wait"],
    [["asking", undefined], 10, "wait"],
  ])("%j at %i ms: %s", (states, now, decision) => {
    expect(decideHere(states, 10, now)).toBe(decision);
  });
});
