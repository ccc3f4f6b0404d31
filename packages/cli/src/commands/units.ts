/** `420 µs`, `2.5 ms`, `12 ms`, `3 s`, `3.2 s`, `4m 10s`, `2h 5m`, `3d 4h`. */
export function durationText(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1_000)} µs`;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Math.floor(ms / 100) / 10} s`;
  const units = [
    ["d", 86_400_000, "h", 3_600_000],
    ["h", 3_600_000, "m", 60_000],
    ["m", 60_000, "s", 1_000],
  ] as const;
  const [unit, size, next, nextSize] = units.find(([, each]) => ms >= each)!;
  return `${Math.floor(ms / size)}${unit} ${Math.floor((ms % size) / nextSize)}${next}`;
}

/** `12,345` */
export function countText(count: number): string {
  return count.toLocaleString("en-US");
}
