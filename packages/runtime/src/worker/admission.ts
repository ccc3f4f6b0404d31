import {
  type ActorError,
  DeadlockError,
  InvalidArgumentsError,
  type Message,
  OverloadedError,
  type TransactionContext,
  UnknownOutcomeError,
} from "@actor-runtime/core";
import type { MethodDefinition } from "../definition/actor-definition.js";
import { unknownHandler } from "../definition/unknown-handler.js";
import { isSystemType } from "../system-handlers.js";
import { checkContext } from "../transactions/transaction-messages.js";
import type { Activation } from "./activation.js";
import { LockFences } from "./lock-fences.js";
import type { Participants } from "./participants.js";
import type { PartitionScope } from "./scope.js";
import { asActorError } from "./thrown.js";
import type { Turn } from "./turn.js";
import { handlerInQuery, tooLate, withdrawnBefore } from "./turn-refusals.js";
import { notInTransaction } from "./turn-transaction.js";

/** Decides whether a message that came to its turn is run: whatever is known to fail leaves the actor alone. */
export class Admission {
  readonly #scope: PartitionScope;
  readonly #participants: Participants;
  readonly #fences: LockFences;

  constructor(scope: PartitionScope, participants: Participants) {
    this.#scope = scope;
    this.#participants = participants;
    this.#fences = new LockFences(scope);
  }

  /** Why its message is not run at all; `undefined`: it is. */
  refusal(turn: Turn, method: MethodDefinition | undefined): ActorError | undefined {
    const { activation } = turn;
    const { message, withdrawn } = turn.inbound!;
    const { definition } = activation.hosted;
    const { limits, time } = this.#scope.services;
    if (withdrawn) return withdrawnBefore(message);
    if (message.tx !== undefined) {
      const unfit = unfitForTransaction(message, message.tx, time.now());
      if (unfit) return unfit;
      if (waitsForItself(activation, message.tx, method)) return new DeadlockError([message.to, message.to]);
    }
    if (!method) return unknownHandler(definition, message.handler);
    const outside = notInTransaction(method, message);
    if (outside) return outside;
    if ((message.kind === "query" || message.tx?.reads) && method.kind !== "query") {
      return handlerInQuery(definition.name, message.handler);
    }
    // What the system asks of itself, for a lock first of all, is no work under the lock.
    if (message.locks !== undefined && !isSystemType(definition.name)) {
      const refusal = this.#fences.refuse(activation, message, message.locks);
      if (refusal) return refusal;
    }
    if (message.kind !== "tell") {
      if (message.tx !== undefined && !activation.hold?.find(message.tx.id)?.recorded) {
        const { overload } = this.#participants.holds;
        if (overload) return overload;
      }
      const late = tooLate(message, time.now(), limits.clockToleranceMs);
      if (late) return late;
      if (this.#scope.commits.unavailable) {
        return new OverloadedError(`${message.to}: the store cannot take commits now`, "store", 1_000);
      }
    }
    return unknownCalls(turn, method);
  }
}

/** It says to be part of a transaction, and no sender of ours says so in this way. */
function unfitForTransaction(
  { to, handler, kind }: Message,
  tx: TransactionContext,
  now: number,
): ActorError | undefined {
  if (kind !== "ask") {
    return new InvalidArgumentsError(`${to}.${handler}: in a transaction everything is asked, and this is a ${kind}`);
  }
  try {
    checkContext(tx, now);
    return undefined;
  } catch (error) {
    return asActorError(error);
  }
}

/** It was called in the transaction that holds its actor, and is part of none or of another: each would wait for the other. */
function waitsForItself({ hold }: Activation, { id }: TransactionContext, method?: MethodDefinition): boolean {
  if (hold?.find(id) === undefined) return false;
  const mode = method?.transaction?.mode;
  return mode === "create" || mode === "suppress";
}

/**
 * Its worker died while it may have been running in its caller's transaction. Whom it called then did what this run may not
 * ask for again, and would commit that with the rest: so this attempt cannot. One that reads has called for reads only, and one
 * that began its transaction is begun anew.
 */
function unknownCalls(turn: Turn, method: MethodDefinition): ActorError | undefined {
  const { inbound, transaction } = turn;
  const joins = transaction !== undefined && !transaction.own;
  if (!joins || !inbound!.redelivered || method.kind === "query") return undefined;
  return new UnknownOutcomeError(`${turn.what}: it is not known what it called before its worker was lost`);
}
