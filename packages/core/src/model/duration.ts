/** A number of milliseconds, or a text with its unit: `"250ms"`, `"5s"`, `"1m"`, `"2h"`, `"7d"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const units = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/**
 * Converts a duration to milliseconds.
 *
 * @param field named in the error, for example `timeout`
 * @throws RangeError when it is negative, not finite or has an unknown unit
 * @example durationMs("1.5s", "timeout") // 1500
 */
export function durationMs(duration: Duration, field: string): number {
  if (typeof duration === "number") {
    if (duration >= 0 && Number.isFinite(duration)) return duration;
  } else if (typeof duration === "string") {
    const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(duration);
    const ms = match ? Number(match[1]) * units[match[2] as keyof typeof units] : Number.NaN;
    if (Number.isFinite(ms)) return ms;
  }
  const given = typeof duration === "string" ? JSON.stringify(duration) : String(duration);
  throw new RangeError(
    `${field}: ${given} is no duration; write milliseconds or for example "250ms", "5s", "1m", "2h"`,
  );
}
