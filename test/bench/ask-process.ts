import { connect } from "actor-runtime";
import { keys, pick } from "./counters.js";
import { latency } from "./latency.js";
import { note } from "./note.js";
import { Tally } from "./tally.js";
import { callsPerSecond } from "./throughput.js";
import { Workers } from "./workers.js";

/**
 * Asks from here to a worker in another process. argv: concurrency; at 1 the figure is the median in ms, else asks per second
 */
const concurrency = Number(process.argv[2]);
const workers = new Workers("plain");
await workers.start(1);
const system = await connect();
const tallies = keys.map((key) => system.ref(Tally, key));
const ask = (n: number) => pick(tallies, n).add(note);

const figure =
  concurrency === 1
    ? await latency(ask)
    : await callsPerSecond(ask, { concurrency, forMs: 3_000, now: () => performance.now() });
await system.close();
await workers.stop();
process.send?.(figure);
