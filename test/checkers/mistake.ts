import { SeededRandom } from "@actor-runtime/embedded";
import type { Call, Effect, Seen, Violation } from "@actor-runtime/testing";
import { goodHistory, type Open, type OpenHistory } from "./good-history.js";

/** What was spoilt, and how a checker should put it. */
export interface Expected {
  readonly address: string;
  readonly message: string;
  readonly what: RegExp;
}

export type PickOne = <T>(items: readonly T[]) => T | undefined;

/** One way in which a history can be bad. */
export interface Mistake {
  readonly promise: Violation["promise"];
  readonly title: string;
  /** Spoils a good history; `undefined` when there is nothing in it to make the mistake with. */
  make(history: OpenHistory, pick: PickOne): Expected | undefined;
}

const goodHistoriesToTry = 20;

/** A bad history of this kind. */
export function badHistory(mistake: Mistake, seed: number): { history: OpenHistory; expected: Expected } {
  const random = new SeededRandom(seed);
  const pick: PickOne = (items) => items[Math.floor(random.next() * items.length)];
  for (let variant = 0; variant < goodHistoriesToTry; variant++) {
    const history = goodHistory(seed + variant * 1_000_003);
    const spoilt = mistake.make(history, pick);
    if (spoilt !== undefined) return { history, expected: spoilt };
  }
  throw new Error(`no good history of seed ${seed} offers what "${mistake.title}" needs`);
}

// ---- what mistakes are made of

export type Final = OpenHistory["finals"][number];
type Named = Pick<Call, "address" | "message">;

export function expected({ address, message }: Named, what: RegExp): Expected {
  return { address, message, what };
}

export function finalOf({ finals }: OpenHistory, { address }: Pick<Call, "address">): Final {
  return finals.find((final) => final.address === address)!;
}

/** Where the message's effect stands; negative: nowhere. */
export function placeOf(history: OpenHistory, call: Named): number {
  return finalOf(history, call).effects.findIndex(({ message }) => message === call.message);
}

export function effectOf(history: OpenHistory, call: Named): Open<Effect> | undefined {
  return finalOf(history, call).effects[placeOf(history, call)];
}

export function callsThat(history: OpenHistory, state: Call["outcome"]["state"], kind?: Call["kind"]): Open<Call>[] {
  return history.calls.filter((call) => call.outcome.state === state && (kind === undefined || call.kind === kind));
}

/** Answered calls that show what their actor had noted, with a way to make them show something else. */
export function showing(
  history: OpenHistory,
  kind: "ask" | "query",
): { readonly call: Open<Call>; readonly seen: Seen; show(seen: Seen): void }[] {
  return callsThat(history, "answered", kind).flatMap((call) => {
    const { outcome } = call;
    if (outcome.state !== "answered" || outcome.seen === undefined) return [];
    return [{ call, seen: outcome.seen, show: (seen) => void (call.outcome = { ...outcome, seen }) }];
  });
}

export function neverEnds(call: Open<Call>): void {
  call.outcome = { state: "pending" };
  delete call.ended;
}
