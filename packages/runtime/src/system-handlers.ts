import type { Message } from "@actor-runtime/core";

/** Handlers of the system itself begin with `$`; nobody outside may call them. */
export const eraseHandler = "$erase";
export const compareAndSetHandler = "$compareAndSet";
export const cancelReminderHandler = "$cancelReminder";

/** The caller of a transaction, or its coordinator, tells a participant that it committed: `[id, participation, forced?]`. */
export const commitHandler = "$commit";
/** The caller of a transaction tells a participant that it gave up: `[id]`. */
export const abortHandler = "$abort";
/**
 * The caller of a transaction whose participants are all in one partition asks one of them to commit for all:
 * `[id, until, addresses]` → `TransactionOutcome`.
 */
export const commitHereHandler = "$commitHere";

/** Word of a transaction to one of its participants; its owner takes it past the actor's queue. */
export function isTransactionWord({ handler, kind }: Message): boolean {
  if (kind === "tell") return handler === commitHandler || handler === abortHandler;
  return kind === "ask" && handler === commitHereHandler;
}

/** Types of the system itself begin with `$`, too. */
export function isSystemType(name: string): boolean {
  return name.startsWith("$");
}

export function isSystemHandler(name: string): boolean {
  return name.startsWith("$");
}

/** `system.actors` and `system.reminders` ask, and wait for the answer; anything else of such a name is an unknown handler. */
export function isSystemAsk({ handler, kind, replyTo }: Message): boolean {
  return isSystemHandler(handler) && kind === "ask" && replyTo !== undefined;
}

/** The owner removes the actor, past its queue. */
export function isErasure(message: Message): boolean {
  return message.handler === eraseHandler && isSystemAsk(message);
}
