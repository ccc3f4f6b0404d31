import { type CommitOutcome, type CommitRecord, LostOwnershipError, StoreUnavailableError } from "@actor-runtime/core";
import { describe, expect, it } from "vitest";
import { type CommitHost, CommitLog } from "./commit-log.js";

/** A host whose store answers when the test says so; time moves by hand. */
class FakeHost implements CommitHost {
  readonly written: number[] = [];
  readonly released: number[] = [];
  readonly lost: string[] = [];
  readonly #answers: { resolve: (outcome: CommitOutcome) => void; reject: (error: Error) => void }[] = [];
  #timers: (() => void)[] = [];

  build = (group: { seq: number }) => ({ seq: group.seq }) as CommitRecord;
  random = () => 0.5;
  release = (_group: unknown, { seq }: CommitRecord) => void this.released.push(seq);
  lose = (reason: Error) => void this.lost.push(reason.message);
  rewound = () => void this.lost.push("rewound");
  after = (_ms: number, task: () => void) => {
    this.#timers.push(task);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== task);
    };
  };

  write(record: CommitRecord): Promise<CommitOutcome> {
    this.written.push(record.seq);
    return new Promise((resolve, reject) => this.#answers.push({ resolve, reject }));
  }

  async answer(outcome: CommitOutcome | Error): Promise<void> {
    const { resolve, reject } = this.#answers.shift()!;
    if (outcome instanceof Error) reject(outcome);
    else resolve(outcome);
    await settle();
  }

  async passTime(): Promise<void> {
    const due = this.#timers;
    this.#timers = [];
    for (const task of due) task();
    await settle();
  }
}

async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

function start() {
  const host = new FakeHost();
  const log = new CommitLog(host, 7);
  const work = (name: string) => {
    log.gathering.states.set(name, "{}");
    log.commitSoon();
    return log.gathering.seq;
  };
  return { host, log, work };
}

describe("group commit", () => {
  it("has one commit in flight, and everything that comes meanwhile is the next", async () => {
    const { host, log, work } = start();
    expect([work("a"), work("b")]).toEqual([8, 8]);
    await settle();
    expect([work("c"), work("d")]).toEqual([9, 9]);
    await settle();
    expect(host.written).toEqual([8]);
    await host.answer("committed");
    expect(host.written).toEqual([8, 9]);
    await host.answer("committed");
    expect(host.released).toEqual([8, 9]);
    expect([log.committedSeq, log.idle]).toEqual([9, true]);
  });

  it("P5: releases nothing before the outcome is known, and repeats the same record until it is", async () => {
    const { host, log, work } = start();
    work("a");
    await settle();
    for (let i = 0; i < 3; i++) {
      await host.answer(new StoreUnavailableError("down"));
      expect(log.unavailable).toBe(true);
      work("b");
      await host.passTime();
    }
    expect([host.written, host.released]).toEqual([[8, 8, 8, 8], []]);
    await host.answer("already");
    expect([host.released, log.unavailable]).toEqual([[8], false]);
    expect(host.written.at(-1)).toBe(9);
  });

  it.each(["fenced", "rewound"] as const)(
    "P6: loses the partition when the commit is %s, and releases nothing",
    async (outcome) => {
      const { host, work } = start();
      work("a");
      await settle();
      await host.answer(outcome);
      expect(host.lost).toHaveLength(1);
      expect(host.released).toEqual([]);
    },
  );

  it("loses the partition on any other definite failure", async () => {
    const { host, work } = start();
    work("a");
    await settle();
    await host.answer(new Error("broken"));
    expect([host.lost, host.released]).toEqual([["the commit failed"], []]);
  });

  it("tells who waits for a number when it is committed, and fails them when the partition is lost", async () => {
    const { host, log, work } = start();
    const seen: string[] = [];
    const wait = (seq: number) =>
      void log.committed(seq).then(
        () => seen.push(`${seq} committed`),
        (error: Error) => seen.push(`${seq} ${error.name}`),
      );
    wait(work("a"));
    wait(7);
    await settle();
    expect(seen).toEqual(["7 committed"]);
    await host.answer("committed");
    wait(work("b"));
    await settle();
    wait(work("c"));
    log.close(new LostOwnershipError("lost"));
    await settle();
    expect(seen).toEqual(["7 committed", "8 committed", "9 LostOwnershipError", "10 LostOwnershipError"]);
    await host.answer("committed");
    expect(host.released).toEqual([8]);
  });

  it("fails who waits for a number once the partition is lost: a second ask of a turn waited for ever", async () => {
    const { log, work } = start();
    const seq = work("a");
    log.close(new LostOwnershipError("the lease ran out"));
    await expect(log.committed(seq)).rejects.toThrow("the lease ran out");
    await expect(log.committed(7)).resolves.toBeUndefined();
  });

  it("finds the answer of a turn whose commit is in flight or gathering, and none after", async () => {
    const { host, log, work } = start();
    log.gathering.answers.push({ key: "k", fingerprint: "", outcome: "1" });
    work("a");
    expect(log.pendingAnswer("k")?.outcome).toBe("1");
    await settle();
    expect(log.pendingAnswer("k")?.outcome).toBe("1");
    await host.answer("committed");
    expect(log.pendingAnswer("k")).toBeUndefined();
  });
});
