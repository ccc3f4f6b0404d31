import type { Tally } from "./tally.js";

/** The faults as a table, and what to do about each seed that broke a promise. */
export function table(tally: Tally, seconds: number, { rewinds }: { readonly rewinds: boolean }): string {
  const rows = Object.entries(tally.faults).map(
    ([name, { struck, bit }]) => [name, String(struck), String(bit)] as const,
  );
  const width = Math.max(...rows.map(([name]) => name.length), "fault".length);
  const line = ([name, struck, bit]: readonly [string, string, string]) =>
    `${name.padEnd(width)}  ${struck.padStart(8)}  ${bit.padStart(8)}`;
  const rate = `${tally.seeds} seeds in ${seconds.toFixed(1)} s, ${(tally.seeds / seconds).toFixed(1)} seeds/s`;
  const broken = tally.broken
    .toSorted((a, b) => a.seed - b.seed)
    .flatMap(({ seed, violations }) => [
      "",
      `seed ${seed} broke ${violations.length === 1 ? "a promise" : `${violations.length} promises`}; to see it again:`,
      `  npm run simulate -- --seed ${seed}${rewinds ? " --rewinds" : ""}`,
      ...violations.map((violation) => `  ${violation}`),
    ]);
  const end = broken.length === 0 ? ["", "every promise was kept"] : broken;
  return [line(["fault", "struck", "bit"]), ...rows.map(line), "", rate, ...end].join("\n");
}

export function json(tally: Tally, seconds: number): string {
  const { seeds, faults, broken } = tally;
  return JSON.stringify({ seeds, seconds, seedsPerSecond: seeds / seconds, faults, broken }, undefined, 2);
}
