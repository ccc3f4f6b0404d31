import { connect } from "actor-runtime";
import { pick } from "./counters.js";
import { note } from "./note.js";
import { type Spread, tallies } from "./tally.js";
import { run } from "./throughput.js";
import { traced } from "./traced-process.js";
import { Workers } from "./workers.js";

/**
 * Tells per second from here to workers in other processes, from the first send to the last commit.
 *
 * argv: how many tells, actors, tells under way at once, senders, and workers; how the actors are spread
 */
const [tells, actors, concurrency, senders, count] = process.argv.slice(2, 7).map(Number) as [
  number,
  number,
  number,
  number,
  number,
];
const spread = process.argv[7] as Spread;
const classes = tallies[spread];
const workers = new Workers(spread);
await workers.start(count);

const tracing = await traced("sender");
const systems = await Promise.all(Array.from({ length: senders }, () => connect(tracing.options)));
const refs = systems.map((system) =>
  Array.from({ length: actors }, (_, n) => system.ref(pick(classes, n), `tally-${n}`)),
);
await workers.balanced(systems[0]!);
await round(actors);

const before = await total();
const began = performance.now();
await round(tells);
// Each answer comes after the actor's tells are committed.
const counted = (await total()) - before;
const seconds = (performance.now() - began) / 1_000;
if (counted !== tells) throw new Error(`${tells} tells were confirmed and ${counted} took effect`);

await Promise.all(systems.map((system) => system.close()));
await tracing.end();
await workers.stop();
process.send?.(tells / seconds);

async function round(calls: number): Promise<void> {
  await Promise.all(
    refs.map((own) =>
      run((n) => own[n % actors]!.tell.add(note), Math.ceil(calls / senders), Math.ceil(concurrency / senders)),
    ),
  );
}

/** All tells are confirmed by now, so an ask comes after them in its queue, whoever sends it. */
async function total(): Promise<number> {
  const totals = await Promise.all(refs[0]!.map((ref) => ref.total()));
  return totals.reduce((sum, one) => sum + one, 0);
}
