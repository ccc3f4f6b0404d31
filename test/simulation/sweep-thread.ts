import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "@actor-runtime/testing";
import type { Summary } from "./tally.js";

/** Which seeds one thread simulates: `first`, and then every `stride`-th one before `end`, until `until`. */
export interface Share {
  readonly first: number;
  readonly stride: number;
  readonly end: number;
  /** In ms since 1970. */
  readonly until: number;
  readonly rewinds: boolean;
}

const { first, stride, end, until, rewinds } = workerData as Share;
const escaped: string[] = [];
process.on("unhandledRejection", (error) => escaped.push(`a rejection was not handled: ${String(error)}`));

for (let seed = first; seed < end && Date.now() < until; seed += stride) {
  const { violations, faults } = await simulate({ seed, rewinds });
  const summary: Summary = { seed, violations: [...violations, ...escaped.splice(0)], faults };
  parentPort!.postMessage(summary, []);
}
