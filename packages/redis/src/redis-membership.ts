import type {
  Cancel,
  Heartbeat,
  Member,
  Membership,
  Placement,
  PlacementTable,
  View,
  ViewMember,
} from "@actor-runtime/core";
import type { Connection } from "./connection.js";
import type { NamespaceKeys } from "./keys.js";
import { beat, joinView, leaveView, lookAtView, writePlacement } from "./scripts/membership.js";
import type { StoreClock } from "./store-clock.js";

type ViewAnswer = readonly [version: string, members: readonly string[], ...rest: unknown[]];
type BeatAnswer = readonly [version: string, members: readonly string[], own: Heartbeat["own"], now: string, left: string];

/** `Membership` in Redis, judged by its TIME; under one hash tag, because a view is read and written whole. */
export class RedisMembership implements Membership {
  readonly #connection: Connection;
  readonly #keys: NamespaceKeys;
  readonly #storeClock: StoreClock;
  readonly #view: readonly string[];

  constructor(connection: Connection, keys: NamespaceKeys, storeClock: StoreClock) {
    this.#connection = connection;
    this.#keys = keys;
    this.#storeClock = storeClock;
    this.#view = [keys.members, keys.memberEnds, keys.viewVersion];
  }

  async join({ id, incarnation, types, weight, build, state }: Member, ttlMs: number): Promise<View> {
    // In this order always: members are compared as text. The script appends when it joined.
    const text = JSON.stringify({ id, incarnation, types, weight, build, state }).slice(0, -1);
    return parseView(await this.#connection.run(joinView, this.#view, [id, incarnation, text, micros(ttlMs)]));
  }

  async heartbeat({ id, incarnation }: Pick<Member, "id" | "incarnation">, ttlMs: number): Promise<Heartbeat> {
    const answer = await this.#connection.run(beat, this.#view, [id, incarnation, micros(ttlMs)]);
    const [, , own, now, left] = answer as BeatAnswer;
    this.#storeClock.saw(Number(now));
    return {
      view: parseView(answer),
      own,
      storeTime: Math.floor(Number(now) / 1_000),
      // Rounded up: whoever looks then must not be a moment too early.
      ...(left !== "" && { nextExpiryMs: Math.ceil(Number(left) / 1_000) }),
    };
  }

  async leave({ id, incarnation }: Pick<Member, "id" | "incarnation">): Promise<void> {
    await this.#connection.run(leaveView, this.#view, [id, incarnation]);
  }

  async view(): Promise<View> {
    return parseView(await this.#connection.run(lookAtView, this.#view, []));
  }

  async placements(mailboxes: readonly string[]): Promise<(Placement | undefined)[]> {
    if (mailboxes.length === 0) return [];
    const texts = (await this.#connection.call("hmget", this.#keys.placements, ...mailboxes)) as (string | null)[];
    return texts.map((text) => (text === null ? undefined : parsePlacement(text)));
  }

  async place(mailbox: string, expected: number, table: PlacementTable): Promise<Placement | undefined> {
    const { view, owners, since } = table;
    // JSON has no undefined in lists: null says that nobody hosts the partition.
    const content = JSON.stringify({ view, owners: owners.map((owner) => owner ?? null), since });
    const args = [mailbox, String(expected), String(view), `${expected + 1}:${content}`];
    const inEffect = await this.#connection.run(writePlacement, [...this.#view, this.#keys.placements], args);
    return inEffect === null ? undefined : parsePlacement(inEffect as string);
  }

  watch(): Cancel {
    return () => {};
  }
}

function parseView(answer: unknown): View {
  const [version, members] = answer as ViewAnswer;
  const parsed = members.map((text) => JSON.parse(text) as ViewMember);
  return { version: Number(version), members: parsed.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function parsePlacement(text: string): Placement {
  const colon = text.indexOf(":");
  const { view, owners, since } = JSON.parse(text.slice(colon + 1)) as {
    view: number;
    owners: (string | null)[];
    since: number[];
  };
  return { version: Number(text.slice(0, colon)), view, owners: owners.map((owner) => owner ?? undefined), since };
}

function micros(ms: number): string {
  return String(Math.round(ms * 1_000));
}
