import { grouped } from "./groups.js";
import type { Call, History, TurnRun } from "./history.js";
import { type Span, Timeline } from "./timeline.js";
import type { Violation } from "./violation.js";

export interface NeighbourOptions {
  /** How long an answer may take beside a slow actor, without the turns of the actor asked. Default 1 s. */
  readonly withinMs?: number;
}

/** A run of a turn, or the wait of a failed message for its next one. */
interface Busy extends Span {
  readonly run: TurnRun;
  readonly retrying: boolean;
}

/**
 * P8: in a calm time, while a turn of one actor runs for long, asks to the other actors of its partition are answered within
 * a bound. An actor takes the time of its own turns first, and owes nothing while a failed message of its own waits for its
 * next attempt.
 */
export function checkFreeNeighbours(history: History, { withinMs = 1_000 }: NeighbourOptions = {}): Violation[] {
  const { calls, calm, partitions } = history;
  const busy = busySpans(history);
  const ofActor = timelines(busy, ({ run }) => run.address);
  const slow = timelines(
    busy.filter(({ fromMs, toMs, run }) => run.kind === "handler" && run.end !== "never" && toMs - fromMs >= withinMs),
    ({ run }) => partitions[run.address] ?? "",
  );
  const calmTimes = new Timeline(calm);

  /** The turn of another actor that runs through all the time in which the call should be answered. */
  const beside = ({ address, begun: { ms } }: Call): TurnRun | undefined => {
    for (const { fromMs, toMs, run, retrying } of slow.get(partitions[address] ?? "")?.during(ms, ms) ?? []) {
      if (!retrying && run.address !== address && fromMs <= ms && toMs >= ms + withinMs) return run;
    }
    return undefined;
  };

  /** When the call should be answered at the latest; `undefined`: its actor waits for itself. */
  const dueMs = ({ address, begun: { ms } }: Call): number | undefined => {
    let due = ms + withinMs;
    for (const { fromMs, toMs, run, retrying } of ofActor.get(address)?.during(ms, due) ?? []) {
      if (toMs <= ms) continue;
      if (retrying || run.end === "never") return undefined;
      due += toMs - Math.max(fromMs, ms);
    }
    return due;
  };

  return calls.flatMap((call): Violation[] => {
    const { kind, address, message, begun, ended } = call;
    const neighbour = kind === "tell" ? undefined : beside(call);
    const due = neighbour && dueMs(call);
    if (neighbour === undefined || due === undefined || (ended?.ms ?? Number.POSITIVE_INFINITY) <= due) return [];
    const isCalm = calmTimes.during(begun.ms, due).some(({ fromMs, toMs }) => fromMs <= begun.ms && due <= toMs);
    if (!isCalm) return [];
    const took = ended === undefined ? "was not answered" : `took ${ended.ms - begun.ms} ms`;
    const what = `the ${kind} ${took} while ${neighbour.address} of its partition was busy with message ${neighbour.message}`;
    return [{ promise: "P8", address, message, what }];
  });
}

function busySpans({ calls, turns, deadLetters }: History): Busy[] {
  const asked = calls.filter(({ kind }) => kind !== "tell");
  /** Of which no run follows a failed one. */
  const final = new Set([...asked, ...deadLetters].map(nameOf));
  const attempts = grouped(turns, nameOf);
  const activations = grouped(turns, ({ address }) => address);
  return [...attempts.values()].flatMap((runs) =>
    runs.flatMap((run, index): Busy[] => {
      const heir = (other: TurnRun) => other.begun.step > run.begun.step && other.activation !== run.activation;
      const end = run.ended ?? activations.get(run.address)!.find(heir)?.begun;
      const toMs = end?.ms ?? Number.POSITIVE_INFINITY;
      const span = { fromMs: run.begun.ms, toMs, run, retrying: false };
      if (run.end !== "thrown" || final.has(nameOf(run))) return [span];
      const nextMs = runs[index + 1]?.begun.ms ?? Number.POSITIVE_INFINITY;
      return [span, { fromMs: toMs, toMs: nextMs, run, retrying: true }];
    }),
  );
}

function nameOf({ address, message }: { readonly address: string; readonly message: string }): string {
  return JSON.stringify([address, message]);
}

function timelines(spans: readonly Busy[], placeOf: (span: Busy) => string): Map<string, Timeline<Busy>> {
  return new Map(Array.from(grouped(spans, placeOf), ([name, own]) => [name, new Timeline(own)]));
}
