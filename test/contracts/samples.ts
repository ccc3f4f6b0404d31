import { randomUUID } from "node:crypto";
import { type CommitRecord, type Frame, type Lease, type Mailbox, wireVersion } from "@actor-runtime/core";
import { vi } from "vitest";

const utf8 = new TextEncoder();
const text = new TextDecoder();

/** A name that no other test uses: real brokers and stores are shared by all of them. */
export function unique(name: string): string {
  return `${name}-${randomUUID().slice(0, 8)}`;
}

export function someMailbox(name = unique("Account")): Mailbox {
  return { name, generation: 1, partitions: 4 };
}

/** A frame whose body is the text; its headers carry one segment, numbered `first`. */
export function someFrame(body: string | Uint8Array, first = 1): Frame {
  return {
    headers: {
      v: wireVersion,
      segments: [{ stream: "1700000000000-a1", first, count: 1, after: first - 1, settled: 0 }],
    },
    body: typeof body === "string" ? utf8.encode(body) : body,
  };
}

export function bodyText(body: Uint8Array): string {
  return text.decode(body);
}

/** `size` bytes that hold every value, those that are no UTF-8 included. */
export function someBytes(size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => (index * 31 + (index >> 8)) & 0xff);
}

/** A commit that writes nothing but what is given. */
export function someCommit(
  lease: Pick<Lease, "fence" | "nonce">,
  seq: number,
  writes: Partial<Omit<CommitRecord, "fence" | "nonce" | "seq">> = {},
): CommitRecord {
  return {
    fence: lease.fence,
    nonce: lease.nonce,
    seq,
    states: [],
    rows: [],
    answers: [],
    settled: [],
    erased: [],
    stored: [],
    reminders: [],
    out: [],
    outTrim: [],
    marks: [],
    holds: [],
    due: [],
    answerRetentionMs: 120_000,
    ...writes,
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Waits until the assertion holds: real brokers take their time, above all on a busy machine. */
export function eventually(assertion: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(assertion, { timeout: 20_000, interval: 5 });
}
