import { processOf } from "./journal.js";

/** What a client does to what a lock protects. */
export interface Visit {
  readonly client: string;
  readonly name: string;
  readonly fence: number;
  readonly does: "enter" | "write" | "leave";
}

/**
 * What a lock protects, twice over: once fenced, which refuses whoever comes with a lower fence than it has seen, and once
 * unfenced, which takes what comes and only notes when two were at it.
 */
export class Resource {
  /** What came to the fenced one and was refused; that somebody leaves is no news to it. */
  readonly refused: Visit[] = [];
  /** Who met whom at the unfenced one. */
  readonly overlaps: { readonly visit: Visit; readonly met: string }[] = [];
  #highest = 0;
  #inside: string | undefined;

  /** @returns whether the fenced one took it */
  visit(visit: Visit): boolean {
    this.#visitUnfenced(visit);
    if (visit.fence < this.#highest) {
      if (visit.does !== "leave") this.refused.push(visit);
      return false;
    }
    this.#highest = visit.fence;
    return true;
  }

  /** Whoever of a process was inside will not leave any more. */
  ended(process: string): void {
    if (this.#inside !== undefined && processOf(this.#inside) === process) this.#inside = undefined;
  }

  #visitUnfenced(visit: Visit): void {
    const { client, does } = visit;
    if (does === "leave") {
      if (this.#inside === client) this.#inside = undefined;
      return;
    }
    if (this.#inside !== undefined && this.#inside !== client) this.overlaps.push({ visit, met: this.#inside });
    if (does === "enter") this.#inside = client;
  }
}
