import { setTimeout as delay } from "node:timers/promises";
import type { ActorSystem } from "actor-runtime";
import type { Outage } from "./outage.js";
import { type Entry, monthMs, Subscription } from "./subscription.js";
import { Timeline } from "./timeline.js";

const pollMs = 50;
const address = "Subscription/alice";

/**
 * Lets a subscription renew itself, keeps it from running for a while, and looks what became of what was due then.
 *
 * @returns whether every month was renewed once
 */
export async function tellStory(system: ActorSystem, outage: Outage, print: (line: string) => void): Promise<boolean> {
  const timeline = new Timeline(print, Date.now());
  const alice = system.ref(Subscription, "alice");
  const history = new History(system, timeline);

  await alice.subscribe("basic");
  await history.until(({ length }) => length > 0);
  await alice.with({ delay: 3.5 * monthMs }).tell.change("premium");
  timeline.line(Date.now(), "told", "to change to premium in 3.5 months");
  await history.until((entries) => renewals(entries).length === 2);

  await delay(0.3 * monthMs);
  timeline.line(Date.now(), "outage", await outage.begin());
  await delay(1.5 * monthMs);
  timeline.line(Date.now(), "over", await outage.end());
  const goneOnAt = Date.now();
  await history.until((entries) => (renewals(entries).at(-1)?.dueAt ?? 0) > goneOnAt + 2 * monthMs);

  await alice.cancel();
  const entries = await history.until((all) => all.at(-1)?.what === "cancelled");
  const left = [];
  for await (const { name } of system.reminders.list({ address })) left.push(name);
  print(`left      ${left.join(", ")}: what @Every declares, for as long as there is a subscription`);
  return check(entries, print);
}

/** The history of the subscription, read from the store: asked for, it would wake the actor, and here only reminders shall. */
class History {
  readonly #system: ActorSystem;
  readonly #timeline: Timeline;
  #shown = 0;

  constructor(system: ActorSystem, timeline: Timeline) {
    this.#system = system;
    this.#timeline = timeline;
  }

  /** Shows what is new, until it is as wanted. */
  async until(wanted: (entries: readonly Entry[]) => boolean): Promise<readonly Entry[]> {
    for (;;) {
      const { history = [] } = ((await this.#system.actors.read(address)) ?? {}) as { history?: readonly Entry[] };
      for (const entry of history.slice(this.#shown)) this.#timeline.entry(entry);
      this.#shown = history.length;
      if (wanted(history)) return history;
      await delay(pollMs);
    }
  }
}

function check(entries: readonly Entry[], print: (line: string) => void): boolean {
  const months = renewals(entries).map(({ dueAt }) => Math.round((dueAt! - entries[0]!.at) / monthMs));
  const right = months.every((month, index) => month === index + 1);
  const verdict = right ? "none was lost, none came twice" : "THAT IS WRONG";
  print(`check     ${months.length} renewals were due, one after each month: ${verdict}`);
  return right;
}

function renewals(entries: readonly Entry[]): readonly Entry[] {
  return entries.filter(({ what }) => what === "renewed");
}
