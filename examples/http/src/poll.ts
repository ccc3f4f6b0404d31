import { Actor, Handler, Query, RejectedError, State } from "actor-runtime";
import { z } from "zod";

const name = z.string().min(1).max(40);

/** A poll: everybody has one vote and may change it. */
@Actor("Poll")
export class Poll {
  @State() private readonly votes = new Map<string, string>();
  @State() private open = true;

  @Handler({ input: [name, name] }) vote(voter: string, choice: string): void {
    if (!this.open) throw new RejectedError("the poll is closed", { code: "CLOSED" });
    this.votes.set(voter, choice);
  }

  @Handler() close(): void {
    this.open = false;
  }

  @Query() results(): Record<string, number> {
    const counts = new Map<string, number>();
    for (const choice of this.votes.values()) counts.set(choice, (counts.get(choice) ?? 0) + 1);
    return Object.fromEntries(counts);
  }
}
