import type { Activation } from "../worker/activation.js";
import type { CommitLog } from "../worker/commit-log.js";
import type { Inbound } from "../worker/inbound.js";
import { nextMessage } from "../worker/next-message.js";
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
  /** By the clock's `monotonic()`. */
  readonly monotonic: number;
}

/** Why an actor does not get on, the first reason first. */
export function obstaclesOf(activation: Activation, around: Surroundings): Obstacle[] {
  const { asks, commits } = around;
  const { running, phase, head, lastSeq } = activation;
  const obstacles: Obstacle[] = asks.map((ask) => ({ kind: "ask", ...ask }));
  if (running?.kind === "lifecycle" && running.inbound !== undefined) obstacles.push({ kind: "lookup" });
  if (phase === "loading" && running === undefined) obstacles.push({ kind: "state" });
  // A running turn does not wait for those before it, unless it wants to ask.
  const uncommitted = lastSeq > commits.committedSeq && (running === undefined || running.sending !== undefined);
  if (uncommitted) obstacles.push({ kind: "commit", storeAnswers: !commits.unavailable });
  if (running !== undefined) return obstacles;
  if (head !== undefined || phase === "held") obstacles.push(...brakesOn(activation));
  if (head !== undefined) obstacles.push(...beforeHead(activation, head, around));
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
  activation: Activation,
  head: Inbound,
  { givenUp, now, monotonic }: Surroundings,
): Iterable<Obstacle> {
  const { notBefore, attempts, recovered } = head;
  if (notBefore > now) yield { kind: "retry", at: notBefore, inMs: notBefore - now, failedAttempts: attempts };
  else if (recovered) yield { kind: "mark" };
  if (nextMessage(activation) === undefined) yield* transactionsOn(activation, head, monotonic);
  if (activation.queries !== undefined) yield { kind: "queries" };
  const full = activation.hosted.concurrency.obstacleOf(activation);
  if (full !== undefined) yield { kind: "concurrency", ...full };
  if (givenUp) yield { kind: "handoff" };
}

function* transactionsOn({ hold }: Activation, head: Inbound, monotonic: number): Iterable<Obstacle> {
  const own = (head.begins ?? head.message.tx)?.id;
  const others = hold?.holders.filter(({ id }) => id !== own).toSorted((a, b) => a.heldSince - b.heldSince) ?? [];
  const [longest] = others;
  if (longest === undefined) return;
  const sinceMs = Math.max(0, monotonic - longest.heldSince);
  yield { kind: "transaction", id: longest.id, holders: others.length, sinceMs };
}
