import type {
  ReminderCancelled,
  ReminderChapter,
  ReminderEntry,
  ReminderSet,
  RemindersListed,
  ReminderTicked,
} from "./reminder-history.js";
import type { ReminderAnomaly, ReminderViolation } from "./reminder-violation.js";
import type { StoreClock } from "./store-clock.js";
import { firstDue, isTimeOf, nextDue, periodOf, type TimeRange } from "./times.js";

/** A reminder that is set at this point of the chapter. */
interface Live {
  readonly set: ReminderSet;
  /** Of its next tick. */
  due: TimeRange;
  /** When the turn was over that left it like this. */
  sinceMs: number;
  /** The time of its last tick. */
  ticked?: number;
}

/** What is known in the end of a reminder that ticks once and is refused. */
export type Fate = "over" | "ended before" | "unknown";

export interface ReplayOptions {
  readonly peaceMs: number;
  readonly calmMs: number;
  readonly clock: StoreClock;
  readonly lateMs: number;
  readonly promptMs: number;
}

/** Follows what one actor noted, and what its reminders must have been at each point. */
export class Replay {
  readonly violations: ReminderViolation[] = [];
  /** By label, of those that tick once and are refused. */
  readonly fates = new Map<string, Fate>();
  readonly sets = new Map<string, ReminderSet>();
  readonly #address: string;
  readonly #options: ReplayOptions;
  readonly #live = new Map<string, Live>();
  /** Why labels are over. */
  readonly #over = new Map<string, "it ticked" | "it was cancelled" | "it was replaced">();

  constructor({ address, entries }: ReminderChapter, options: ReplayOptions) {
    this.#address = address;
    this.#options = options;
    for (const entry of entries) this.#follow(entry);
  }

  #follow(entry: ReminderEntry): void {
    if (entry.kind === "set") this.#set(entry);
    else if (entry.kind === "cancelled") this.#cancelled(entry);
    else if (entry.kind === "ticked") this.#ticked(entry);
    else this.#listed(entry);
  }

  #set(set: ReminderSet): void {
    const { name, label, dueAt, atMs } = set;
    const { from, to } = firstDue(set, this.#options.clock.wrongBy(atMs));
    if (dueAt < from || dueAt > to) {
      this.#report("wrong time", `${label}, set at ${atMs} ms, is due at ${dueAt} ms, not between ${from} and ${to}`);
    }
    const replaced = this.#live.get(name);
    if (replaced) this.#over.set(replaced.set.label, "it was replaced");
    this.sets.set(label, set);
    if (set.refused && periodOf(set.time) === undefined) this.fates.set(label, "unknown");
    // Dead letters are not noted.
    const due = { from: dueAt, to: set.refused || set.missed === "skip" ? Number.POSITIVE_INFINITY : dueAt };
    this.#live.set(name, { set, due, sinceMs: atMs });
  }

  #cancelled({ name, found, atMs }: ReminderCancelled): void {
    const live = this.#live.get(name);
    if (live && !found && this.#mayBeOver(live, atMs)) {
      this.fates.set(live.set.label, "over");
    } else if (found !== (live !== undefined)) {
      this.#report("wrong list", `${name} was ${found ? "" : "not "}there to be cancelled at ${atMs} ms`);
    } else if (live && this.fates.has(live.set.label)) {
      this.fates.set(live.set.label, "ended before");
    }
    if (live) this.#over.set(live.set.label, "it was cancelled");
    this.#live.delete(name);
  }

  #ticked(tick: ReminderTicked): void {
    const { name, label, dueAt, atMs, did } = tick;
    const live = this.#live.get(name);
    if (live?.set.label === label) this.#judge(tick, live);
    else this.#notExpected(tick);
    for (const entry of did) this.#follow(entry);
    // It may have replaced or ended itself.
    if (live === undefined || this.#live.get(name) !== live || live.set.label !== label) return;
    if (periodOf(live.set.time) === undefined) {
      this.#live.delete(name);
      this.#over.set(label, "it ticked");
    } else {
      live.due = nextDue(live.set, dueAt, atMs, this.#options.clock.wrongBy(atMs));
      live.ticked = dueAt;
      live.sinceMs = atMs;
    }
  }

  #notExpected({ label, begunMs }: ReminderTicked): void {
    const why = this.#over.get(label);
    if (why === undefined) {
      this.#report("stray tick", `${label} ticked at ${begunMs} ms, and nothing that counts had set it`);
    } else if (why === "it ticked") {
      this.#report("repeated tick", `${label} ticked at ${begunMs} ms, after it had ticked for the only time`);
    } else {
      this.#report("ended tick", `${label} ticked at ${begunMs} ms, after ${why}`);
    }
  }

  #judge({ label, dueAt, begunMs }: ReminderTicked, { set, due, ticked, sinceMs }: Live): void {
    const what = `${label} of ${dueAt} ms ticked at ${begunMs} ms`;
    if (!isTimeOf(set, dueAt)) this.#report("wrong time", `${what}; its first time is ${set.dueAt} ms`);
    else if (ticked !== undefined && dueAt <= ticked) this.#report("repeated tick", `${what}, after that of ${ticked}`);
    else if (dueAt > due.to) this.#report("skipped tick", `${what}, and that of ${due.to} ms did not`);
    else if (dueAt < due.from) this.#report("missed tick", `${what}, where one for all until ${due.from} ms was due`);
    if (this.#options.clock.shownBy(begunMs) < dueAt) this.#report("early tick", what);
    const dueMs = Math.max(dueAt, sinceMs);
    if (begunMs > this.#latest(dueMs)) this.#report("late tick", what);
  }

  #listed({ reminders, atMs }: RemindersListed): void {
    const listed = new Map(reminders.map(({ name, dueAt }) => [name, dueAt]));
    for (const [name, live] of [...this.#live]) {
      const { set, due, sinceMs } = live;
      const dueAt = listed.get(name);
      if (dueAt === undefined && this.#mayBeOver(live, atMs)) {
        this.fates.set(set.label, "over");
        this.#live.delete(name);
      } else if (dueAt === undefined) {
        this.#report("wrong list", `${set.label} was not in the list at ${atMs} ms`);
      } else if (dueAt < due.from || dueAt > due.to || !isTimeOf(set, dueAt)) {
        this.#report("wrong list", `${set.label} was due at ${dueAt} ms by the list at ${atMs} ms`);
      } else if (atMs > this.#latest(Math.max(dueAt, sinceMs))) {
        this.#report("lost tick", `${set.label} of ${dueAt} ms had not ticked at ${atMs} ms`);
      }
    }
    for (const name of listed.keys()) {
      if (!this.#live.has(name)) this.#report("wrong list", `${name} was in the list at ${atMs} ms`);
    }
  }

  /** It ticks once, which nobody notes where it is refused. */
  #mayBeOver({ set: { label, dueAt } }: Live, atMs: number): boolean {
    return this.fates.has(label) && dueAt <= this.#options.clock.shownBy(atMs);
  }

  /** When what is due then, or was left like this then, begins at the latest. */
  #latest(dueMs: number): number {
    const { peaceMs, calmMs, lateMs, promptMs } = this.#options;
    return dueMs >= calmMs ? dueMs + promptMs : Math.max(dueMs, peaceMs) + lateMs;
  }

  #report(anomaly: ReminderAnomaly, what: string): void {
    this.violations.push({ anomaly, address: this.#address, what });
  }
}
