import type { ActorSystem } from "@actor-runtime/runtime";
import type { TimedEntry } from "./chatter.js";
import { endOf } from "./drive.js";
import type { Entry } from "./journal.js";
import { Ledger } from "./ledger.js";

/** What one sender sends as long as a story goes on: constant load, however slowly it is answered. */
export interface Pace {
  readonly sender: string;
  readonly keys: readonly string[];
  /** Between two actors. */
  readonly beatMs: number;
  readonly timeoutMs: number;
}

/** To one actor, one right after the other, so that they are under way together and their order counts. */
const burst = ["tell", "tell", "ask"] as const;

/** By a clock that all processes of the machine share. */
const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/**
 * Sends a burst to one actor after the other, whether or not earlier calls have ended.
 *
 * @returns how to stop it, which resolves with how all calls ended
 */
export function keepPace(system: ActorSystem, { sender, keys, beatMs, timeoutMs }: Pace) {
  const calls: Promise<TimedEntry>[] = [];
  let beats = 0;
  const call = async (key: string, n: number, kind: Entry["kind"]): Promise<TimedEntry> => {
    const ref = system.ref(Ledger, key).with({ timeout: timeoutMs });
    const began = machineMs();
    const end = await endOf(kind === "tell" ? ref.tell.add(sender, n) : ref.add(sender, n));
    return { sender, key, n, kind, end, began, ended: machineMs() };
  };
  const timer = setInterval(() => {
    const key = keys[beats % keys.length]!;
    const before = Math.floor(beats / keys.length) * burst.length;
    burst.forEach((kind, index) => void calls.push(call(key, before + index + 1, kind)));
    beats++;
  }, beatMs);
  return (): Promise<TimedEntry[]> => {
    clearInterval(timer);
    return Promise.all(calls);
  };
}
