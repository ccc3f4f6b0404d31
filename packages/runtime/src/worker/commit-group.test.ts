import { type CommitRecord, InboundStream, type Message, type StoredMessage } from "@actor-runtime/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CommitGroup, storedText } from "./commit-group.js";
import { Inbound, type Parked } from "./inbound.js";
import type { Outbox } from "./outbox.js";

const lease = { name: "A:g1:00", holder: "w", fence: 1, nonce: "n", until: 0 };
const outbox = { number: () => [] } as unknown as Outbox;

function retry(name: string): Inbound {
  const message: Message = { to: "A/1", kind: "tell", handler: name, args: [] };
  return Inbound.parked(message, { identity: name, attempts: 1, notBefore: 0 });
}

/** Applies the stored lists of a commit as a store does. */
function write(stored: string[], record: CommitRecord): void {
  for (const { shift, unshift, push } of record.stored) {
    stored.splice(0, shift, ...unshift);
    stored.push(...push);
  }
}

function names(texts: readonly string[]): string[] {
  return texts.map((text) => (JSON.parse(text) as StoredMessage).message.handler);
}

describe("the stored list of an actor", () => {
  it("is in the store what it is in memory after every commit, whatever its turns did in between", () => {
    const step = fc.constantFrom("first", "last", "unpark", "pass", "retry", "clear", "move", "commit");
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let activation: { address: string; parked: Parked | undefined } = { address: "A/1", parked: undefined };
        const stored: string[] = [];
        let group = new CommitGroup(1);
        let count = 0;
        const commit = () => {
          write(stored, group.build(lease, outbox, 0, 0));
          group = new CommitGroup(group.seq + 1);
          expect(names(stored)).toEqual((activation.parked?.entries ?? []).map(({ message }) => message.handler));
          expect(activation.parked?.bytes ?? 0).toBe(stored.reduce((sum, text) => sum + text.length, 0));
        };
        const last = (entry: Inbound) => {
          const text = storedText(entry);
          group.parkLast(activation, entry, text, text.length);
        };
        for (const action of steps) {
          if (action === "first") group.parkFirst(activation, retry(String(++count)));
          else if (action === "last") last(retry(String(++count)));
          // It leaves memory, and its next activation takes the list over.
          else if (action === "move") activation = { ...activation };
          else if (action === "clear") group.clearParked(activation);
          else if (action === "commit") commit();
          else if (activation.parked) {
            const { entries } = activation.parked;
            // The message of a transaction passes others.
            group.unpark(activation, action === "pass" ? entries[entries.length >> 1]! : entries[0]!);
            if (action === "retry") group.parkFirst(activation, retry(String(++count)));
          }
        }
        commit();
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("a commit group", () => {
  it("presses for a commit only when something waits for it", () => {
    const quiet = new CommitGroup(1);
    quiet.settled.push("key");
    quiet.trim("Sink:g1:00", 5);
    expect(quiet.pressing).toBe(false);
    const reminding = new CommitGroup(1);
    reminding.remind("id", undefined);
    expect(reminding.pressing).toBe(true);
  });
});

describe("the row of a stream", () => {
  it("that was forgotten and opened again within one commit is written once, with what was heard since", () => {
    const group = new CommitGroup(1);
    const gone = InboundStream.parse("1700000000000-a", "3,fin");
    group.touch(gone);
    group.forget(gone);
    const again = InboundStream.unknown(gone.name);
    again.apply(1);
    group.touch(again);
    expect(group.build(lease, outbox, 0, 0).rows).toEqual([{ stream: gone.name, row: "1" }]);
  });
});
