import type { Benchmark, Measurement } from "./benchmark.js";
import { figuresOf } from "./own-process.js";
import { inNamespace } from "./real-services.js";
import type { TransferPace } from "./transfer-process.js";

/** Transfers in transactions between two of 10,000 accounts, against the four asks of those that are written by hand. */
const besideAsks: readonly Benchmark[] = [
  { name: "transfer", concurrency: "128", target: { atLeast: 0.7 } },
  { name: "transfer-1", concurrency: "1", target: {} },
].map(({ name, concurrency, target }) => ({
  name,
  group: "transfer",
  unit: "transfers/s",
  baselineName: `4 asks in sequence, ${concurrency} at a time`,
  target,
  also: { p50: "ms", p99: "ms", retries: "per transfer", aborted: "of 1" },
  run: () => compare(["transaction", concurrency, "uniform"], ["asks", concurrency, "uniform"]),
}));

/** One account in ten transfers is the same one, so that they meet there; against transfers that hardly meet. */
const hot: Benchmark = {
  name: "transfer-hot",
  group: "transfer",
  unit: "transfers/s",
  baselineName: "all accounts alike",
  target: {},
  also: { p50: "ms", p99: "ms", retries: "per transfer", aborted: "of 1" },
  run: () => compare(["transaction", "128", "zipf"], ["transaction", "128", "uniform"]),
};

export const transfer: readonly Benchmark[] = [...besideAsks, hot];

/** Command lines of the process. */
type Args = [way: string, concurrency: string, spread: string];

function compare(figure: Args, baseline: Args): Promise<Measurement> {
  return inNamespace(async (env) => {
    const ours = await figuresOf<TransferPace>("transfer-process.js", { args: figure, env });
    const theirs = await figuresOf<TransferPace>("transfer-process.js", { args: baseline, env });
    return {
      value: ours.perSecond,
      baseline: theirs.perSecond,
      also: {
        p50: { value: ours.p50, baseline: theirs.p50 },
        p99: { value: ours.p99, baseline: theirs.p99 },
        // Not beside the baseline's: without transactions there are none, and a ratio to nothing says nothing.
        retries: { value: ours.retries },
        aborted: { value: ours.aborted },
      },
    };
  });
}
