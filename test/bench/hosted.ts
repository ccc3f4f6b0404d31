import type { AnyActor } from "@actor-runtime/runtime";
import { Account } from "./account.js";
import { Reminded } from "./reminded.js";
import { type Spread, tallies } from "./tally.js";

/** What the workers of a figure host, by its name on their command line. */
export type Hosted = Spread | "accounts" | "reminded";
export const hosted: Readonly<Record<Hosted, readonly AnyActor[]>> = {
  ...tallies,
  accounts: [Account],
  reminded: [Reminded],
};
