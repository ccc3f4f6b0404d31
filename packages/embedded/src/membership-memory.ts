import type {
  Cancel,
  Change,
  Clock,
  Heartbeat,
  Member,
  Placement,
  PlacementTable,
  View,
  ViewMember,
} from "@actor-runtime/core";
import { Question } from "./question.js";

/** The members and the placement that all workers of a world agree on. */
export class MembershipMemory {
  readonly #clock: Clock;
  readonly #members = new Map<string, { readonly member: ViewMember; until: number }>();
  readonly #placements = new Map<string, Placement>();
  readonly #watchers = new Set<(change: Change) => void>();
  readonly #listeners = new Set<(question: Question) => void>();
  #version = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  join(member: Member, ttlMs: number): View {
    this.#dropExpired();
    const known = this.#members.get(member.id)?.member;
    const late =
      known !== undefined && known.incarnation !== member.incarnation && known.joinedAt > (member.joinedAt ?? Infinity);
    if (late) return this.view();
    const again = known?.incarnation === member.incarnation ? known : member;
    const joinedAt = again.joinedAt ?? this.#clock.now();
    const joined = { ...member, joinedAt };
    this.#members.set(member.id, { member: joined, until: this.#clock.monotonic() + ttlMs });
    if (known === undefined || !sameMember(known, joined)) this.#viewChanged();
    return this.view();
  }

  heartbeat({ id, incarnation }: Pick<Member, "id" | "incarnation">, ttlMs: number): Heartbeat {
    this.#dropExpired();
    const now = this.#clock.monotonic();
    const known = this.#members.get(id);
    const own = known === undefined ? "expired" : known.member.incarnation === incarnation ? "alive" : "replaced";
    if (own === "alive") known!.until = now + ttlMs;
    const ends = Array.from(this.#members.values(), ({ member, until }) => (member.id === id ? [] : until)).flat();
    return {
      view: this.view(),
      own,
      storeTime: this.#clock.now(),
      // Rounded up: whoever looks then must not be a moment too early.
      ...(ends.length > 0 && { nextExpiryMs: Math.ceil(Math.min(...ends) - now) }),
    };
  }

  leave({ id, incarnation }: Pick<Member, "id" | "incarnation">): void {
    this.#dropExpired();
    if (this.#members.get(id)?.member.incarnation === incarnation) this.#drop(id);
  }

  view(): View {
    this.#dropExpired();
    const members = Array.from(this.#members.values(), ({ member }) => member);
    return { version: this.#version, members: members.sort((a, b) => (a.id < b.id ? -1 : 1)) };
  }

  placement(mailbox: string): Placement | undefined {
    return this.#placements.get(mailbox);
  }

  place(mailbox: string, expected: number, { view, owners, since }: PlacementTable): Placement | undefined {
    const current = this.#placements.get(mailbox);
    this.#dropExpired();
    if ((current?.version ?? 0) !== expected || view !== this.#version) return current;
    const next = { version: expected + 1, view, owners: [...owners], since: [...since] };
    this.#placements.set(mailbox, next);
    this.changed({ about: "placement", mailbox });
    return next;
  }

  watch(changed: (change: Change) => void): Cancel {
    // An entry of its own, should one listener watch twice.
    const watcher = (change: Change) => changed(change);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Puts a question to members. */
  ask(text: string, of: readonly string[] | undefined): Question {
    const asked = this.view().members.filter(({ id }) => of?.includes(id) ?? true);
    const question = new Question(text, asked);
    for (const listener of [...this.#listeners]) listener(question);
    return question;
  }

  /** Hears every question from now on. */
  listen(asked: (question: Question) => void): Cancel {
    const listener = (question: Question) => asked(question);
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Tells everybody who watches. */
  changed(change: Change): void {
    for (const watcher of [...this.#watchers]) watcher(change);
  }

  #dropExpired(): void {
    const now = this.#clock.monotonic();
    for (const [id, { until }] of this.#members) if (until <= now) this.#drop(id);
  }

  #drop(id: string): void {
    this.#members.delete(id);
    this.#viewChanged();
  }

  #viewChanged(): void {
    this.#version += 1;
    this.changed({ about: "view" });
  }
}

function sameMember(a: ViewMember, b: ViewMember): boolean {
  return (
    a.incarnation === b.incarnation &&
    a.weight === b.weight &&
    a.build === b.build &&
    a.state === b.state &&
    a.types.length === b.types.length &&
    a.types.every((type, index) => type === b.types[index])
  );
}
