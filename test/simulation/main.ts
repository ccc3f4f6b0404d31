import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { parseRequest, type Request, UsageError, usage } from "./command-line.js";
import { json, table } from "./report.js";
import type { Share } from "./sweep-thread.js";
import { type Summary, Tally } from "./tally.js";

const progressEveryMs = 5_000;

process.exitCode = await main(process.argv.slice(2));

/** Exit codes: 0 every promise was kept, 1 one was broken, 2 usage. Progress goes to stderr, the results to stdout. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const request = parseRequest(args);
    if (request.help) {
      console.log(usage);
      return 0;
    }
    const begun = performance.now();
    const tally = await simulateAll(request);
    const seconds = (performance.now() - begun) / 1_000;
    console.log(request.json ? json(tally, seconds) : table(tally, seconds, request));
    return tally.broken.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${usage}`);
    return 2;
  }
}

/** A thread per processor, each with its share of the seeds. */
async function simulateAll({ from, seeds, minutes, rewinds }: Request): Promise<Tally> {
  const tally = new Tally();
  const stride = Math.min(availableParallelism(), seeds);
  const progress = setInterval(() => {
    console.error(`${tally.seeds} seeds, ${tally.broken.length} of them broke a promise`);
  }, progressEveryMs);
  const shared = { stride, end: from + seeds, until: Date.now() + minutes * 60_000, rewinds };
  try {
    await Promise.all(
      Array.from({ length: stride }, (_, index) =>
        inThread({ ...shared, first: from + index }, (summary) => {
          tally.add(summary);
          if (summary.violations.length > 0) console.error(`seed ${summary.seed}: ${summary.violations[0]}`);
        }),
      ),
    );
  } finally {
    clearInterval(progress);
  }
  return tally;
}

function inThread(share: Share, done: (summary: Summary) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL("sweep-thread.js", import.meta.url), { workerData: share });
    thread.on("message", done);
    thread.on("error", reject);
    thread.on("exit", () => resolve());
  });
}
