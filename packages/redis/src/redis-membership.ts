import type { Member, Membership, Placement, View } from "@actor-runtime/core";
import type { Connection } from "./connection.js";
import type { NamespaceKeys } from "./keys.js";
import { beat, joinView, leaveView, lookAtView, writePlacement } from "./scripts/membership.js";
import type { StoreClock } from "./store-clock.js";

type ViewAnswer = readonly [version: string, members: readonly string[], ...rest: unknown[]];

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

  async join({ id, types, weight, build }: Member, ttlMs: number): Promise<View> {
    // In this order always: members are compared as text.
    const text = JSON.stringify({ id, types, weight, build });
    return parseView(await this.#connection.run(joinView, this.#view, [id, text, micros(ttlMs)]));
  }

  async heartbeat(id: string, ttlMs: number): Promise<{ view: View; expired: boolean; storeTime: number }> {
    const answer = await this.#connection.run(beat, this.#view, [id, micros(ttlMs)]);
    const [, , dropped, now] = answer as [string, string[], number, string];
    this.#storeClock.saw(Number(now));
    return { view: parseView(answer), expired: dropped === 1, storeTime: Math.floor(Number(now) / 1_000) };
  }

  async leave(id: string): Promise<void> {
    await this.#connection.run(leaveView, this.#view, [id]);
  }

  async view(): Promise<View> {
    return parseView(await this.#connection.run(lookAtView, this.#view, []));
  }

  async placement(mailbox: string): Promise<Placement | undefined> {
    const text = await this.#connection.call("hget", this.#keys.placements, mailbox);
    return text === null ? undefined : parsePlacement(text as string);
  }

  async place(mailbox: string, expected: number, owners: readonly (string | undefined)[]): Promise<Placement> {
    // JSON has no undefined in lists: null says that nobody hosts the partition.
    const next = `${expected + 1}:${JSON.stringify(owners.map((owner) => owner ?? null))}`;
    const args = [mailbox, String(expected), next];
    const inEffect = await this.#connection.run(writePlacement, [this.#keys.placements], args);
    return inEffect === null ? { version: 0, owners: [] } : parsePlacement(inEffect as string);
  }
}

function parseView(answer: unknown): View {
  const [version, members] = answer as ViewAnswer;
  const parsed = members.map((text) => JSON.parse(text) as Member);
  return { version: Number(version), members: parsed.sort((a, b) => (a.id < b.id ? -1 : 1)) };
}

function parsePlacement(text: string): Placement {
  const colon = text.indexOf(":");
  const owners = JSON.parse(text.slice(colon + 1)) as (string | null)[];
  return { version: Number(text.slice(0, colon)), owners: owners.map((owner) => owner ?? undefined) };
}

function micros(ms: number): string {
  return String(Math.round(ms * 1_000));
}
