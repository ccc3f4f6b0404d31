import { setTimeout as sleep } from "node:timers/promises";
import type { Leases } from "@actor-runtime/core";
import type { Ports } from "@actor-runtime/runtime";
import type { Oddities } from "./join.js";
import { SleepingClock } from "./sleeping-clock.js";

/** Less than what is left of a lease that was renewed a third of its time ago. */
const unawareMs = 1_500;

/**
 * A worker that is stopped and goes on: its own clock says that its leases are valid, and for a while nobody says otherwise, so
 * that its commits reach the store.
 */
export function unawareOfSleep(): Oddities {
  const clock = new SleepingClock();
  const ports = ({ leases, ...others }: Ports): Ports => {
    const renew: typeof leases.renew = async (...args) => {
      await sleep(Math.max(0, unawareMs - clock.awakeMs));
      return leases.renew(...args);
    };
    const get = (_: Leases, name: keyof Leases) => (name === "renew" ? renew : leases[name].bind(leases));
    return { ...others, leases: new Proxy(leases, { get }) };
  };
  return { clock, ports };
}
