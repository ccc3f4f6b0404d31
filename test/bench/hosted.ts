import { Account } from "./account.js";
import { tallies } from "./tally.js";

/** What the workers of a figure host, by its name on their command line. */
export const hosted = { ...tallies, accounts: [Account] } as const;
export type Hosted = keyof typeof hosted;
