import {
  type Cancel,
  type Change,
  type Clock,
  type Heartbeat,
  type Inquiry,
  type InquiryOptions,
  type Member,
  type Membership,
  maxResponseBytes,
  messageBytes,
  type Placement,
  type PlacementTable,
  type View,
} from "@actor-runtime/core";
import type { Link } from "./link.js";
import type { MembershipMemory } from "./membership-memory.js";

/** One process's connection to the members of a world. */
export class EmbeddedMembership implements Membership {
  readonly #memory: MembershipMemory;
  readonly #link: Link;
  readonly #clock: Clock;

  /** @param clock the process' own */
  constructor(memory: MembershipMemory, link: Link, clock: Clock) {
    this.#memory = memory;
    this.#link = link;
    this.#clock = clock;
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

  async inquire(text: string, { timeoutMs, of }: InquiryOptions): Promise<Inquiry> {
    const question = await this.#link.call(() => this.#memory.ask(text, of));
    let cancel: Cancel = () => {};
    const over = new Promise<void>((resolve) => {
      cancel = this.#clock.after(timeoutMs, resolve);
    });
    await Promise.race([question.answered, over]);
    cancel();
    return this.#link.call(() => question.outcome);
  }

  respond({ id, incarnation }: Pick<Member, "id" | "incarnation">, respond: (question: string) => string): Cancel {
    let responding = true;
    const cancel = this.#memory.listen((question) => {
      this.#link.notify(() => {
        if (!responding || !question.isFor(id)) return;
        const text = respond(question.text);
        if (messageBytes(text) > maxResponseBytes) return;
        this.#link.send(() => question.respond(id, incarnation, text));
      });
    });
    return () => {
      responding = false;
      cancel();
    };
  }
}
