import { setTimeout as delay } from "node:timers/promises";
import { connect } from "actor-runtime";
import { longestGap } from "./longest-gap.js";
import { Tally } from "./tally.js";
import { Workers } from "./workers.js";

/**
 * The longest time in ms that any actor was not served while something happens to the workers, of which there are three, beyond
 * the pace at which it is asked. It is asked whether or not it has answered; together the actors give each of 16 partitions
 * something to do every 12 ms.
 *
 * argv: `join`, `drain` or `kill`
 */
const happening = process.argv[2] as "join" | "drain" | "kill";
const actors = 64;
const paceMs = 48;
const shares = 16;
const calmMs = 1_000;

const workers = new Workers("plain");
await workers.start(3);
const system = await connect();
if (happening === "join") await workers.prepare(1);
await workers.balanced(system);

const tallies = Array.from({ length: actors }, (_, n) => ({
  ref: system.ref(Tally, `tally-${n}`),
  ranAt: [] as number[],
}));
const asks: Promise<void>[] = [];
const ask = async ({ ref, ranAt }: (typeof tallies)[number]): Promise<void> => void ranAt.push(await ref.addAt());
let beats = 0;
const timer = setInterval(() => {
  const share = beats++ % shares;
  for (let n = share; n < actors; n += shares) asks.push(ask(tallies[n]!));
}, paceMs / shares);

// The first calls find everything cold.
await delay(calmMs);
const from = Number(process.hrtime.bigint()) / 1e6;
await delay(calmMs);
if (happening === "join") await workers.join();
else if (happening === "drain") await workers.drainOne();
else await workers.killOne();
await workers.balanced(system);
await delay(calmMs);

clearInterval(timer);
// A call that failed fails the figure.
await Promise.all(asks);
await system.close();
await workers.stop();
const gaps = tallies.map(({ ranAt }) => longestGap(ranAt.filter((at) => at >= from)));
process.send?.(Math.max(...gaps) - paceMs);
