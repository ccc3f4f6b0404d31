import type { Activation, HostedType } from "../worker/activation.js";
import type { Tenure } from "../worker/tenure.js";
import type { Load } from "./reports.js";

/** Adds up what actors have to do. */
export class LoadCount implements Load {
  actors = 0;
  running = 0;
  waiting = 0;
  parked = 0;
  delayed = 0;

  add({ running, queries, queue, parked }: Activation): void {
    this.actors += 1;
    const runs = running !== undefined && running.beganAt >= 0;
    this.running += (runs ? 1 : 0) + (queries?.size ?? 0);
    this.waiting += queue?.length ?? 0;
    const entries = parked?.entries ?? [];
    // A stored message stays on its list while it runs.
    this.parked += entries.length - (runs && entries[0] === running.inbound ? 1 : 0);
  }

  addDelayed(count: number): void {
    this.delayed += count;
  }
}

/** What the actors of a partition have to do, by type; other types than these are not looked at. */
export function loadsOf(tenure: Tenure, types: Iterable<HostedType>): Map<string, LoadCount> {
  const loads = new Map(Array.from(types, ({ definition }) => [definition.name, new LoadCount()]));
  for (const activation of tenure.activations) loads.get(activation.hosted.definition.name)?.add(activation);
  for (const [address, { count }] of tenure.delayed.waiting) {
    loads.get(address.slice(0, address.indexOf("/")))?.addDelayed(count);
  }
  return loads;
}

export function totalOf(loads: Iterable<Load>): Load {
  const total = { actors: 0, running: 0, waiting: 0, parked: 0, delayed: 0 };
  for (const { actors, running, waiting, parked, delayed } of loads) {
    total.actors += actors;
    total.running += running;
    total.waiting += waiting;
    total.parked += parked;
    total.delayed += delayed;
  }
  return total;
}
