import type { Reminder } from "@actor-runtime/core";
import { hintOf, ReminderList, tickIdentity } from "./reminder-list.js";
import type { PartitionScope } from "./scope.js";
import { TickMessage } from "./tick-message.js";

/** A tick whose alarm did not ring by then is sent by the owner itself (ms). */
const overdueMs = 5_000;
/** So many actors are looked at in one sweep, and so many states are in memory at a time. */
const sweepActors = 1_000;
const statesAtOnce = 50;

/** Finds ticks of one partition whose alarms were lost, by the store's index of what is due. */
export class TickSweep {
  readonly #scope: PartitionScope;
  #sweeping = false;
  /** No reminder of the partition is due before, in ms since 1970: until then there is nothing to find. */
  #earliest = Number.NEGATIVE_INFINITY;
  /** The last commit that changes reminders. */
  #savedSeq = 0;
  /** How many that are due the sweeps before have looked at: what cannot tick now must not keep the others waiting. */
  #swept = 0;

  constructor(scope: PartitionScope) {
    this.#scope = scope;
  }

  /** The commit with this number makes these an actor's reminders. */
  saved(reminders: ReminderList | undefined, seq: number): void {
    if (reminders !== undefined) this.#earliest = Math.min(this.#earliest, reminders.dueAt);
    this.#savedSeq = seq;
  }

  /** Whether some alarm may have been lost, as far as is known without asking the store. */
  get mayFind(): boolean {
    return !this.#sweeping && this.#earliest <= this.#until;
  }

  /** Sends the ticks whose alarms were lost; to be called every few seconds while {@link mayFind}. */
  async run(): Promise<void> {
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
    if (this.#scope.ticks.drops(address, tickIdentity(hint.tick))) return;
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
