import {
  DeadlockError,
  type Destination,
  encodeText,
  isPoolQueue,
  maxMessageBytes,
  messageBytes,
  messageText,
  type Span,
  TooLargeError,
  type TraceHeaders,
  TurnEndedError,
} from "@actor-runtime/core";
import type { NormalCallOptions } from "../client/call-options.js";
import { carriedLocks } from "../client/carried-locks.js";
import type { BoundMethod, Caller, Target } from "../client/ref.js";
import { checkDestination } from "../client/stateless-target.js";
import { isSystemType } from "../system-handlers.js";
import { handedOn } from "../tracing/handed-on.js";
import { identityIn } from "../transactions/transaction-keys.js";
import { derivedIdentity } from "./derived-identity.js";
import { kindOfAsk, remainingMs } from "./nested-ask.js";
import { currentTurn, type Turn } from "./turn.js";
import type { TurnTransaction } from "./turn-transaction.js";

/**
 * Calls an actor makes in its turn: tells leave with the commit, asks at once but after the commits of the actor's earlier
 * turns (delivery.md S7), both as part of the turn that the async context names.
 */
export const turnCalls: Caller = {
  ask(method, args, options) {
    const turn = currentTurn.getStore();
    const tracing = turn?.host.scope.services.tracing;
    if (!tracing?.on) return ask(method, args, options, handedOn(turn?.inbound?.message.trace));
    const span = tracing.ask(method);
    return tracing.follow(span, () => ask(method, args, options, span.headers, span));
  },

  tell(method, args, options) {
    const turn = current(`tell ${method.address}.${method.handler}`);
    const { tracing } = turn.host.scope.services;
    if (!tracing.on) {
      tell(turn, method, args, options, handedOn(turn.inbound?.message.trace));
      return;
    }
    const span = tracing.send(method, options.delayMs !== undefined);
    try {
      tell(turn, method, args, options, span.headers, span);
    } catch (error) {
      tracing.fail(span, error);
      throw error;
    }
  },

  refuseTell(error) {
    throw error;
  },
};

/** A transaction waits for all its calls, also for those that have not left yet when the handler returns. */
function ask(
  method: BoundMethod,
  args: readonly unknown[],
  options: NormalCallOptions,
  trace: TraceHeaders | undefined,
  span?: Span,
): Promise<unknown> {
  const asked = askInTurn(method, args, options, trace, span);
  const transaction = transactionOf(method);
  return transaction === undefined ? asked : transaction.joined.calling(method.address, asked);
}

/** Async so that every refusal is a rejection of the ask. */
async function askInTurn(
  method: BoundMethod,
  args: readonly unknown[],
  options: NormalCallOptions,
  trace: TraceHeaders | undefined,
  span?: Span,
): Promise<unknown> {
  const { address, handler, target } = method;
  const turn = current(`ask ${address}.${handler}`);
  turn.checkRunning("ask");
  const transaction = transactionOf(method);
  const kind = kindOfAsk(turn, method);
  const chain = chainTo(turn, address);
  const argsText = encodeText(args, "args");
  // An attempt of a transaction must not get the answers of one that was aborted.
  const prefix = transaction === undefined ? "" : `${transaction.id} `;
  const key =
    options.id === undefined ? askIdentity(turn, method, prefix + argsText) : identityIn(transaction, options.id);
  const id = kind === "query" && transaction === undefined ? undefined : key;
  if (transaction !== undefined) turn.host.transact(turn);
  const { services, commits } = turn.host.scope;
  let to = services.directory.destination(target);
  const { lastSeq } = turn.activation;
  if (to === undefined || lastSeq > commits.committedSeq || turn.sending !== undefined) {
    const mine = readyToSend(turn, target, lastSeq);
    turn.sending = mine;
    to = await mine;
    if (turn.sending === mine) turn.sending = undefined;
  }
  turn.checkRunning("ask");
  const timeoutMs = remainingMs(turn, options.timeoutMs, services.time.now());
  // In a transaction a query is numbered too: run again after its end it would hold the actor for nobody.
  const joins = transaction !== undefined && !isPoolQueue(to);
  const sent = joins ? "ask" : kind;
  const asked = sent === method.kind ? method : { ...method, kind: sent };
  const { signal, headers, dueAt } = options;
  // Only now, for a lock may have been lost while it waited.
  const locks = carriedLocks(turn.carriedLocks);
  // Field by field: a spread with further fields takes microseconds, a hundred times as long.
  const details = { timeoutMs, signal, headers, id, chain, locks, transaction: undefined, dueAt, trace, span };
  if (!joins) return services.calls.ask(to, asked, argsText, details);
  const { joined, context } = transaction;
  const reads = turn.kind === "query" ? ({ reads: true } as const) : {};
  const call = { context: { ...context, ...reads }, joined: joined.joined.bind(joined) };
  return services.calls.ask(to, asked, argsText, { ...details, transaction: call });
}

