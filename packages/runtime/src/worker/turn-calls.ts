import {
  DeadlockError,
  encodeText,
  messageBytes,
  messageText,
  maxMessageBytes,
  NotStartedError,
  type PartitionId,
  QueryEffectError,
  TooLargeError,
  TurnEndedError,
} from "@actor-runtime/core";
import { createHash } from "node:crypto";
import { type NormalCallOptions, normalCallOptions } from "../client/call-options.js";
import type { Caller, RefOptions, Target } from "../client/ref.js";
import { fingerprint } from "./fingerprint.js";
import { currentTurn, type Turn } from "./turn.js";

/** Identities longer than this are replaced by their hash, so that deep chains of asks do not grow without bound. */
const maxIdentityLength = 200;

/**
 * Calls an actor makes in its turn: tells leave with the commit, asks at once but after the commits of the actor's earlier
 * turns (delivery.md S7), both as part of the turn that the async context names.
 */
export const turnCalls: Caller = {
  // Async so that every refusal is a rejection of the ask.
  async ask(target, handler, args, options) {
    const turn = current(`ask ${target.address}.${handler}`);
    turn.checkRunning("ask");
    const kind = kindOfAsk(turn, target, handler);
    checkChain(turn, target);
    const normal = normalCallOptions(options, target);
    const argsText = encodeText(args, "args");
    const id = kind === "query" ? undefined : askIdentity(turn, target, handler, argsText, normal);
    const { services, commits } = turn.host.scope;
    const partition =
      services.directory.partition(target.type, target.key) ?? (await services.directory.find(target.type, target.key));
    if (turn.activation.lastSeq > commits.committedSeq) await commits.committed(turn.activation.lastSeq);
    turn.checkRunning("ask");
    const timeoutMs = remainingMs(turn, normal.timeoutMs);
    const { signal, headers } = normal;
    const chain = [...(turn.inbound?.message.chain ?? []), turn.activation.address];
    return services.calls.ask({
      partition,
      address: target.address,
      kind,
      handler,
      argsText,
      timeoutMs,
      signal,
      id,
      chain,
      headers,
    });
  },

  tell(target, handler, args, options) {
    const turn = current(`tell ${target.address}.${handler}`);
    turn.checkEffect(`tell ${target.address}.${handler}`);
    const text = tellText(turn, target, handler, args, options);
    const bytes = messageBytes(text);
    if (bytes > maxMessageBytes) {
      throw new TooLargeError(`${target.address}.${handler}: the message has ${bytes} bytes, at most ${maxMessageBytes} may be sent`);
    }
    const { services, outbox } = turn.host.scope;
    const leave = (partition: PartitionId) => {
      outbox.checkRoom(partition, bytes);
      turn.tells.push({ target: partition, text, bytes });
    };
    const partition = services.directory.partition(target.type, target.key);
    if (partition !== undefined) {
      leave(partition);
    } else {
      const lookup = services.directory.find(target.type, target.key).then(leave);
      // The turn waits for it at its end; until then a rejection is nobody's surprise.
      lookup.catch(() => {});
      turn.lookups ??= [];
      turn.lookups.push(lookup);
    }
  },
};

function current(what: string): Turn {
  const turn = currentTurn.getStore();
  if (!turn) throw new TurnEndedError(`cannot ${what} outside a turn; use the system's ref there`);
  return turn;
}

/** A query may ask queries only; where the target's class is not at hand, its owner refuses. */
function kindOfAsk(turn: Turn, { type, known }: Target, handler: string): "ask" | "query" {
  const kind = known?.methods.get(handler)?.kind;
  if (turn.kind !== "query") return kind === "query" ? "query" : "ask";
  if (kind === "handler") {
    throw new QueryEffectError(`${turn.what} is a query and may not ask the handler ${type}.${handler}; it may ask queries`);
  }
  return "query";
}

/** An actor that waits for this turn cannot take another message before it ends. */
function checkChain(turn: Turn, target: Target): void {
  const chain = [...(turn.inbound?.message.chain ?? []), turn.activation.address];
  const start = chain.indexOf(target.address);
  if (start >= 0) throw new DeadlockError([...chain.slice(start), target.address]);
}

/** The user's key, or one derived from the turn, so that a turn run again gets its first answers (delivery.md A.1). */
function askIdentity(turn: Turn, target: Target, handler: string, argsText: string, options: NormalCallOptions): string | undefined {
  if (options.idempotencyKey !== undefined) return `u:${options.idempotencyKey}`;
  if (turn.inbound === undefined) return undefined;
  const identity = `d:${turn.inbound.identity}:${turn.asks++}:${fingerprint(`${target.address} ${handler} ${argsText}`)}`;
  return identity.length <= maxIdentityLength ? identity : `d:${createHash("sha256").update(identity).digest("base64url")}`;
}

/** Nested asks inherit the deadline of the turn. */
function remainingMs(turn: Turn, timeoutMs: number): number {
  const deadline = turn.inbound?.message.deadline;
  if (deadline === undefined) return timeoutMs;
  const remaining = deadline - turn.host.scope.services.ports.clock.now();
  if (remaining <= 0) throw new NotStartedError(`${turn.what}: its caller's time is over, so it asks nobody any more`);
  return Math.min(timeoutMs, remaining);
}

function tellText(turn: Turn, target: Target, handler: string, args: readonly unknown[], options: RefOptions): string {
  const { idempotencyKey, headers, delayMs } = normalCallOptions(options, target);
  const { clock } = turn.host.scope.services.ports;
  return messageText(
    {
      to: target.address,
      kind: "tell",
      handler,
      id: idempotencyKey === undefined ? undefined : `u:${idempotencyKey}`,
      dueAt: delayMs === undefined ? undefined : clock.now() + delayMs,
      headers,
    },
    encodeText(args, "args"),
  );
}
