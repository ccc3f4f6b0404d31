import { grouped } from "./groups.js";
import type { Call, History } from "./history.js";

/** All calls of one message to one actor: one, or several under a key. */
export interface Repeats {
  readonly address: string;
  readonly message: string;
  readonly calls: readonly Call[];
}

/** Asks and tells by what they mean to be: repeats of one message are one. */
export function messagesOf({ calls }: Pick<History, "calls">): Repeats[] {
  const changing = calls.filter(({ kind }) => kind !== "query");
  const repeats = grouped(changing, ({ address, message }) => JSON.stringify([address, message]));
  return Array.from(repeats.values(), (ofOne) => ({ ...pick(ofOne[0]!), calls: ofOne }));
}

function pick({ address, message }: Call): Pick<Call, "address" | "message"> {
  return { address, message };
}
