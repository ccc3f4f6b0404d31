import type { Message, TransactionContext } from "@actor-runtime/core";
import type { MethodDefinition, TransactionalMethod } from "../definition/actor-definition.js";
import { Joined } from "../transactions/joined.js";
import { attemptId } from "../transactions/transaction-messages.js";
import type { Holds } from "./holds.js";
import type { WorkerServices } from "./services.js";
import type { Turn } from "./turn.js";
import { partOf, type TurnTransaction } from "./turn-transaction.js";

/**
 * The transaction that a turn about to begin is part of; `undefined`: none. Its actor is held from now on, but for a transaction
 * of its own only once it calls somebody.
 */
export function transactionOf(
  { activation, inbound, host }: Turn,
  method: MethodDefinition | undefined,
  holds: Holds,
): TurnTransaction | undefined {
  const { message, withdrawn } = inbound!;
  if (message.tx === undefined && method?.transaction === undefined) return undefined;
  // It passes whoever holds the actor, and must take nothing from him.
  if (withdrawn) return undefined;
  const part = partOf(activation.hosted.definition, method, message);
  if (part === "plain") return undefined;
  const own = part === "create";
  const context = own
    ? (inbound!.begins ??= newContext(host.scope.services, message, method!.transaction!))
    : message.tx!;
  const joined = new Joined(context);
  if (!own) inbound!.joined = joined;
  const holding = own ? undefined : holds.take(activation, context, inbound!);
  return { context, id: context.id, joined, own, holding, commit: undefined };
}

/** Whoever waits for its answer waits no longer than its deadline. */
function newContext(
  { time, ports }: WorkerServices,
  { deadline = Number.POSITIVE_INFINITY }: Message,
  { timeoutMs }: TransactionalMethod,
): TransactionContext {
  const since = Math.floor(time.now());
  return { id: attemptId(ports.random.id(), "1"), since, until: Math.min(since + timeoutMs, deadline) };
}
