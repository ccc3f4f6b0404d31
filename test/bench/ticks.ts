import { setTimeout as delay } from "node:timers/promises";
import { type Percentiles, percentiles } from "./percentile.js";

/** When a tick was due, and when it ran, in ms since 1970. */
export type Ticked = readonly [dueAt: number, at: number];

/** Ticks per second, from when the first was due to when the last ran, and how late they were, in ms. */
export type TickPace = Percentiles & { readonly perSecond: number };

export const actors = 1_000;
const ticksOfEach = 10;
export const ticks = actors * ticksOfEach;
/** So much time is there to set them all. */
const leadMs = 10_000;
const pollMs = 1_000;
const longestMs = 60_000;

/** How a tick is set, and what became of those that took effect. */
interface Ticking {
  /** @param times when the ticks of each actor are due, in ms since 1970 */
  readonly set: (times: readonly (readonly number[])[]) => Promise<void>;
  readonly ticked: () => Promise<readonly Ticked[]>;
}

/**
 * Sets ticks for the same moment, or for moments in equal distances, and waits until all took effect.
 *
 * @param spreadMs from when the first is due until the last is
 * @throws Error when they could not be set in time, are too many, or are too few after a minute
 */
export async function tickPace({ set, ticked }: Ticking, spreadMs: number): Promise<TickPace> {
  const firstAt = Date.now() + leadMs;
  await set(
    Array.from({ length: actors }, (_, actor) =>
      Array.from({ length: ticksOfEach }, (__, n) => Math.round(firstAt + ((n * actors + actor) / ticks) * spreadMs)),
    ),
  );
  if (Date.now() > firstAt) throw new Error(`to set ${ticks} ticks took longer than ${leadMs} ms`);
  // Nobody is asked while they run.
  await delay(firstAt + spreadMs + pollMs - Date.now());
  for (let ran = await ticked(); ; ran = await ticked()) {
    if (ran.length > ticks) throw new Error(`${ran.length} ticks took effect, and ${ticks} were due`);
    if (ran.length === ticks) return paceOf(ran, firstAt);
    if (Date.now() > firstAt + spreadMs + longestMs) throw new Error(`${ran.length} of ${ticks} ticks took effect`);
    await delay(pollMs);
  }
}

function paceOf(ran: readonly Ticked[], firstAt: number): TickPace {
  const lastAt = ran.reduce((last, [, at]) => Math.max(last, at), 0);
  const perSecond = (ticks / (lastAt - firstAt)) * 1_000;
  return { perSecond, ...percentiles(ran.map(([dueAt, at]) => at - dueAt)) };
}
