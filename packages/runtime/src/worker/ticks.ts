import { decideTick, type Message, type Tick } from "@actor-runtime/core";
import type { DeclaredReminder } from "../definition/actor-definition.js";
import { nextCron } from "../reminders/cron.js";
import { declaredReminders, withMissing } from "../reminders/declared.js";
import { reminderOf } from "../reminders/reminder-options.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import type { Inbound } from "./inbound.js";
import { arm, expected, ReminderList, textEnd, withReminder } from "./reminder-list.js";
import type { PartitionScope, TickRefusal, TickTable } from "./scope.js";
import { TickSweep } from "./tick-sweep.js";

/** An actor that ended its worker each time it woke for a tick gets none sooner (ms). */
const dangerousMs = 600_000;

/** What ticks find when they come to the turn of their actor. The records of reminders are part of its state. */
export class Ticks implements TickTable {
  readonly #scope: PartitionScope;
  readonly sweep: TickSweep;
  /** Until when no tick wakes them, in ms since 1970, by address. */
  readonly #shunned = new Map<string, number>();

  constructor(scope: PartitionScope) {
    this.#scope = scope;
    this.sweep = new TickSweep(scope);
  }

  /** The same tick waits or runs already, or its actor is left alone. */
  drops(address: string, identity: string): boolean {
    const { activations, delayed } = this.#scope;
    if (delayed.has(address, identity)) return true;
    const live = activations.find(address);
    if (live === undefined) return this.#isShunned(address);
    const { running, queue, parked } = live;
    const waits = (inbound: Inbound | undefined) => inbound?.identity === identity && inbound.message.to === address;
    return waits(running?.inbound) || (queue?.some(waits) ?? false) || (parked?.entries.some(waits) ?? false);
  }

  /**
   * Makes the tell of a tick that its record expects.
   *
   * @returns what keeps it from its turn; `undefined`: it may run
   */
  refusal(activation: Activation, inbound: Inbound): TickRefusal | undefined {
    const { message } = inbound;
    const reminder = expected(activation.reminders, message.tick!);
    if (reminder === undefined) return "stale";
    if (isUndeclared(activation, message.tick!) && !this.#scope.outdated) return "undeclared";
    if (inbound.attempts === 0 && !decideTick(reminder, this.#now, nextCron).run) return "skipped";
    if (message.kind === "tell") return undefined;
    const { handler, args, trace, dueAt } = reminder;
    inbound.become({ to: message.to, kind: "tell", handler, args, tick: message.tick, trace, dueAt });
    return undefined;
  }

  /** Its turn ends well, or there will be none: the record goes on to the next tick. */
  advance(activation: Activation, { tick }: Message): void {
    const reminder = expected(activation.reminders, tick!);
    if (reminder === undefined) return;
    const { next } = decideTick(reminder, this.#now, nextCron);
    activation.reminders = withReminder(activation.reminders, tick!.name, next);
  }

  /**
   * With the first turn of an actor come the reminders that its class declares. In a rolling deploy the newest class decides:
   * if an older one did, too, an actor that moves to and fro would begin its periods anew each time.
   */
  declare(activation: Activation): void {
    const { methods, every } = activation.hosted.definition;
    activation.declared = true;
    if (every.length === 0 && activation.reminders === undefined) return;
    const current = activation.reminders?.byName;
    const make = ({ name, handler, time }: DeclaredReminder) =>
      reminderOf(
        `${activation.address}: reminder "${name}"`,
        time,
        handler,
        [],
        methods,
        this.#now,
        this.#scope.services.ports.random.id(),
      );
    let declared = declaredReminders(current, every, make);
    if (declared !== undefined && this.#scope.outdated) {
      declared = withMissing(current, every, make);
      // The newer build may go again.
      activation.declared = false;
    }
    if (declared !== undefined) activation.reminders = ReminderList.of(declared);
  }

  /** As {@link advance}, for a tick that left nothing else behind: its record commits by itself. */
  pass(activation: Activation, { message }: Inbound, group: CommitGroup): void {
    const { reminders: before } = activation;
    this.advance(activation, message);
    this.#write(activation, before, group);
  }

  /** The class does not declare its reminder any more, or otherwise. */
  redeclare(activation: Activation, group: CommitGroup): void {
    const { reminders: before } = activation;
    this.declare(activation);
    this.#write(activation, before, group);
  }

  #write(activation: Activation, before: ReminderList | undefined, group: CommitGroup): void {
    if (activation.reminders === before) return;
    activation.text = activation.text.slice(0, -textEnd(before).length) + textEnd(activation.reminders);
    activation.stored = activation.text !== activation.initial;
    group.states.set(activation.address, activation.storedText);
    this.save(activation, group);
  }

  /** Alarms and index follow what this commit makes of the actor's reminders. */
  save(activation: Activation, group: CommitGroup): void {
    const { savedReminders: before, reminders: after } = activation;
    if (before === after) return;
    activation.savedReminders = after;
    this.sweep.saved(after, group.seq);
    arm(this.#scope.partition, activation.address, before, after, group, this.#now);
  }

  /**
   * The tick ended its worker before its actor was awake: nobody can look into the record, and the actor is left alone for now. An
   * alarm that rings again, because its listener died of it, would start all over.
   */
  shun({ message }: Inbound, group: CommitGroup): void {
    const { to, tick } = message;
    const until = this.#now + dangerousMs;
    this.#scope.services.log.error(
      { actor: to, reminder: tick!.name },
      `${to} ended its worker each time it woke for a reminder; it is tried again in ${dangerousMs / 60_000} min`,
    );
    this.#shunned.set(to, until);
    group.due(to, until);
  }

  #isShunned(address: string): boolean {
    const until = this.#shunned.get(address);
    if (until === undefined) return false;
    if (this.#now < until) return true;
    this.#shunned.delete(address);
    return false;
  }

  get #now(): number {
    return this.#scope.services.time.now();
  }
}

/** Names of declared reminders begin with `@`. */
function isUndeclared({ hosted }: Activation, { name }: Tick): boolean {
  return name.startsWith("@") && !hosted.definition.every.some((declared) => declared.name === name);
}
