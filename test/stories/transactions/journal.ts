import type { Transfer } from "./transfer.js";

/** How a client's transfer ended, as it was told. */
export interface Ended {
  readonly client: string;
  readonly n: number;
  /** `done`, `undone`: it has all its effects, or none. `unknown`: one of both, and nobody said which. */
  readonly end: "done" | "undone" | "unknown";
  /** Why it was not done. */
  readonly why?: string;
  /** How often its body ran; of one made by a handler nobody knows. */
  readonly attempts?: number;
}

/** What is known of a transfer. */
export interface Known {
  readonly transfer: Transfer;
  readonly end: Ended["end"];
}
