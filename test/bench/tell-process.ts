import { connect } from "actor-runtime";
import { pick } from "./counters.js";
import { note } from "./note.js";
import { messageOf, start, stop } from "./own-process.js";
import { type Spread, tallies } from "./tally.js";
import { run } from "./throughput.js";

/**
 * Tells per second from here to a worker in another process, from the first send to the last commit.
 *
 * argv: how many tells, actors, tells under way at once, senders, and how the actors are spread
 */
const [tells, actors, concurrency, senders] = process.argv.slice(2, 6).map(Number) as [number, number, number, number];
const classes = tallies[process.argv[6] as Spread];
const worker = start("tally-worker-process.js", { args: process.argv.slice(6) });
await messageOf(worker);

const systems = await Promise.all(Array.from({ length: senders }, () => connect()));
const refs = systems.map((system) =>
  Array.from({ length: actors }, (_, n) => system.ref(pick(classes, n), `tally-${n}`)),
);
await round(actors);

const before = await total();
const began = performance.now();
await round(tells);
// Each answer comes after the actor's tells are committed.
const counted = (await total()) - before;
const seconds = (performance.now() - began) / 1_000;
if (counted !== tells) throw new Error(`${tells} tells were confirmed and ${counted} took effect`);

await Promise.all(systems.map((system) => system.close()));
await stop(worker);
process.send?.(tells / seconds);

async function round(count: number): Promise<void> {
  await Promise.all(
    refs.map((own) =>
      run((n) => own[n % actors]!.tell.add(note), Math.ceil(count / senders), Math.ceil(concurrency / senders)),
    ),
  );
}

/** All tells are confirmed by now, so an ask comes after them in its queue, whoever sends it. */
async function total(): Promise<number> {
  const totals = await Promise.all(refs[0]!.map((ref) => ref.total()));
  return totals.reduce((sum, one) => sum + one, 0);
}
