import type {
  Cancel,
  Change,
  Heartbeat,
  Member,
  Membership,
  Placement,
  PlacementTable,
  View,
} from "@actor-runtime/core";
import type { Link } from "./link.js";
import type { MembershipMemory } from "./membership-memory.js";

/** One process's connection to the members of a world. */
export class EmbeddedMembership implements Membership {
  readonly #memory: MembershipMemory;
  readonly #link: Link;

  constructor(memory: MembershipMemory, link: Link) {
    this.#memory = memory;
    this.#link = link;
  }

  join(member: Member, ttlMs: number): Promise<View> {
    return this.#link.call(() => this.#memory.join(member, ttlMs));
  }

  heartbeat(member: Pick<Member, "id" | "incarnation">, ttlMs: number): Promise<Heartbeat> {
    return this.#link.call(() => this.#memory.heartbeat(member, ttlMs));
  }

  leave(member: Pick<Member, "id" | "incarnation">): Promise<void> {
    return this.#link.call(() => this.#memory.leave(member));
  }

  view(): Promise<View> {
    return this.#link.call(() => this.#memory.view());
  }

  placements(mailboxes: readonly string[]): Promise<(Placement | undefined)[]> {
    return this.#link.call(() => mailboxes.map((mailbox) => this.#memory.placement(mailbox)));
  }

  place(mailbox: string, expected: number, table: PlacementTable): Promise<Placement | undefined> {
    return this.#link.call(() => this.#memory.place(mailbox, expected, table));
  }

  watch(changed: (change: Change) => void): Cancel {
    let watching = true;
    const cancel = this.#memory.watch((change) => {
      this.#link.notify(() => {
        if (watching) changed(change);
      });
    });
    return () => {
      watching = false;
      cancel();
    };
  }
}