function tell(
  turn: Turn,
  method: BoundMethod,
  args: readonly unknown[],
  options: NormalCallOptions,
  trace: TraceHeaders | undefined,
  span?: Span,
): void {
  const { address, handler, target } = method;
  turn.checkEffect(`tell ${address}.${handler}`);
  const { services, outbox } = turn.host.scope;
  const { id, headers, delayMs } = options;
  const dueAt = delayMs === undefined ? undefined : Math.ceil(services.time.now() + delayMs);
  const message = { to: address, kind: "tell", handler, id, dueAt, trace, headers } as const;
  const text = messageText(message, encodeText(args, "args"));
  const bytes = messageBytes(text);
  if (bytes > maxMessageBytes) {
    throw new TooLargeError(
      `${address}.${handler}: the message has ${bytes} bytes, at most ${maxMessageBytes} may be sent`,
    );
  }
  const leave = (to: Destination) => {
    checkDestination(to, method, { transaction: undefined, dueAt });
    outbox.checkRoom(to, bytes);
    turn.tell(outbox.draft(to, text, bytes, span));
  };
  const known = services.directory.destination(target);
  if (known !== undefined) {
    leave(known);
    return;
  }
  const lookup = new Promise<void>((resolve, reject) => {
    const found = (there: Destination) => {
      try {
        turn.checkRunning(`tell ${address}.${handler}`);
        resolve(leave(there));
      } catch (error) {
        reject(error);
      }
    };
    services.directory.locate(target, found, reject);
  });
  // The turn waits for it at its end; until then a rejection is nobody's surprise.
  lookup.catch((error) => {
    if (span !== undefined) services.tracing.fail(span, error);
  });
  turn.lookups ??= [];
  turn.lookups.push(lookup);
}

/**
 * Waits for what an ask has to wait for, and for the asks before it: asks of one turn leave in the order made.
 *
 * S7: once the actor's earlier turns are committed, their tells are ahead of it in the lane.
 */
async function readyToSend(turn: Turn, target: Target, lastSeq: number): Promise<Destination> {
  const { services, commits } = turn.host.scope;
  await turn.sending?.catch(() => {});
  await commits.committed(lastSeq);
  return services.directory.destination(target) ?? (await services.directory.reach(target));
}

function current(what: string): Turn {
  const turn = currentTurn.getStore();
  if (!turn) throw new TurnEndedError(`cannot ${what} outside a turn; use the system's ref there`);
  return turn;
}

/** The transaction that a call of the turn is part of; neither the system itself nor a stateless type takes part in any. */
function transactionOf({ target }: BoundMethod): TurnTransaction | undefined {
  const turn = currentTurn.getStore();
  if (turn?.transaction === undefined || isSystemType(target.type)) return undefined;
  const { directory } = turn.host.scope.services;
  return directory.balanceOf(target.type) === undefined ? turn.transaction : undefined;
}

/**
 * The actors that wait for the answer, this one last.
 *
 * @throws DeadlockError when the one asked is among them: it cannot take another message before its turn ends
 */
function chainTo(turn: Turn, address: string): string[] {
  const chain = [...(turn.inbound?.message.chain ?? []), turn.activation.address];
  const start = chain.indexOf(address);
  if (start >= 0) throw new DeadlockError([...chain.slice(start), address]);
  return chain;
}

/** A turn run again gets its first answers (delivery.md A.1); what no message began runs but once. */
function askIdentity(turn: Turn, { address, handler }: BoundMethod, argsText: string): string | undefined {
  const { inbound, activation } = turn;
  if (inbound === undefined || inbound.timed) return undefined;
  return derivedIdentity(activation.address, inbound.identity, turn.asks++, `${address} ${handler} ${argsText}`);
}
