import type { Logger } from "@actor-runtime/core";
import type { RefBy } from "./client/ref-types.js";
import type { Locks } from "./locks/lock-types.js";
import type { CurrentReminder, Reminders, TimerTime } from "./reminders/reminder-types.js";

/**
 * What an actor knows about itself and may do beside changing its fields. Every actor has its own; it comes by injection.
 *
 * `signal`, `idempotencyKey`, `headers`, `attempt` and `deadline` belong to the current turn and are read from its async
 * context, so they are right after an `await` and in functions the handler calls. So do `ref`'s calls, `deactivate` and
 * `destroy`: made after the turn has ended, they fail with TurnEndedError.
 *
 * @example
 * @Actor("Account")
 * class Account {
 *   private readonly self = inject(ActorContext);
 *   @State() private openedAt = 0;
 *   @Handler() open(): void {
 *     if (this.self.isNew) this.openedAt = this.self.now();
 *   }
 * }
 */
export abstract class ActorContext {
  /** `Account/alice` */
  abstract readonly address: string;
  /** The name given to `@Actor`, `Account`. */
  abstract readonly type: string;
  /** `alice` */
  abstract readonly key: string;

  /**
   * Nothing is stored for this actor: no committed turn has changed it, it was destroyed, or its state is again what a new
   * instance has (which is not stored).
   */
  abstract readonly isNew: boolean;

  /**
   * Makes a reference to another actor (or to this one, for a later turn).
   *
   * `ref.tell.x()` returns nothing: the message leaves when, and only when, this turn commits. `await ref.x()` asks **at
   * once**, before this turn commits, and what it did there **stays if this turn fails** afterwards. When the turn runs
   * again, the same ask (same position, target, handler and arguments) gets its first answer within the target's reply
   * retention; a different one is a new effect. For all or nothing use tells, or `system.transaction`.
   *
   * An ask that leads back to an actor waiting for it fails at once with DeadlockError.
   *
   * In a query, tells and asks to handlers throw QueryEffectError; it may ask other queries.
   *
   * @example this.self.ref(Account, other).tell.deposit(amount)
   * @throws InvalidAddressError when the key is empty or over 256 UTF-8 bytes
   * @throws OverloadedError from a tell when the target's outbox is full
   */
  abstract readonly ref: RefBy<void>;

  /**
   * Aborts when nobody waits for the current turn any more (its caller withdrew the call), or it can no longer commit (it
   * is over its time, or the partition moved). A withdrawn turn that goes on still commits. Hand it to everything that
   * waits; read it before you do, since inside an abort listener there is no turn.
   *
   * @example await fetch(url, { signal: this.self.signal })
   * @throws TurnEndedError outside a turn
   */
  abstract readonly signal: AbortSignal;

  /**
   * Locks for this turn. What it still holds when it ends is released then; a turn that lost one leaves nothing and fails with
   * LockLostError. Waiting for a lock keeps the actor from its next turn, and counts in the turn's time.
   *
   * @throws QueryEffectError in a query
   */
  abstract readonly locks: Locks;

  /**
   * Reminders of this actor: durable, and part of the turn's commit.
   *
   * @example this.self.reminders.set("renew", { every: "30d" }, "renew")
   * @throws QueryEffectError from `set` and `cancel` in a query
   */
  abstract readonly reminders: Reminders;

  /** The tick of a reminder that this turn handles; `undefined`: somebody sent its message. */
  abstract readonly reminder: CurrentReminder | undefined;

  /**
   * Has this instance call a handler of its own later: once after `in`, or after each period. Each tick is a turn of its own and
   * commits what it changed. The timer starts when this turn, or its transaction, commits (one set in `onActivate`, when that
   * returns), and is gone with the instance, which it does not keep in memory: what must happen is a reminder.
   *
   * A tick that fails is logged and not tried again; one that finds the last one still waiting is left out.
   *
   * @param time up to 24 days; periods of at least 10 ms
   * @param handler a method marked `@Handler`, called with `args`
   * @returns cancels it, at once and also when the turn that does so fails
   * @throws InvalidArgumentsError that names what is wrong
   * @throws OverloadedError beyond 100 timers of one instance
   * @throws QueryEffectError in a query
   * @example const stop = this.self.timer({ every: "5s" }, "poll")
   */
  abstract timer(time: TimerTime, handler: string, ...args: readonly unknown[]): () => void;

  /** Milliseconds since 1970 by the system's clock, the one tests move. Use it instead of `Date.now()`. */
  abstract now(): number;

  /** A number in [0, 1) from the system's source of chance, which tests seed. Use it instead of `Math.random()`. */
  abstract random(): number;

  /**
   * Identity of the message this turn handles, the same each time it runs: the caller's key, or one made by the system.
   * Hand it to effects outside, which happen at least once. Always there while a handler runs; `undefined` in queries, in
   * `onActivate` and `onDeactivate`, and in the turn of a timer, which runs but once.
   *
   * @example await payments.charge({ amount, idempotencyKey: this.self.idempotencyKey })
   */
  abstract readonly idempotencyKey: string | undefined;

  /** Headers given by the caller with `ref.with({ headers })`; empty when there are none. */
  abstract readonly headers: Readonly<Record<string, string>>;

  /** Which run of the message this is: 1, and one more for each failed attempt of a told message. */
  abstract readonly attempt: number;

  /** When the caller stops waiting, in milliseconds since 1970; nested asks inherit it. `undefined` for tells. */
  abstract readonly deadline: number | undefined;

  /** Structured log; every line carries the actor's address. */
  abstract readonly log: Logger;

  /**
   * Drops this instance from memory after the current turn, once its commit is known; the next message makes a new one
   * from the stored state.
   */
  abstract deactivate(): void;

  /**
   * Ends this actor: its state and reminders go with the commit of the current turn, and the instance with them. Messages
   * that wait, or come later, meet a new actor whose `isNew` is true. A turn that fails destroys nothing.
   *
   * It also forgets under which locks it was called: an ask of a holder who lost the lock, if it is on its way still, is not
   * refused by the new actor.
   */
  abstract destroy(): void;
}
