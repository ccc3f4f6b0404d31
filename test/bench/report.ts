import { type Result, reached } from "./benchmark.js";

/** The results as a table for people: figure, baseline, ratio, target, and whether it was reached. */
export function table(results: readonly Result[]): string {
  const header = ["name", "value", "baseline", "ratio", "target", ""];
  const rows = results.map((result) => [
    result.name,
    `${amount(result.value)} ${result.unit}`,
    result.baseline === null ? "–" : `${amount(result.baseline)} ${result.unit} (${result.baselineName ?? "baseline"})`,
    result.ratio === null ? "–" : amount(result.ratio),
    bounds(result),
    verdict(result),
  ]);
  const lines = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** The results for machines; targets stay out, they belong to the project and not to the run. */
export function json(results: readonly Result[]): string {
  const plain = results.map(({ target, ...result }) => result);
  return `${JSON.stringify({ results: plain }, null, 2)}\n`;
}

function bounds({ ratio, unit, target: { atLeast, atMost } }: Result): string {
  const of = ratio === null ? ` ${unit}` : "";
  const parts = [
    ...(atLeast === undefined ? [] : [`≥ ${amount(atLeast)}${of}`]),
    ...(atMost === undefined ? [] : [`≤ ${amount(atMost)}${of}`]),
  ];
  return parts.join(", ") || "–";
}

function verdict(result: Result): string {
  if (result.target.atLeast === undefined && result.target.atMost === undefined) return "reported";
  return reached(result) ? "reached" : "MISSED";
}

/** Three significant digits below 1,000, whole numbers with separators above. */
function amount(value: number): string {
  return value < 1_000 ? String(Number(value.toPrecision(3))) : Math.round(value).toLocaleString("en-US");
}
