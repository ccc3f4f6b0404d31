import type {
  Cancel,
  Change,
  Heartbeat,
  Inquiry,
  InquiryOptions,
  Member,
  Membership,
  Placement,
  PlacementTable,
  View,
  ViewMember,
} from "@actor-runtime/core";
import type { ChangeFeed } from "./change-feed.js";
import { changeText } from "./changes.js";
import type { Connection } from "./connection.js";
import type { Inquiries } from "./inquiries.js";
import type { NamespaceKeys } from "./keys.js";
import { beat, joinView, leaveView, lookAtView, writePlacement } from "./scripts/membership.js";
import type { StoreClock } from "./store-clock.js";

type ViewAnswer = readonly [version: string, members: readonly string[], ...rest: unknown[]];
type BeatAnswer = readonly [
  version: string,
  members: readonly string[],
  own: Heartbeat["own"],
  now: string,
  left: string,
];

/** `Membership` in Redis, judged by its TIME; under one hash tag, because a view is read and written whole. */
export class RedisMembership implements Membership {
  readonly #connection: Connection;
  readonly #keys: NamespaceKeys;
  readonly #storeClock: StoreClock;
  readonly #changes: ChangeFeed;
  readonly #inquiries: Inquiries;
  readonly #view: readonly string[];

  constructor(
    connection: Connection,
    keys: NamespaceKeys,
    storeClock: StoreClock,
    changes: ChangeFeed,
    inquiries: Inquiries,
  ) {
    this.#connection = connection;
    this.#keys = keys;
    this.#storeClock = storeClock;
    this.#changes = changes;
    this.#inquiries = inquiries;
    this.#view = [keys.members, keys.memberEnds, keys.viewVersion];
  }

  async join({ id, incarnation, types, weight, build, state, joinedAt }: Member, ttlMs: number): Promise<View> {
    // In this order always: members are compared as text.
    const rest = JSON.stringify({ id, types, weight, build, state });
    const args = [this.#keys.changes, id, incarnation, rest, micros(ttlMs), String(joinedAt ?? "")];
    return parseView(await this.#connection.run(joinView, this.#view, args));
  }

  async heartbeat({ id, incarnation }: Pick<Member, "id" | "incarnation">, ttlMs: number): Promise<Heartbeat> {
    this.#changes.check();
    const answer = await this.#connection.run(beat, this.#view, [this.#keys.changes, id, incarnation, micros(ttlMs)]);
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
    await this.#connection.run(leaveView, this.#view, [this.#keys.changes, id, incarnation]);
  }

  async view(): Promise<View> {
    return parseView(await this.#connection.run(lookAtView, this.#view, [this.#keys.changes]));
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
    const versions = [String(expected), String(view)];
    const hint = changeText({ about: "placement", mailbox });
    const args = [this.#keys.changes, mailbox, ...versions, `${expected + 1}:${content}`, hint];
    const inEffect = await this.#connection.run(writePlacement, [...this.#view, this.#keys.placements], args);
    return inEffect === null ? undefined : parsePlacement(inEffect as string);
  }

  watch(changed: (change: Change) => void): Cancel {
    return this.#changes.watch(changed);
  }

  async inquire(question: string, { timeoutMs, of }: InquiryOptions): Promise<Inquiry> {
    const { members } = await this.view();
    const asked = members.filter(({ id }) => of?.includes(id) ?? true);
    return this.#inquiries.inquire(question, asked, timeoutMs);
  }

  respond(member: Pick<Member, "id" | "incarnation">, respond: (question: string) => string): Cancel {
    return this.#inquiries.respond(member, respond);
  }
}

function parseView(answer: unknown): View {
  const [version, texts] = answer as ViewAnswer;
  const members = texts.map(parseMember).sort((a, b) => (a.id < b.id ? -1 : 1));
  return { version: Number(version), members };
}

function parseMember(text: string): ViewMember {
  const space = text.indexOf(" ");
  const line = text.indexOf("\n");
  const rest = JSON.parse(text.slice(line + 1)) as Omit<Member, "incarnation">;
  return { ...rest, incarnation: text.slice(space + 1, line), joinedAt: Number(text.slice(0, space)) };
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
