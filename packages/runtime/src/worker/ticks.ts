import { decideTick, type Message, type Reminder, type Tick } from "@actor-runtime/core";
import type { DeclaredReminder } from "../definition/actor-definition.js";
import { nextCron } from "../reminders/cron.js";
import { declaredReminders, withMissing } from "../reminders/declared.js";
import { reminderOf } from "../reminders/reminder-options.js";
import type { Activation } from "./activation.js";
import type { CommitGroup } from "./commit-group.js";
import type { Inbound } from "./inbound.js";
import { arm, expected, hintOf, ReminderList, textEnd, tickIdentity, withReminder } from "./reminder-list.js";
import type { PartitionScope, TickRefusal, TickTable } from "./scope.js";
import { TickMessage } from "./tick-message.js";

/** A tick whose alarm did not ring by then is sent by the owner itself (ms). */
const overdueMs = 5_000;
/** So many actors are looked at in one sweep, and so many states are in memory at a time. */
const sweepActors = 1_000;
const statesAtOnce = 50;
/** An actor that ended its worker each time it woke for a tick gets none sooner (ms). */
const dangerousMs = 600_000;

/**
 * The reminders of one partition: what a tick finds when it comes to its turn, and ticks whose alarms were lost. The records
 * themselves are part of the state of their actors.
 */
export class Ticks implements TickTable {
  readonly #scope: PartitionScope;
  #sweeping = false;
  /** No reminder of the partition is due before, in ms since 1970: until then there is nothing to sweep. */
  #earliest = Number.NEGATIVE_INFINITY;
  /** The last commit that changes reminders. */
  #savedSeq = 0;
  /** How many that are due the sweeps before have looked at: what cannot tick now must not keep the others waiting. */
  #swept = 0;
  /** Until when no tick wakes them, in ms since 1970, by address. */
  readonly #shunned = new Map<string, number>();

  constructor(scope: PartitionScope) {
    this.#scope = scope;
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
    if (after !== undefined) this.#earliest = Math.min(this.#earliest, after.dueAt);
    this.#savedSeq = group.seq;
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

  /** Whether some alarm may have been lost, as far as is known without asking the store. */
  get mayBeOverdue(): boolean {
    return !this.#sweeping && this.#earliest <= this.#until;
  }

  /** Sends the ticks whose alarms were lost; to be called every few seconds while {@link mayBeOverdue}. */
  async sweep(): Promise<void> {
    const until = this.#until;
    this.#sweeping = true;
    try {
      const addresses = await this.#overdue(until);
      for (let first = 0; first < addresses.length; first += statesAtOnce) {
        await this.#lookAt(addresses.slice(first, first + statesAtOnce), until);
        if (!this.#scope.alive) return;
      }
    } finally {
      this.#sweeping = false;
    }
  }

  /** Those that are next to be looked at. */
  async #overdue(until: number): Promise<string[]> {
    const { partition, services, commits } = this.#scope;
    const known = commits.committedSeq;
    const swept = this.#swept;
    const due = await services.ports.store.due(partition, Number.POSITIVE_INFINITY, swept + sweepActors);
    // Unless something was not yet there to be found.
    if (this.#savedSeq <= known) this.#earliest = due[0]?.dueAt ?? Number.POSITIVE_INFINITY;
    const late = due.filter(({ dueAt }) => dueAt <= until);
    this.#swept = late.length < swept + sweepActors ? 0 : late.length;
    return late.slice(swept).map(({ address }) => address);
  }

  async #lookAt(addresses: readonly string[], until: number): Promise<void> {
    const { partition, services } = this.#scope;
    const known = this.#scope.commits.committedSeq;
    const states = await services.ports.store.readStates(partition, addresses);
    if (!this.#scope.alive) return;
    const isLatest = this.#savedSeq <= known;
    for (const [index, address] of addresses.entries()) this.#look(address, states[index], until, isLatest);
  }

  /**
   * @param state as it is stored, of an actor that was due by `until` when the index was read
   * @param isLatest no reminder has changed since it was read
   */
  #look(address: string, state: string | undefined, until: number, isLatest: boolean): void {
    const list = state === undefined ? undefined : ReminderList.in(state);
    const late = [...(list?.byName ?? [])].filter(([, { dueAt }]) => dueAt <= until);
    for (const [name, reminder] of late) this.#send(address, name, reminder);
    if (late.length > 0 || !isLatest || this.#scope.activations.find(address) !== undefined) return;
    // The index says more than the records, which were replaced from outside.
    const { commits } = this.#scope;
    commits.gathering.due(address, list?.dueAt);
    commits.commitSoon();
  }

  #send(address: string, name: string, reminder: Reminder): void {
    const { services, partition } = this.#scope;
    const hint = hintOf(address, name, reminder);
    if (this.drops(address, tickIdentity(hint.tick))) return;
    const expiresAt = services.ports.clock.monotonic() + overdueMs;
    services.lanes.lane(partition).send(new TickMessage(hint, expiresAt));
  }

  /** Alarms of ticks that are due since then have had their time; those that an owner before was to set may never have been. */
  get #until(): number {
    return this.#earliest === Number.NEGATIVE_INFINITY ? this.#now : this.#now - overdueMs;
  }

  get #now(): number {
    return this.#scope.services.time.now();
  }
}

/** Names of declared reminders begin with `@`. */
function isUndeclared({ hosted }: Activation, { name }: Tick): boolean {
  return name.startsWith("@") && !hosted.definition.every.some((declared) => declared.name === name);
}
