type Cell = string | number;

/** Prints rows under a header, columns aligned by spaces. */
export function printTable(header: readonly string[], rows: readonly (readonly Cell[])[]): void {
  process.stdout.write(tableText(header, rows));
}

export function tableText(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [header, ...rows].map((row) => row.map(String));
  const widths = header.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const text = (line: readonly string[]) =>
    line
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return lines.map((line) => `${text(line)}\n`).join("");
}

/** `0.375` as `37.5%`. */
export function percent(part: number): string {
  return `${(part * 100).toFixed(1)}%`;
}
