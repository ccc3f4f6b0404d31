import { writeFileSync } from "node:fs";
import { provision } from "../services/provision.js";
import { activations } from "./activations.js";
import { ask1, ask128 } from "./ask.js";
import { type Benchmark, measure, type Result, reached } from "./benchmark.js";
import { parseRequest, UsageError, usage } from "./command-line.js";
import { embeddedAsk } from "./embedded-ask.js";
import { failover, handoff } from "./gap.js";
import { lock, lockContended } from "./lock.js";
import { pool } from "./pool.js";
import { reminders } from "./reminders.js";
import { json, table } from "./report.js";
import { tell, tellByHand, tellWide, tellWorkers } from "./tell.js";
import { tracing, tracingSampledOut } from "./tracing.js";
import { transfer } from "./transfer.js";

const embedded: readonly Benchmark[] = [embeddedAsk, activations];
/** Those that need RabbitMQ and Redis. */
const real: readonly Benchmark[] = [
  tell,
  tellByHand,
  tellWide,
  ...tellWorkers,
  tracing,
  tracingSampledOut,
  ask1,
  ask128,
  ...handoff,
  failover,
  ...lock,
  ...lockContended,
  ...transfer,
  ...pool,
  reminders,
];
const benchmarks = [...embedded, ...real];
const names = [...new Set(benchmarks.map(({ name, group = name }) => group))];
const usualRounds = 3;
/** RabbitMQ's own default. The tests' processes make do with less memory, and move what they logged to files all the time. */
const defaultWalBytes = 512 * 1024 * 1024;

process.exitCode = await main(process.argv.slice(2));

/** Exit codes: 0 every target reached, 1 one missed, 2 usage. Progress goes to stderr, the table to stdout. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseRequest(args, names);
    if (request.help) {
      console.log(usage(names));
      return 0;
    }
    const chosen = benchmarks.filter(({ name, group = name }) => request.names.includes(group));
    const results = chosen.some((one) => real.includes(one)) ? await withServices(chosen) : await measureAll(chosen);
    console.log(table(results));
    if (request.json !== undefined) writeFileSync(request.json, json(results));
    return results.every(reached) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage(names)}`);
    return 2;
  }
}

/** On the services of `AMQP_URL` and `REDIS_URL`, or on private ones that live as long as the run. */
async function withServices(chosen: readonly Benchmark[]): Promise<readonly Result[]> {
  const { AMQP_URL: amqpUrl, REDIS_URL: redisUrl } = process.env;
  const given = { ...(amqpUrl && { amqpUrl }), ...(redisUrl && { redisUrl }) };
  const services = await provision(given, { "raft.wal_max_size_bytes": defaultWalBytes });
  try {
    process.env.AMQP_URL = services.amqpUrl;
    process.env.REDIS_URL = services.redisUrl;
    return await measureAll(chosen);
  } finally {
    await services.stop();
  }
}

async function measureAll(chosen: readonly Benchmark[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const benchmark of chosen) {
    const { name, rounds = usualRounds } = benchmark;
    results.push(...(await measure(benchmark, rounds, (done) => console.error(`${name}: round ${done} of ${rounds}`))));
  }
  return results;
}
