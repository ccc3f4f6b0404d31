import { ActorError } from "@actor-runtime/core";
import { SeededRandom } from "@actor-runtime/embedded";
import type { ActorSystem } from "@actor-runtime/runtime";
import type { Entry } from "./journal.js";
import { Ledger } from "./ledger.js";

/** What one sender sends: tells and asks mixed at random, spread evenly over the actors. */
export interface Load {
  readonly sender: string;
  readonly keys: readonly string[];
  readonly tells: number;
  readonly asks: number;
  /** Calls under way at the same time. */
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly seed: number;
}

/**
 * Sends the load and writes down how each call ended.
 *
 * @param onProgress called with the number of ended calls
 */
export async function drive(system: ActorSystem, load: Load, onProgress: (ended: number) => void): Promise<Entry[]> {
  const { sender, concurrency, timeoutMs } = load;
  const journal: Entry[] = [];
  const counts = new Map<string, number>();
  const plan = planOf(load);
  let next = 0;

  const callOnce = async ({ key, kind }: Call): Promise<void> => {
    const n = (counts.get(key) ?? 0) + 1;
    counts.set(key, n);
    const ref = system.ref(Ledger, key).with({ timeout: timeoutMs });
    const call = kind === "tell" ? ref.tell.add(sender, n) : ref.add(sender, n);
    journal.push({ sender, key, n, kind, end: await endOf(call) });
    onProgress(journal.length);
  };
  const keepCalling = async (): Promise<void> => {
    while (next < plan.length) await callOnce(plan[next++]!);
  };
  await Promise.all(Array.from({ length: concurrency }, keepCalling));
  return journal;
}

type Call = Pick<Entry, "key" | "kind">;

function planOf({ keys, tells, asks, seed }: Load): Call[] {
  const random = new SeededRandom(seed);
  const calls = Array.from({ length: tells + asks }, (_, index): Call => {
    return { key: keys[index % keys.length]!, kind: index < tells ? "tell" : "ask" };
  });
  for (let last = calls.length - 1; last > 0; last--) {
    const other = Math.floor(random.next() * (last + 1));
    [calls[last], calls[other]] = [calls[other]!, calls[last]!];
  }
  return calls;
}

/** How a call ended, as its sender learns it. */
export async function endOf(call: Promise<number | void>): Promise<Entry["end"]> {
  try {
    const place = await call;
    return place === undefined ? { is: "confirmed" } : { is: "answered", place };
  } catch (error) {
    if (!(error instanceof ActorError)) throw error;
    return { is: "failed", error: error.name, effect: error.effect };
  }
}
