import type { Activation } from "../worker/activation.js";
import type { CommitLog } from "../worker/commit-log.js";
import type { Inbound } from "../worker/inbound.js";
import type { AskReport, Obstacle } from "./reports.js";

/** What decides whether an actor gets on, beside itself. */
export interface Surroundings {
  /** The asks that it waits for. */
  readonly asks: readonly AskReport[];
  readonly commits: Pick<CommitLog, "committedSeq" | "unavailable">;
  /** Its partition is being given up. */
  readonly givenUp: boolean;
  /** The store's time, in ms since 1970. */
  readonly now: number;
}

/** Why an actor does not get on, the first reason first. */
export function obstaclesOf(activation: Activation, { asks, commits, givenUp, now }: Surroundings): Obstacle[] {
  const { running, phase, head, lastSeq } = activation;
  const obstacles: Obstacle[] = asks.map((ask) => ({ kind: "ask", ...ask }));
  if (running?.kind === "lifecycle" && running.inbound !== undefined) obstacles.push({ kind: "lookup" });
  if (phase === "loading" && running === undefined) obstacles.push({ kind: "state" });
  // A running turn does not wait for those before it, unless it wants to ask.
  const uncommitted = lastSeq > commits.committedSeq && (running === undefined || running.sending !== undefined);
  if (uncommitted) obstacles.push({ kind: "commit", storeAnswers: !commits.unavailable });
  if (running !== undefined) return obstacles;
  if (head !== undefined || phase === "held") obstacles.push(...brakesOn(activation));
  if (head !== undefined) obstacles.push(...beforeHead(activation, head, givenUp, now));
  return obstacles;
}

function brakesOn({ address, hosted }: Activation): Obstacle[] {
  const { brake, definition } = hosted;
  if (brake.pauses(address)) {
    return [{ kind: "pause", target: brake.paused.has(definition.name) ? definition.name : address }];
  }
  return brake.failures.on ? [{ kind: "brake", target: definition.name }] : [];
}

function* beforeHead(
  { queries }: Activation,
  { notBefore, attempts, recovered }: Inbound,
  givenUp: boolean,
  now: number,
): Iterable<Obstacle> {
  if (notBefore > now) yield { kind: "retry", at: notBefore, inMs: notBefore - now, failedAttempts: attempts };
  else if (recovered) yield { kind: "mark" };
  if (queries !== undefined) yield { kind: "queries" };
  if (givenUp) yield { kind: "handoff" };
}
