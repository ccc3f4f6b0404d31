import { keys, load, pick } from "./counters.js";
import { callsPerSecond } from "./throughput.js";

/** A tail per key: order and one at a time, without isolation, durable state, envelopes, timeouts or bounds. */
const tails = new Map<string, Promise<number>>(keys.map((key) => [key, Promise.resolve(0)]));

function add(key: string): Promise<number> {
  const tail = (tails.get(key) ?? Promise.resolve(0)).then((count) => count + 1);
  tails.set(key, tail);
  return tail;
}

process.send?.(await callsPerSecond((n) => add(pick(keys, n)), load));
