import {
  type Cancel,
  type Clock,
  type Inquiry,
  type Member,
  maxResponseBytes,
  messageBytes,
  type Random,
  type ViewMember,
} from "@actor-runtime/core";
import type { ChangeFeed } from "./change-feed.js";
import type { Connection } from "./connection.js";
import type { NamespaceKeys } from "./keys.js";
import { type Question, questionText } from "./questions.js";
import { addResponse, putQuestion } from "./scripts/inquiry.js";

/** Responses take a few ms, so the first looks come soon after each other. */
const firstLookMs = 2;
const lastLookMs = 50;
/** Whoever asked and did not take its list away has died. */
const leftoverMs = 5_000;

/** Questions to members: they hear them on the namespace's channel and respond into a list that is gone soon after. */
export class Inquiries {
  readonly #connection: Connection;
  readonly #keys: NamespaceKeys;
  readonly #feed: ChangeFeed;
  readonly #clock: Clock;
  readonly #random: Random;

  constructor(connection: Connection, keys: NamespaceKeys, feed: ChangeFeed, clock: Clock, random: Random) {
    this.#connection = connection;
    this.#keys = keys;
    this.#feed = feed;
    this.#clock = clock;
    this.#random = random;
  }

  async inquire(text: string, members: readonly ViewMember[], timeoutMs: number): Promise<Inquiry> {
    const responses = new Map<string, string>();
    const missing = new Map(members.map(({ id, incarnation }) => [id, incarnation]));
    const question = { id: this.#random.id(), of: [...missing.keys()], text };
    if (missing.size > 0) await this.#gather(question, missing, responses, timeoutMs);
    return { responses, silent: [...missing.keys()].toSorted() };
  }

  respond({ id, incarnation }: Pick<Member, "id" | "incarnation">, respond: (question: string) => string): Cancel {
    return this.#feed.listen((question) => {
      if (!question.of.includes(id)) return;
      const text = respond(question.text);
      if (messageBytes(text) > maxResponseBytes) return;
      const entry = `${JSON.stringify([id, incarnation])}\n${text}`;
      // It counts as silent then, which it is.
      this.#connection.run(addResponse, [this.#keys.responses(question.id)], [entry]).catch(() => {});
    });
  }

  /** Moves members from `missing` to `responses` until none is left or the time is over. */
  async #gather(
    question: Question,
    missing: Map<string, string>,
    responses: Map<string, string>,
    timeoutMs: number,
  ): Promise<void> {
    const list = this.#keys.responses(question.id);
    const until = this.#clock.monotonic() + timeoutMs;
    const livesMs = String(Math.ceil(timeoutMs + leftoverMs));
    await this.#connection.run(putQuestion, [list], [this.#keys.changes, questionText(question), livesMs]);
    try {
      let read = 1;
      for (let lookMs = firstLookMs; missing.size > 0; lookMs = Math.min(lookMs * 2, lastLookMs)) {
        const left = until - this.#clock.monotonic();
        if (left <= 0) return;
        await this.#pause(Math.min(lookMs, left));
        const entries = (await this.#connection.call("lrange", list, String(read), "-1")) as string[];
        read += entries.length;
        for (const entry of entries) take(entry, missing, responses);
      }
    } finally {
      // It ends by itself too.
      await this.#connection.call("unlink", list).catch(() => {});
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(ms, resolve));
  }
}

/** What another run says under a member's id does not count. */
function take(entry: string, missing: Map<string, string>, responses: Map<string, string>): void {
  const end = entry.indexOf("\n");
  const [id, incarnation] = JSON.parse(entry.slice(0, end)) as [string, string];
  if (missing.get(id) !== incarnation) return;
  missing.delete(id);
  responses.set(id, entry.slice(end + 1));
}
