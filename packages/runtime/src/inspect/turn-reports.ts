import type { PendingAsk } from "../client/pending-ask.js";
import type { Activation, RunningTurn } from "../worker/activation.js";
import type { AskReport, TurnReport } from "./reports.js";

/** The asks that actors here wait for, by who asked; the oldest first. */
export type OpenAsks = ReadonlyMap<string, readonly AskReport[]>;

/** @param now in ms by the clock's `monotonic()` */
export function openAsks(pending: Iterable<PendingAsk>, now: number): OpenAsks {
  const asks = new Map<string, AskReport[]>();
  for (const { target, details, expiresAt } of pending) {
    const asker = details.chain?.at(-1);
    // Nobody's turn asked.
    if (asker === undefined) continue;
    const timeoutInMs = Math.max(0, expiresAt - now);
    const { address, handler } = target;
    const ask = { address, handler, ageMs: details.timeoutMs - timeoutInMs, timeoutInMs };
    const known = asks.get(asker);
    if (known) known.push(ask);
    else asks.set(asker, [ask]);
  }
  for (const list of asks.values()) list.sort((a, b) => b.ageMs - a.ageMs);
  return asks;
}

/** Everything of an actor that runs now. */
export function turnsOf(activation: Activation, asks: OpenAsks, now: number): TurnReport[] {
  const running = [activation.running, ...(activation.queries ?? [])];
  return running.flatMap((turn) => (turn && turn.beganAt >= 0 ? turnReport(activation, turn, asks, now) : []));
}

export function turnReport({ address, phase }: Activation, turn: RunningTurn, asks: OpenAsks, now: number): TurnReport {
  const { inbound, kind, beganAt, span } = turn;
  const traceId = span?.ids?.trace_id;
  const ask = asks.get(address)?.[0];
  return {
    address,
    handler: inbound?.message.handler ?? (phase === "leaving" ? "onDeactivate" : "onActivate"),
    kind: kind === "handler" ? "turn" : kind,
    ageMs: Math.max(0, now - beganAt),
    failedAttempts: inbound?.attempts ?? 0,
    ...(traceId !== undefined && { traceId }),
    ...(ask && { asks: ask }),
  };
}
