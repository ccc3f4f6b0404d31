import type { Member, Membership, Placement, View } from "@actor-runtime/core";
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

  heartbeat(id: string, ttlMs: number): Promise<{ view: View; expired: boolean; storeTime: number }> {
    return this.#link.call(() => this.#memory.heartbeat(id, ttlMs));
  }

  leave(id: string): Promise<void> {
    return this.#link.call(() => this.#memory.leave(id));
  }

  view(): Promise<View> {
    return this.#link.call(() => this.#memory.view());
  }

  placement(mailbox: string): Promise<Placement | undefined> {
    return this.#link.call(() => this.#memory.placement(mailbox));
  }

  place(mailbox: string, expected: number, owners: readonly (string | undefined)[]): Promise<Placement> {
    return this.#link.call(() => this.#memory.place(mailbox, expected, owners));
  }
}
