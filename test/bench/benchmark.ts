/** `baseline` is absent where there is nothing to compare with. */
export interface Figure {
  readonly value: number;
  readonly baseline?: number;
}

/** What one round of a benchmark measured. */
export interface Measurement extends Figure {
  /** What the same calls showed besides, by the names of {@link Benchmark.also}. */
  readonly also?: Readonly<Record<string, Figure>>;
}

/** Bounds of the ratio, or of the value where there is no baseline. Neither bound: the figure is only reported. */
export interface Target {
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One figure, measured beside what it is compared with. */
export interface Benchmark {
  readonly name: string;
  /** On the command line stands for all benchmarks that have it. */
  readonly group?: string;
  /** Unit of value and baseline, for example `asks/s`. */
  readonly unit: string;
  /** What the baseline is, absent where there is none. */
  readonly baselineName?: string;
  readonly target: Target;
  /** Units of what else a round measures, by its name; it is only reported, as `<name of the benchmark>-<its name>`. */
  readonly also?: Readonly<Record<string, string>>;
  /** In place of the usual number of rounds. */
  readonly rounds?: number;
  /** One round: measures the figure and its baseline one right after the other, so that both see the same machine. */
  run(): Promise<Measurement>;
}

/** The medians of all rounds of one benchmark. */
export interface Result {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly baseline: number | null;
  readonly baselineName: string | null;
  /** value ÷ baseline */
  readonly ratio: number | null;
  readonly target: Target;
}

/**
 * Runs a benchmark `rounds` times and takes medians, which one round disturbed by the machine does not move.
 *
 * @returns the benchmark's own figure, then what it measures besides
 */
export async function measure(
  benchmark: Benchmark,
  rounds: number,
  onRound: (done: number) => void,
): Promise<readonly [Result, ...Result[]]> {
  const measured: Measurement[] = [];
  while (measured.length < rounds) {
    measured.push(await benchmark.run());
    onRound(measured.length);
  }
  const also = Object.entries(benchmark.also ?? {}).map(([name, unit]) =>
    summarise(
      { ...benchmark, name: `${benchmark.name}-${name}`, unit, target: {} },
      measured.map((round) => round.also![name]!),
    ),
  );
  return [summarise(benchmark, measured), ...also];
}

export function summarise(benchmark: Omit<Benchmark, "run">, rounds: readonly Figure[]): Result {
  const { name, unit, target, baselineName } = benchmark;
  const value = median(rounds.map((round) => round.value));
  const baselines = rounds.flatMap((round) => round.baseline ?? []);
  const baseline = baselines.length > 0 ? median(baselines) : null;
  const ratio = baseline === null ? null : value / baseline;
  return { name, value, unit, baseline, baselineName: baselineName ?? null, ratio, target };
}

/** Whether the figure that has a target reached it; true for figures that are only reported. */
export function reached({ value, ratio, target: { atLeast = -Infinity, atMost = Infinity } }: Result): boolean {
  const figure = ratio ?? value;
  return figure >= atLeast && figure <= atMost;
}

/** @throws RangeError when there is no value */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (low === undefined || high === undefined) throw new RangeError("the median of no values is not defined");
  return (low + high) / 2;
}
