import { writeFileSync } from "node:fs";
import { activations } from "./activations.js";
import { type Benchmark, measure, type Result, reached } from "./benchmark.js";
import { parseRequest, UsageError, usage } from "./command-line.js";
import { embeddedAsk } from "./embedded-ask.js";
import { json, table } from "./report.js";

const benchmarks: readonly Benchmark[] = [embeddedAsk, activations];
const names = benchmarks.map(({ name }) => name);
const rounds = 3;

process.exitCode = await main(process.argv.slice(2));

/** Exit codes: 0 every target reached, 1 one missed, 2 usage. Progress goes to stderr, the table to stdout. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseRequest(args, names);
    if (request.help) {
      console.log(usage(names));
      return 0;
    }
    const results = await measureAll(benchmarks.filter(({ name }) => request.names.includes(name)));
    console.log(table(results));
    if (request.json !== undefined) writeFileSync(request.json, json(results));
    return results.every(reached) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage(names)}`);
    return 2;
  }
}

async function measureAll(chosen: readonly Benchmark[]): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const benchmark of chosen) {
    results.push(
      await measure(benchmark, rounds, (done) => console.error(`${benchmark.name}: round ${done} of ${rounds}`)),
    );
  }
  return results;
}
