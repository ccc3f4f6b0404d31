import type { PlannedCall, Scenario } from "./transaction-world.js";

const write = (member: number): PlannedCall => ({ member, writes: true });
const read = (member: number): PlannedCall => ({ member, writes: false });

const rival = true;
const late = true;
const again = true;
const here = true;
const steady = true;

/** Each as small as it can be and still hold what it is about: every state of it is visited. */
export const scenarios = {
  "two writers": { calls: [write(0), write(1)], attempts: 1, rival, late },
  "two writers, while no worker fails": { calls: [write(0), write(1)], attempts: 1, late, steady },
  "a writer and a reader": { calls: [write(0), read(1)], attempts: 1, rival, late },
  "two readers": { calls: [read(0), read(1)], attempts: 1, rival, late },
  "three writers": { calls: [write(0), write(1), write(2)], attempts: 1, late },
  "two writers and a reader, taken again by late calls": {
    calls: [write(0), write(1), read(2)],
    attempts: 1,
    rival,
    again,
  },
  "a writer that is called twice": { calls: [write(0), write(1), write(0)], attempts: 1, rival, again },
  "an attempt after one that aborted": { calls: [write(0), write(1)], attempts: 2, second: "after the first" },
  "an attempt after one that aborted, with a reader": {
    calls: [write(0), read(1)],
    attempts: 2,
    second: "after the first",
    rival,
  },
  "a turn that calls another, and is lost": {
    calls: [write(0), write(1)],
    attempts: 1,
    rival,
    again,
    lostTurn: true,
  },
  "two processes with one idempotency key": { calls: [write(0)], attempts: 2, second: "beside the first", rival },
  "a turn that began it, and a crash": { calls: [write(0), write(1)], attempts: 2, second: "after a crash" },
  "one participant": { calls: [write(0), write(0)], attempts: 1, rival, here, again, late },
  "one partition": { calls: [write(0), write(1)], attempts: 1, rival, here, late },
  "one partition, with a reader": { calls: [write(0), read(1)], attempts: 1, rival, here },
  "one partition, three participants": { calls: [write(0), read(1), write(2)], attempts: 1, here },
  "one partition, a writer that is called twice": {
    calls: [write(0), write(1), write(0)],
    attempts: 1,
    rival,
    here,
    again,
  },
  "one partition, an attempt after one that aborted": {
    calls: [write(0), write(1)],
    attempts: 2,
    second: "after the first",
    here,
  },
  "one partition, a turn that began it, and a crash": {
    calls: [write(0), write(0)],
    attempts: 2,
    second: "after a crash",
    here,
  },
  "one partition, while nothing fails": {
    calls: [write(0), write(1)],
    attempts: 1,
    rival,
    here,
    late,
    punctual: true,
  },
} as const satisfies Record<string, Scenario>;
