import type { Instrument } from "@actor-runtime/core";

/** Base units, as Prometheus spells them; what stands in braces (`{message}`) only says what is counted and is no unit. */
const units: Readonly<Record<string, string>> = { s: "seconds", By: "bytes", "1": "ratio" };

/**
 * The name of an instrument at `/metrics`: `actor.turn.duration` in `s` is `actor_turn_duration_seconds`, and what only rises
 * ends with `_total`.
 */
export function prometheusName(name: string, { unit }: Instrument, type: "counter" | "histogram" | "gauge"): string {
  const words = [name.replace(/[^a-zA-Z0-9_]/g, "_"), units[unit], type === "counter" ? "total" : undefined];
  return words.reduce<string>(
    (whole, word) => (word === undefined || whole.endsWith(`_${word}`) ? whole : `${whole}_${word}`),
    words.shift()!,
  );
}
