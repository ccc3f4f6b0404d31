import type { LockLeases } from "@actor-runtime/core";

/** How far back a server remembers. */
export interface Memory {
  /** For how long it has kept all it was told, in ms; it may have forgotten what came before. */
  readonly ageMs: number;
  /** Its clock, in µs since 1970. */
  readonly micros: number;
}

/** One of the servers of a quorum. */
export interface LockServer extends LockLeases {
  memory(): Promise<Memory>;
}
