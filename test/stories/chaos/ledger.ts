import { Actor, Handler, Query, State } from "@actor-runtime/runtime";

/** What took effect at one actor: by sender the numbers in the order they were added. */
export type Applied = Readonly<Record<string, readonly number[]>>;

export const partitions = 8;

/** Keeps every number it is given, so that its state shows what took effect, how often and in which order. */
@Actor("Ledger", { partitions })
export class Ledger {
  @State() private readonly applied: Record<string, number[]> = {};

  /** Returns the number's place among those of its sender, from 1 on. */
  @Handler() add(sender: string, n: number): number {
    this.applied[sender] ??= [];
    return this.applied[sender].push(n);
  }

  @Query() report(): Applied {
    return this.applied;
  }
}
