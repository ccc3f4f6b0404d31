import type { Clock, Member, Placement, View } from "@actor-runtime/core";

/** The members and the placement that all workers of a world agree on. */
export class MembershipMemory {
  readonly #clock: Clock;
  readonly #members = new Map<string, { readonly member: Member; until: number }>();
  readonly #placements = new Map<string, Placement>();
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(member: Member, ttlMs: number): View {
    const known = this.#members.get(member.id)?.member;
    if (known === undefined || !sameMember(known, member)) this.#version += 1;
    this.#members.set(member.id, { member, until: this.#clock.monotonic() + ttlMs });
    return this.view();
  }

  heartbeat(id: string, ttlMs: number): { view: View; expired: boolean; storeTime: number } {
    this.#dropExpired();
    const own = this.#members.get(id);
    if (own !== undefined) own.until = this.#clock.monotonic() + ttlMs;
    return { view: this.view(), expired: own === undefined, storeTime: this.#clock.now() };
  }

  leave(id: string): void {
    if (this.#members.delete(id)) this.#version += 1;
  }

  view(): View {
    this.#dropExpired();
    return { version: this.#version, members: Array.from(this.#members.values(), ({ member }) => member) };
  }

  placement(mailbox: string): Placement | undefined {
    return this.#placements.get(mailbox);
  }

  place(mailbox: string, expected: number, owners: readonly (string | undefined)[]): Placement {
    const current = this.#placements.get(mailbox) ?? { version: 0, owners: [] };
    if (current.version !== expected) return current;
    const next = { version: expected + 1, owners: [...owners] };
    this.#placements.set(mailbox, next);
    return next;
  }

  #dropExpired(): void {
    const now = this.#clock.monotonic();
    for (const [id, { until }] of this.#members) if (until <= now) this.leave(id);
  }
}

function sameMember(a: Member, b: Member): boolean {
  return (
    a.weight === b.weight &&
    a.build === b.build &&
    a.types.length === b.types.length &&
    a.types.every((type, index) => type === b.types[index])
  );
}
